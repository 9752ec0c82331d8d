/**
 * EdDSA-Poseidon as circomlib defines it: S B8 = R8 + 8 h A with h = Poseidon(R8, A, message).
 * Secrets are 32 bytes and yield the keys that circomlibjs derives from them.
 * @module
 */
import { blake512 } from "@noble/hashes/blake1";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils";
import { addPoints, IDENTITY, isOnCurve, type Point, SUBGROUP_ORDER, samePoint } from "./babyjub.ts";
import { crypto, type Signature } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { assertField, invert } from "./field.ts";
import { hash } from "./hash.ts";

export type { Point } from "./babyjub.ts";
export type { Signature } from "./crypto.ts";

/** Capacity 0: circomlib's own challenge. Domains are separated inside `message`. */
const CHALLENGE_TAG = 0n;

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
const bytesOf = (element: bigint): Uint8Array => hexToBytes(element.toString(16).padStart(64, "0")).reverse();

/** Scalar (a multiple of 8) and nonce seed of a secret. */
function expand(secret: Uint8Array): { scalar: bigint; seed: Uint8Array } {
  if (secret.length !== 32) throw new RangeError(`a secret has 32 bytes, not ${secret.length}`);
  const digest = blake512(secret);
  const pruned = littleEndian(digest.subarray(0, 32)) & ((1n << 255n) - 8n);
  return { scalar: pruned | (1n << 254n), seed: digest.subarray(32) };
}

/** The key `A` of a secret; always of order l. */
export const publicKey = (secret: Uint8Array): Point => crypto().multiplyBase(expand(secret).scalar >> 3n);

const challenge = (r8: Point, key: Point, message: bigint): bigint =>
  hash(CHALLENGE_TAG, [r8.x, r8.y, key.x, key.y, message]);

/** Deterministic signature of a field element. Throws `NotInField`. */
export function sign(secret: Uint8Array, message: bigint): Signature {
  const { scalar, seed } = expand(secret);
  const nonce = littleEndian(blake512(concatBytes(seed, bytesOf(assertField(message))))) % SUBGROUP_ORDER;
  const r8 = crypto().multiplyBase(nonce);
  const h = challenge(r8, crypto().multiplyBase(scalar >> 3n), message);
  return { r8, s: (nonce + h * scalar) % SUBGROUP_ORDER };
}

/**
 * Twin of `EdDSAPoseidon`: the equation, R8 and the key on the curve, S < l, 8 A not the identity. That the key has
 * no component of small order is registration's business (`timesEight`), as in the circuit. Throws `NotInField`.
 */
export function verify(key: Point, message: bigint, signature: Signature): boolean {
  const { verify: atOnce } = crypto();
  if (atOnce) return atOnce(key, message, signature);
  const { r8, s } = signature;
  if (s < 0n || s >= SUBGROUP_ORDER || !isOnCurve(r8) || !isOnCurve(key)) return false;
  const eightA = crypto().multiplyPoint(key, 8n);
  if (samePoint(eightA, IDENTITY)) return false;
  const h = challenge(r8, key, message);
  return samePoint(crypto().multiplyBase(s), addPoints(r8, crypto().multiplyPoint(eightA, h)));
}

/** On the curve, of order exactly l: neither the identity nor of small or mixed order. */
export function inPrimeSubgroup(point: Point): boolean {
  return (
    isOnCurve(point) &&
    !samePoint(point, IDENTITY) &&
    samePoint(crypto().multiplyPoint(point, SUBGROUP_ORDER), IDENTITY)
  );
}

/** Twin of `TimesEight`. 8 B has order l or 1, whatever point of the curve B is. Throws `BadKey` off the curve or if 8 B is the identity. */
export function timesEight(b: Point): Point {
  if (!isOnCurve(b)) throw new ProtocolError("BadKey", "the registration point is not on the curve");
  const a = crypto().multiplyPoint(b, 8n);
  if (samePoint(a, IDENTITY)) throw new ProtocolError("BadKey", "the registration point has small order");
  return a;
}

const EIGHTH = invert(8n, SUBGROUP_ORDER);

/** What L1 registers for key `a`: the one B of the prime subgroup with 8 B = a. Throws `BadKey`. */
export function registrationPoint(a: Point): Point {
  if (!inPrimeSubgroup(a)) throw new ProtocolError("BadKey", "the key is not in the prime-order subgroup");
  return crypto().multiplyPoint(a, EIGHTH);
}
