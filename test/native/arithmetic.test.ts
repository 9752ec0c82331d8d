/**
 * Fields and sums of multiples of points: against bigint, against the portable curve, and against the laws at the edges.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { AFFINE, BASE_FIELD, ELEMENT, fromBytes, JACOBIAN, toBytes } from "#prover/bn254.ts";
import { Bn254 } from "#prover/bn254-wasm.ts";

const MODULUS = { scalar: FIELD, base: BASE_FIELD } as const;
type FieldName = keyof typeof MODULUS;

const core = nativeCore();
// Without the addon there is nothing to test: its twins are tested elsewhere.
if (core) describe("native arithmetic", () => arithmetic(core));

function arithmetic(core: NativeCore) {
  const modes = core.hasIfma() ? [false, true] : [false];

  const concat = (values: readonly bigint[]) => Buffer.concat(values.map(toBytes));
  const split = (bytes: Uint8Array) =>
    Array.from({ length: bytes.length / ELEMENT }, (_, i) => fromBytes(bytes.subarray(i * ELEMENT, (i + 1) * ELEMENT)));
  const invert = (value: bigint, modulus: bigint): bigint => {
    let [a, b, x, y] = [value, modulus, 1n, 0n];
    while (a > 0n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
    return value === 0n ? 0n : ((y % modulus) + modulus) % modulus;
  };

  /** Limbs that carry and limbs that do not, of both widths; the ends of the field. */
  const elementOf = (modulus: bigint): fc.Arbitrary<bigint> =>
    fc.oneof(
      fc.bigInt({ min: 0n, max: modulus - 1n }),
      fc.constantFrom(0n, 1n, 2n, modulus - 1n, modulus - 2n, modulus >> 1n, (1n << 253n) - 1n, 1n << 253n),
      ...[52n, 64n].map((width) =>
        fc
          .array(fc.constantFrom(0n, 1n, (1n << width) - 1n), { minLength: 5, maxLength: 5 })
          .map((limbs) => limbs.reduceRight((sum, limb) => (sum << width) | limb, 0n) % modulus),
      ),
    );

  for (const field of ["scalar", "base"] as const)
    for (const vectors of modes)
      it(`of the ${field} field is the integers', ${vectors ? "on eight lanes" : "one at a time"}`, () => {
        const p = MODULUS[field];
        fc.assert(
          fc.property(fc.array(fc.tuple(elementOf(p), elementOf(p)), { minLength: 1, maxLength: 40 }), (pairs) => {
            const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
            const got = core.arithmetic(field, vectors, concat(a), concat(b));
            const expect = (what: keyof typeof got, of: (x: bigint, y: bigint) => bigint) =>
              assert.deepEqual(
                split(got[what]),
                pairs.map(([x, y]) => of(x, y)),
                what,
              );
            expect("sum", (x, y) => (x + y) % p);
            expect("difference", (x, y) => (p + x - y) % p);
            expect("product", (x, y) => (x * y) % p);
            expect("square", (x) => (x * x) % p);
            expect("inverse", (x) => invert(x, p));
          }),
          { numRuns: 300 },
        );
      });

  it("refuses what is no element, by name", () => {
    for (const field of ["scalar", "base"] as const)
      for (const value of [MODULUS[field], (1n << 256n) - 1n]) {
        const refused = (a: bigint, b: bigint) => () => core.arithmetic(field, false, toBytes(a), toBytes(b));
        assert.throws(refused(value, 1n), { code: "NotInField", message: /^a: element 0/ });
        assert.throws(refused(1n, value), { code: "NotInField", message: /^b: element 0/ });
      }
    assert.throws(() => core.arithmetic("scalar", false, toBytes(1n), Buffer.alloc(0)), { code: "InvalidArgument" });
    assert.throws(() => core.arithmetic("third" as FieldName, false, toBytes(1n), toBytes(1n)), {
      code: "InvalidArgument",
    });
    assert.throws(() => core.multiplyG1(Buffer.alloc(64), toBytes(FIELD)), { code: "NotInField" });
    assert.throws(() => core.multiplyG1(concat([BASE_FIELD, BASE_FIELD]), toBytes(1n)), { code: "NotInField" });
    assert.throws(() => core.multiplyG1(Buffer.alloc(65), toBytes(1n)), {
      code: "InvalidArgument",
      message: /64 bytes/,
    });
    assert.throws(() => core.multiplyG2(Buffer.alloc(256), toBytes(1n)), {
      code: "InvalidArgument",
      message: /equally/,
    });
  });

  for (const group of ["g1", "g2"] as const) {
    describe(`sums in ${group}`, () => {
      const curve = new Bn254();
      const size = AFFINE[group];
      const multiply = group === "g1" ? core.multiplyG1 : core.multiplyG2;
      const wasm = (name: "add" | "timesScalar" | "toAffine" | "toJacobian" | "zero", ...args: number[]) =>
        curve.wasm[`${group}m_${name}`](...args);
      const start = curve.free;

      /** One after the other, on the portable curve. */
      const portable = (points: readonly Uint8Array[], scalars: readonly bigint[]): Uint8Array => {
        const [affine, point, sum, scalar] = [size, JACOBIAN[group], JACOBIAN[group], ELEMENT].map((n) =>
          curve.alloc(n),
        ) as [number, number, number, number];
        wasm("zero", sum);
        points.forEach((bytes, i) => {
          curve.bytes.set(bytes, affine);
          curve.bytes.set(toBytes(scalars[i] as bigint), scalar);
          wasm("toJacobian", affine, point);
          wasm("timesScalar", point, scalar, ELEMENT, point);
          wasm("add", sum, point, sum);
        });
        wasm("toAffine", sum, affine);
        const out = curve.bytes.slice(affine, affine + size);
        curve.free = start;
        return out;
      };

      const infinity = new Uint8Array(size);
      const generator = curve.bytes.slice(curve.generator[group], curve.generator[group] + size);
      const multiples = [1n, 2n, 3n, 5n, 1_000_003n, FIELD >> 1n, FIELD - 3n, FIELD - 2n, FIELD - 1n].map((scalar) =>
        portable([generator], [scalar]),
      );
      const point = fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...multiples) },
        { weight: 1, arbitrary: fc.constant(infinity) },
      );
      const scalar = fc.oneof(
        fc.bigInt({ min: 0n, max: FIELD - 1n }),
        fc.constantFrom(0n, 1n, 2n, FIELD - 1n, FIELD - 2n, FIELD >> 1n, (FIELD >> 1n) + 1n, (1n << 253n) - 1n),
        fc.bigInt({ min: 0n, max: 70_000n }),
      );
      const equals = (points: readonly Uint8Array[], scalars: readonly bigint[]) =>
        assert.deepEqual(
          Buffer.from(multiply(Buffer.concat(points), concat(scalars))),
          Buffer.from(portable(points, scalars)),
        );

      it("are the portable curve's: few different points, so that equal and opposite ones meet", () =>
        fc.assert(
          fc.property(fc.array(fc.tuple(point, scalar), { maxLength: 24 }), (terms) =>
            equals(
              terms.map(([p]) => p),
              terms.map(([, s]) => s),
            ),
          ),
          { numRuns: group === "g1" ? 150 : 60 },
        ));

      it("of many terms agree with the sum of their parts", () => {
        const many = 3_000;
        const points = Array.from(
          { length: many },
          (_, i) => multiples[(i * i + (i >> 3)) % multiples.length] as Uint8Array,
        );
        const scalars = points.map((_, i) => ((FIELD >> 2n) * BigInt(i * 7 + 1) + BigInt(i) ** 9n) % FIELD);
        const whole = multiply(Buffer.concat(points), concat(scalars));
        const parts = [0, 1, 2].map((k) => {
          const range = <T>(list: readonly T[]) => list.slice(k * 1_000, (k + 1) * 1_000);
          return multiply(Buffer.concat(range(points)), concat(range(scalars)));
        });
        assert.deepEqual(Buffer.from(whole), Buffer.from(portable(parts, [1n, 1n, 1n])));
      });

      it("obey P + P = 2 P, P - P = 0, r P = 0 and nothing = 0", () => {
        const sum = (points: readonly Uint8Array[], scalars: readonly bigint[]) =>
          Buffer.from(multiply(Buffer.concat(points), concat(scalars)));
        assert.deepEqual(sum([generator, generator], [1n, 1n]), sum([generator], [2n]));
        assert.deepEqual(sum([generator, generator], [5n, FIELD - 5n]), Buffer.from(infinity));
        assert.deepEqual(sum([generator, generator], [FIELD - 1n, 1n]), Buffer.from(infinity));
        assert.deepEqual(sum([infinity, infinity], [7n, 8n]), Buffer.from(infinity));
        assert.deepEqual(sum([], []), Buffer.from(infinity));
      });
    });
  }

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
