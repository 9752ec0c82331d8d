/**
 * Proves one witness several times in a process of its own: `prove-process.ts BACKEND ZKEY WITNESS RUNS`. Prints milliseconds of every proof,
 * the first without what is kept for later ones, and the most memory that the process had, kB.
 * @module
 */
import { readFileSync } from "node:fs";
import type { ProverBackend } from "#prover/backends/backend.ts";

const [module = "", zkey = "", witnessFile = "", runs = "1"] = process.argv.slice(2);
const { backend } = (await import(module)) as { backend: ProverBackend };
const witness = new Uint8Array(readFileSync(witnessFile));
const milliseconds: number[] = [];
for (let run = 0; run < Number(runs); run++) {
  const start = performance.now();
  await backend.prove(zkey, witness);
  milliseconds.push(performance.now() - start);
}
const [, peak = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
process.stdout.write(`${JSON.stringify({ milliseconds, peak: Number(peak) })}\n`, () => process.exit());
