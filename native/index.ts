/**
 * The one door to the C++ core. Whoever comes in gets the addon, or null and does with the portable twin what the addon would have done.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Progress of a long work: what runs, and its share done from 0 to 1. */
export type NativeReport = (what: string, share: number) => void;

/**
 * What the addon exports. Bytes are Uint8Array, field elements 32 of them, little endian and canonical. All throw an Error with a `code`:
 * InvalidArgument for a wrong call, others as each says.
 */
export type NativeCore = {
  /** Whether the vector code (AVX-512 IFMA) is in use: not with PROVEGA_IFMA=0, nor where the processor lacks it. */
  hasIfma(): boolean;
  /** See files.ts, which has the types. */
  inspectFile(path: string, depth: number): Promise<unknown>;
  inspectBytes(bytes: Uint8Array, kind: number, depth: number): Promise<unknown>;
  /** Copies a file section by section into `target`, which appears when all is written. Throws FileUnwritable. */
  rewriteFile(source: string, target: string): Promise<void>;

  /** Element by element, for tests. `square` is a². Throws NotInField; NoVectors if they were asked for and are not in use. */
  arithmetic(field: "scalar" | "base", vectors: boolean, a: Uint8Array, b: Uint8Array): Arithmetic;
  /** Nanoseconds of one product in the base field, amortised over lanes if vectors. Throws NoVectors. */
  timeProducts(vectors: boolean, times: number): number;
  /** Milliseconds of the phases of one sum of 2^power multiples of points, and of all processors together; how many additions it made. */
  timeSums(group: "g1" | "g2", power: number): SumTimes;
  /**
   * The sum of scalar times point. Points as zkey files have them: 64 or 128 bytes, Montgomery form, zero for infinity, on the curve (not
   * checked). Throws NotInField. On all cores, while the thread waits.
   */
  multiplyG1(points: Uint8Array, scalars: Uint8Array): Uint8Array;
  multiplyG2(points: Uint8Array, scalars: Uint8Array): Uint8Array;

  /**
   * Baby Jubjub, Poseidon and EdDSA; crypto.ts has them for bigints. All throw NotInField where an element is not canonical. `values`: a tag
   * (the capacity element), then what is hashed. The first hash of an arity works out its constants, in some milliseconds.
   */
  hash(values: Uint8Array): Uint8Array;
  hashList(values: Uint8Array): Uint8Array;
  /** A hash of each `arity` values. The asynchronous one uses all cores. */
  hashMany(values: Uint8Array, arity: number): Uint8Array;
  hashManyAsync(values: Uint8Array, arity: number): Promise<Uint8Array>;
  /** `product`: a point and a number below 2^256, by which it is multiplied. Throws NotOnCurve. */
  multiplyPoint(product: Uint8Array): Uint8Array;
  multiplyBase(scalar: Uint8Array): Uint8Array;
  publicKey(secret: Uint8Array): Uint8Array;
  /** R8, then S. */
  sign(secret: Uint8Array, message: Uint8Array): Uint8Array;
  /** `claim`: key, message, R8, S. 0: refused; 1: accepted; 2: nothing is wrong but the message, which is not canonical. */
  verifySignature(claim: Uint8Array): number;
  /** A byte a claim, as above. The asynchronous one uses all cores. */
  verifySignatures(claims: Uint8Array): Uint8Array;
  verifySignaturesAsync(claims: Uint8Array): Promise<Uint8Array>;

  /**
   * A Groth16 proof with a snarkjs key: points a, b, c in 256 bytes, coordinates as plain integers, those of G2 real part first. `witness`: a field
   * element a wire. The key is mapped, checked and kept for the next call. Throws FileUnreadable, BadZkey, BadWitness. A witness that does not
   * satisfy the circuit gives a proof that does not verify.
   */
  prove(zkey: string, witness: Uint8Array): Promise<Uint8Array>;
  /** For tests and benchmarks only: a proof whose two blinding scalars are known tells of its witness. */
  proveWithBlinding(zkey: string, witness: Uint8Array, blinding: Uint8Array): Promise<TimedProof>;
  /**
   * `key`: alpha, beta, gamma, delta and the points of the constant and the inputs, in the form of proofs. False for points that are off their
   * curve or outside the subgroup. Throws NotInField; UncontributedKey if gamma is delta, which makes proofs of anything easy.
   */
  verify(key: Uint8Array, publics: Uint8Array, proof: Uint8Array): Promise<boolean>;
  /** Whether the product of the pairings is 1. Throws NotInField, NotInGroup. */
  pairsToOne(g1: Uint8Array, g2: Uint8Array): boolean;

  /**
   * Keys and ceremonies. Files are checked as they are read: BadR1cs, BadPtau, BadZkey, FileUnreadable; new ones appear
   * when all is written, or FileUnwritable is thrown. `secret`: tau, alpha, beta, gamma, delta, not zero (NotInField).
   * `circuitHash`: 64 bytes.
   */
  writeDevKey(
    r1cs: string,
    zkey: string,
    secret: Uint8Array,
    circuitHash: Uint8Array,
    report?: NativeReport,
  ): Promise<void>;
  /** The key without contributions. Resolves with the hash of the circuit, 64 bytes. */
  beginKey(r1cs: string, powers: string, zkey: string, report?: NativeReport): Promise<Uint8Array>;
  /** Resolves with the hash of the contribution. */
  contributeToKey(before: string, after: string, ...terms: ContributionTerms): Promise<Uint8Array>;
  /** Powers of tau up to 2^power that nobody has contributed to. */
  beginPowers(power: number, powers: string): Promise<void>;
  /** Resolves with the hash of the response. Lagrange bases are left out. */
  contributeToPowers(before: string, after: string, ...terms: ContributionTerms): Promise<Uint8Array>;
  /** Adds the Lagrange bases that `beginKey` needs. */
  preparePowers(powers: string, prepared: string, report?: NativeReport): Promise<void>;
};

