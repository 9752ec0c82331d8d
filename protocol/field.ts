/**
 * The BN254 scalar field over bigint.
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { FIELD } from "./params.ts";

/** Representative of `value` in [0, r). A negative value becomes r - |value|, as in circuits and hashes. */
export function toField(value: bigint): bigint {
  const rest = value % FIELD;
  return rest < 0n ? rest + FIELD : rest;
}

/** Inverse of `toField` on (-r/2, r/2). */
export function fromField(element: bigint): bigint {
  return element > FIELD / 2n ? element - FIELD : element;
}

/** Returns `element` if it is canonical. Throws `NotInField`. */
export function assertField(element: bigint): bigint {
  if (element < 0n || element >= FIELD) throw new ProtocolError("NotInField", `${element} is not in [0, r)`);
  return element;
}

/** Multiplicative inverse by the extended Euclidean algorithm; throws `RangeError` at 0. */
export function invert(element: bigint, modulus = FIELD): bigint {
  let [a, b] = [((element % modulus) + modulus) % modulus, modulus];
  let [x, y] = [1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  if (a !== 1n) throw new RangeError("zero has no inverse");
  return x < 0n ? x + modulus : x;
}

/** Magnitude of a signed integer. */
export const abs = (value: bigint): bigint => (value < 0n ? -value : value);
