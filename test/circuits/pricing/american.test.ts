import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AmericanTerms,
  american,
  cubicPremium,
  europeanPut,
  exerciseLevel,
  expNearest,
  floorOrZero,
  forwards,
  growths,
  placeTree,
  spacingFactor,
  treePremiums,
} from "#protocol/american.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { toField } from "#protocol/field.ts";
import { FIELD } from "#protocol/params.ts";
import { TREE } from "#protocol/precision.ts";
import { beyond, element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { americanTerms, logUniform, uniform } from "#test/support/options.ts";

const FILE = "pricing/american.circom";
const N = 8;
const at = (value: number, bits: number): bigint => BigInt(Math.round(value * 2 ** 40)) << BigInt(bits - 40);

describe("ExpNearest, Growths and Forwards", () => {
  let exp: Circuit;
  let growth: Circuit;
  let falling: Circuit;
  before(async () => {
    exp = await circuit(FILE, "ExpNearest", [36]);
    growth = await circuit(FILE, "Growths", [N]);
    falling = await circuit(FILE, "Forwards", [6, 50]);
  });
  const END = 9n << 33n;
  const step = uniform(0, 0.17).map((x) => expNearest(BigInt(Math.round(x * 2 ** 36)), TREE.growth));

  it("equal the specification", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: END - 1n }), (x) => {
        assert.equal(exp.read({ x }, ["out"]).out, expNearest(x, 36));
      }),
      { examples: [[0n], [END - 1n], [1n << 33n]] },
    );
    fc.assert(
      fc.property(step, (each) => {
        assert.deepEqual(growth.read({ step: each }, ["out"]).out, growths(each, N));
      }),
      { examples: [[1n << 32n]] },
    );
    fc.assert(
      fc.property(uintOf(50), uintOf(32), (top, fall) => {
        assert.deepEqual(falling.read({ top, fall }, ["out"]).out, forwards(top, fall, 6));
      }),
      { examples: [[1n, 1n << 32n]] },
    );
  });

  it("have no witness outside their domain", () => {
    for (const x of [END, FIELD - 1n]) exp.rejects({ x }, "CheckSegmentOf");
    growth.rejects({ step: 6n << 30n }, "Uint/CheckRange");
    falling.rejects({ top: 1n << 51n, fall: 1n << 32n }, "Uint/CheckRange");
  });

  it("leave no signal free", () => {
    isFixed(exp, { x: 123_456_789n });
    isFixed(growth, { step: (1n << 32n) + 98_765_432n });
    isFixed(falling, { top: 1n << 49n, fall: 3_000_000_001n });
  });
});

/** A level whose exercise gains never rise: what the checker's caller shows. */
const LEVEL = { nodes: 5, left: 3, height: 12 };
const level = fc
  .record({
    strike: uintOf(TREE.unit + TREE.growth + LEVEL.left + 1),
    later: fc.array(uintOf(70), { minLength: LEVEL.nodes + 1, maxLength: LEVEL.nodes + 1 }),
    first: intOf(74),
    drops: fc.array(fc.oneof(uintOf(72), fc.constant(0n)), { minLength: LEVEL.nodes - 1, maxLength: LEVEL.nodes - 1 }),
  })
  .map(({ strike, later, first, drops }) => {
    const gains = [first];
    for (const drop of drops) gains.push((gains.at(-1) as bigint) - drop);
    const continuation = later.slice(1).map((value, j) => value + (later[j] as bigint));
    const exercise = gains.map((gain, j) => gain + (continuation[j] as bigint));
    return { strike, later, gains, continuation, exercise, spots: exercise.map((value) => toField(strike - value)) };
  })
  // No exercise is worth more than the strike, and the first loss is below 2^79.
  .filter(({ strike, exercise }) => exercise.every((value) => value <= strike));

const adviceOf = (gains: readonly bigint[], exercised: number) => ({
  hot: Array.from({ length: gains.length + 1 }, (_, k) => (k === exercised ? 1n : 0n)),
  gain: toField(exercised === 0 ? 1n : (gains[exercised - 1] as bigint)),
  loss: toField(exercised === gains.length ? 0n : -(gains[exercised] as bigint)),
});

