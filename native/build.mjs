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

/** Between two lines of progress. */
const BEAT_MS = 3_000;

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

const wanted = options.compiler ?? process.env.CXX;

function findCompiler() {
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
const digestOf = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

const FOLDER = join(HERE, "build", options.sanitize ? "sanitize" : "");
const ADDON = join(FOLDER, "provega.node");
/** What the addon was made of, by which compiler, and its own digest. */
const RECORD = join(FOLDER, "provega.json");

function readRecord() {
  try {
    return JSON.parse(readFileSync(RECORD, "utf8"));
  } catch {
    return {};
  }
}

/** What is to be compiled, and a key that changes with any of it. */
function planFor(version) {
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
      return { ...each, object: join(FOLDER, "objects", `${basename(each.source, ".cpp")}-${key}.o`) };
    });
  return { objects, key: digest(...objects.map(({ object }) => basename(object))) };
}

/** Whether the addon is what `version` would make of the sources, and undamaged. */
function isBuilt(version) {
  const record = readRecord();
  return record.key === planFor(version).key && existsSync(ADDON) && record.addon === digestOf(ADDON);
}

async function compile(command, objects) {
  const missing = objects.filter(({ object }) => !existsSync(object));
  if (missing.length > 0) say(`native core: compiling ${missing.length} files`);
  // The longest first, so that no core waits for the last one.
  const queue = missing.toSorted((a, b) => readFileSync(b.source).length - readFileSync(a.source).length);
  let done = 0;
  let said = Date.now();
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const partial = `${next.object}.${process.pid}`;
      const { status, output } = await run(command, [...next.flags, "-c", next.source, "-o", partial]);
      if (status !== 0) throw new Error(`${command} refused ${next.source}\n${output}`);
      renameSync(partial, next.object);
      done++;
      if (Date.now() < said + BEAT_MS) continue;
      said = Date.now();
      say(`native core: compiled ${done} of ${missing.length} files`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

async function build({ command, version }) {
  if (isBuilt(version)) return;
  const { objects, key } = planFor(version);
  const start = Date.now();
  mkdirSync(join(FOLDER, "objects"), { recursive: true });
  await compile(command, objects);

  const partial = `${ADDON}.${process.pid}`;
  const link = ["-shared", "-pthread", ...(options.sanitize ? SANITIZE : []), "-o", partial];
  const { status, output } = await run(command, [...link, ...objects.map(({ object }) => object)]);
  if (status !== 0) throw new Error(`${command} could not link the native core\n${output}`);
  const record = JSON.stringify({ key, compiler: version, addon: digestOf(partial) });
  renameSync(partial, ADDON);
  writeFileSync(RECORD, record);
  // Only what is finished: another build may be at work beside this one.
  const current = new Set(objects.map(({ object }) => object));
  for (const path of globSync(join(FOLDER, "objects", "*.o"))) if (!current.has(path)) rmSync(path, { force: true });
  say(`native core: built with ${version} in ${Math.round((Date.now() - start) / 1000)} s`);
}

const compiler = findCompiler();
try {
  if (compiler) await build(compiler);
  else if (!isBuilt(readRecord().compiler))
    throw new Error(`no C++ compiler (${wanted ?? "g++ or clang++"}) on the PATH`);
} catch (error) {
  if (options.optional) {
    // An addon of other sources is worse than none: its callers have moved on.
    rmSync(ADDON, { force: true });
    const [reason] = error.message.split("\n");
    say(`no native core, the slower portable code is used (npm run build:native tells why): ${reason}`);
  } else {
    say(error.message);
    process.exitCode = 1;
  }
}
