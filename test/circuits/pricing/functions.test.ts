import assert from "node:assert/strict";
import fc from "fast-check";
import { fromField, invert as inverseOf, toField } from "#protocol/field.ts";
import { floorSqrt, piecewise, segmentOf } from "#protocol/fixed-point.ts";
import {
  exp,
  lnUnrounded,
  logMoneyness,
  normalDensity,
  normalSlope,
  normalTail,
  riskTail,
  volShock,
} from "#protocol/functions.ts";
import { EDGE } from "#protocol/greeks.ts";
import { FIELD } from "#protocol/params.ts";
import { ARGUMENT_BITS, PIECES, PRECISION, SHOCK, STRIKE_BITS } from "#protocol/precision.ts";
import { LN3, LOG } from "#protocol/tables.ts";
import { beyond, element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";

/** As many small integers as large ones, from 1. */
const anySize = (bits: number) =>
  fc.integer({ min: 1, max: bits }).chain((n) => fc.bigInt({ min: 1n << BigInt(n - 1), max: (1n << BigInt(n)) - 1n }));
const oneHot = (at: number, length: number): bigint[] => Array.from({ length }, (_, each) => (each === at ? 1n : 0n));
const bitsOf = (value: bigint, length: number) => Array.from({ length }, (_, at) => (value >> BigInt(at)) & 1n);

describe("SegmentOf", () => {
  const { count, width } = PIECES.tail;
  const BITS = 40;
  const END = BigInt(count) << BigInt(width);
  const PROBE = (template: string, advice: string, pass: string) => `template Probe(COUNT, WIDTH, BITS) {
    signal input x${advice};
    signal output isIn[COUNT], bit[WIDTH];
    component segment = ${template}(COUNT, WIDTH, BITS);
    segment.x <== x;${pass}
    isIn <== segment.segment.isIn;
    bit <== segment.segment.bit;
  }`;
  let split: Circuit;
  let check: Circuit;
  let log: Circuit;
  before(async () => {
    const probe = (source: string, params: number[]) =>
      circuit("pricing/piecewise.circom", "Probe", params, { source });
    split = await probe(PROBE("SegmentOf", "", ""), [count, width, BITS]);
    check = await probe(
      PROBE("CheckSegmentOf", ", hot[COUNT], low[BITS - 1]", " segment.isIn <== hot; segment.low <== low;"),
      [count, width, BITS],
    );
    log = await probe(PROBE("SegmentOf", "", ""), [PIECES.log.count, PIECES.log.width, PIECES.log.width]);
  });

  it("equals the specification inside and beyond the segments", () =>
    fc.assert(
      fc.property(fc.oneof(uintOf(23), uintOf(BITS)), (x) => {
        const { index, offset } = segmentOf(x, PIECES.tail);
        const { isIn, bit } = split.read({ x }, ["isIn", "bit"]);
        assert.deepEqual(isIn, oneHot(index, count));
        assert.deepEqual(bit, bitsOf(offset, width));
      }),
      { examples: [[0n], [END - 1n], [END], [(1n << 18n) - 1n], [1n << 18n]] },
    ));

  it("has no witness outside its domain", () => {
    for (const x of [-1n, END + (1n << BigInt(BITS)), FIELD / 2n]) split.rejects({ x: toField(x) }, "CheckSegmentOf");
    log.rejects({ x: 1n << BigInt(PRECISION.mantissa) }, "CheckSegmentOf");
  });

  it("accepts no advice but the true one", () => {
    // The argument in any segment, with whatever offset makes up for the lie.
    const lie = fc
      .record({ x: fc.oneof(uintOf(23), uintOf(BITS)), claim: fc.integer({ min: 0, max: count }) })
      .filter(({ x, claim }) => claim !== segmentOf(x, PIECES.tail).index);
    fc.assert(
      fc.property(lie, ({ x, claim }) => {
        const low = bitsOf(toField(x - (BigInt(claim) << BigInt(width))), BITS - 1);
        check.rejects({ x, hot: oneHot(claim, count), low }, "CheckSegmentOf");
      }),
      { examples: [[{ x: END, claim: 31 }], [{ x: END - 1n, claim: 32 }], [{ x: 1n << 18n, claim: 0 }]] },
    );
    const two = oneHot(3, count).map((bit, at) => bit + (at === 5 ? 1n : 0n));
    check.rejects({ x: 8n << 18n, hot: two, low: bitsOf(0n, BITS - 1) }, "CheckSegmentOf");
    fc.assert(
      fc.property(
        element.filter((value) => value > 1n),
        (bit) =>
          check.rejects({ x: 7n, hot: oneHot(0, count).with(0, bit), low: bitsOf(7n, BITS - 1) }, "CheckSegmentOf"),
      ),
    );
  });

  it("leaves no signal free", () => {
    isFixed(split, { x: 123_456n }, { x: END + 77n });
    isFixed(log, { x: 123_456_789n });
  });
});

describe("Piecewise", () => {
  const SOURCE = `template Probe(COUNT, WIDTH, DEGREE, TABLE, ARGUMENT) {
    signal input x, nudge;
    component segment = SegmentOf(COUNT, WIDTH, WIDTH);
    segment.x <== x;
    signal output out <== Piecewise(COUNT, WIDTH, DEGREE, TABLE, ARGUMENT)(segment.segment, nudge);
  }`;
  it("equals the specification where every step sees another precision", async () => {
    const { count, width, degree } = PIECES.log;
    const probe = await circuit("pricing/piecewise.circom", "Probe", [count, width, degree, LOG, ARGUMENT_BITS.log], {
      source: SOURCE,
    });
    fc.assert(
      fc.property(uintOf(PRECISION.mantissa), (x) => {
        const { out } = probe.read({ x, nudge: 0n }, ["out"]);
        assert.equal(out, toField(piecewise(LOG, segmentOf(x, PIECES.log), width, ARGUMENT_BITS.log)));
      }),
    );
    isFixed(probe, { x: 987_654_321n, nudge: 0n });
  });
});

describe("NormalTail, NormalDensity, NormalSlope and RiskTail", () => {
  let normal: Circuit;
  let risk: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input x, nudge;
      signal output tail, density, slope;
      component segment = SegmentOf(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH(), 40);
      segment.x <== x;
      tail <== NormalTail()(segment.segment, nudge);
      density <== NormalDensity()(segment.segment, nudge);
      slope <== NormalSlope()(segment.segment, nudge);
    }`;
    normal = await circuit("pricing/normal.circom", "Probe", [], { source });
    const coarse = `template Probe() {
      signal input x, nudge;
      component segment = SegmentOf(PIECES_RISK_COUNT(), PIECES_RISK_WIDTH(), 46);
      segment.x <== x;
      signal output tail <== RiskTail()(segment.segment, nudge);
    }`;
    risk = await circuit("pricing/normal.circom", "Probe", [], { source: coarse });
  });

  it("equal the specification, with and without a nudge", () => {
    fc.assert(
      fc.property(fc.oneof(uintOf(23), uintOf(40)), uintOf(1), (x, nudge) => {
        const segment = segmentOf(x, PIECES.tail);
        const at = { ...segment, nudge };
        assert.deepEqual(normal.read({ x, nudge }, ["tail", "density", "slope"]), {
          tail: toField(normalTail(at)),
          density: toField(normalDensity(at)),
          slope: toField(normalSlope(at)),
        });
      }),
      {
        examples: [
          [0n, 0n],
          [(1n << 23n) - 1n, 1n],
          [1n << 23n, 0n],
        ],
      },
    );
    fc.assert(
      fc.property(fc.oneof(uintOf(28), uintOf(46)), uintOf(1), (x, nudge) => {
        const segment = segmentOf(x, PIECES.risk);
        const at = { ...segment, nudge };
        assert.equal(risk.read({ x, nudge }, ["tail"]).tail, toField(riskTail(at)));
      }),
    );
  });

  it("cost a segment and a product per degree", () => {
    isFixed(normal, { x: 1_500_000n, nudge: 0n });
    isFixed(risk, { x: 50_000_000n, nudge: 1n });
    assert.deepEqual(
      [normal.constraints, risk.constraints],
      [
        { nonLinear: 92, linear: 0 },
        { nonLinear: 79, linear: 0 },
      ],
    );
  });
});

describe("FloorSqrt", () => {
  const BITS = 55;
  let sqrt: Circuit;
  let check: Circuit;
  before(async () => {
    sqrt = await circuit("pricing/sqrt.circom", "FloorSqrt", [BITS]);
    check = await circuit("pricing/sqrt.circom", "CheckFloorSqrt", [BITS]);
  });
  const square = fc.oneof(
    uintOf(2 * BITS),
    uintOf(BITS).map((n) => n * n),
    anySize(BITS).map((n) => n * n - 1n),
  );

  it("equals the specification over its whole domain", () =>
    fc.assert(
      fc.property(square, (n) => assert.equal(sqrt.read({ in: n }, ["out"]).out, floorSqrt(n))),
      { examples: [[0n], [1n], [2n], [3n], [4n], [(1n << BigInt(2 * BITS)) - 1n]] },
    ));

  it("has no witness outside its domain", () => {
    for (const n of [-1n, 1n << BigInt(2 * BITS), FIELD - 2n]) sqrt.rejects({ in: toField(n) }, "Uint/CheckRange");
  });

  it("accepts no root but the true one, nor its negative", () =>
    fc.assert(
      fc.property(square, fc.oneof(element, intOf(8)), (n, lie) => {
        const roots = [floorSqrt(n) + lie, -floorSqrt(n), floorSqrt(n) + 1n, lie].map(toField);
        for (const root of roots.filter((each) => each !== floorSqrt(n)))
          check.rejects({ in: n, root }, "Uint/CheckRange");
      }),
    ));

  it("leaves no signal free", () => isFixed(sqrt, { in: 99_999n }));
});

describe("FloorSqrtOf", () => {
  const [DROPPED, BITS] = [36, 52];
  let sqrt: Circuit;
  let check: Circuit;
  before(async () => {
    sqrt = await circuit("pricing/sqrt.circom", "FloorSqrtOf", [DROPPED, BITS]);
    check = await circuit("pricing/sqrt.circom", "CheckFloorSqrtOf", [DROPPED, BITS]);
  });
  const LIMIT = 1n << BigInt(2 * BITS + DROPPED);
  const square = fc.oneof(uintOf(2 * BITS + DROPPED), anySize(60));

  it("equals the root of the quotient", () =>
    fc.assert(
      fc.property(square, (n) => assert.equal(sqrt.read({ in: n }, ["out"]).out, floorSqrt(n >> BigInt(DROPPED)))),
      { examples: [[0n], [1n], [(1n << 36n) - 1n], [1n << 36n], [LIMIT - 1n]] },
    ));

  it("has no witness outside its domain", () => {
    for (const n of [-1n, LIMIT, FIELD - 2n]) sqrt.rejects({ in: toField(n) }, "Uint/CheckRange");
  });

  it("accepts no advice but the true one", () =>
    fc.assert(
      fc.property(square, element, intOf(8), (n, lie, more) => {
        const honest = { root: floorSqrt(n >> BigInt(DROPPED)), low: n % (1n << BigInt(DROPPED)) };
        for (const advice of [
          { ...honest, root: toField(honest.root + more) },
          { ...honest, low: toField(honest.low + more) },
          { ...honest, low: lie },
          { ...honest, root: lie },
          { ...honest, low: toField(honest.low + (more << BigInt(DROPPED))) },
        ]) {
          if (advice.root === honest.root && advice.low === honest.low) continue;
          check.rejects({ in: n, ...advice }, "Uint/CheckRange");
        }
      }),
    ));

  it("leaves no signal free", () => isFixed(sqrt, { in: 99_999n << 36n }));
});

describe("Ln, LogMoneyness and CheckMantissa", () => {
  const { count, width } = PIECES.log;
  let log: Circuit;
  let check: Circuit;
  let money: Circuit;
  let mantissa: Circuit;
  before(async () => {
    log = await circuit("pricing/ln.circom", "Ln", [STRIKE_BITS]);
    check = await circuit("pricing/ln.circom", "CheckLn", [STRIKE_BITS]);
    money = await circuit("pricing/ln.circom", "LogMoneyness", []);
    mantissa = await circuit("lib/uint.circom", "CheckMantissa", [STRIKE_BITS, count, width]);
  });
  /** The advice that claims an exponent, with the mantissa that follows from it modulo the field. */
  const advice = (x: bigint, exponent: number) => {
    const scale = exponent <= PRECISION.mantissa ? 1n << BigInt(PRECISION.mantissa - exponent) : 0n;
    const fraction = toField(x * scale - (1n << BigInt(PRECISION.mantissa)));
    return {
      x,
      isExponent: oneHot(exponent, STRIKE_BITS),
      isIn: oneHot(Number((fraction >> BigInt(width)) % BigInt(count)), count),
      low: bitsOf(fraction, width - 1),
    };
  };
  const exponentOf = (x: bigint) => x.toString(2).length - 1;

  it("equal the specification over the whole domain", () => {
    fc.assert(
      fc.property(anySize(STRIKE_BITS), (x) => {
        assert.deepEqual(log.read({ x }, ["ranged", "out"]), { ranged: x, out: toField(lnUnrounded(x)) });
        assert.equal(mantissa.read(advice(x, exponentOf(x)), ["out"]).out, x);
      }),
      { examples: [[1n], [2n], [3n], [(1n << 54n) - 1n]] },
    );
    fc.assert(
      fc.property(anySize(STRIKE_BITS), anySize(STRIKE_BITS), (forward, strike) => {
        const input = { lnForward: toField(lnUnrounded(forward)), lnStrike: toField(lnUnrounded(strike)) };
        assert.equal(fromField(money.read(input, ["out"]).out as bigint), logMoneyness(forward, strike));
      }),
    );
    money.rejects({ lnForward: 0n, lnStrike: 1n << 207n }, "Uint/CheckRange", "Int/CheckRange");
  });

  it("have no witness for 0, beyond the width, and for what is no integer", () => {
    for (const x of [0n, 1n << BigInt(STRIKE_BITS), FIELD - 1n]) log.rejects({ x }, "CheckMantissa");
    // Halves, quarters and so on: their mantissas are integers, but with bits below the exponent's.
    fc.assert(
      fc.property(anySize(STRIKE_BITS), fc.integer({ min: 1, max: 40 }), (odd, power) => {
        const half = toField((2n * odd + 1n) * inverseOf(1n << BigInt(power)));
        for (let exponent = 0; exponent < STRIKE_BITS; exponent += 7)
          mantissa.rejects(advice(half, exponent), "CheckMantissa");
      }),
    );
  });

  it("accept no exponent but the true one", () =>
    fc.assert(
      fc.property(anySize(STRIKE_BITS), fc.nat(STRIKE_BITS - 1), (x, claim) => {
        if (x >> BigInt(claim) === 1n) return;
        check.rejects(advice(x, claim), "CheckMantissa");
      }),
      {
        examples: [
          [1n, 1],
          [4n, 1],
          [4n, 3],
        ],
      },
    ));

  it("accept no selector that is none, two or a sum of lies", () => {
    const honest = advice(5n, 2);
    const nothing = oneHot(-1, STRIKE_BITS);
    for (const isExponent of [nothing, oneHot(2, STRIKE_BITS).with(0, 1n), nothing.with(2, 2n).with(3, FIELD - 1n)])
      check.rejects({ ...honest, isExponent }, "CheckMantissa");
    const none = oneHot(-1, count);
    for (const isIn of [none, honest.isIn.with(0, 1n), none.with(8, 2n).with(0, FIELD - 1n), none.with(17, 1n)])
      check.rejects({ ...honest, isIn }, "CheckMantissa");
    for (let bit = 0; bit < width - 1; bit++)
      check.rejects({ ...honest, low: honest.low.with(bit, 1n - (honest.low[bit] ?? 0n)) }, "CheckMantissa");
  });

  it("leave no signal free", () => {
    isFixed(log, { x: 1n }, { x: 54_321n }, { x: (1n << 54n) - 1n });
    isFixed(money, { lnForward: lnUnrounded(77n), lnStrike: lnUnrounded(99n) });
  });
});

describe("IsWithin", () => {
  const [BITS, MIN, MAX] = [PRECISION.vol + 3, EDGE.minVol, EDGE.maxVol];
  let within: Circuit;
  let check: Circuit;
  before(async () => {
    within = await circuit("pricing/compare.circom", "IsWithin", [BITS, MIN, MAX]);
    check = await circuit("pricing/compare.circom", "CheckWithin", [BITS, MIN, MAX]);
  });
  const EDGES: [bigint][] = [[0n], [MIN - 1n], [MIN], [MAX], [MAX + 1n], [(1n << BigInt(BITS)) - 1n]];

  it("equals the comparison, and is a range check", () => {
    fc.assert(
      fc.property(fc.oneof(uintOf(BITS), uintOf(34)), (x) =>
        assert.equal(within.read({ x }, ["out"]).out, x >= MIN && x <= MAX ? 1n : 0n),
      ),
      { examples: EDGES },
    );
    fc.assert(fc.property(beyond(BITS), (x) => within.rejects({ x }, "Uint/CheckRange")));
  });

  it("accepts no answer but the true one", () =>
    fc.assert(
      fc.property(fc.oneof(uintOf(BITS), uintOf(34)), element, (x, lie) => {
        const honest = { isBelow: x < MIN ? 1n : 0n, isAbove: x > MAX ? 1n : 0n };
        for (const [isBelow, isAbove] of [
          [0n, 0n],
          [0n, 1n],
          [1n, 0n],
          [1n, 1n],
          [lie, 0n],
          [0n, lie],
        ] as const) {
          if (isBelow === honest.isBelow && isAbove === honest.isAbove) continue;
          if (lie < 2n && (isBelow === lie || isAbove === lie)) continue;
          check.rejects({ x, isBelow, isAbove }, "Uint/CheckRange", "CheckWithin", "Bool");
        }
      }),
      { examples: EDGES.map(([x]) => [x, 2n] as [bigint, bigint]) },
    ));

  it("leaves no signal free", () => isFixed(within, { x: 0n }, { x: MIN }, { x: MAX + 1n }));
});

describe("AtLeast", () => {
  const BITS = 32;
  let least: Circuit;
  let check: Circuit;
  before(async () => {
    least = await circuit("pricing/compare.circom", "AtLeast", [BITS]);
    check = await circuit("pricing/compare.circom", "CheckAtLeast", [BITS]);
  });
  const sides = fc.tuple(fc.oneof(intOf(BITS), intOf(3)), fc.oneof(intOf(BITS), intOf(3)));
  const input = ([a, b]: [bigint, bigint]) => ({ a: toField(a), b: toField(b) });

  it("equals the comparison of signed integers", () =>
    fc.assert(fc.property(sides, ([a, b]) => assert.equal(least.read(input([a, b]), ["out"]).out, a >= b ? 1n : 0n))));

  it("accepts no answer but the true one", () =>
    fc.assert(
      fc.property(sides, element, ([a, b], other) => {
        check.rejects({ ...input([a, b]), isAtLeast: a >= b ? 0n : 1n }, "CheckAtLeast/Uint/CheckRange");
        if (other > 1n) check.rejects({ ...input([a, b]), isAtLeast: other }, "CheckAtLeast/Bool", "Uint/CheckRange");
      }),
    ));

  it("leaves no signal free", () => isFixed(least, input([3n, 4n]), input([4n, -3n])));
});

describe("VolShock and Exp", () => {
  let shock: Circuit;
  let power: Circuit;
  before(async () => {
    const source = "template Probe(N) { signal input x; signal output out <== VolShock()(Uint(N)(x)); }";
    shock = await circuit("pricing/shock.circom", "Probe", [32], { source });
    power = await circuit("pricing/shock.circom", "Exp", []);
  });

  it("equal the specification", () => {
    fc.assert(
      fc.property(anySize(32), (x) => assert.equal(shock.read({ x }, ["out"]).out, volShock(x))),
      {
        examples: [
          [1n],
          [60n],
          [SHOCK.shortSeconds],
          [SHOCK.shortSeconds + 1n],
          [SHOCK.longSeconds - 1n],
          [SHOCK.longSeconds],
        ],
      },
    );
    const limit = (9n << BigInt(PIECES.exp.width)) - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: limit }), (x) => assert.equal(power.read({ x }, ["out"]).out, exp(x))),
      { examples: [[0n], [LN3], [limit]] },
    );
  });

  it("have no witness outside their domain", () => {
    shock.rejects({ x: 0n }, "CheckMantissa");
    fc.assert(fc.property(beyond(32), (x) => shock.rejects({ x }, "Uint/CheckRange")));
    power.rejects({ x: 9n << BigInt(PIECES.exp.width) }, "CheckSegmentOf");
  });

  it("leave no signal free", () => {
    isFixed(shock, { x: 1n }, { x: 500_000n }, { x: 5_000_000n });
    isFixed(power, { x: 12_345n });
  });
});
