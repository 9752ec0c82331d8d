/**
 * BN254's numbers and the little-endian form in which every file keeps them.
 * @module
 */
import { FIELD } from "#protocol/params.ts";

export type Group = "g1" | "g2";

/** Bytes of a field element, of an affine and of a Jacobian point. */
export const ELEMENT = 32;
export const AFFINE = { g1: 64, g2: 128 } as const;
export const JACOBIAN = { g1: 96, g2: 192 } as const;

/** Order of the base field, to which coordinates belong. */
export const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

export function toBytes(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * ELEMENT, "0"), "hex").reverse());
}

export function fromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

/** base^exponent in the scalar field. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % FIELD, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % FIELD) {
    if (rest & 1n) result = (result * square) % FIELD;
  }
  return result;
}

/** The root of unity of order 2^bits that snarkjs uses: 5 is the least non-residue, and 2^28 divides r - 1. */
export function rootOfUnity(bits: number): bigint {
  return power(5n, (FIELD - 1n) >> BigInt(bits));
}
