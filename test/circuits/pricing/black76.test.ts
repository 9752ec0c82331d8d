import assert from "node:assert/strict";
import fc from "fast-check";
import { intrinsic, isNearTheMoney, markOf, orderPair, present, sidesOf } from "#protocol/black76.ts";
import { toField } from "#protocol/field.ts";
import { normalSlope, normalTail } from "#protocol/functions.ts";
import { FIELD } from "#protocol/params.ts";
import {
  FORWARD_BITS,
  FULL,
  MARK,
  PIECES,
  PRECISION,
  RISK_PRICE,
  STRIKE_BITS,
  VALUE_BITS,
} from "#protocol/precision.ts";
import { locate, prepareStdev, riskValue, timeValue } from "#protocol/time-value.ts";
import { element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { discount, type Money, money, shocked, stdev } from "#test/support/options.ts";

const FILE = "pricing/black76.circom";
const TIME = "pricing/time-value.circom";
const ONE = 1n << 40n;
const factor = fc.constantFrom(84n, 88n, 92n, 96n, 100n, 104n, 108n, 112n, 116n);
const pairOf = ({ forward, strike }: Money, percent = 100n) => orderPair(sidesOf(forward, strike, ONE), percent);
const oneHot = (at: number, length: number): bigint[] => Array.from({ length }, (_, each) => (each === at ? 1n : 0n));

describe("PrepareStdev", () => {
  /** From here on the grid's nearest point takes one bit more than s/2 has; the domain ends at half of it. */
  const ROUNDS_UP = (1n << 52n) - (1n << 27n);
  const prepared = new Map<typeof MARK | typeof FULL, Circuit>();
  before(async () => {
    const source = `template Probe(GRID, INVERSE) {
      signal input half;
      signal output coarse, fine, inverse;
      component stdev = PrepareStdev(GRID, INVERSE);
      stdev.half <== Uint(HALF_BITS())(half);
      coarse <== stdev.stdev.coarse; fine <== stdev.stdev.fine; inverse <== stdev.stdev.inverse;
    }`;
    for (const units of [MARK, FULL])
      prepared.set(units, await circuit(TIME, "Probe", [units.grid, units.inverse], { source }));
  });
  const half = fc
    .integer({ min: 30, max: 51 })
    .chain((bits) => uintOf(bits).map((low) => (1n << BigInt(bits)) | low))
    .filter((value) => value > 1n << 30n && value < ROUNDS_UP);

  it("equals the specification", () =>
    fc.assert(
      fc.property(half, (value) => {
        for (const [units, prepare] of prepared) {
          const { coarse, fine, inverse } = prepareStdev(value, units);
          assert.deepEqual(prepare.read({ half: value }, ["coarse", "fine", "inverse"]), {
            coarse,
            fine: toField(fine),
            inverse,
          });
        }
      }),
      { examples: [[1n << 31n], [ROUNDS_UP - 1n], [(1n << 30n) + 1n]] },
    ));

  it("has no witness where the reciprocal or the grid does not fit", () => {
    for (const value of [0n, 1n << 30n, ROUNDS_UP, (1n << 52n) - 1n, 1n << 52n, FIELD - 1n])
      for (const prepare of prepared.values()) prepare.rejects({ half: value }, "Uint/CheckRange");
  });

  it("leaves no signal free", () => {
    for (const prepare of prepared.values()) isFixed(prepare, { half: 123_456_789_012n });
  });
});

const PLACES = {
  mark: { units: MARK, pieces: PIECES.tail, bits: [40, MARK.grid + 3] },
  scenario: { units: RISK_PRICE, pieces: PIECES.risk, bits: [46, RISK_PRICE.grid + 4] },
} as const;
for (const [name, { units, pieces, bits }] of Object.entries(PLACES)) {
  describe(`Locate of a ${name}`, () => {
    const dropped = units.log + units.inverse - units.grid;
    const END = BigInt(pieces.count) << BigInt(pieces.width);
    let place: Circuit;
    let check: Circuit;
    before(async () => {
      const params = [dropped, pieces.count, pieces.width, ...bits];
      const probe = (
        template: string,
        advice: string,
        pass: string,
      ) => `template Probe(DROPPED, COUNT, WIDTH, NEAR, FAR) {
        signal input logRatio, coarse, inverse${advice};
        signal output ratioAt, isNearIn, isFarIn, near[COUNT], far[COUNT], nearBit[WIDTH], farBit[WIDTH];
        component at = ${template}(DROPPED, COUNT, WIDTH, NEAR, FAR);
        at.logRatio <== logRatio; at.coarse <== coarse; at.inverse <== inverse;
        ${pass}
        isNearIn <== at.isNear; isFarIn <== at.isFar;
        near <== at.near.isIn; far <== at.far.isIn; nearBit <== at.near.bit; farBit <== at.far.bit;
      }`;
      place = await circuit(TIME, "Probe", params, {
        source: probe("Locate", "", "ratioAt <== at.ratio; _ <== at.isNegative;"),
      });
      check = await circuit(TIME, "Probe", params, {
        source: probe(
          "CheckLocate",
          ", ratio, isNegative",
          "at.ratio <== ratio; at.isNegative <== isNegative; ratioAt <== ratio;",
        ),
      });
    });
    const deviation = name === "mark" ? stdev : shocked;
    const inputOf = (terms: Money, percent: bigint, { coarse, inverse }: { coarse: bigint; inverse: bigint }) => ({
      logRatio: toField(pairOf(terms, percent).logRatio),
      coarse,
      inverse,
    });

    it("equals the specification", () =>
      fc.assert(
        fc.property(money, factor, deviation, (terms, percent, each) => {
          const at = locate(pairOf(terms, percent).logRatio, each, units, pieces);
          const { ratioAt, near, far, isNearIn, isFarIn } = place.read(inputOf(terms, percent, each), [
            "ratioAt",
            "near",
            "far",
            "isNearIn",
            "isFarIn",
          ]);
          assert.deepEqual(
            { ratioAt, near, far },
            { ratioAt: at.ratio, near: oneHot(at.near.index, pieces.count), far: oneHot(at.far.index, pieces.count) },
          );
          assert.deepEqual(
            [isNearIn, isFarIn],
            [at.near.index < pieces.count ? 1n : 0n, at.far.index < pieces.count ? 1n : 0n],
          );
        }),
      ));

    it("accepts the rounded ratio and the true sign, and no others", () =>
      fc.assert(
        fc.property(money, deviation, intOf(30), element, (terms, each, lie, sign) => {
          const { ratio, isNegative } = locate(pairOf(terms).logRatio, each, units, pieces);
          const honest = { ...inputOf(terms, 100n, each), ratio, isNegative: isNegative ? 1n : 0n };
          assert.equal(check.read(honest, ["ratioAt"]).ratioAt, ratio);
          if (lie !== 0n)
            check.rejects({ ...honest, ratio: toField(ratio + lie) }, "CheckLocate/Uint/CheckRange", "CheckSegmentOf");
          check.rejects({ ...honest, isNegative: 1n - honest.isNegative }, "SegmentOf/CheckSegmentOf");
          if (sign > 1n) check.rejects({ ...honest, isNegative: sign }, "CheckLocate/Bool");
        }),
        { examples: [[{ forward: 100n, strike: 100n }, { coarse: 0n, fine: 0n, inverse: 1n << 20n }, 1n, 2n]] },
      ));

    it("accepts one sign of 0 and its neighbours, and at the table's end", () => {
      const unit = 1n << BigInt(dropped);
      for (const e1 of [-1n, 0n, 1n, -END, -END - 1n, 1n - END]) {
        const coarse = END / 4n;
        const [ratio, isNegative] = [coarse - e1, e1 < 0n ? 1n : 0n];
        const honest = { logRatio: ratio, inverse: unit, coarse, ratio, isNegative };
        const { near, nearBit } = check.read(honest, ["near", "nearBit"]);
        const found = e1 < 0n ? -1n - e1 : e1;
        assert.deepEqual(near, oneHot(Number(found >> BigInt(pieces.width)), pieces.count));
        const offset = (nearBit as bigint[]).reduceRight((sum, bit) => 2n * sum + bit, 0n);
        assert.equal(offset, found % (1n << BigInt(pieces.width)));
        check.rejects({ ...honest, isNegative: 1n - isNegative }, "SegmentOf/CheckSegmentOf");
      }
    });

    it("has no witness beyond the bits of an argument", () => {
      const unit = 1n << BigInt(dropped);
      const far = (1n << BigInt(bits[0])) + END + 1n;
      place.rejects({ logRatio: far, inverse: unit, coarse: 0n }, "SegmentOf/CheckSegmentOf");
      place.rejects({ logRatio: FIELD - 5n, inverse: unit, coarse: 0n }, "CheckSegmentOf", "Uint/CheckRange");
      const wide = 1n << BigInt(bits[1] + 1);
      place.rejects({ logRatio: wide, inverse: unit, coarse: wide }, "SegmentOf/CheckSegmentOf");
    });

    it("leaves no signal free", () => {
      const inverse = 1n << BigInt(units.inverse);
      for (const logRatio of [0n, 3n << BigInt(units.log - 1), 40n << BigInt(units.log)])
        isFixed(place, { logRatio, coarse: 1n << BigInt(units.grid - 1), inverse });
    });
  });
}

describe("TimeValue and RiskValue", () => {
  const SOURCE = (template: string, outputs: string) => `template Probe(LOG, INVERSE) {
    signal input lower, upper, logRatio, coarse, fine, inverse;
    component time = ${template};
    time.pair.lower <== lower; time.pair.upper <== upper; time.pair.logRatio <== logRatio;
    time.stdev.coarse <== coarse; time.stdev.fine <== fine; time.stdev.inverse <== inverse;
    ${outputs}
  }`;
  let mark: Circuit;
  let risk: Circuit;
  before(async () => {
    const outputs = `signal output value, ratio, cdfNear, slopeNear, tailFar;
      _ <== time.far; _ <== time.near; _ <== time.isNegative;
      value <== time.value; ratio <== time.ratio; cdfNear <== time.cdfNear; slopeNear <== time.slopeNear;
      tailFar <== time.tailFar;`;
    mark = await circuit(TIME, "Probe", [MARK.log, MARK.inverse], {
      source: SOURCE("TimeValue(LOG, INVERSE)", outputs),
    });
    risk = await circuit(TIME, "Probe", [0, 0], {
      source: SOURCE("RiskValue()", "signal output value <== time.value;"),
    });
  });
  const input = (pair: ReturnType<typeof pairOf>, { coarse, fine, inverse }: ReturnType<typeof prepareStdev>) => ({
    lower: pair.lower,
    upper: pair.upper,
    logRatio: toField(pair.logRatio),
    coarse,
    fine: toField(fine),
    inverse,
  });

  it("equal the specification over the domain and its scenarios", () => {
    fc.assert(
      fc.property(money, stdev, (terms, deviation) => {
        const pair = pairOf(terms);
        const expected = timeValue(pair, deviation, MARK);
        assert.deepEqual(mark.read(input(pair, deviation), ["value", "ratio", "cdfNear", "slopeNear", "tailFar"]), {
          value: expected.value,
          ratio: expected.ratio,
          cdfNear: expected.cdfNear,
          slopeNear: normalSlope(expected.near),
          tailFar: normalTail(expected.far),
        });
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(money, shocked, factor, (terms, deviation, percent) => {
        const pair = pairOf(terms, percent);
        assert.equal(risk.read(input(pair, deviation), ["value"]).value, riskValue(pair, deviation));
      }),
      { numRuns: 500 },
    );
  });

  it("have no witness for a ratio beyond its bits", () => {
    const deviation = prepareStdev(1n << 31n, MARK);
    const pair = pairOf({ forward: 100n, strike: 100n });
    for (const each of [mark, risk]) {
      each.rejects({ ...input(pair, deviation), logRatio: 1n << 52n }, "SegmentOf/CheckSegmentOf");
      each.rejects({ ...input(pair, deviation), logRatio: FIELD - (1n << 40n) }, "CheckSegmentOf", "Uint/CheckRange");
    }
  });

  it("leave no signal free", () => {
    const pair = pairOf({ forward: 6_500_000_000_000n, strike: 7_000_000_000_000n });
    isFixed(mark, input(pair, prepareStdev(1n << 46n, MARK)));
    isFixed(risk, { ...input(pair, prepareStdev(1n << 46n, RISK_PRICE)), fine: 0n });
  });
});

describe("Cdf", () => {
  it("is the tail's complement, or the tail", async () => {
    const cdf = await circuit(TIME, "Cdf", [VALUE_BITS.tail]);
    fc.assert(
      fc.property(uintOf(163), uintOf(1), (tail, isNegative) =>
        assert.equal(cdf.read({ tail, isNegative }, ["out"]).out, isNegative ? tail : (1n << 164n) - tail),
      ),
    );
    isFixed(cdf, { tail: 5n, isNegative: 0n }, { tail: 5n, isNegative: 1n });
  });
});

describe("Present", () => {
  it("discounts and rounds down, exactly at a discount of 1", async () => {
    const now = await circuit(FILE, "Present", [STRIKE_BITS]);
    fc.assert(
      fc.property(uintOf(STRIKE_BITS), discount, (amount, each) => {
        assert.equal(now.read({ amount, discount: each }, ["out"]).out, present(amount, each));
        assert.equal(present(amount, ONE), amount << BigInt(PRECISION.present));
      }),
      {
        examples: [
          [0n, ONE],
          [(1n << 54n) - 1n, ONE],
          [1n, 1n],
        ],
      },
    );
    now.rejects({ amount: 1n << 54n, discount: ONE }, "Uint/CheckRange");
    isFixed(now, { amount: 123_456_789n, discount: ONE - 77n });
  });
});

describe("IsStrikeAbove, OrderPair, Intrinsic and IsNearTheMoney", () => {
  const above = new Map<bigint, Circuit>();
  const checks = new Map<bigint, Circuit>();
  const order = new Map<bigint, Circuit>();
  let near: Circuit;
  before(async () => {
    const source = `template Probe(FACTOR) {
      signal input presentForward, presentStrike, logMoneyness, isPriced, isStrikeAbove, isPut;
      signal output lower, upper, logRatio, intrinsic;
      component pair = OrderPair(FACTOR, MARK_LOG(), KAPPA_BIAS());
      pair.sides.presentForward <== presentForward; pair.sides.presentStrike <== presentStrike;
      pair.sides.logMoneyness <== logMoneyness; pair.isPriced <== isPriced; pair.isStrikeAbove <== isStrikeAbove;
      lower <== pair.pair.lower; upper <== pair.pair.upper; logRatio <== pair.pair.logRatio;
      intrinsic <== Intrinsic()(pair.pair, isStrikeAbove, isPut);
    }`;
    for (const percent of [84n, 100n, 116n]) {
      above.set(percent, await circuit(FILE, "IsStrikeAbove", [percent]));
      checks.set(percent, await circuit(FILE, "CheckIsStrikeAbove", [percent]));
      order.set(percent, await circuit(FILE, "Probe", [percent], { source }));
    }
    near = await circuit(FILE, "IsNearTheMoney", []);
  });
  const percents = fc.constantFrom(84n, 100n, 116n);
  const input = ({ forward, strike }: Money, percent: bigint, each: bigint, isPut = 0n, isPriced = 1n) => {
    const sides = sidesOf(forward, strike, each);
    return {
      presentForward: sides.presentForward,
      presentStrike: sides.presentStrike,
      logMoneyness: toField(isPriced * sides.logMoneyness),
      isPriced,
      isStrikeAbove: strike * 100n > forward * percent ? 1n : 0n,
      isPut,
    };
  };

  it("equal the specification", () =>
    fc.assert(
      fc.property(money, percents, uintOf(1), discount, (terms, percent, isPut, each) => {
        const pair = orderPair(sidesOf(terms.forward, terms.strike, each), percent);
        const isAbove = pair.isStrikeAbove ? 1n : 0n;
        assert.equal(above.get(percent)?.read(terms, ["out"]).out, isAbove);
        const {
          lower,
          upper,
          logRatio,
          intrinsic: value,
        } = order.get(percent)?.read(input(terms, percent, each, isPut), ["lower", "upper", "logRatio", "intrinsic"]) ??
        assert.fail();
        assert.deepEqual([lower, upper], [pair.lower, pair.upper]);
        assert.deepEqual(
          [logRatio, value],
          [toField(pair.logRatio), toField(intrinsic(isPut === 1n ? "put" : "call", pair))],
        );
        assert.ok(pair.logRatio >= 0n);
      }),
      {
        examples: [
          [{ forward: 100n, strike: 84n }, 84n, 0n, ONE],
          [{ forward: 100n, strike: 116n }, 116n, 1n, ONE],
        ],
      },
    ));

  it("put what is not priced beyond the table", () => {
    for (const terms of [
      { forward: 1n, strike: 1n << 53n },
      { forward: 1n << 52n, strike: 1n },
    ])
      assert.equal(order.get(84n)?.read(input(terms, 84n, ONE, 0n, 0n), ["logRatio"]).logRatio, (1n << 31n) + 1n);
  });

  it("accept no order but the true one", () => {
    fc.assert(
      fc.property(money, percents, (terms, percent) => {
        const isStrikeAbove = terms.strike * 100n > terms.forward * percent ? 0n : 1n;
        checks.get(percent)?.rejects({ ...terms, isStrikeAbove }, "Uint/CheckRange");
      }),
      {
        examples: [
          [{ forward: 100n, strike: 100n }, 100n],
          [{ forward: 100n, strike: 101n }, 100n],
        ],
      },
    );
    fc.assert(
      fc.property(
        money,
        element.filter((bit) => bit > 1n),
        (terms, isStrikeAbove) => checks.get(84n)?.rejects({ ...terms, isStrikeAbove }, "Bool"),
      ),
    );
  });

  it("have no witness for values beyond their width", () => {
    for (const check of checks.values())
      check.rejects({ forward: 1n, strike: 1n << 62n, isStrikeAbove: 1n }, "Uint/CheckRange");
  });

  it("hold a factor of 20 inside", () => {
    const moneyness = ({ forward, strike }: Money) => ({ forward, strike, isStrikeAbove: strike > forward ? 1n : 0n });
    fc.assert(
      fc.property(uintOf(FORWARD_BITS), fc.oneof(uintOf(STRIKE_BITS), intOf(20)), (forward, other) => {
        const strike = other < 0n ? (forward + 19n) / 20n : other;
        const terms = { forward, strike };
        assert.equal(near.read(moneyness(terms), ["out"]).out, isNearTheMoney(forward, strike) ? 1n : 0n);
      }),
      {
        examples: [
          [20n, 1n],
          [21n, 1n],
          [1n, 20n],
          [1n, 21n],
          [0n, 1n],
        ],
      },
    );
    isFixed(near, moneyness({ forward: 100n, strike: 120n }), moneyness({ forward: 120n, strike: 1n }));
  });

  it("leave no signal free", () => {
    const pair = order.get(84n) ?? assert.fail();
    isFixed(
      pair,
      input({ forward: 1_000n, strike: 900n }, 84n, ONE),
      input({ forward: 1_000n, strike: 700n }, 84n, ONE, 1n),
    );
    isFixed(above.get(84n) ?? assert.fail(), { forward: 1_000n, strike: 900n });
    isFixed(above.get(100n) ?? assert.fail(), { forward: 1_000n, strike: 900n });
  });
});

for (const bits of [VALUE_BITS.tail, VALUE_BITS.risk]) {
  describe(`Mark of a value at 2^-${bits}`, () => {
    let mark: Circuit;
    let check: Circuit;
    before(async () => {
      mark = await circuit(FILE, "Mark", [bits]);
      check = await circuit(FILE, "CheckMark", [bits]);
    });
    const shift = BigInt(bits);
    /** 1e-6 USDC in the unit of values. */
    const UNIT = 1_280_000n << shift;
    const LIMIT = (UNIT << 48n) - (100n << shift);
    const value = fc.oneof(fc.bigInt({ min: 0n, max: LIMIT - 1n }), uintOf(bits + 40));

    it("rounds down", () =>
      fc.assert(
        fc.property(value, (n) => assert.equal(mark.read({ value: n }, ["out"]).out, markOf(n, bits))),
        {
          examples: [[0n], [UNIT], [UNIT - 1n], [UNIT - (100n << shift)], [UNIT - (100n << shift) - 1n], [LIMIT - 1n]],
        },
      ));

    it("makes up for what discounting takes, and no more", () => {
      assert.deepEqual([markOf(UNIT - (100n << shift), bits), markOf(UNIT - (101n << shift), bits)], [1n, 0n]);
      assert.equal(mark.read({ value: toField(-(100n << shift)) }, ["out"]).out, 0n);
    });

    it("has no witness for a mark of more than 48 bits or below 0", () => {
      mark.rejects({ value: LIMIT }, "Uint/CheckRange");
      mark.rejects({ value: toField(-(101n << shift)) }, "Uint/CheckRange");
    });

    it("accepts no advice but the true one", () =>
      fc.assert(
        fc.property(value, intOf(20), intOf(11), (n, more, part) => {
          const raised = n + (100n << shift);
          const [honest, rest] = [raised / UNIT, (raised >> (shift + 11n)) % 625n];
          // The quotient moved, and the remainder moved against it.
          const lies = [
            { mark: honest + more, part: rest - 625n * more },
            { mark: honest + more, part: rest },
            { mark: honest, part: rest + part },
          ];
          for (const lie of lies) {
            if (lie.mark === honest && lie.part === rest) continue;
            check.rejects({ value: n, mark: toField(lie.mark), part: toField(lie.part) }, "Uint/CheckRange");
          }
        }),
      ));

    it("leaves no signal free", () => isFixed(mark, { value: 123_456_789n << shift }));
  });
}
