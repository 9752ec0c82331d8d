import assert from "node:assert/strict";
import fc from "fast-check";
import { toField } from "#protocol/field.ts";
import {
  type Candidate,
  candidateHash,
  levelsOf,
  type Marks,
  marksHash,
  marksParts,
  slotsOf,
} from "#protocol/marks.ts";
import { MARKS_MODE, PROFILE, type Profile, WIDTH } from "#protocol/params.ts";
import { intOf } from "#test/support/arbitrary.ts";
import { circuit } from "#test/support/circuit.ts";

const FILE = "state/marks.circom";
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const many = <T>(of: fc.Arbitrary<T>, length: number) => fc.array(of, { minLength: length, maxLength: length });
const expiry = fc.record({ expiry: bits(40), forward: bits(64), discount: bits(41) });
const candidateOf = ({ expiries, underlyings, series }: Profile): fc.Arbitrary<Candidate> =>
  fc.record({
    since: bits(40),
    newest: bits(40),
    spot: bits(64),
    expiries: many(expiry, expiries / underlyings),
    marks: many(bits(48), series / underlyings),
  });
const marksOf = (profile: Profile): fc.Arbitrary<Marks> =>
  fc.record({
    underlyings: many(
      fc.record({
        timestamp: bits(40),
        mode: fc.constantFrom("open" as const, "closeOnly" as const),
        spot: bits(64),
        index: intOf(WIDTH.index),
        fundingSum: intOf(WIDTH.fundingSum),
        candidate: fc.option(candidateOf(profile)),
      }),
      profile.underlyings,
    ),
    expiries: many(expiry, profile.expiries),
    slots: many(fc.record({ mark: bits(48), prices: many(bits(48), profile.scenarios.length) }), profile.series),
  });
const rows = (profile: Profile, marks: Marks, underlying: number) =>
  slotsOf(profile, underlying).flatMap((slot) => marks.slots[slot] ?? []);

describe("ExpiriesHash, ValuesHash and PricesHash", () => {
  for (const profile of [PROFILE.tiny, PROFILE.devnet, PROFILE.mainnet]) {
    it(`equal the specification at profile ${profile.name}, and leave no signal free`, async () => {
      const perUnderlying = profile.series / profile.underlyings;
      const expiries = await circuit(FILE, "ExpiriesHash", [profile.expiries / profile.underlyings]);
      const values = await circuit(FILE, "ValuesHash", [perUnderlying]);
      const prices = await circuit(FILE, "PricesHash", [perUnderlying, profile.scenarios.length]);
      const inputs = (marks: Marks, underlying: number) => {
        const own = rows(profile, marks, underlying);
        const dates = levelsOf(profile, marks, underlying).expiries;
        return [
          { mark: own.map(({ mark }) => mark) },
          { price: own.map((row) => row.prices) },
          { expiry: dates.map(({ expiry: date, forward, discount }) => [date, forward, discount]) },
        ] as const;
      };
      fc.assert(
        fc.property(marksOf(profile), fc.nat(profile.underlyings - 1), (marks, underlying) => {
          const [mark, price, dates] = inputs(marks, underlying);
          const parts = marksParts(profile, marks, underlying);
          assert.equal(expiries.read(dates, ["out"]).out, parts.expiriesHash);
          assert.equal(values.read(mark, ["out"]).out, parts.valuesHash);
          assert.equal(prices.read(price, ["out"]).out, parts.pricesHash);
        }),
        { numRuns: 5 },
      );
      const [marks] = fc.sample(marksOf(profile), { numRuns: 1, seed: 3 });
      assert(marks);
      const [mark, price, dates] = inputs(marks, 0);
      assert.deepEqual([expiries.movable(dates), values.movable(mark), prices.movable(price)], [[], [], []]);
    });
  }
});

describe("CandidateHash", () => {
  it("equals the specification, 0 without a candidate, and leaves no signal free", async () => {
    const profile = PROFILE.devnet;
    const hash = await circuit(FILE, "CandidateHash", []);
    const input = (marks: Marks, exists: boolean) => {
      const { expiriesHash, valuesHash } = marksParts(profile, marks, 0);
      const [{ spot, timestamp } = assert.fail()] = marks.underlyings;
      return { exists: exists ? 1n : 0n, since: timestamp, newest: timestamp + 1n, spot, expiriesHash, valuesHash };
    };
    fc.assert(
      fc.property(marksOf(profile), fc.boolean(), (marks, exists) => {
        const { since, newest } = input(marks, exists);
        const candidate = exists ? { ...levelsOf(profile, marks, 0), since, newest } : null;
        assert.equal(hash.read(input(marks, exists), ["out"]).out, candidateHash(candidate));
      }),
      { numRuns: 20 },
    );
    const [marks] = fc.sample(marksOf(profile), { numRuns: 1, seed: 5 });
    assert(marks);
    assert.deepEqual(hash.movable(input(marks, true)), []);
  });
});

describe("MarksHash", () => {
  for (const profile of [PROFILE.tiny, PROFILE.mainnet]) {
    it(`equals the specification for ${profile.underlyings} underlyings, and leaves no signal free`, async () => {
      const hash = await circuit(FILE, "MarksHash", [profile.underlyings]);
      const input = (marks: Marks) => {
        return {
          parts: marks.underlyings.map(({ timestamp, mode, spot, index, fundingSum }, underlying) => {
            const { expiriesHash, valuesHash, pricesHash, candidateHash } = marksParts(profile, marks, underlying);
            const table = [
              timestamp,
              BigInt(MARKS_MODE[mode]),
              spot,
              expiriesHash,
              valuesHash,
              pricesHash,
              candidateHash,
            ];
            return [...table, toField(index), toField(fundingSum)];
          }),
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
