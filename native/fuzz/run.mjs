/**
 * `npm run fuzz:native -- --seconds 600`: builds a libFuzzer program per reader with address and undefined-behaviour
 * sanitizers, runs each for that long, and fails if one found anything. What it found, committed among the seeds, is
 * tried by the tests from then on.
 *
 * Debian: clang-14 and libclang-rt-14-dev. Another clang is named by `--compiler`.
 */
import { spawn } from "node:child_process";
import { globSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";

const KINDS = ["zkey", "wtns", "r1cs", "ptau"];
const SOURCES = join(import.meta.dirname, "..", "src");
const OUTPUT = join(import.meta.dirname, "..", "build", "fuzz");
const FLAGS = "-std=c++20 -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all";
/** The largest seed has 11 kB; larger inputs only make the fuzzers slower. */
const LARGEST = 16_384;

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    readers: { type: "string", default: KINDS.join(",") },
    jobs: { type: "string", default: String(Math.min(KINDS.length, availableParallelism())) },
    compiler: { type: "string", default: "clang++-14" },
  },
});

function run(command, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...environment } });
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function build(kind) {
  mkdirSync(OUTPUT, { recursive: true });
  const program = join(OUTPUT, `fuzz-${kind}`);
  const sources = [
    join(import.meta.dirname, `${kind}.cpp`),
    join(SOURCES, `${kind}.cpp`),
    join(SOURCES, "section-file.cpp"),
  ];
  const { code, output } = await run(options.compiler, [...FLAGS.split(" "), ...sources, "-o", program]);
  if (code !== 0) throw new Error(`${options.compiler} refused the fuzzer of ${kind} files\n${output}`);
  return program;
}

/** One row of the table. The corpus is kept, so that the next run goes on where this one ends. */
async function fuzz(kind) {
  const program = await build(kind);
  const [corpus, found] = ["corpus", "found"].map((folder) => join(OUTPUT, folder, kind));
  for (const folder of [corpus, found]) mkdirSync(folder, { recursive: true });
  const start = Date.now();
  const limits = ["-timeout=10", "-rss_limit_mb=2048", `-max_len=${LARGEST}`, `-max_total_time=${options.seconds}`];
  const folders = [corpus, join(import.meta.dirname, "seeds", kind)];
  const args = ["-print_final_stats=1", "-use_value_profile=1", `-artifact_prefix=${found}/`, ...limits, ...folders];
  // One thread: the readers' own would only get in the way of inputs this small.
  const { code, output } = await run(program, args, { PROVEGA_THREADS: "1" });
  const statistic = (pattern) => output.match(pattern)?.at(-1) ?? "?";
  const findings = readdirSync(found).filter((name) => statSync(join(found, name)).mtimeMs >= start);
  if (code !== 0) console.error(output.split("\n").slice(-60).join("\n"));
  return {
    reader: kind,
    executions: Number(statistic(/stat::number_of_executed_units:\s*(\d+)/)),
    "per second": Number(statistic(/stat::average_exec_per_sec:\s*(\d+)/)),
    "edges covered": Number(statistic(/.*cov: (\d+)/s)),
    corpus: globSync("*", { cwd: corpus }).length,
    "peak MB": Number(statistic(/stat::peak_rss_mb:\s*(\d+)/)),
    findings:
      findings.map((name) => relative(process.cwd(), join(found, name))).join(" ") || (code === 0 ? 0 : "failed"),
  };
}

const waiting = options.readers.split(",");
const rows = [];
const work = async () => {
  for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) rows.push(await fuzz(kind));
};
await Promise.all(Array.from({ length: Number(options.jobs) }, work));
console.table(rows.sort((a, b) => KINDS.indexOf(a.reader) - KINDS.indexOf(b.reader)));
process.exitCode = rows.every(({ findings }) => findings === 0) ? 0 : 1;
