/**
 * Poseidon, Baby Jubjub and EdDSA of the native core: equal to the portable twins in what they give, accept and refuse.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { type Claim, nativeCrypto, type Verdict } from "#native/crypto.ts";
import { type NativeCore, nativeCore } from "#native/index.ts";
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
import { installCrypto, portableCrypto } from "#protocol/crypto.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { HASH_ARITY, hash, hashList } from "#protocol/hash.ts";
import { FIELD } from "#protocol/params.ts";
import { publicKey, sign, verify } from "#protocol/signature.ts";
import { toBytes } from "#prover/bn254.ts";
import { element, secret, uintOf } from "#test/support/arbitrary.ts";
import { anyPoint, GENERATOR, SMALL } from "#test/support/curve.ts";

const core = nativeCore();
// Without the addon there is nothing to test: its twins are tested elsewhere.
if (core) describe("native crypto", () => crypto(core));

function crypto(core: NativeCore) {
  const native = nativeCrypto(core);
  /** Not canonical: just beyond, and all that 32 bytes hold. */
  const beyond = [FIELD, FIELD + 1n, (1n << 256n) - 1n];
  const concat = (values: readonly bigint[]): Uint8Array => Buffer.concat(values.map(toBytes));
  const bytesOf = (...points: readonly Point[]): Uint8Array => concat(points.flatMap(({ x, y }) => [x, y]));

  let before: typeof portableCrypto;
  // The twins may be running on the core themselves.
  beforeEach(() => {
    before = installCrypto(portableCrypto);
  });
  afterEach(() => {
    installCrypto(before);
  });

  describe("Poseidon", () => {
    it("of known inputs is what circomlib's documentation says", () => {
      assert.equal(native.permute(0n, [1n, 2n]), 0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189an);
      assert.equal(
        native.permute(0n, [1n, 2n, 3n, 4n]),
        0x299c867db6c1fdd79dcefa40e4510b9837e60ebb1ce0663dbaa525df65250465n,
      );
    });

    for (let arity = 1; arity <= HASH_ARITY; arity++)
      it(`of ${arity} inputs is the twin's, under any tag`, () => {
        const inputs = fc.array(element, { minLength: arity, maxLength: arity });
        fc.assert(
          fc.property(element, inputs, (tag, values) => {
            assert.equal(native.permute(tag, values), hash(tag, values));
          }),
          { numRuns: 60, examples: [0n, 1n, FIELD - 1n].map((edge) => [edge, Array(arity).fill(edge)]) },
        );
      });

    it("of many is the same as one by one, however many lanes are left over", () => {
      for (let arity = 1; arity <= HASH_ARITY; arity++)
        fc.assert(
          fc.property(element, fc.array(fc.array(element, { minLength: arity, maxLength: arity })), (tag, lists) => {
            const expected = lists.map((inputs) => native.permute(tag, inputs));
            assert.deepEqual(native.permuteMany(tag, arity, lists.flat()), expected);
          }),
          { numRuns: 30, examples: [[FIELD - 1n, Array(20).fill(Array(arity).fill(FIELD - 1n))]] },
        );
    });

    it("of many on all cores is the same too", async () => {
      const values = Array.from({ length: 1 + 3 * 1_000 }, (_, i) => BigInt(i) ** 20n % FIELD);
      assert.deepEqual(await core.hashManyAsync(concat(values), 3), core.hashMany(concat(values), 3));
    });

    it("chains lists as the twin does", () =>
      fc.assert(
        fc.property(element, fc.array(element, { minLength: 1, maxLength: 80 }), (tag, values) => {
          assert.equal(native.hashList(tag, values), hashList(tag, values));
        }),
        { numRuns: 60, examples: [1, 16, 17, 31, 32, 46, 47].map((n) => [9n, Array(n).fill(FIELD - 1n)]) },
      ));

    it("refuses what is no element, and any other number of inputs", () => {
      const notInField = { code: "NotInField" };
      for (const bad of beyond)
        for (const values of [
          [bad, 1n],
          [1n, bad],
          [1n, 1n, bad],
        ]) {
          assert.throws(() => core.hash(concat(values)), notInField);
          assert.throws(() => core.hashList(concat(values)), notInField);
          assert.throws(() => core.hashMany(concat(values), 1), notInField);
          assert.throws(() => core.hashManyAsync(concat(values), 1), notInField);
        }
      const misused = { code: "InvalidArgument" };
      for (const length of [0, 31, 32, 33, 18 * 32]) assert.throws(() => core.hash(Buffer.alloc(length)), misused);
      for (const length of [0, 32, 63]) assert.throws(() => core.hashList(Buffer.alloc(length)), misused);
      assert.throws(() => core.hashMany(Buffer.alloc(0), 1), misused);
      assert.throws(() => core.hashMany(Buffer.alloc(4 * 32), 2), misused);
      assert.throws(() => core.hashMany(Buffer.alloc(4 * 32), 0), misused);
      assert.throws(() => core.hashMany(Buffer.alloc(18 * 32), 17), misused);
      assert.deepEqual(native.permuteMany(1n, 2, []), []);
    });
  });

  describe("Baby Jubjub", () => {
    const order = SUBGROUP_ORDER;
    const edges = [0n, 1n, 2n, 8n, order - 1n, order, order + 1n, 4n * order, 8n * order, FIELD, (1n << 256n) - 1n];
    const scalar = fc.oneof(uintOf(256), fc.constantFrom(...edges), uintOf(10));
    const point = fc.oneof(anyPoint, fc.constantFrom(GENERATOR, BASE8, IDENTITY));

    it("multiplies as the twin does, beyond 256 bits as well", () => {
      const check = (p: Point, k: bigint) => assert.deepEqual(native.multiplyPoint(p, k), multiplyPoint(p, k));
      for (const p of [GENERATOR, BASE8, ...SMALL]) for (const k of edges) check(p, k);
      fc.assert(fc.property(point, fc.oneof(scalar, uintOf(520)), check), { numRuns: 100 });
      assert.throws(() => native.multiplyPoint(BASE8, -1n), RangeError);
    });

    it("multiplies its generator as the twin does, by any integer", () =>
      fc.assert(
        fc.property(fc.oneof(scalar, uintOf(520)), fc.boolean(), (magnitude, isNegative) => {
          const k = isNegative ? -magnitude : magnitude;
          assert.deepEqual(native.multiplyBase(k), multiplyBase(k));
          const reduced = core.multiplyBase(toBytes(magnitude % (1n << 256n)));
          assert.deepEqual(Buffer.from(reduced), Buffer.from(bytesOf(multiplyBase(magnitude % (1n << 256n)))));
        }),
        { numRuns: 100, examples: edges.map((k) => [k, true]) },
      ));

    it("has every signed digit of the generator's table", () => {
      const digits = [1n, 127n, 128n, 129n, 255n];
      for (let place = 0n; place < 256n; place += 8n)
        for (const digit of digits) {
          const k = digit << place;
          assert.deepEqual(native.multiplyBase(k), native.multiplyPoint(BASE8, k));
        }
    });

    it("obeys k P + m P = (k + m) P, P - P = 0 and 8 l P = 0 on the whole curve", () =>
      fc.assert(
        fc.property(point, scalar, scalar, (p, k, m) => {
          const [kP, mP] = [native.multiplyPoint(p, k), native.multiplyPoint(p, m)];
          assert.equal(isOnCurve(kP), true);
          assert.deepEqual(addPoints(kP, mP), native.multiplyPoint(p, k + m));
          assert.deepEqual(addPoints(p, native.multiplyPoint(p, 8n * order - 1n)), IDENTITY);
          assert.deepEqual(native.multiplyPoint(p, 8n * order), IDENTITY);
          assert.deepEqual(addPoints(p, p), native.multiplyPoint(p, 2n));
        }),
        { numRuns: 60 },
      ));

    it("refuses points off the curve and coordinates that are not canonical", () => {
      const times = (p: Point) => () => core.multiplyPoint(Buffer.concat([bytesOf(p), toBytes(5n)]));
      for (const p of [
        { x: 1n, y: 1n },
        { x: 0n, y: 0n },
        { x: BASE8.x, y: BASE8.y + 1n },
      ])
        assert.throws(times(p), { code: "NotOnCurve" });
      for (const bad of beyond) {
        assert.throws(times({ x: bad, y: 1n }), { code: "NotInField" });
        assert.throws(times({ x: 0n, y: bad }), { code: "NotInField" });
      }
      assert.throws(times({ x: 0n, y: 1n + FIELD }), { code: "NotInField" });
      assert.throws(() => core.multiplyPoint(Buffer.alloc(95)), { code: "InvalidArgument" });
      assert.throws(() => core.multiplyBase(Buffer.alloc(31)), { code: "InvalidArgument" });
    });
  });

  describe("EdDSA", () => {
    const message = fc.oneof(element, fc.constantFrom(0n, 1n, FIELD - 1n));
    const claimOf = (key: Uint8Array, m: bigint): Claim => ({
      key: publicKey(key),
      message: m,
      signature: sign(key, m),
    });
    const notInField = (error: unknown) => error instanceof ProtocolError && error.code === "NotInField";

    /** What the twin says, as the addon would. */
    const expected = ({ key, message, signature }: Claim): Verdict => {
      try {
        return verify(key, message, signature) ? "accepted" : "refused";
      } catch (error) {
        assert.ok(notInField(error));
        return "notInField";
      }
    };

    /** A signature by the secret `a` that satisfies the equation up to points of small order, which are then added. */
    const mixed = (a: bigint, nonce: bigint, m: bigint, inKey: Point, inR8: Point): Claim => {
      const key = addPoints(multiplyBase(a), inKey);
      const r8 = addPoints(multiplyBase(nonce), inR8);
      const h = hash(0n, [r8.x, r8.y, key.x, key.y, m]);
      return { key, message: m, signature: { r8, s: (nonce + 8n * h * a) % SUBGROUP_ORDER } };
    };

    /** Ways to spoil a claim, or to leave it as it is. */
    const spoilers: readonly ((claim: Claim, small: Point) => Claim)[] = [
      (claim) => claim,
      (claim) => claim,
      (claim) => ({ ...claim, message: (claim.message + 1n) % FIELD }),
      (claim) => ({ ...claim, message: claim.message + FIELD }),
      (claim) => ({ ...claim, message: -1n }),
      ({ signature, ...claim }) => ({ ...claim, signature: { ...signature, s: (signature.s + 1n) % SUBGROUP_ORDER } }),
      ({ signature, ...claim }) => ({ ...claim, signature: { ...signature, s: signature.s + SUBGROUP_ORDER } }),
      ({ signature, ...claim }) => ({ ...claim, signature: { ...signature, s: -signature.s } }),
      ({ signature, ...claim }) => ({ ...claim, signature: { ...signature, s: signature.s + (1n << 256n) } }),
      ({ signature, ...claim }, small) => ({
        ...claim,
        signature: { ...signature, r8: addPoints(signature.r8, small) },
      }),
      ({ signature, ...claim }, small) => ({ ...claim, signature: { ...signature, r8: small } }),
      ({ signature, ...claim }) => ({
        ...claim,
        signature: { ...signature, r8: { x: signature.r8.x + FIELD, y: signature.r8.y } },
      }),
      ({ signature, ...claim }) => ({
        ...claim,
        signature: { ...signature, r8: { x: signature.r8.x, y: signature.r8.y ^ 1n } },
      }),
      ({ key, ...claim }, small) => ({ ...claim, key: addPoints(key, small) }),
      ({ key, ...claim }) => ({ ...claim, key: { x: key.x, y: key.y + FIELD } }),
      ({ key, ...claim }) => ({ ...claim, key: { x: key.x - FIELD, y: key.y } }),
      ({ key, ...claim }) => ({ ...claim, key: { x: (key.x + 1n) % FIELD, y: key.y } }),
      (_, small) => ({ key: small, message: 5n, signature: { r8: multiplyBase(9n), s: 9n } }),
      (_, small) => ({ key: small, message: FIELD, signature: { r8: multiplyBase(9n), s: 9n } }),
      ({ message }, small) => mixed(7n, 11n, message % FIELD, small, IDENTITY),
      ({ message }, small) => mixed(7n, 11n, message % FIELD, IDENTITY, small),
      ({ message }, small) => mixed(7n, 11n, message % FIELD, small, small),
      ({ message }, small) => mixed(7n, 0n, message % FIELD, small, IDENTITY),
      ({ message }, small) => mixed(0n, 11n, message % FIELD, small, IDENTITY),
    ];
    const claim = fc
      .tuple(secret, message, fc.constantFrom(...spoilers), fc.constantFrom(...SMALL))
      .map(([key, m, spoil, small]) => spoil(claimOf(key, m), small));

    it("derives the twin's keys and signatures", () =>
      fc.assert(
        fc.property(secret, message, (key, m) => {
          assert.deepEqual(native.publicKey(key), publicKey(key));
          assert.deepEqual(native.sign(key, m), sign(key, m));
          assert.equal(native.verify(publicKey(key), m, native.sign(key, m)), true);
        }),
        { numRuns: 60, examples: [[new Uint8Array(32), 0n]] },
      ));

    it("refuses secrets of another length and messages beyond the field", () => {
      const key = new Uint8Array(32);
      assert.throws(() => native.publicKey(new Uint8Array(31)), RangeError);
      assert.throws(() => native.sign(new Uint8Array(33), 0n), RangeError);
      for (const bad of [-1n, ...beyond]) assert.throws(() => native.sign(key, bad), notInField);
      assert.throws(() => core.sign(key, toBytes(FIELD)), { code: "NotInField" });
      assert.throws(() => core.sign(key.subarray(1), toBytes(1n)), { code: "InvalidArgument" });
      assert.throws(() => core.publicKey(key.subarray(1)), { code: "InvalidArgument" });
      assert.throws(() => core.verifySignature(Buffer.alloc(191)), { code: "InvalidArgument" });
      assert.throws(() => core.verifySignatures(Buffer.alloc(193)), { code: "InvalidArgument" });
    });

    it("accepts, refuses and throws as the twin does, whatever was done to a claim", () => {
      const good = claimOf(new Uint8Array(32).fill(3), 5n);
      for (const spoil of spoilers)
        for (const small of SMALL) {
          const spoiled = spoil(good, small);
          const verdict = expected(spoiled);
          const judge = () => native.verify(spoiled.key, spoiled.message, spoiled.signature);
          if (verdict === "notInField") assert.throws(judge, notInField);
          else assert.equal(judge(), verdict === "accepted");
          // Twice: alone a claim is judged without lanes.
          assert.deepEqual(native.verifyMany([spoiled, spoiled]), [verdict, verdict]);
        }
    });

    it("holds the equation itself, not eight times it", () => {
      const [, small] = SMALL as readonly [Point, Point];
      const inKey = mixed(7n, 11n, 5n, small, IDENTITY);
      const inR8 = mixed(7n, 11n, 5n, IDENTITY, small);
      assert.deepEqual(native.verifyMany([inKey, inR8]), ["accepted", "refused"]);
    });

    it("judges each of many by itself", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(claim, { maxLength: 40 }), async (claims) => {
          const verdicts = claims.map(expected);
          assert.deepEqual(native.verifyMany(claims), verdicts);
          assert.deepEqual(await native.verifyManyAsync(claims), verdicts);
        }),
        { numRuns: 20 },
      );
    });

    it("judges more than are worked on together", () => {
      const [good, bad] = [1, 2].map((fill) => claimOf(new Uint8Array(32).fill(fill), 5n)) as [Claim, Claim];
      const claims = Array.from({ length: 333 }, (_, i) => (i % 7 === 3 ? { ...bad, key: good.key } : good));
      const verdicts = claims.map(({ key }, i) => (i % 7 === 3 && key === good.key ? "refused" : "accepted"));
      assert.deepEqual(native.verifyMany(claims), verdicts);
    });
  });

  if (core.hasIfma())
    it("is the same without the vector instructions", function () {
      this.timeout(300_000);
      const mocha = "node_modules/mocha/bin/mocha.js";
      const environment = { ...process.env, PROVEGA_IFMA: "0" };
      const { status, stdout } = spawnSync(process.execPath, [mocha, import.meta.filename], {
        env: environment,
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout);
    });
}
