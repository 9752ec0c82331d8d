import assert from "node:assert/strict";
import fc from "fast-check";
import { type Marks, marksHash, marksParts, slotsOf } from "#protocol/marks.ts";
import { MARKS_MODE, PROFILE, type Profile } from "#protocol/params.ts";
import { circuit } from "#test/support/circuit.ts";

const FILE = "state/marks.circom";
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const many = <T>(of: fc.Arbitrary<T>, length: number) => fc.array(of, { minLength: length, maxLength: length });
const marksOf = (profile: Profile): fc.Arbitrary<Marks> =>
  fc.record({
    underlyings: many(
      fc.record({ timestamp: bits(40), mode: fc.constantFrom("open" as const, "closeOnly" as const), spot: bits(64) }),
      profile.underlyings,
    ),
    expiries: many(fc.record({ expiry: bits(40), forward: bits(64), discount: bits(41) }), profile.expiries),
    slots: many(fc.record({ mark: bits(48), prices: many(bits(48), profile.scenarios.length) }), profile.series),
  });
const rows = (profile: Profile, marks: Marks, underlying: number) => {
  const slots = slotsOf(profile, underlying).flatMap((slot) => marks.slots[slot] ?? []);
  return { mark: slots.map(({ mark }) => mark), price: slots.map(({ prices }) => prices) };
};

describe("MarkTableHash", () => {
  for (const profile of [PROFILE.tiny, PROFILE.devnet, PROFILE.mainnet]) {
    it(`equals the specification at profile ${profile.name}, and leaves no signal free`, async () => {
      const perUnderlying = profile.series / profile.underlyings;
      const table = await circuit(FILE, "MarkTableHash", [perUnderlying, profile.scenarios.length]);
      fc.assert(
        fc.property(marksOf(profile), fc.nat(profile.underlyings - 1), (marks, underlying) => {
          assert.equal(
            table.read(rows(profile, marks, underlying), ["out"]).out,
            marksParts(profile, marks, underlying).tableHash,
          );
        }),
        { numRuns: 5 },
      );
      const [marks] = fc.sample(marksOf(profile), { numRuns: 1, seed: 3 });
      assert(marks);
      assert.deepEqual(table.movable(rows(profile, marks, 0)), []);
    });
  }
});

describe("MarksHash", () => {
  for (const profile of [PROFILE.tiny, PROFILE.mainnet]) {
    it(`equals the specification for ${profile.underlyings} underlyings, and leaves no signal free`, async () => {
      const hash = await circuit(FILE, "MarksHash", [profile.underlyings]);
      const input = (marks: Marks) => {
        const parts = marks.underlyings.map((_, underlying) => marksParts(profile, marks, underlying));
        return {
          timestamp: marks.underlyings.map(({ timestamp }) => timestamp),
          mode: marks.underlyings.map(({ mode }) => BigInt(MARKS_MODE[mode])),
          spot: marks.underlyings.map(({ spot }) => spot),
          expiriesHash: parts.map(({ expiriesHash }) => expiriesHash),
          tableHash: parts.map(({ tableHash }) => tableHash),
          candidateHash: parts.map(({ candidateHash }) => candidateHash),
        };
      };
      fc.assert(
        fc.property(marksOf(profile), (marks) =>
          assert.equal(hash.read(input(marks), ["out"]).out, marksHash(profile, marks)),
        ),
        { numRuns: 10 },
      );
      const [marks] = fc.sample(marksOf(profile), { numRuns: 1, seed: 4 });
      assert(marks);
      assert.deepEqual(hash.movable(input(marks)), []);
    });
  }
});