// Packed in one constraint per node, and in two where the pair does not fit the field.
for (const height of [LEVEL.height, 120]) {
  describe(`ExerciseLevel, ${height === LEVEL.height ? "pairs packed" : "pairs apart"}`, () => {
    let whole: Circuit;
    let check: Circuit;
    before(async () => {
      whole = await circuit(FILE, "ExerciseLevel", [LEVEL.nodes, LEVEL.left, height, 1]);
      check = await circuit(FILE, "CheckExerciseLevel", [LEVEL.nodes, LEVEL.left, height, 1]);
    });

    it("equals the specification", () =>
      fc.assert(
        fc.property(level, ({ strike, spots, later, exercise, continuation }) => {
          const { values } = exerciseLevel(exercise, continuation);
          assert.deepEqual(whole.read({ strike, spots, later }, ["values"]).values, values.map(toField));
        }),
      ));

    it("accepts no advice but the true one", () =>
      fc.assert(
        fc.property(level, fc.nat(LEVEL.nodes), intOf(60), (each, claim, other) => {
          const { strike, spots, later, gains, exercise, continuation } = each;
          const { exercised, values } = exerciseLevel(exercise, continuation);
          const input = { strike, spots, later };
          const honest = adviceOf(gains, exercised);
          assert.deepEqual(check.read({ ...input, ...honest }, ["values"]).values, values.map(toField));
          const lies = ["CheckExerciseLevel", "Uint/CheckRange"] as const;
          if (claim !== exercised) {
            check.rejects({ ...input, ...adviceOf(gains, claim) }, ...lies);
            check.rejects({ ...input, ...honest, hot: adviceOf(gains, claim).hot }, ...lies);
            // Half here, half there.
            const split = honest.hot.map((bit, k) => (bit === 1n || k === claim ? (FIELD + 1n) / 2n : 0n));
            check.rejects({ ...input, ...honest, hot: split }, ...lies);
          }
          check.rejects({ ...input, ...honest, hot: honest.hot.map(() => 0n) }, ...lies);
          if (other !== 0n) {
            check.rejects({ ...input, ...honest, gain: toField(honest.gain + other) }, ...lies);
            check.rejects({ ...input, ...honest, loss: toField(honest.loss + other) }, ...lies);
            // Moves that keep the packed pair as it is.
            const pair = 1n << BigInt(TREE.unit + TREE.growth + LEVEL.left + 9);
            const moved = { gain: toField(honest.gain + other), loss: toField(honest.loss + other * pair) };
            check.rejects({ ...input, ...honest, ...moved }, ...lies);
          }
        }),
        { numRuns: 200 },
      ));

    it("leaves no signal free, whether all are exercised, some or none", () => {
      const strike = 1n << 70n;
      const later = [5n, 4n, 3n, 2n, 1n, 0n];
      const from = (highest: bigint) => ({
        strike,
        later,
        spots: [0n, 1n, 2n, 3n, 4n].map((j) => strike - highest + (j << 30n)),
      });
      isFixed(whole, from(1n << 60n), from(2n << 30n), from(0n));
    });
  });
}

describe("FloorOrZero", () => {
  const [D, BITS] = [6n << 30n, 20];
  let floor: Circuit;
  let check: Circuit;
  before(async () => {
    floor = await circuit(FILE, "FloorOrZero", [D, BITS]);
    check = await circuit(FILE, "CheckFloorOrZero", [D, BITS]);
  });
  const limit = D << BigInt(BITS);
  const dividend = fc.bigInt({ min: -limit, max: limit - 1n });

  it("equals the specification over its whole domain", () =>
    fc.assert(
      fc.property(dividend, (n) => {
        assert.equal(floor.read({ in: toField(n) }, ["out"]).out, floorOrZero(n, D));
      }),
      { examples: [[0n], [-1n], [D - 1n], [D], [-limit], [limit - 1n]] },
    ));

  it("has no witness just outside its domain", () => {
    for (const n of [limit, -limit - 1n]) floor.rejects({ in: toField(n) }, "Uint/CheckRange");
  });

  it("accepts one sign", () => {
    fc.assert(
      fc.property(dividend, (n) => check.rejects({ in: toField(n), isBelow: n < 0n ? 0n : 1n }, "Uint/CheckRange")),
      { examples: [[0n], [-1n]] },
    );
    fc.assert(
      fc.property(
        element.filter((bit) => bit > 1n),
        (isBelow) => check.rejects({ in: 5n, isBelow }, "Bool"),
      ),
    );
  });

  it("leaves no signal free", () => isFixed(floor, { in: 98_765_432_109n }, { in: toField(-1n) }));
});

