/**
 * The functions worth replacing by native code, behind one interface. The portable ones are the default;
 * whoever installs others answers for their being equal.
 * @module
 */
import { buildPoseidon } from "circomlibjs";
import { multiplyBase, multiplyPoint, type Point } from "./babyjub.ts";

export type Signature = { readonly r8: Point; readonly s: bigint };

export interface Crypto {
  /** First element after circomlib's Poseidon permutation of `[capacity, ...inputs]`, 1 to 16 inputs, all canonical. */
  permute(capacity: bigint, inputs: readonly bigint[]): bigint;
  /** `scalar` times any point of the curve, `scalar` not reduced. */
  multiplyPoint(point: Point, scalar: bigint): Point;
  /** `scalar` times `BASE8`. */
  multiplyBase(scalar: bigint): Point;
  /** All of signature.ts's `verify` at once, where that is faster. */
  verify?(key: Point, message: bigint, signature: Signature): boolean;
}

// Awaited here, once, so that hashing is synchronous everywhere. Its curve object runs in this thread and starts no worker.
const poseidon = await buildPoseidon();

export const portableCrypto: Crypto = {
  permute: (capacity, inputs) => poseidon.F.toObject(poseidon(inputs, capacity)),
  multiplyPoint,
  multiplyBase,
};

let installed = portableCrypto;

/** The implementation in force. */
export const crypto = (): Crypto => installed;

/** Replaces the implementation for this thread and returns the one before. */
export function installCrypto(next: Crypto): Crypto {
  const before = installed;
  installed = next;
  return before;
}
