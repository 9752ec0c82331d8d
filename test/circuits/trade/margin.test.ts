import assert from "node:assert/strict";
import fc from "fast-check";
import { toField } from "#protocol/field.ts";
import { riskOf, worstLoss } from "#protocol/margin.ts";
import type { Marks } from "#protocol/marks.ts";
import { FIELD, PROFILE, type Profile, underlyingOfSlot } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { marksAt, NOW, PARAMETERS } from "#test/support/world.ts";

const FILE = "trade/margin.circom";
const POSITION = 1n << 40n;
const MARK = (1n << 48n) - 1n;
const fields = (values: readonly bigint[]): bigint[] => values.map(toField);
const range = (min: bigint, max: bigint) => fc.bigInt({ min, max });

describe("CheckMagnitude", () => {
  let magnitude: Circuit;
  before(async () => {
    magnitude = await circuit(FILE, "CheckMagnitude", [40]);
  });
  it("is the absolute value of 41 signed bits", () =>
    fc.assert(
      fc.property(range(-POSITION, POSITION - 1n), (size) => {
        const isShort = size < 0n ? 1n : 0n;
        assert.equal(magnitude.read({ size: toField(size), isShort }, ["out"]).out, size < 0n ? -size : size);
      }),
      { examples: [[0n], [-1n], [1n], [-POSITION], [POSITION - 1n]] },
    ));
  it("has no witness just outside, nor for a lie about the sign: 0 has one (attack 22)", () => {
    for (const [size, isShort] of [
      [POSITION, 0n],
      [-POSITION - 1n, 1n],
      [0n, 1n],
      [5n, 1n],
      [-5n, 0n],
      [POSITION, 1n],
      [FIELD / 2n, 0n],
    ] as const) {
      magnitude.rejects({ size: toField(size), isShort }, "CheckMagnitude/Uint/CheckRange");
    }
    magnitude.rejects({ size: 5n, isShort: 2n }, "CheckMagnitude/Bool");
  });
  it("leaves no signal free", () => assert.deepEqual(magnitude.movable({ size: toField(-5n), isShort: 1n }), []));
});

describe("CheckActualLoss", () => {
  let actual: Circuit;
  before(async () => {
    actual = await circuit(FILE, "CheckActualLoss", [3]);
  });
  it("is a loss of the list, or 0", () => {
    const loss = fields([5n, -7n, 11n]);
    for (const [isChosen, out] of [
      [[1n, 0n, 0n], 5n],
      [[0n, 1n, 0n], toField(-7n)],
      [[0n, 0n, 1n], 11n],
      [[0n, 0n, 0n], 0n],
    ] as const) {
      assert.equal(actual.read({ loss, isChosen }, ["out"]).out, out);
    }
    assert.deepEqual(actual.movable({ loss, isChosen: [0n, 1n, 0n] }), []);
  });
  it("is no sum and no part of losses", () => {
    const loss = [5n, 7n, 11n];
    for (const isChosen of [
      [1n, 1n, 0n],
      [2n, 0n, 0n],
      [FIELD - 1n, 1n, 1n],
      [1n, FIELD - 1n, 1n],
    ]) {
      actual.rejects({ loss, isChosen }, "CheckActualLoss/Bool");
    }
  });
});

describe("CheckWorstLoss", () => {
  const BITS = 8;
  let worst: Circuit;
  const oneHot = (at: number) => [0, 1, 2].map((each) => (each === at ? 1n : 0n));
  const losses = fc.tuple(range(-100n, 100n), range(-100n, 100n), range(-100n, 100n));
  before(async () => {
    worst = await circuit(FILE, "CheckWorstLoss", [3, BITS]);
  });
  it("equals the specification", () =>
    fc.assert(
      fc.property(losses, (loss) => {
        const { scenario, loss: largest } = worstLoss(loss);
        assert.equal(worst.read({ loss: fields(loss), isWorst: oneHot(scenario) }, ["out"]).out, largest);
      }),
      { examples: [[[0n, 0n, 0n]], [[-1n, -2n, -3n]], [[100n, 100n, -100n]]] },
    ));
  it("accepts no other loss than the largest", () =>
    fc.assert(
      fc.property(losses, fc.integer({ min: -1, max: 2 }), (loss, claimed) => {
        fc.pre((loss[claimed] ?? 0n) !== worstLoss(loss).loss);
        worst.rejects({ loss: fields(loss), isWorst: oneHot(claimed) }, "CheckWorstLoss/Uint/CheckRange");
      }),
      {
        examples: [
          [[1n, 0n, 0n], -1],
          [[-1n, 0n, 0n], 0],
          [[3n, 4n, 5n], 1],
        ],
      },
    ));
  it("leaves no signal free", () =>
    assert.deepEqual(worst.movable({ loss: fields([5n, -7n, 9n]), isWorst: oneHot(2) }), []));
});