describe("CubicPremium", () => {
  let cubic: Circuit;
  before(async () => {
    cubic = await circuit(FILE, "CubicPremium", []);
  });
  const premiums = fc.array(uintOf(68), { minLength: 4, maxLength: 4 });

  it("equals the specification", () =>
    fc.assert(
      fc.property(premiums, uintOf(TREE.place), (four, place) => {
        const expected = cubicPremium(four, place);
        assert.equal(cubic.read({ premiums: four, place }, ["out"]).out, expected);
      }),
      { examples: [[[1n << 67n, 0n, 0n, 1n << 67n], 1n << 29n]] },
    ));

  it("leaves no signal free", () => {
    isFixed(cubic, { premiums: [9n << 60n, 7n << 60n, 3n << 60n, 2n << 60n], place: 987_654_321n });
    isFixed(cubic, { premiums: [1n << 60n, 0n, 0n, 0n], place: 1n << 28n });
  });
});

describe("PlaceTree", () => {
  let place: Circuit;
  before(async () => {
    const source = `template Probe(N) {
      signal input logForward, spacing;
      signal output top, fall, place;
      signal {bits} ranged <== Uint(49)(spacing);
      (top, fall, place) <== PlaceTree(N)(logForward, ranged);
    }`;
    place = await circuit(FILE, "Probe", [N], { source });
  });

  it("equals the specification", () =>
    fc.assert(
      fc.property(uniform(-4.1, 4.1), logUniform(2 ** -12, 1.49), (log, stdev) => {
        const spacing = (at(stdev, 47) * spacingFactor(N)) >> 48n;
        const logForward = at(log, 48);
        const { top, fall, place: where } = placeTree(logForward, spacing, N);
        assert.deepEqual(place.read({ logForward: toField(logForward), spacing }, ["top", "fall", "place"]), {
          top,
          fall,
          place: where,
        });
      }),
    ));

  it("has no witness without a spacing, or with one beyond the exponential's range", () => {
    for (const spacing of [0n, 9n << 45n, 1n << 49n])
      place.rejects({ logForward: 0n, spacing }, "CheckSegmentOf", "Uint/CheckRange");
  });

  it("leaves no signal free", () => isFixed(place, { logForward: 1n << 44n, spacing: 3n << 45n }));
});

