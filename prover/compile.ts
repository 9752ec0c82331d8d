/**
 * Runs the circom compiler (WASM, from npm) in a child process.
 * @module
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ProverError } from "./errors.ts";

/** The compiler cannot read above its working directory, so it works here and every path is relative to here. */
export const REPOSITORY = resolve(import.meta.dirname, "..");
/** Where an `include` that is not beside its file is looked up, in this order. */
const LIBRARIES = ["circuits", "node_modules"];
/** `--O1`: larger circuits do not fit the compiler's 4 GB with `--O2`; ours leave it nothing to remove. */
const OPTIONS = ["--O1", "--prime", "bn128", "--r1cs", "--wasm", "--sym", "--inspect"];

const require = createRequire(import.meta.url);
const COMPILER = require.resolve("circom2/cli.js");
/** Version of the compiler's package: part of every content hash. */
export const COMPILER_VERSION: string = require("circom2/package.json").version;

export type Compilation = {
  readonly r1cs: string;
  readonly sym: string;
  /** The witness calculator. */
  readonly wasm: string;
  readonly constraints: { readonly nonLinear: number; readonly linear: number };
  readonly wires: number;
  /** What `--inspect` found; ours is to have nothing. */
  readonly warnings: readonly string[];
};

/** Compiles `file` into `outDir`, which must exist inside the repository. Throws `CompileFailed` with circom's own message. */
export async function compile(file: string, outDir: string): Promise<Compilation> {
  const source = relative(REPOSITORY, resolve(REPOSITORY, file));
  const out = resolve(REPOSITORY, outDir);
  const libraries = LIBRARIES.flatMap((folder) => ["-l", folder]);
  const { code, output } = await run([COMPILER, source, ...OPTIONS, ...libraries, "-o", relative(REPOSITORY, out)]);
  if (code !== 0) throw new ProverError("CompileFailed", `circom refused ${source}\n${output}`);

  const name = basename(source, ".circom");
  return {
    r1cs: join(out, `${name}.r1cs`),
    sym: join(out, `${name}.sym`),
    wasm: join(out, `${name}_js`, `${name}.wasm`),
    constraints: {
      nonLinear: reported(output, "non-linear constraints"),
      linear: reported(output, "linear constraints"),
    },
    wires: reported(output, "wires"),
    warnings: output
      .split(/^(?=warning|error)/m)
      .filter((part) => part.startsWith("warning"))
      .map((part) => part.trim()),
  };
}

/** SHA-256 over the compiler's version and options and over `file` with everything it includes. */
export function sourceHash(file: string): string {
  const digest = createHash("sha256").update(`circom2 ${COMPILER_VERSION} ${OPTIONS.join(" ")}\n`);
  // Not the paths: the same text at another place is the same circuit.
  for (const path of sourcesOf(file)) {
    const text = readFileSync(path);
    digest.update(`${text.length}\n`).update(text);
  }
  return digest.digest("hex");
}

/** `file` and everything it includes, each once, in the order circom meets them. */
export function sourcesOf(file: string): string[] {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, included] of readFileSync(path, "utf8").matchAll(/^\s*include\s+"([^"]+)"/gm)) {
      const candidates = [dirname(path), ...LIBRARIES.map((folder) => join(REPOSITORY, folder))];
      const found = candidates
        .map((folder) => join(folder, included as string))
        .find((candidate) => existsSync(candidate));
      if (found === undefined)
        throw new ProverError(
          "CompileFailed",
          `${relative(REPOSITORY, path)} includes ${included}, which does not exist`,
        );
      visit(found);
    }
  };
  visit(resolve(REPOSITORY, file));
  return [...seen];
}

function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((settle, reject) => {
    // process.execPath and not `node`: the PATH may hold an older one.
    const child = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
    child.on("error", (cause) => reject(new ProverError("CompileFailed", "the compiler does not start", cause)));
    child.on("close", (code) =>
      settle({ code, output: stripVTControlCharacters([...stdout, "\n", ...stderr].join("")) }),
    );
  });
}

function reported(output: string, what: string): number {
  const count = new RegExp(`^${what}: (\\d+)`, "m").exec(output)?.[1];
  if (count === undefined) throw new ProverError("CompileFailed", `circom did not report its ${what}\n${output}`);
  return Number(count);
}
