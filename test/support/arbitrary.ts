/**
 * Generators shared by property tests.
 * @module
 */
import fc from "fast-check";
import { FIELD } from "#protocol/params.ts";

/** Unsigned integers of `bits` bits, the ends among them. */
export const uintOf = (bits: number): fc.Arbitrary<bigint> => {
  const max = (1n << BigInt(bits)) - 1n;
  return fc.oneof(
    { weight: 8, arbitrary: fc.bigInt({ min: 0n, max }) },
    { weight: 1, arbitrary: fc.constantFrom(0n, max) },
  );
};

/** Signed integers of `bits` bits, the ends among them. */
export const intOf = (bits: number): fc.Arbitrary<bigint> =>
  uintOf(bits).map((value) => value - (1n << BigInt(bits - 1)));

/** Field elements, the awkward ones among them. */
export const element: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 0n, max: FIELD - 1n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, FIELD - 1n, FIELD / 2n, 1n << 253n, (1n << 253n) - 1n) },
);

/** Field elements that no `bits`-bit integer is equal to. */
export const beyond = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(fc.constantFrom(1n << BigInt(bits), FIELD - 1n), element).filter((value) => value >> BigInt(bits) !== 0n);

export const secret: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 32, maxLength: 32 });
