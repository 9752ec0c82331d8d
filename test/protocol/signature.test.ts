import assert from "node:assert/strict";
import { buildEddsa } from "circomlibjs";
import fc from "fast-check";
import {
  addPoints,
  BASE8,
  IDENTITY,
  isOnCurve,
  multiplyBase,
  multiplyPoint,
  type Point,
  SUBGROUP_ORDER,
} from "#protocol/babyjub.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { FIELD } from "#protocol/params.ts";
import { inPrimeSubgroup, publicKey, registrationPoint, sign, timesEight, verify } from "#protocol/signature.ts";
import { GENERATOR, SMALL } from "#test/support/curve.ts";

const eddsa = await buildEddsa();
const { F } = eddsa;
const toPoint = ([x, y]: [Uint8Array, Uint8Array]): Point => ({ x: F.toObject(x), y: F.toObject(y) });

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.oneof(fc.bigInt({ min: 0n, max: FIELD - 1n }), fc.constantFrom(0n, 1n, FIELD - 1n));
const badKey = (error: unknown) => error instanceof ProtocolError && error.code === "BadKey";

describe("signature", () => {
  it("derives the keys and signatures of circomlibjs", function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(secret, message, (key, m) => {
        const theirs = eddsa.signPoseidon(key, F.e(m));
        assert.deepEqual(publicKey(key), toPoint(eddsa.prv2pub(key)));
        assert.deepEqual(sign(key, m), { r8: toPoint(theirs.R8), s: theirs.S });
        assert.equal(eddsa.verifyPoseidon(F.e(m), theirs, eddsa.prv2pub(key)), true);
      }),
      { numRuns: 25 },
    );
  });

  it("verifies what was signed and nothing else", function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(secret, secret, message, message, (key, other, m, n) => {
        fc.pre(m !== n && !Buffer.from(key).equals(Buffer.from(other)));
        const signature = sign(key, m);
        const a = publicKey(key);
        assert.equal(verify(a, m, signature), true);
        assert.equal(verify(a, n, signature), false);
        assert.equal(verify(publicKey(other), m, signature), false);
        assert.equal(verify(a, m, { ...signature, s: (signature.s + 1n) % SUBGROUP_ORDER }), false);
        assert.equal(verify(a, m, { ...signature, r8: addPoints(signature.r8, BASE8) }), false);
      }),
      { numRuns: 25 },
    );
  });

  it("refuses S + l, R8 off the curve or not canonical, and keys of small order (attacks 28, 29)", () => {
    const key = new Uint8Array(32).fill(1);
    const { r8, s } = sign(key, 5n);
    const a = publicKey(key);
    assert.equal(verify(a, 5n, { r8, s: s + SUBGROUP_ORDER }), false);
    assert.equal(verify(a, 5n, { r8, s: -1n }), false);
    assert.equal(verify(a, 5n, { r8: { x: r8.x, y: (r8.y + 1n) % FIELD }, s }), false);
    assert.equal(verify(a, 5n, { r8: { x: r8.x + FIELD, y: r8.y }, s }), false);
    assert.equal(verify({ x: a.x, y: a.y + 1n }, 5n, { r8, s }), false);
    // With A of small order, 8 A vanishes and (R8, S) = (S B8, S) satisfies the equation for every message.
    for (const small of SMALL) assert.equal(verify(small, 5n, { r8: multiplyBase(9n), s: 9n }), false);
  });

  it("refuses secrets of another length and messages beyond the field", () => {
    assert.throws(() => publicKey(new Uint8Array(31)), RangeError);
    assert.throws(
      () => sign(new Uint8Array(32), FIELD),
      (error) => error instanceof ProtocolError && error.code === "NotInField",
    );
  });
});

describe("registration", () => {
  it("knows the prime subgroup (attacks 28, 30)", () => {
    assert.equal(inPrimeSubgroup(BASE8), true);
    assert.equal(inPrimeSubgroup(IDENTITY), false);
    assert.equal(inPrimeSubgroup({ x: 1n, y: 1n }), false);
    for (const small of SMALL) assert.equal(inPrimeSubgroup(small), false);
    for (const small of SMALL.slice(1)) assert.equal(inPrimeSubgroup(addPoints(BASE8, small)), false);
  });

  it("halves three times and doubles three times", () => {
    fc.assert(
      fc.property(secret, (key) => {
        const a = publicKey(key);
        const b = registrationPoint(a);
        assert.equal(inPrimeSubgroup(b), true);
        assert.deepEqual(timesEight(b), a);
        // A registration point of mixed order registers the same key: A = 8 B has lost the alias.
        for (const small of SMALL) assert.deepEqual(timesEight(addPoints(b, small)), a);
      }),
      { numRuns: 5 },
    );
  });

  it("refuses small, mixed and foreign points", () => {
    for (const small of SMALL) {
      assert.throws(() => timesEight(small), badKey);
      assert.throws(() => registrationPoint(small), badKey);
    }
    assert.throws(() => registrationPoint(addPoints(BASE8, SMALL[1] as Point)), badKey);
    assert.throws(() => timesEight({ x: 2n, y: 3n }), badKey);
  });
});

describe("curve arithmetic", () => {
  const scalar = fc.bigInt({ min: 0n, max: (1n << 260n) - 1n });
  it("is a group action on the whole curve", () => {
    fc.assert(
      fc.property(scalar, scalar, fc.constantFrom(GENERATOR, BASE8, ...SMALL), (k, m, point) => {
        const sum = addPoints(multiplyPoint(point, k), multiplyPoint(point, m));
        assert.equal(isOnCurve(sum), true);
        assert.deepEqual(sum, multiplyPoint(point, k + m));
        assert.deepEqual(multiplyBase(k), multiplyPoint(BASE8, k));
      }),
      {
        numRuns: 40,
        examples: [
          [0n, 0n, BASE8],
          [SUBGROUP_ORDER, 0n, BASE8],
          [SUBGROUP_ORDER - 1n, 1n, GENERATOR],
        ],
      },
    );
  });
  it("has a subgroup of order l and small points of order up to 8", () => {
    assert.deepEqual(multiplyPoint(BASE8, SUBGROUP_ORDER), IDENTITY);
    assert.equal(new Set(SMALL.map(({ x, y }) => `${x},${y}`)).size, 8);
    assert.throws(() => multiplyPoint(BASE8, -1n), RangeError);
  });
});
