import assert from "node:assert/strict";
import fc from "fast-check";
import { intrinsic, markOf, orderPair } from "#protocol/black76.ts";
import { toField } from "#protocol/field.ts";
import { ln, normalDensity, normalTail } from "#protocol/functions.ts";
import { FIELD } from "#protocol/params.ts";
import { PIECES, PRECISION } from "#protocol/precision.ts";
import { prepareStdev, timeValue } from "#protocol/time-value.ts";
import { element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { discount, money, stdev } from "#test/support/options.ts";

const FILE = "pricing/black76.circom";
const TAIL = BigInt(PRECISION.tail);
const factor = fc.constantFrom(84n, 88n, 92n, 96n, 100n, 104n, 108n, 112n, 116n);
const pairOf = ({ forward, strike }: { forward: bigint; strike: bigint }, percent = 100n) =>
  orderPair(forward, strike, ln(strike) - ln(forward), percent);

describe("PrepareStdev", () => {
  /** From here on the grid's nearest point takes one bit more than s/2 has; the domain ends at half of it. */
  const ROUNDS_UP = (1n << 52n) - (1n << 27n);
  let prepare: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input half;
      signal output coarse, fine, inverse;
      component stdev = PrepareStdev();
      stdev.half <== Uint(HALF_BITS())(half);
      coarse <== stdev.stdev.coarse; fine <== stdev.stdev.fine; inverse <== stdev.stdev.inverse;
    }`;
    prepare = await circuit("pricing/time-value.circom", "Probe", [], { source });
  });
  const half = fc
    .integer({ min: 29, max: 51 })
    .chain((bits) => uintOf(bits).map((low) => (1n << BigInt(bits)) | low))
    .filter((value) => value < ROUNDS_UP);

  it("equals the specification", () =>
    fc.assert(
      fc.property(half, (value) => {
        const { coarse, fine, inverse } = prepareStdev(value);
        assert.deepEqual(prepare.read({ half: value }, ["coarse", "fine", "inverse"]), {
          coarse,
          fine: toField(fine),
          inverse,
        });
      }),
      { examples: [[1n << 29n], [ROUNDS_UP - 1n], [(1n << 28n) + 1n]] },
    ));

  it("has no witness where the reciprocal or the grid does not fit", () => {
    for (const value of [0n, 1n << 27n, ROUNDS_UP, (1n << 52n) - 1n, 1n << 52n, FIELD - 1n])
      prepare.rejects({ half: value }, "Uint/CheckRange");
  });

  it("leaves no signal free", () => isFixed(prepare, { half: 123_456_789_012n }));
});

describe("CheckGridRatio", () => {
  let ratio: Circuit;
  before(async () => {
    ratio = await circuit("pricing/time-value.circom", "CheckGridRatio", []);
  });

  it("accepts the rounded ratio and no other small integer", () =>
    fc.assert(
      fc.property(money, stdev, intOf(30), (terms, { inverse }, lie) => {
        const logRatio = toField(pairOf(terms).logRatio);
        const honest = timeValue(pairOf(terms), { coarse: 0n, fine: 0n, inverse, half: 0n }).ratio;
        assert.equal(ratio.read({ logRatio, inverse, ratio: honest }, ["out"]).out, honest);
        if (lie !== 0n) ratio.rejects({ logRatio, inverse, ratio: toField(honest + lie) }, "Uint/CheckRange");
      }),
    ));

  it("leaves no signal free", () => isFixed(ratio, { logRatio: 1n << 45n, inverse: 1n << 30n, ratio: 1n << 21n }));
});

describe("CheckNear", () => {
  let near: Circuit;
  before(async () => {
    near = await circuit("pricing/time-value.circom", "CheckNear", []);
  });
  const inTable = intOf(24);

  it("gives Φ and φ on both sides of 0", () =>
    fc.assert(
      fc.property(fc.oneof(inTable, intOf(41)), (e1) => {
        const isNegative = e1 < 0n;
        const place = (isNegative ? -1n - e1 : e1) >> BigInt(PIECES.tail.width);
        const index = place > 32n ? 32 : Number(place);
        const offset = (isNegative ? -e1 : e1) - (BigInt(index) << BigInt(PIECES.tail.width));
        const tail = normalTail({ index, offset });
        assert.deepEqual(near.read({ e1: toField(e1), isNegative: isNegative ? 1n : 0n }, ["cdf", "density"]), {
          cdf: toField(isNegative ? tail : (1n << TAIL) - tail),
          density: toField(normalDensity({ index, offset })),
        });
      }),
      { examples: [[0n], [-1n], [1n], [-(8n << 20n)], [(8n << 20n) - 1n]] },
    ));

  it("accepts one sign of every argument, 0 among them", () => {
    fc.assert(
      fc.property(inTable, (e1) =>
        near.rejects({ e1: toField(e1), isNegative: e1 < 0n ? 0n : 1n }, "SegmentOf/CheckSegmentOf"),
      ),
      { examples: [[0n], [-1n]] },
    );
    fc.assert(
      fc.property(
        element.filter((bit) => bit > 1n),
        (isNegative) => near.rejects({ e1: 5n, isNegative }, "Bool"),
      ),
    );
  });

  it("has no witness beyond the bits of a ratio", () => {
    near.rejects({ e1: 1n << 41n, isNegative: 0n }, "SegmentOf/CheckSegmentOf");
    near.rejects({ e1: FIELD - (1n << 41n), isNegative: 1n }, "SegmentOf/CheckSegmentOf");
  });

  it("leaves no signal free", () =>
    isFixed(near, { e1: 5_000n, isNegative: 0n }, { e1: FIELD - 5_000n, isNegative: 1n }));
});

describe("CheckRoundedValue", () => {
  let round: Circuit;
  before(async () => {
    round = await circuit("pricing/time-value.circom", "CheckRoundedValue", []);
  });
  const value = fc.oneof(intOf(225), intOf(166));

  it("rounds down to units, and up to 0", () =>
    fc.assert(
      fc.property(value, (n) => {
        const kept = n < 0n ? 0n : n;
        assert.deepEqual(round.read({ in: toField(n), isBelow: n < 0n ? 1n : 0n }, ["units", "unrounded"]), {
          units: kept >> TAIL,
          unrounded: kept,
        });
      }),
      { examples: [[0n], [-1n], [(1n << 225n) - 1n], [-(1n << 225n)]] },
    ));

  it("accepts no sign but the true one", () => {
    fc.assert(
      fc.property(value, (n) => round.rejects({ in: toField(n), isBelow: n < 0n ? 0n : 1n }, "Uint/CheckRange")),
      { examples: [[0n], [-1n]] },
    );
    fc.assert(
      fc.property(
        element.filter((bit) => bit > 1n),
        (isBelow) => round.rejects({ in: 5n, isBelow }, "Bool"),
      ),
    );
  });

  it("has no witness beyond its domain", () => {
    round.rejects({ in: 1n << 225n, isBelow: 0n }, "Uint/CheckRange");
    round.rejects({ in: FIELD - (1n << 225n) - 1n, isBelow: 1n }, "Uint/CheckRange");
  });

  it("leaves no signal free", () =>
    isFixed(round, { in: (1n << 170n) + 9n, isBelow: 0n }, { in: FIELD - 9n, isBelow: 1n }));
});

describe("TimeValue", () => {
  let value: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input lower, gap, logRatio, coarse, fine, inverse;
      signal output units, unrounded, ratio, cdfNear, densityNear, tailFar;
      component time = TimeValue();
      time.pair.lower <== lower; time.pair.gap <== gap; time.pair.logRatio <== logRatio;
      time.stdev.coarse <== coarse; time.stdev.fine <== fine; time.stdev.inverse <== inverse;
      _ <== time.far;
      units <== time.units; unrounded <== time.unrounded; ratio <== time.ratio;
      cdfNear <== time.cdfNear; densityNear <== time.densityNear; tailFar <== time.tailFar;
    }`;
    value = await circuit("pricing/time-value.circom", "Probe", [], { source });
  });
  const input = (pair: ReturnType<typeof pairOf>, { coarse, fine, inverse }: ReturnType<typeof prepareStdev>) => ({
    lower: pair.lower,
    gap: pair.upper - pair.lower,
    logRatio: toField(pair.logRatio),
    coarse,
    fine: toField(fine),
    inverse,
  });

  it("equals the specification over the domain and its scenarios", () =>
    fc.assert(
      fc.property(money, stdev, factor, (terms, deviation, percent) => {
        const pair = pairOf(terms, percent);
        const expected = timeValue(pair, deviation);
        assert.deepEqual(
          value.read(input(pair, deviation), ["units", "unrounded", "ratio", "cdfNear", "densityNear", "tailFar"]),
          {
            units: expected.value >> TAIL,
            unrounded: expected.value,
            ratio: expected.ratio,
            cdfNear: expected.cdfNear,
            densityNear: normalDensity(expected.near),
            tailFar: normalTail(expected.far),
          },
        );
      }),
      { numRuns: 500 },
    ));

  it("has no witness for a ratio beyond its bits", () => {
    const deviation = prepareStdev(1n << 30n);
    const pair = pairOf({ forward: 100n, strike: 100n });
    value.rejects({ ...input(pair, deviation), logRatio: 1n << 52n }, "SegmentOf/CheckSegmentOf");
    value.rejects({ ...input(pair, deviation), logRatio: FIELD - (1n << 40n) }, "CheckSegmentOf", "Uint/CheckRange");
  });

  it("leaves no signal free", () => {
    const deviation = prepareStdev(1n << 46n);
    isFixed(value, input(pairOf({ forward: 6_500_000_000_000n, strike: 7_000_000_000_000n }), deviation));
  });
});