/**
 * `seed`: 32 bytes that nobody else knows, or what a beacon gives. Then comes the beacon too, and log2 of how often it was
 * hashed; of a person none and 0. `name` and `beacon` have at most 255 bytes.
 */
export type ContributionTerms = [
  seed: Uint8Array,
  name: Uint8Array,
  beacon: Uint8Array,
  beaconIterations: number,
  report?: NativeReport,
];

export type TimedProof = {
  readonly proof: Uint8Array;
  readonly milliseconds: Readonly<Record<"matrices" | "quotient" | "a" | "b1" | "b2" | "c" | "h", number>>;
};

export type SumTimes = Readonly<Record<"choose" | "prepare" | "fill" | "reduce" | "additions" | "processor", number>>;

export type Arithmetic = Readonly<Record<"sum" | "difference" | "product" | "square" | "inverse", Uint8Array>>;

const ADDON = join(import.meta.dirname, "build", process.env["PROVEGA_NATIVE_BUILD"] ?? "", "provega.node");
/** Set for child processes, so that one notice is enough. */
const TOLD = "PROVEGA_NATIVE_TOLD";

let loaded: NativeCore | null | undefined;

/** The addon, loaded once; null if PROVEGA_NATIVE=0, or with a notice on stderr if there is none or it does not load. */
export function nativeCore(): NativeCore | null {
  if (loaded === undefined) loaded = process.env["PROVEGA_NATIVE"] === "0" ? null : load();
  return loaded;
}

function load(): NativeCore | null {
  const target: { exports: unknown } = { exports: {} };
  let reason = "it has not been built";
  if (existsSync(ADDON)) {
    try {
      process.dlopen(target, ADDON);
      return target.exports as NativeCore;
    } catch (error) {
      reason = (error as Error).message.split("\n")[0] ?? "";
    }
  }
  if (process.env[TOLD] === undefined) {
    process.env[TOLD] = "1";
    process.stderr.write(
      `provega: no native core (${reason}); the slower portable code is used. Cure: npm run build:native. PROVEGA_NATIVE=0 silences this.\n`,
    );
  }
  return null;
}
