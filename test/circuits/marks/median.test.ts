import assert from "node:assert/strict";
import fc from "fast-check";
import { lowerMedian } from "#protocol/quorum.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";

const N = 5;
const BITS = 20;
const half = (counts: readonly bigint[]): bigint => (counts.reduce((sum, each) => sum + each, 0n) + 1n) / 2n;
const counted = (value: readonly bigint[], counts: readonly bigint[]) => value.filter((_, at) => counts[at] === 1n);
const input = (value: readonly bigint[], counts: readonly bigint[]) => ({ value, counts, half: half(counts) });
const some = fc.array(fc.constantFrom(0n, 1n), { minLength: N, maxLength: N }).filter((counts) => counts.includes(1n));
const values = (of: fc.Arbitrary<bigint>) => fc.array(of, { minLength: N, maxLength: N });
/** Many of them equal, so that ranks are contested. */
const any = fc.oneof(values(uintOf(BITS)), values(fc.bigInt({ min: 0n, max: 2n })));

describe("lowerMedian", () => {
  it("is a submitted value v with 2 #(<= v) >= m and 2 #(< v) < m, and no other is", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -5n, max: 5n }), { minLength: 1, maxLength: 9 }), (submitted) => {
        const isMedian = (v: bigint) =>
          2 * submitted.filter((each) => each <= v).length >= submitted.length &&
          2 * submitted.filter((each) => each < v).length < submitted.length;
        assert.deepEqual([...new Set(submitted.filter(isMedian))], [lowerMedian(submitted)]);
      }),
    );
  });
});

describe("Median", () => {
  let median: Circuit;
  let check: Circuit;
  before(async () => {
    median = await circuit("marks/median.circom", "Median", [N, BITS]);
    check = await circuit("marks/median.circom", "CheckMedian", [N, BITS]);
  });

  it("equals the specification, with equals and absentees", () => {
    const top = (1n << BigInt(BITS)) - 1n;
    fc.assert(
      fc.property(any, some, (value, counts) =>
        assert.equal(median.read(input(value, counts), ["out"]).out, lowerMedian(counted(value, counts))),
      ),
      {
        numRuns: 500,
        examples: [
          [
            [0n, top, 0n, top, top],
            [1n, 1n, 1n, 1n, 0n],
          ],
        ],
      },
    );
  });

  it("accepts no advice that selects another value (attack 47)", () => {
    const flags = values(fc.constantFrom(0n, 1n));
    fc.assert(
      fc.property(any, some, flags, fc.nat(N - 1), (value, counts, isLow, at) => {
        const isMedian = value.map((_, place) => (place === at ? 1n : 0n));
        const lie = { ...input(value, counts), isLow, isMedian };
        const isTrue = value[at] === lowerMedian(counted(value, counts));
        if (!isTrue) check.rejects(lie, "CheckMedian", "Uint/CheckRange");
      }),
      { numRuns: 1_000 },
    );
  });

  it("accepts no true value selected twice, in parts, by no boolean or from one who does not count", () => {
    const value = [1n, 2n, 3n, 4n, 5n];
    const counts = [1n, 1n, 1n, 1n, 0n];
    const honest = { ...input(value, counts), isLow: [1n, 1n, 0n, 0n, 0n], isMedian: [0n, 1n, 0n, 0n, 0n] };
    assert.equal(check.read(honest, ["out"]).out, 2n);
    const lies: readonly CircuitInput[] = [
      { ...honest, isMedian: [0n, 0n, 0n, 0n, 0n] },
      { ...honest, isMedian: [1n, 1n, 0n, 0n, 0n] },
      { ...honest, isLow: [1n, 0n, 0n, 0n, 0n], isMedian: [1n, 0n, 0n, 0n, 0n] },
      { ...honest, isLow: [0n, 2n, 0n, 0n, 0n] },
      { ...honest, half: 3n },
      { ...input([1n, 2n, 3n, 4n, 2n], counts), isLow: [1n, 1n, 0n, 0n, 1n], isMedian: [0n, 0n, 0n, 0n, 1n] },
    ];
    for (const lie of lies) check.rejects(lie, "CheckMedian", "Bool", "Uint/CheckRange");
  });

  it("leaves no signal free", () => {
    isFixed(
      median,
      input([9n, 3n, 7n, 1n, 5n], [1n, 1n, 1n, 1n, 1n]),
      input([9n, 3n, 7n, 1n, 5n], [1n, 0n, 1n, 1n, 0n]),
    );
  });
});