describe("European", () => {
  let put: Circuit;
  let pair: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input spot, strike, logForward, half;
      signal {bits} ranged <== Uint(48)(half);
      signal output out <== European()(spot, strike, logForward, ranged);
    }`;
    put = await circuit(FILE, "Probe", [], { source });
    pair = await circuit(FILE, "Probe", [], {
      source: `template Probe() {
          signal input spot, strike, logForward, isStrikeAbove;
          signal output lower, upper, logRatio, exercise;
          component each = CheckDiscountedPair();
          each.spot <== spot; each.strike <== strike; each.logForward <== logForward; each.isStrikeAbove <== isStrikeAbove;
          lower <== each.pair.lower; upper <== each.pair.upper; logRatio <== each.pair.logRatio; exercise <== each.exercise;
        }`,
    });
  });

  it("equals the specification", () =>
    fc.assert(
      fc.property(logUniform(1e8, 2e16), logUniform(0.02, 50), logUniform(2 ** -12, 1.49), (spot, ratio, stdev) => {
        const [s, k] = [BigInt(Math.round(spot)), BigInt(Math.round(spot * ratio))];
        const logForward = at(Math.log(Number(s) / Number(k)), 48);
        const half = at(stdev, 47);
        const expected = europeanPut(s, k, logForward, half);
        assert.equal(put.read({ spot: s, strike: k, logForward: toField(logForward), half }, ["out"]).out, expected);
      }),
      { numRuns: 300 },
    ));

  it("takes values whose order and logarithm differ by a rounding as equal", () =>
    fc.assert(
      fc.property(fc.bigInt(10n ** 8n, 10n ** 16n), intOf(14), uintOf(1), (spot, logForward, more) => {
        const [strike, half] = [spot + more, BigInt(TREE.minHalf)];
        const { out } = put.read({ spot, strike, half, logForward: toField(logForward) }, ["out"]);
        assert.equal(out, europeanPut(spot, strike, logForward, half));
        const difference = Number(out) - Number(europeanPut(spot, spot, 0n, half));
        assert.ok(Math.abs(difference) <= 2 + Number(spot) * 2 ** -33, `${difference}`);
      }),
    ));

  it("accepts one order of spot and strike", () => {
    const input = { spot: 100n, strike: 90n, logForward: 5n };
    assert.deepEqual(pair.read({ ...input, isStrikeAbove: 0n }, ["lower", "upper", "logRatio", "exercise"]), {
      lower: 90n,
      upper: 100n,
      logRatio: 5n,
      exercise: 0n,
    });
    pair.rejects({ ...input, isStrikeAbove: 1n }, "Uint/CheckRange");
    pair.rejects({ ...input, spot: 80n, isStrikeAbove: 0n }, "Uint/CheckRange");
    pair.rejects({ ...input, spot: 90n, isStrikeAbove: 1n }, "Uint/CheckRange");
    pair.rejects({ ...input, isStrikeAbove: 2n }, "Bool");
  });

  it("leaves no signal free", () => {
    isFixed(pair, { spot: 100n, strike: 90n, logForward: 5n, isStrikeAbove: 0n });
    isFixed(put, { spot: 1n << 50n, strike: 9n << 47n, logForward: toField(-1n << 40n), half: 1n << 45n });
  });
});

describe("TreePremiums", () => {
  let tree: Circuit;
  before(async () => {
    tree = await circuit(FILE, "TreePremiums", [N]);
  });

  it("equals the specification and leaves no signal free", () => {
    fc.assert(
      fc.property(uniform(-3, 3), uniform(0.35, 0.9999), uniform(0, 0.14), uniform(0, 0.14), (log, fall, r, q) => {
        const [top, down] = [at(Math.exp(log), 40) >> 4n, at(fall, 40) >> 8n];
        const [money, dividend] = [r, q].map((each) => expNearest(BigInt(Math.round(each * 2 ** 36)), 32));
        const input = { top, fall: down, money: money ?? 0n, yield: dividend ?? 0n };
        assert.deepEqual(tree.read(input, ["out"]).out, treePremiums({ ...input, steps: N }));
      }),
    );
    assert.deepEqual(
      tree.loose({ top: 3n << 36n, fall: 3_500_000_000n, money: 4_350_000_000n, yield: 4_320_000_000n }),
      [],
    );
  });
});

describe("American", () => {
  let option: Circuit;
  before(async () => {
    option = await circuit(FILE, "American", [N]);
  });
  const input = ({ isPut, ...terms }: AmericanTerms) => ({ ...terms, isPut: isPut ? 1n : 0n });
  const EXAMPLE: AmericanTerms = {
    spot: 6_500_000_000_000n,
    strike: 7_000_000_000_000n,
    isPut: true,
    years: 1n << 59n,
    vol: 3n << 38n,
    rate: 1n << 36n,
    yield: 1n << 35n,
  };

  /** The yield above the rate, by so little that the discounted values round to the same. */
  const AT_THE_MONEY: AmericanTerms = {
    spot: 1_000_000n,
    strike: 1_000_000n,
    isPut: true,
    years: 115_292_150_460_416n,
    vol: 26_870_389_146n,
    rate: 5_632_000n,
    yield: 7_168_000n,
  };
  it("equals the specification over the domain", () =>
    fc.assert(
      fc.property(americanTerms, (terms) => {
        assert.deepEqual(option.read(input(terms), ["price", "european", "premium"]), american(terms, N));
      }),
      { numRuns: 500, examples: [[AT_THE_MONEY]] },
    ));

  it("equals the specification on the domain's edges, and has no witness beyond", () => {
    const isRefused = (terms: AmericanTerms): boolean => {
      try {
        assert.deepEqual(option.read(input(terms), ["price", "european", "premium"]), american(terms, N));
        return false;
      } catch (error) {
        if (!(error instanceof ProtocolError && error.code === "OutOfRange")) {
          const refused = error instanceof Error && "code" in error && error.code === "WitnessRefused";
          if (!refused) throw error;
        }
        assert.throws(() => american(terms, N), { code: "OutOfRange" });
        option.rejects(input(terms), "American", "Uint/CheckRange", "CheckSegmentOf", "CheckMantissa");
        return true;
      }
    };
    // vol √years / 2 at 2^-48 over one year is 2^7 vol.
    const year = { ...EXAMPLE, years: 1n << 60n };
    const edges: readonly (readonly [AmericanTerms, AmericanTerms])[] = [
      [
        { ...year, vol: TREE.minHalf >> 7n, rate: 0n },
        { ...year, vol: (TREE.minHalf >> 7n) - 1n, rate: 0n },
      ],
      [
        { ...year, vol: (TREE.maxHalf >> 7n) - 1n },
        { ...year, vol: TREE.maxHalf >> 7n },
      ],
      [
        { ...year, rate: (9n << 37n) - 1n },
        { ...year, rate: 9n << 37n },
      ],
      [
        { ...year, yield: (9n << 37n) - 1n },
        { ...year, yield: 9n << 37n },
      ],
      [
        { ...EXAMPLE, spot: 350_000_000_000n },
        { ...EXAMPLE, spot: 349_999_999_999n },
      ],
      [
        { ...EXAMPLE, spot: 140_000_000_000_000n },
        { ...EXAMPLE, spot: 140_000_000_000_001n },
      ],
      [
        { ...year, years: (1n << 64n) - 1n, vol: 1n << 38n, rate: 0n, yield: 0n },
        { ...year, years: 1n << 64n, vol: 1n << 38n, rate: 0n, yield: 0n },
      ],
    ];
    // The highest and the lowest tree: furthest from the money, wildest, most carried.
    const extreme = { ...year, vol: (TREE.maxHalf >> 7n) - 1n };
    for (const spot of [350_000_000_000n, 140_000_000_000_000n])
      for (const [rate, dividend] of [
        [(9n << 37n) - 1n, 0n],
        [0n, (9n << 37n) - 1n],
        [(9n << 37n) - 1n, (9n << 37n) - 1n],
      ] as const)
        for (const isPut of [false, true])
          for (const vol of [extreme.vol, TREE.minHalf >> 7n])
            assert.equal(isRefused({ ...extreme, vol, spot, rate, yield: dividend, isPut }), false);
    for (const isPut of [false, true])
      for (const [inside, outside] of edges) {
        assert.equal(
          isRefused({ ...inside, isPut }),
          false,
          JSON.stringify(inside, (_, v) => String(v)),
        );
        assert.equal(isRefused({ ...outside, isPut }), true);
      }
  });

  it("has no witness for terms beyond their width", () => {
    const refuses = (change: Record<string, bigint>) =>
      option.rejects({ ...input(EXAMPLE), ...change }, "American", "Uint/CheckRange", "CheckMantissa", "Bool");
    for (const change of [{ spot: 0n }, { strike: 0n }, { years: 0n }, { vol: 0n }]) refuses(change);
    fc.assert(fc.property(beyond(53), (spot) => refuses({ spot })));
    fc.assert(fc.property(beyond(53), (strike) => refuses({ strike })));
    fc.assert(fc.property(beyond(64), (years) => refuses({ years })));
    for (const name of ["vol", "rate", "yield"])
      fc.assert(fc.property(beyond(43), (each) => refuses({ [name]: each })));
    fc.assert(
      fc.property(
        element.filter((bit) => bit > 1n),
        (isPut) => refuses({ isPut }),
      ),
    );
  });

  it("leaves no signal free", () => assert.deepEqual(option.loose(input(EXAMPLE)), []));

  it("costs less than 10,000 constraints at 8 steps", () =>
    assert.ok(option.constraints.nonLinear + option.constraints.linear < 10_000));
});
