/**
 * Makes the fuzzers' seeds, which the tests of the readers use too: real files of the smallest sizes there are. They
 * are committed, for ceremonies draw from the system's random source and never give the same file twice.
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { curves, powersOfTau, zKey } from "snarkjs";
import { compile, REPOSITORY } from "#prover/compile.ts";
import { deriveDevKeys } from "#prover/setup/dev-key.ts";

const CIRCUIT = "native/fuzz/tiny.circom";
/** Rows 2^3: two constraints, two public wires and the constant. */
const POWER = 3;

const scratch = join(REPOSITORY, ".provega", "fuzz-seeds");
mkdirSync(scratch, { recursive: true });
const temporary = (name: string) => join(scratch, name);
const seed = (kind: string, name: string) => {
  const folder = join(REPOSITORY, "native", "fuzz", "seeds", kind);
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.${kind}`);
};

const { r1cs, wasm } = await compile(CIRCUIT, scratch);
copyFileSync(r1cs, seed("r1cs", "tiny"));

writeFileSync(temporary("input.json"), JSON.stringify({ a: "3", b: "7" }));
const snarkjs = createRequire(import.meta.url)
  .resolve("snarkjs")
  .replace("main.cjs", "cli.cjs");
execFileSync(process.execPath, [snarkjs, "wtns", "calculate", wasm, temporary("input.json"), seed("wtns", "tiny")]);

let secret = 1_000n;
await deriveDevKeys([{ r1cs, zkey: seed("zkey", "dev") }], undefined, () => (secret += 7n));

const curve = await curves.getCurveFromName("bn128");
await powersOfTau.newAccumulator(curve, 1, seed("ptau", "new"));
await powersOfTau.newAccumulator(curve, POWER, temporary("0.ptau"));
await powersOfTau.contribute(temporary("0.ptau"), temporary("1.ptau"), "seed", "entropy beside the system's");
await powersOfTau.preparePhase2(temporary("1.ptau"), seed("ptau", "prepared"));

await zKey.newZKey(r1cs, seed("ptau", "prepared"), temporary("0.zkey"));
await zKey.contribute(temporary("0.zkey"), temporary("1.zkey"), "seed", "entropy beside the system's");
await zKey.beacon(temporary("1.zkey"), seed("zkey", "ceremony"), "beacon", "00".repeat(32), 10);
await curve.terminate();
rmSync(scratch, { recursive: true });
