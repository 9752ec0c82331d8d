/**
 * Poseidon, Baby Jubjub and EdDSA of the native core, for bigints. Twins: protocol/crypto.ts, hash.ts and signature.ts.
 * @module
 */
import { type Point, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import type { Crypto } from "#protocol/crypto.ts";
import { assertField } from "#protocol/field.ts";
import { HASH_ARITY } from "#protocol/hash.ts";
import type { Signature } from "#protocol/signature.ts";
import type { NativeCore } from "./index.ts";

/** Words of 64 bits of a field element. */
const WORDS = 4;
const BYTES = 8 * WORDS;
const LIMIT = 1n << 256n;
/** Of the whole curve. */
const CURVE_ORDER = 8n * SUBGROUP_ORDER;

export type Claim = { readonly key: Point; readonly message: bigint; readonly signature: Signature };

/** In the order of the addon. `notInField`: the message is no field element, and nothing else is wrong. */
const VERDICTS = ["refused", "accepted", "notInField"] as const;
export type Verdict = (typeof VERDICTS)[number];

export type NativeCrypto = Crypto & {
  hashList(tag: bigint, values: readonly bigint[]): bigint;
  /** `permute` of each `arity` inputs in turn, on this core. */
  permuteMany(capacity: bigint, arity: number, inputs: readonly bigint[]): bigint[];
  publicKey(secret: Uint8Array): Point;
  sign(secret: Uint8Array, message: bigint): Signature;
  verify(key: Point, message: bigint, signature: Signature): boolean;
  /** All of them, on this core. */
  verifyMany(claims: readonly Claim[]): Verdict[];
  /** On all cores, while this thread goes on. */
  verifyManyAsync(claims: readonly Claim[]): Promise<Verdict[]>;
};

/** The addon has read, or copied, what it is given before a call returns: one piece of memory serves all calls. */
let words = new BigUint64Array((HASH_ARITY + 1) * WORDS);

/** Elements as the addon takes them. What 32 bytes cannot hold becomes 2^256 - 1, which no range check lets pass. */
function bytesOf(values: readonly bigint[]): Uint8Array {
  const length = values.length * WORDS;
  if (length > words.length) words = new BigUint64Array(2 * length);
  let at = 0;
  for (const value of values) {
    const fits = value >= 0n && value < LIMIT ? value : -1n;
    const upper = fits >> 128n;
    // Storing keeps the lower 64 bits.
    words[at++] = fits;
    words[at++] = fits >> 64n;
    words[at++] = upper;
    words[at++] = upper >> 64n;
  }
  return new Uint8Array(words.buffer, 0, 8 * length);
}

function elementsOf(bytes: Uint8Array): bigint[] {
  const all = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const word = (i: number): bigint => all[i] as bigint;
  return Array.from({ length: all.length / WORDS }, (_, k) => {
    const at = k * WORDS;
    return (((word(at + 3) << 64n) | word(at + 2)) << 128n) | (word(at + 1) << 64n) | word(at);
  });
}
const elementOf = (bytes: Uint8Array): bigint => elementsOf(bytes)[0] as bigint;
function pointOf(bytes: Uint8Array): Point {
  const [x, y] = elementsOf(bytes) as [bigint, bigint];
  return { x, y };
}
const verdictsOf = (bytes: Uint8Array): Verdict[] => Array.from(bytes, (each) => VERDICTS[each] as Verdict);

function checked(secret: Uint8Array): Uint8Array {
  if (secret.length !== BYTES) throw new RangeError(`a secret has 32 bytes, not ${secret.length}`);
  return secret;
}

const claimOf = ({ key, message, signature: { r8, s } }: Claim): bigint[] => [key.x, key.y, message, r8.x, r8.y, s];

export function nativeCrypto(core: NativeCore): NativeCrypto {
  return {
    permute: (capacity, inputs) => elementOf(core.hash(bytesOf([capacity, ...inputs]))),
    permuteMany: (capacity, arity, inputs) => elementsOf(core.hashMany(bytesOf([capacity, ...inputs]), arity)),
    hashList(tag, values) {
      for (const value of values) assertField(value);
      return elementOf(core.hashList(bytesOf([assertField(tag), ...values])));
    },

    multiplyPoint({ x, y }, scalar) {
      if (scalar < 0n) throw new RangeError("negative scalar");
      return pointOf(core.multiplyPoint(bytesOf([x, y, scalar % CURVE_ORDER])));
    },
    multiplyBase(scalar) {
      const rest = scalar % SUBGROUP_ORDER;
      return pointOf(core.multiplyBase(bytesOf([rest < 0n ? rest + SUBGROUP_ORDER : rest])));
    },

    publicKey: (secret) => pointOf(core.publicKey(checked(secret))),
    sign(secret, message) {
      const [x, y, s] = elementsOf(core.sign(checked(secret), bytesOf([assertField(message)]))) as [
        bigint,
        bigint,
        bigint,
      ];
      return { r8: { x, y }, s };
    },
    verify(key, message, signature) {
      const verdict = VERDICTS[core.verifySignature(bytesOf(claimOf({ key, message, signature })))];
      if (verdict === "notInField") assertField(message);
      return verdict === "accepted";
    },
    verifyMany: (claims) => verdictsOf(core.verifySignatures(bytesOf(claims.flatMap(claimOf)))),
    verifyManyAsync: async (claims) => verdictsOf(await core.verifySignaturesAsync(bytesOf(claims.flatMap(claimOf)))),
  };
}
