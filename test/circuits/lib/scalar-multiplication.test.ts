import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addPoints,
  BASE8,
  IDENTITY,
  multiplyBase,
  multiplyPoint,
  type Point,
  SUBGROUP_ORDER,
} from "#protocol/babyjub.ts";
import { toField } from "#protocol/field.ts";
import { uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { primePoint, SMALL } from "#test/support/curve.ts";

const FILE = "lib/scalar-multiplication.circom";
const [BASE_BITS, POINT_BITS] = [251, 253];
const source = `
  template Base() {
    signal input s;
    signal output out[2] <== MultiplyBase()(ToBits(${BASE_BITS})(s));
  }
  template Table() {
    signal input s;
    signal output out[2] <== MultiplyTable(BASE_TABLE())(ToBits(${BASE_BITS})(s));
  }
  template Times() {
    signal input k, q[2];
    signal output out[2] <== MultiplyPoint(${POINT_BITS})(ToBits(${POINT_BITS})(k), q);
  }`;

const list = ({ x, y }: Point): bigint[] => [x, y];
const negate = ({ x, y }: Point): Point => ({ x: toField(-x), y });
/** Of order 4, as the circuits have it. */
const QUARTER = SMALL[2] as Point;
const [L, LIMIT] = [SUBGROUP_ORDER, 1n << BigInt(POINT_BITS)];

describe("MultiplyBase", () => {
  let base: Circuit;
  before(async () => {
    base = await circuit(FILE, "Base", [], { source });
  });
  const expected = (s: bigint): bigint[] => list(addPoints(multiplyBase(s), negate(QUARTER)));

  it("equals the specification for every scalar of its width", () => {
    const powers = Array.from({ length: BASE_BITS }, (_, i) => [1n << BigInt(i)] as [bigint]);
    fc.assert(
      fc.property(uintOf(BASE_BITS), (s) => assert.deepEqual(base.read({ s }, ["out"]), { out: expected(s) })),
      { numRuns: 60 + powers.length, examples: [[0n], [1n], [L - 1n], [L], [L + 1n], [(1n << 251n) - 1n], ...powers] },
    );
  });

  it("leaves no signal free, whatever the scalar", () => {
    for (const s of [0n, 1n, 4n ** 125n, L, L - 1n, (1n << 251n) - 1n]) {
      assert.deepEqual([base.loose({ s }), base.movable({ s })], [[], []]);
    }
    // Four constraints per window of two bits, without the first one's three and the last one's product.
    assert.deepEqual(base.constraints, { nonLinear: BASE_BITS + 4 * 126 - 3 - 1 + 2, linear: 1 });
  });

  it("takes its table as a parameter", async () => {
    const table = await circuit(FILE, "Table", [], { source });
    assert.deepEqual(table.read({ s: 12_345n }, ["out"]), { out: expected(12_345n) });
  });
});

describe("MultiplyPoint", () => {
  let times: Circuit;
  before(async () => {
    times = await circuit(FILE, "Times", [], { source });
  });
  const expected = (k: bigint, q: Point): bigint[] =>
    list(addPoints(multiplyPoint(q, 2n * k + 1n), k % 2n === 1n ? QUARTER : negate(QUARTER)));

  /** Scalars whose partial sums meet what an incomplete addition cannot: the base, its opposite, the identity. */
  const awkward = [
    ...[0n, 1n, 2n, 3n, LIMIT - 1n, LIMIT - 2n, LIMIT / 2n],
    ...[1n, 2n, 3n, 4n, 5n].flatMap((multiple) => [-2n, -1n, 0n, 1n, 2n].map((offset) => (multiple * L + offset) / 2n)),
    ...[L >> 1n, (L >> 1n) << 1n, (L >> 1n) << 2n, ((L + 1n) >> 1n) << 1n, (L >> 3n) << 4n],
  ].filter((k) => k < LIMIT);

  it("equals the specification for every scalar, the awkward ones too", function () {
    this.slow(20_000);
    fc.assert(
      fc.property(uintOf(POINT_BITS), primePoint, (k, q) => {
        assert.deepEqual(times.read({ k, q: list(q) }, ["out"]), { out: expected(k, q) });
      }),
      { numRuns: 60 + awkward.length, examples: awkward.map((k) => [k, BASE8] as [bigint, Point]) },
    );
  });

  it("has no witness for the identity (attack 28)", () => {
    for (const k of [0n, 1n, LIMIT - 1n]) times.rejects({ k, q: list(IDENTITY) }, "ToMontgomery");
  });

  it("leaves no signal free, at the awkward scalars above all", function () {
    this.slow(30_000);
    for (const k of awkward) assert.deepEqual(times.movable({ k, q: list(BASE8) }), [], `${k}`);
    assert.deepEqual(times.loose({ k: L / 2n, q: list(BASE8) }), []);
    // Six constraints a bit; four conversions of two; the conversions' inputs are linear.
    assert.deepEqual(times.constraints, { nonLinear: POINT_BITS + 6 * POINT_BITS + 4 * 2, linear: 1 + 4 });
  });
});