describe("OrderPair and Intrinsic", () => {
  const PROBE = (template: string, advice: string, pass: string, above: string) => `template Probe(FACTOR) {
    signal input forward, strike, logMoneyness, isPriced, isPut${advice};
    signal output lower, gap, logRatio, intrinsic;
    component pair = ${template}(FACTOR);
    pair.forward <== forward; pair.strike <== strike; pair.logMoneyness <== logMoneyness; pair.isPriced <== isPriced;
    ${pass}
    lower <== pair.pair.lower; gap <== pair.pair.gap; logRatio <== pair.pair.logRatio;
    intrinsic <== Intrinsic()(${above}, pair.pair.gap, isPut);
  }`;
  const honest = PROBE("OrderPair", "", "", "pair.isStrikeAbove");
  const lying = PROBE("CheckOrderPair", ", isAbove", "pair.isStrikeAbove <== isAbove;", "isAbove");
  let check: Circuit;
  const order = new Map<bigint, Circuit>();
  before(async () => {
    for (const percent of [84n, 100n, 116n])
      order.set(percent, await circuit(FILE, "Probe", [percent], { source: honest }));
    check = await circuit(FILE, "Probe", [100n], { source: lying });
  });
  const input = ({ forward, strike }: { forward: bigint; strike: bigint }, isPut = 0n, isPriced = 1n) => ({
    forward,
    strike,
    logMoneyness: toField(isPriced * (ln(strike) - ln(forward))),
    isPriced,
    isPut,
  });

  it("equal the specification", () =>
    fc.assert(
      fc.property(money, fc.constantFrom(84n, 100n, 116n), uintOf(1), (terms, percent, isPut) => {
        const pair = pairOf(terms, percent);
        assert.deepEqual(order.get(percent)?.read(input(terms, isPut), ["lower", "gap", "logRatio", "intrinsic"]), {
          lower: pair.lower,
          gap: pair.upper - pair.lower,
          logRatio: toField(pair.logRatio),
          intrinsic: intrinsic(isPut === 1n ? "put" : "call", pair),
        });
      }),
      {
        examples: [
          [{ forward: 100n, strike: 84n }, 84n, 0n],
          [{ forward: 100n, strike: 116n }, 116n, 1n],
        ],
      },
    ));

  it("put what is not priced beyond the table", () => {
    for (const terms of [
      { forward: 1n, strike: 1n << 53n },
      { forward: 1n << 52n, strike: 1n },
    ]) {
      assert.equal(order.get(84n)?.read(input(terms, 0n, 0n), ["logRatio"]).logRatio, 1n << 49n);
    }
  });

  it("accept no order but the true one", () => {
    fc.assert(
      fc.property(money, (terms) =>
        check.rejects({ ...input(terms), isAbove: terms.strike > terms.forward ? 0n : 1n }, "Uint/CheckRange"),
      ),
      { examples: [[{ forward: 100n, strike: 100n }], [{ forward: 100n, strike: 101n }]] },
    );
    fc.assert(
      fc.property(
        money,
        element.filter((bit) => bit > 1n),
        (terms, isAbove) => check.rejects({ ...input(terms), isAbove }, "Bool"),
      ),
    );
  });

  it("have no witness for values beyond their width", () =>
    check.rejects({ ...input({ forward: 1n, strike: 1n }), strike: 1n << 60n, isAbove: 1n }, "Uint/CheckRange"));

  it("leave no signal free", () => {
    const pair = order.get(84n);
    assert.ok(pair);
    isFixed(pair, input({ forward: 1_000n, strike: 900n }), input({ forward: 1_000n, strike: 700n }, 1n));
  });
});