/** Boards of one and of two underlyings: with two, slots 0 and 1 are of the first. */
const BOARDS = [PROFILE.tiny, { ...PROFILE.tiny, underlyings: 2 }] as const;
const many = <T>(of: fc.Arbitrary<T>, length: number) => fc.array(of, { minLength: length, maxLength: length });
const anyMarks = (profile: Profile): fc.Arbitrary<Marks> =>
  many(
    fc.record({ mark: range(0n, MARK), prices: many(range(0n, MARK), profile.scenarios.length) }),
    profile.series,
  ).map((slots) => {
    const marks = marksAt(profile, 60_000n, NOW);
    return {
      ...marks,
      slots,
      underlyings: marks.underlyings.map((each, at) => ({ ...each, spot: each.spot / BigInt(at + 1) })),
    };
  });
const sizes = (profile: Profile) => many(range(-POSITION, POSITION - 1n), profile.series);
const cash = range(-(1n << 95n), (1n << 95n) - 1n);

for (const profile of BOARDS) {
  const shape = [profile.series, profile.scenarios.length, profile.underlyings] as const;
  const lossesOf = (marks: Marks, held: readonly bigint[]) =>
    marks.underlyings.map((_, underlying) =>
      profile.scenarios.map((_, scenario) =>
        held.reduce((sum, size, slot) => {
          const { mark = 0n, prices = [] } = marks.slots[slot] ?? {};
          return underlyingOfSlot(profile, slot) === underlying ? sum + size * (mark - (prices[scenario] ?? 0n)) : sum;
        }, 0n),
      ),
    );

  describe(`Exposure, ${profile.underlyings} underlying(s)`, () => {
    let exposure: Circuit;
    const input = (marks: Marks, balance: bigint, held: readonly bigint[]) => ({
      cash: toField(balance),
      size: fields(held),
      prices: { mark: marks.slots.map(({ mark }) => mark), price: marks.slots.map(({ prices }) => prices) },
    });
    before(async () => {
      exposure = await circuit(FILE, "Exposure", shape);
    });
    it("equals the specification", () =>
      fc.assert(
        fc.property(anyMarks(profile), cash, sizes(profile), (marks, balance, held) => {
          const { equity } = riskOf(profile, marks, PARAMETERS, { cash: balance, sizes: held });
          assert.deepEqual(exposure.read(input(marks, balance, held), ["equity", "loss"]), {
            equity: toField(equity),
            loss: lossesOf(marks, held).map(fields),
          });
        }),
      ));
    it("leaves no signal free", () => {
      assert.deepEqual(exposure.movable(input(marksAt(profile, 60_000n, NOW), -5n, [1n, -2n, 3n, -4n])), []);
    });
  });

  describe(`Risk, ${profile.underlyings} underlying(s)`, () => {
    let risk: Circuit;
    const parameters = { ...PARAMETERS, leveragePpm: [20_000n, 50_000n].slice(0, profile.underlyings) };
    const expected = (marks: Marks, balance: bigint, held: readonly bigint[]) =>
      riskOf(profile, marks, parameters, { cash: balance, sizes: held });
    const input = (marks: Marks, balance: bigint, held: readonly bigint[]) => {
      const { equity, worst } = expected(marks, balance, held);
      const charge = (ppm: bigint) => marks.underlyings.map(({ spot }) => spot * ppm);
      return {
        equity: toField(equity),
        loss: worst.map(({ loss }) => loss),
        size: fields(held),
        magnitude: held.map((size) => (size < 0n ? -size : size)),
        charges: {
          contingency: charge(parameters.contingencyPpm),
          epsilon: charge(parameters.epsilonPpm),
          size: charge(parameters.sizePpm),
          leverage: marks.underlyings.map(({ spot }, at) => spot * (parameters.leveragePpm[at] ?? 0n)),
        },
      };
    };
    before(async () => {
      risk = await circuit(FILE, "Risk", [profile.series, profile.underlyings]);
    });
    it("equals the specification", () =>
      fc.assert(
        fc.property(anyMarks(profile), cash, sizes(profile), (marks, balance, held) => {
          const { maintenance, health, surplus } = expected(marks, balance, held);
          assert.deepEqual(risk.read(input(marks, balance, held), ["maintenance", "health", "surplus"]), {
            maintenance,
            health: toField(health),
            surplus: toField(surplus),
          });
          assert(surplus < 1n << 179n && surplus > -(1n << 179n));
          assert(health < 1n << 137n && health > -(1n << 137n));
        }),
      ));
    it("leaves no signal free", () => {
      assert.deepEqual(risk.movable(input(marksAt(profile, 60_000n, NOW), -5n, [1n, -2n, 3n, -4n])), []);
    });
  });
}
