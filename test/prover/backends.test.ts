import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { type Artifact, prepareCircuits } from "#prover/artifacts.ts";
import { NATIVE, SNARKJS, WASM } from "#prover/backends/backend.ts";
import { digitBits, digits, recode } from "#prover/backends/wasm/digits.ts";
import { BucketSum } from "#prover/backends/wasm/msm.ts";
import { AFFINE, type Group, toBytes } from "#prover/bn254.ts";
import { Bn254 } from "#prover/bn254-wasm.ts";
import { createProver } from "#prover/prover.ts";
import { FixedBase } from "#prover/setup/fixed-base.ts";
import { CHAINS, chainInput, FIXTURES, refusal, scratch } from "./support.ts";

describe("BucketSum", () => {
  const curve = new Bn254();
  const tables = { g1: new FixedBase(curve, "g1", 8), g2: new FixedBase(curve, "g2", 8) };

  function multiples(group: Group, scalars: readonly bigint[]): Buffer {
    const parts: Buffer[] = [];
    for (let from = 0; from < scalars.length; from += 2048) {
      const some = scalars.slice(from, from + 2048);
      const out = Buffer.alloc(some.length * AFFINE[group]);
      tables[group].multiply(Buffer.concat(some.map(toBytes)), out);
      parts.push(out);
    }
    return Buffer.concat(parts);
  }

  /** Σ scalar · base, digit by digit, where base i is `logs[i]` times the generator. */
  function sum(group: Group, logs: readonly bigint[], scalars: readonly bigint[], bits: number): Buffer {
    const { wasm } = curve;
    const points = multiples(group, logs);
    const free = curve.free;
    const buckets = new BucketSum(curve, group);
    const [total, bases] = [curve.alloc(192), curve.alloc(points.length)];
    curve.bytes.set(points, bases);
    const recoded = new Uint32Array(recode(Buffer.concat(scalars.map(toBytes)), bits));
    wasm[`${group}m_zero`](total);
    for (let digit = digits(bits) - 1; digit >= 0; digit--) {
      for (let bit = 0; bit < bits; bit++) wasm[`${group}m_double`](total, total);
      wasm[`${group}m_add`](total, buckets.run(bases, recoded, bits, digit), total);
    }
    wasm[`${group}m_toAffine`](total, total);
    const result = Buffer.from(curve.bytes.slice(total, total + AFFINE[group]));
    curve.free = free;
    return result;
  }

  const dot = (logs: readonly bigint[], scalars: readonly bigint[]) =>
    logs.reduce((total, log, i) => (total + log * (scalars[i] as bigint)) % FIELD, 0n);
  const element = fc.bigInt({ min: 0n, max: FIELD - 1n });
  // Few different bases, among them infinity and negatives of each other: what makes an inversion fail in a batch.
  const log = fc.oneof(fc.constantFrom(0n, 1n, 2n, FIELD - 1n, FIELD - 2n), element);
  const scalar = fc.oneof(fc.constantFrom(0n, 1n, 2n, 4095n, 4096n, FIELD - 1n), element);
  const terms = fc.array(fc.tuple(log, scalar), { minLength: 1, maxLength: 60 });

  for (const group of ["g1", "g2"] as const) {
    it(`adds up any points of ${group}, equal, opposite and infinite ones included`, () =>
      fc.assert(
        fc.property(terms, fc.integer({ min: 2, max: 9 }), (pairs, bits) => {
          const [logs, scalars] = [pairs.map(([k]) => k), pairs.map(([, s]) => s)];
          assert.deepEqual(sum(group, logs, scalars, bits), multiples(group, [dot(logs, scalars)]));
        }),
        {
          numRuns: 40,
          examples: [
            [
              [
                [1n, 1n],
                [1n, 1n],
                [1n, 1n],
                [1n, 1n],
              ],
              4,
            ],
            [
              [
                [1n, 1n],
                [FIELD - 1n, 1n],
                [2n, 1n],
                [FIELD - 2n, 1n],
              ],
              4,
            ],
            [
              [
                [0n, 5n],
                [0n, 7n],
              ],
              4,
            ],
            [
              [
                [1n, FIELD - 1n],
                [1n, 1n],
              ],
              2,
            ],
          ],
        },
      ));
  }

  it("adds up more pairs than share an inversion, at the digits chosen for their number", () => {
    const count = 2_500;
    const logs = Array.from({ length: count }, (_, i) => BigInt(i % 700));
    const scalars = Array.from({ length: count }, (_, i) => (FIELD * BigInt(i * 7919 + 1)) / BigInt(7919 * count + 2));
    for (const bits of [2, digitBits(count)])
      assert.deepEqual(sum("g1", logs, scalars, bits), multiples("g1", [dot(logs, scalars)]));
  });
});

describe("backends", () => {
  const BACKENDS = { SNARKJS, WASM, ...(nativeCore() ? { NATIVE } : {}) };
  const folder = scratch("backends");

  for (const [name, backend] of Object.entries(BACKENDS)) {
    it(`of ${name} prove the same, never with the same bytes`, async () => {
      const artifacts = await prepareCircuits(CHAINS, FIXTURES);
      const prover = createProver({ artifacts, backend });
      try {
        for (const instance of CHAINS) {
          const request = { instance, input: chainInput(instance) };
          const [one, other] = [await prover.prove(request), await prover.prove(request)];
          assert.deepEqual(one.publicSignals, other.publicSignals);
          for (const [i, word] of one.proof.entries()) assert.notEqual(word, other.proof[i]);
        }
      } finally {
        prover.close();
      }
    });
  }

  const { SNARKJS: _, ...ours } = BACKENDS;
  for (const [name, backend] of Object.entries(ours)) {
    it(`of ${name} refuses a damaged key, and goes on with a whole one`, async () => {
      const artifacts = await prepareCircuits(CHAINS, FIXTURES);
      const { zkey, ...artifact } = artifacts["chain-long"] as Artifact;
      const damaged = join(folder, `damaged-${name}.zkey`);
      await copyFile(zkey, damaged);
      truncateSync(damaged, 40_000);
      const prover = createProver({
        artifacts: { damaged: { ...artifact, zkey: damaged }, whole: { ...artifact, zkey } },
        backend,
      });
      try {
        const input = chainInput("chain-long");
        await assert.rejects(prover.prove({ instance: "damaged", input }), refusal("BadZkey", /damaged-\w+\.zkey/));
        await prover.prove({ instance: "whole", input });
      } finally {
        prover.close();
      }
    });
  }
});
