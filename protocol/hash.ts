/**
 * Domain-separated Poseidon: the executable twin of `circuits/lib/poseidon.circom`.
 * @module
 */
import { crypto } from "./crypto.ts";
import { assertField } from "./field.ts";

/** Widest permutation circomlib defines. */
export const HASH_ARITY = 16;

/** Twin of `Hash`. Poseidon of 1 to 16 canonical field elements, `tag` in the capacity element. Throws `NotInField`. */
export function hash(tag: bigint, inputs: readonly bigint[]): bigint {
  if (inputs.length < 1 || inputs.length > HASH_ARITY) throw new RangeError(`hash of ${inputs.length} inputs`);
  for (const input of inputs) assertField(input);
  return crypto().permute(assertField(tag), inputs);
}

/**
 * Twin of `HashList`. The first 16 values, then 15 at a time behind the digest so far.
 * Not injective over lengths: a tag is used with one length per profile.
 */
export function hashList(tag: bigint, values: readonly bigint[]): bigint {
  let digest = hash(tag, values.slice(0, HASH_ARITY));
  for (let i = HASH_ARITY; i < values.length; i += HASH_ARITY - 1) {
    digest = hash(tag, [digest, ...values.slice(i, i + HASH_ARITY - 1)]);
  }
  return digest;
}
