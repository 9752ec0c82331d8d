import assert from "node:assert/strict";
import fc from "fast-check";
import { fromField, toField } from "#protocol/field.ts";
import { floorSqrt, piecewise, segmentOf } from "#protocol/fixed-point.ts";
import { exp, ln, normalDensity, normalTail, volShock } from "#protocol/functions.ts";
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

describe("NormalTail and NormalDensity", () => {
  let normal: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input x, nudge;
      signal output tail, density;
      component segment = SegmentOf(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH(), 40);
      segment.x <== x;
      tail <== NormalTail()(segment.segment, nudge);
      density <== NormalDensity()(segment.segment, nudge);
    }`;
    normal = await circuit("pricing/normal.circom", "Probe", [], { source });
  });

  it("equal the specification, with and without a nudge", () =>
    fc.assert(
      fc.property(fc.oneof(uintOf(23), uintOf(40)), uintOf(1), (x, nudge) => {
        const segment = segmentOf(x, PIECES.tail);
        const at = { ...segment, offset: segment.offset + nudge };
        assert.deepEqual(normal.read({ x, nudge }, ["tail", "density"]), {
          tail: toField(normalTail(at)),
          density: toField(normalDensity(at)),
        });
      }),
      {
        examples: [
          [0n, 0n],
          [(1n << 23n) - 1n, 1n],
          [1n << 23n, 0n],
        ],
      },
    ));

  it("cost a segment and a product per degree", () => {
    isFixed(normal, { x: 1_500_000n, nudge: 0n });
    assert.deepEqual(normal.constraints, { nonLinear: 86, linear: 0 });
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

const LN_PROBE = (template: string, advice: string, pass: string) => `template Probe(N) {
  signal input x${advice};
  signal output out <== ${template}(N)(Uint(N)(x)${pass});
}`;

describe("Ln", () => {
  let log: Circuit;
  let check: Circuit;
  before(async () => {
    const include = ["lib/uint.circom"];
    log = await circuit("pricing/ln.circom", "Probe", [STRIKE_BITS], { source: LN_PROBE("Ln", "", ""), include });
    const source = LN_PROBE("CheckLn", ", isExponent[N]", ", isExponent");
    check = await circuit("pricing/ln.circom", "Probe", [STRIKE_BITS], { source, include });
  });

  it("equals the specification over its whole domain", () =>
    fc.assert(
      fc.property(anySize(STRIKE_BITS), (x) => assert.equal(fromField(log.read({ x }, ["out"]).out as bigint), ln(x))),
      { examples: [[1n], [2n], [3n], [(1n << 54n) - 1n]] },
    ));

  it("has no witness for 0 and beyond its width", () => {
    log.rejects({ x: 0n }, "CheckLn");
    log.rejects({ x: 1n << BigInt(STRIKE_BITS) }, "Uint/CheckRange");
  });

  it("accepts no exponent but the true one", () =>
    fc.assert(
      fc.property(anySize(STRIKE_BITS), fc.nat(STRIKE_BITS - 1), (x, claim) => {
        if (x >> BigInt(claim) === 1n) return;
        check.rejects({ x, isExponent: oneHot(claim, STRIKE_BITS) }, "SegmentOf/CheckSegmentOf");
      }),
      {
        examples: [
          [1n, 1],
          [4n, 1],
          [4n, 3],
        ],
      },
    ));

  it("accepts no exponent that is none, or two", () => {
    check.rejects({ x: 5n, isExponent: oneHot(-1, STRIKE_BITS) }, "CheckLn", "SegmentOf/CheckSegmentOf");
    check.rejects({ x: 5n, isExponent: oneHot(2, STRIKE_BITS).with(0, 1n) }, "CheckLn", "SegmentOf/CheckSegmentOf");
    check.rejects(
      {
        x: 5n,
        isExponent: oneHot(2, STRIKE_BITS)
          .with(2, 2n)
          .with(3, FIELD - 1n),
      },
      "CheckLn",
    );
  });

  it("leaves no signal free", () => isFixed(log, { x: 1n }, { x: 54_321n }));
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
    shock.rejects({ x: 0n }, "CheckLn");
    fc.assert(fc.property(beyond(32), (x) => shock.rejects({ x }, "Uint/CheckRange")));
    power.rejects({ x: 9n << BigInt(PIECES.exp.width) }, "CheckSegmentOf");
  });

  it("leave no signal free", () => {
    isFixed(shock, { x: 1n }, { x: 500_000n }, { x: 5_000_000n });
    isFixed(power, { x: 12_345n });
  });
});
