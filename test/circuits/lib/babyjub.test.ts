import assert from "node:assert/strict";
import fc from "fast-check";
import { addPoints, BASE8, IDENTITY, isOnCurve, multiplyPoint, type Point, samePoint } from "#protocol/babyjub.ts";
import { invert, toField } from "#protocol/field.ts";
import { element } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { anyPoint, SMALL } from "#test/support/curve.ts";

const FILE = "lib/babyjub.circom";
const list = ({ x, y }: Point): bigint[] => [x, y];
const foreign = fc
  .tuple(element, element)
  .map(([x, y]) => ({ x, y }))
  .filter((p) => !isOnCurve(p));
const exact = (circuit: Circuit, nonLinear: number) => assert.deepEqual(circuit.constraints, { nonLinear, linear: 0 });

describe("CheckOnCurve", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit(FILE, "CheckOnCurve", []);
  });

  it("accepts the points of the curve and nothing else", () => {
    fc.assert(fc.property(anyPoint, (p) => assert.equal(check.satisfied(check.witness({ p: list(p) })), true)));
    fc.assert(
      fc.property(foreign, (p) => check.rejects({ p: list(p) }, "CheckOnCurve")),
      { examples: [[{ x: 0n, y: 0n }], [{ x: BASE8.y, y: BASE8.x }], [{ x: BASE8.x, y: BASE8.y + 1n }]] },
    );
  });

  it("leaves no signal free", () => {
    assert.deepEqual([check.loose({ p: list(BASE8) }), check.movable({ p: list(BASE8) })], [[], []]);
    exact(check, 3);
  });
});

describe("AddPoints and DoublePoint", () => {
  let add: Circuit;
  let double: Circuit;
  before(async () => {
    add = await circuit(FILE, "AddPoints", []);
    double = await circuit(FILE, "DoublePoint", []);
  });

  it("equal the specification, for equal, opposite and small points too", () => {
    fc.assert(
      fc.property(anyPoint, anyPoint, (p, q) => {
        assert.deepEqual(add.read({ p: list(p), q: list(q) }, ["out"]), { out: list(addPoints(p, q)) });
        assert.deepEqual(add.read({ p: list(p), q: list(p) }, ["out"]), { out: list(addPoints(p, p)) });
        assert.deepEqual(double.read({ p: list(p) }, ["out"]), { out: list(addPoints(p, p)) });
        const opposite = { x: toField(-p.x), y: p.y };
        assert.deepEqual(add.read({ p: list(p), q: list(opposite) }, ["out"]), { out: list(IDENTITY) });
      }),
    );
  });

  it("leave no signal free", () => {
    for (const p of [BASE8, ...SMALL]) {
      const input = { p: list(p), q: list(BASE8) };
      assert.deepEqual([add.loose(input), add.movable(input), double.movable({ p: list(p) })], [[], [], []]);
    }
    exact(add, 6);
    exact(double, 5);
  });
});

describe("TimesEight", () => {
  let times: Circuit;
  before(async () => {
    times = await circuit(FILE, "TimesEight", []);
  });

  it("equals the specification; the identity tells a point of small order (attacks 28, 30)", () => {
    fc.assert(
      fc.property(anyPoint, (b) => {
        const a = multiplyPoint(b, 8n);
        assert.deepEqual(times.read({ b: list(b) }, ["a"]), { a: list(a) });
        assert.equal(
          a.x === 0n,
          SMALL.some((small) => samePoint(small, b)),
        );
      }),
    );
    for (const b of SMALL) assert.deepEqual(times.read({ b: list(b) }, ["a"]), { a: list(IDENTITY) });
  });

  it("refuses what is not on the curve", () => {
    fc.assert(
      fc.property(foreign, (b) => times.rejects({ b: list(b) }, "TimesEight/CheckOnCurve")),
      { examples: [[{ x: 0n, y: 0n }]] },
    );
  });

  it("leaves no signal free", () => {
    assert.deepEqual([times.loose({ b: list(BASE8) }), times.movable({ b: list(BASE8) })], [[], []]);
    exact(times, 18);
  });
});

describe("ToMontgomery and FromMontgomery", () => {
  let to: Circuit;
  let from: Circuit;
  before(async () => {
    to = await circuit(FILE, "ToMontgomery", []);
    from = await circuit(FILE, "FromMontgomery", []);
  });
  const ordinary = anyPoint.filter(({ x }) => x !== 0n);

  it("are the birational maps", () => {
    fc.assert(
      fc.property(ordinary, (p) => {
        const u = toField((1n + p.y) * invert(1n - p.y));
        const v = toField(u * invert(p.x));
        assert.equal(toField(u ** 3n + 168698n * u ** 2n + u - v ** 2n), 0n);
        assert.deepEqual(to.read({ p: list(p) }, ["out"]), { out: [u, v] });
        assert.deepEqual(from.read({ m: [u, v] }, ["out"]), { out: list(p) });
      }),
    );
  });

  it("have no image of the identity", () => to.rejects({ p: list(IDENTITY) }, "ToMontgomery"));

  it("leave no signal free", () => {
    fc.assert(
      fc.property(ordinary, (p) => assert.deepEqual(to.movable({ p: list(p) }), [])),
      { numRuns: 20 },
    );
    exact(to, 2);
    exact(from, 2);
  });
});
