/**
 * Groth16 by the C++ core: all cores, the key mapped and kept.
 * @module
 */
import { nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { AFFINE, BASE_FIELD, ELEMENT, fromBytes, toBytes } from "../bn254.ts";
import { ProverError, type ProverErrorCode } from "../errors.ts";
import type { G1, G2, Proof, VerifyingKey } from "../verifying-key.ts";
import type { ProverBackend } from "./backend.ts";

const core = nativeCore();
if (!core) throw new ProverError("NoNativeCore", "the native backend needs the native core");

/** The core's codes, as the prover says them. */
const CODES: Readonly<Record<string, ProverErrorCode>> = {
  BadZkey: "BadZkey",
  FileUnreadable: "ArtifactMissing",
  BadWitness: "BadInput",
  UncontributedKey: "BadVerifyingKey",
};

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    throw CODES[code] ? new ProverError(CODES[code], message, error) : error;
  }
}

export const backend: ProverBackend = {
  name: "native",

  prove: (zkey, witness) => named(async () => proofOf(await core.prove(zkey, witness))),

  async verify(key, publicSignals, proof) {
    if (!areBelow(FIELD, publicSignals) || !areBelow(BASE_FIELD, [proof.a, ...proof.b, proof.c].flat())) return false;
    return named(() => core.verify(bytesOfKey(key), Buffer.concat(publicSignals.map(toBytes)), bytesOfProof(proof)));
  },
};

const areBelow = (bound: bigint, values: readonly bigint[]): boolean =>
  values.every((value) => value >= 0n && value < bound);
const g1Bytes = (point: G1): Uint8Array[] => point.map(toBytes);
const g2Bytes = (point: G2): Uint8Array[] => point.flat().map(toBytes);

const bytesOfKey = ({ alpha, beta, gamma, delta, ic }: VerifyingKey): Uint8Array =>
  Buffer.concat([...g1Bytes(alpha), ...[beta, gamma, delta].flatMap(g2Bytes), ...ic.flatMap(g1Bytes)]);

const bytesOfProof = ({ a, b, c }: Proof): Uint8Array => Buffer.concat([...g1Bytes(a), ...g2Bytes(b), ...g1Bytes(c)]);

function proofOf(bytes: Uint8Array): Proof {
  const number = (i: number) => fromBytes(bytes.subarray(i * ELEMENT, (i + 1) * ELEMENT));
  const g1 = (at: number): G1 => [number(at), number(at + 1)];
  const [b, c] = [AFFINE.g1 / ELEMENT, (AFFINE.g1 + AFFINE.g2) / ELEMENT];
  return { a: g1(0), b: [g1(b), g1(b + 2)], c: g1(c) };
}