describe("Mark", () => {
  let mark: Circuit;
  let check: Circuit;
  before(async () => {
    mark = await circuit(FILE, "Mark", []);
    check = await circuit(FILE, "CheckMark", []);
  });
  const LIMIT = 10_000n << 48n;
  const value = fc.oneof(fc.bigInt({ min: 0n, max: LIMIT - 1n }), uintOf(30));

  it("discounts and rounds down", () =>
    fc.assert(
      fc.property(value, discount, (n, factor) => {
        assert.equal(mark.read({ value: n, discount: factor }, ["out"]).out, markOf(n << TAIL, factor));
      }),
      {
        examples: [
          [9_999n, 1n << 40n],
          [10_000n, 1n << 40n],
          [10_000n, (1n << 40n) - 1n],
          [LIMIT - 1n, 1n << 40n],
        ],
      },
    ));

  it("has no witness for a mark of more than 48 bits", () =>
    mark.rejects({ value: LIMIT, discount: 1n << 40n }, "Uint/CheckRange"));

  it("accepts no advice but the true one", () =>
    fc.assert(
      fc.property(value, discount, intOf(20), intOf(11), (n, factor, more, part) => {
        const product = n * factor;
        const [honest, rest] = [product / (10_000n << 40n), (product >> 44n) % 625n];
        // The quotient moved, and the remainder moved against it.
        const lies = [
          { mark: honest + more, part: rest - 625n * more },
          { mark: honest + more, part: rest },
          { mark: honest, part: rest + part },
        ];
        for (const lie of lies) {
          if (lie.mark === honest && lie.part === rest) continue;
          const advice = { mark: toField(lie.mark), part: toField(lie.part) };
          check.rejects({ value: n, discount: factor, ...advice }, "Uint/CheckRange");
        }
      }),
    ));

  it("leaves no signal free", () => isFixed(mark, { value: 123_456_789n, discount: (1n << 40n) - 77n }));
});
