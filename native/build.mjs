/**
 * `npm run build:native [-- --sanitize] [-- --compiler clang++]`: compiles native/src into the addon that `native/index.ts` loads. Nothing is
 * downloaded: the headers of Node-API come from npm. What has not changed is not compiled again.
 *
 * `--optional`: without a compiler, or if it fails, say so in a line and succeed; the portable twins are used then.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

const HERE = import.meta.dirname;
const HEADERS = join(HERE, "..", "node_modules", "node-api-headers", "include");
const BASE = ["-std=c++20", "-fPIC", "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra", `-I${HEADERS}`];
const RELEASE = ["-O3"];
const SANITIZE = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
// The last two: the intrinsics of gcc 12 are full of false alarms.
const VECTORS = ["-mavx512f", "-mavx512ifma", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-Wno-uninitialized"].concat(
  "-Wno-maybe-uninitialized",
);

const { values: options } = parseArgs({
  options: {
    sanitize: { type: "boolean", default: false },
    compiler: { type: "string" },
    optional: { type: "boolean", default: false },
  },
});

const say = (text) => process.stderr.write(`provega: ${text}\n`);

/** The processor's own multiplication and carries; the addon refuses to be loaded where they are missing. */
function forProcessor() {
  if (process.arch !== "x64") return [];
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  return /\badx\b/.test(flags) && /\bbmi2\b/.test(flags)
    ? ["-DPROVEGA_IFMA", "-DPROVEGA_ADX", "-madx", "-mbmi2"]
    : ["-DPROVEGA_IFMA"];
}

function findCompiler() {
  const wanted = options.compiler ?? process.env.CXX;
  for (const command of wanted ? [wanted] : ["g++", "clang++"]) {
    const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
    if (status === 0) return { command, version: stdout.split("\n")[0] };
  }
  return null;
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let output = "";
    child.stderr.on("data", (text) => (output += text));
    child.on("error", (error) => resolve({ status: 1, output: error.message }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

const digest = (...parts) => createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);

async function build({ command, version }) {
  const folder = join(HERE, "build", options.sanitize ? "sanitize" : "");
  const addon = join(folder, "provega.node");
  const record = join(folder, "provega.json");
  const flags = [...BASE, ...(options.sanitize ? SANITIZE : RELEASE), ...forProcessor()];
  const headers = globSync(join(HERE, "src", "*.hpp")).sort();
  const shared = digest(version, ...headers.map((path) => readFileSync(path, "utf8")));
  const objects = globSync(join(HERE, "src", "*.cpp"))
    .sort()
    .map((source) => {
      const isVector = basename(source).startsWith("ifma-");
      return { source, isVector, flags: isVector ? [...flags, ...VECTORS] : flags };
    })
    .filter(({ isVector }) => !isVector || process.arch === "x64")
    .map((each) => {
      const key = digest(shared, readFileSync(each.source, "utf8"), ...each.flags);
      return { ...each, object: join(folder, "objects", `${basename(each.source, ".cpp")}-${key}.o`) };
    });
  const key = digest(...objects.map(({ object }) => basename(object)));
  if (existsSync(addon) && existsSync(record) && JSON.parse(readFileSync(record, "utf8")).key === key) return addon;

  mkdirSync(join(folder, "objects"), { recursive: true });
  const missing = objects.filter(({ object }) => !existsSync(object));
  // The longest first, so that no core waits for the last one.
  const queue = missing.toSorted((a, b) => readFileSync(b.source).length - readFileSync(a.source).length);
  let done = 0;
  const start = Date.now();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const partial = `${next.object}.${process.pid}`;
      const { status, output } = await run(command, [...next.flags, "-c", next.source, "-o", partial]);
      if (status !== 0) throw new Error(`${command} refused ${next.source}\n${output}`);
      renameSync(partial, next.object);
      say(`native core: compiled ${++done} of ${missing.length}, ${basename(next.source)}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));

  const partial = `${addon}.${process.pid}`;
  const link = ["-shared", "-pthread", ...(options.sanitize ? SANITIZE : []), "-o", partial];
  const { status, output } = await run(command, [...link, ...objects.map(({ object }) => object)]);
  if (status !== 0) throw new Error(`${command} could not link the native core\n${output}`);
  renameSync(partial, addon);
  writeFileSync(record, JSON.stringify({ key, compiler: version }));
  const current = new Set(objects.map(({ object }) => object));
  for (const path of globSync(join(folder, "objects", "*"))) if (!current.has(path)) rmSync(path);
  say(`native core: built with ${version} in ${Math.round((Date.now() - start) / 1000)} s`);
  return addon;
}

const compiler = findCompiler();
try {
  if (!compiler) throw new Error(`no C++ compiler ${options.compiler ?? "(g++ or clang++)"} on the PATH`);
  await build(compiler);
} catch (error) {
  if (options.optional) {
    say(
      `no native core, the slower portable code is used (npm run build:native tells why): ${error.message.split("\n")[0]}`,
    );
  } else {
    say(error.message);
    process.exitCode = 1;
  }
}
