import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD } from "#protocol/params.ts";
import { compileCircuits } from "#prover/artifacts.ts";
import { AFFINE, type Group, toBytes } from "#prover/bn254.ts";
import { Bn254 } from "#prover/bn254-wasm.ts";
import { BATCH, FixedBase } from "#prover/setup/fixed-base.ts";
import { evaluate } from "#prover/setup/qap.ts";
import { openR1cs } from "#prover/setup/r1cs.ts";
import { FIXTURES, refusal } from "./support.ts";

describe("FixedBase", () => {
  const scalar = fc.oneof(fc.bigInt({ min: 0n, max: FIELD - 1n }), fc.constantFrom(0n, 1n, 2n, FIELD - 1n));
  const reference = new Bn254();

  /** The same point by wasmcurves' own double-and-add. */
  function expected(group: Group, value: bigint): Uint8Array {
    const { wasm } = reference;
    const [k, point] = [reference.alloc(32), reference.alloc(192)];
    reference.write(k, value);
    wasm[`${group}m_timesScalar`](reference.generator[group], k, 32, point);
    wasm[`${group}m_toAffine`](point, point);
    return reference.bytes.slice(point, point + AFFINE[group]);
  }

  for (const group of ["g1", "g2"] as const) {
    it(`multiplies the generator of ${group} as the curve does, whatever the window`, () =>
      fc.assert(
        fc.property(
          fc.integer({ min: 4, max: 10 }),
          fc.array(scalar, { minLength: 1, maxLength: 9 }),
          (bits, values) => {
            const out = new Uint8Array(values.length * AFFINE[group]);
            new FixedBase(new Bn254(), group, bits).multiply(Buffer.concat(values.map(toBytes)), out);
            assert.deepEqual(Buffer.from(out), Buffer.concat(values.map((value) => expected(group, value))));
          },
        ),
        {
          numRuns: 20,
          examples: [
            [4, [0n, 1n, FIELD - 1n]],
            [10, [0n, 1n, FIELD - 1n]],
          ],
        },
      ));

    it(`has room for a full batch in ${group} at every window`, () => {
      const scalars = Buffer.concat(
        Array.from({ length: BATCH }, (_, i) => toBytes((BigInt(i) * FIELD) / BigInt(BATCH))),
      );
      const out = new Uint8Array(BATCH * AFFINE[group]);
      let first: Buffer | undefined;
      for (const bits of [4, 8, 10, 11]) {
        new FixedBase(new Bn254(), group, bits).multiply(scalars, out);
        first ??= Buffer.from(out);
        assert.deepEqual(Buffer.from(out), first);
      }
    });
  }
});

describe("evaluate", () => {
  const secret = { tau: 5n, alpha: 7n, beta: 11n, gamma: 13n, delta: 17n };

  it("gives the same scalars and coefficients from pieces of any size", async () => {
    const [circuit] = await compileCircuits(["chain-long"], FIXTURES);
    const run = async (chunk?: number) => {
      const r1cs = await openR1cs(circuit?.r1cs as string);
      const records: Buffer[] = [];
      const emit = async (bytes: Uint8Array) => void records.push(Buffer.from(bytes));
      try {
        const scalars = await evaluate(new Bn254(), r1cs, secret, emit, () => {}, chunk);
        return [...Object.values(scalars).map((buffer) => Buffer.from(buffer)), Buffer.concat(records)];
      } finally {
        await r1cs.file.close();
      }
    };
    const whole = await run();
    assert.ok(whole.every((buffer) => buffer.some((byte) => byte !== 0)));
    for (const chunk of [1 << 12, 1000, 500]) assert.deepEqual(await run(chunk), whole);
    await assert.rejects(run(100), refusal("BadR1cs", /ends within constraint 0, or that is larger than 100 bytes/));
  });
});
