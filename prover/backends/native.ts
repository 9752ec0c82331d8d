/**
 * Groth16 by the C++ core: all cores, the key mapped and kept.
 * @module
 */
import { nativeCore } from "#native/index.ts";
import { AFFINE, ELEMENT, fromBytes, toBytes } from "../bn254.ts";
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
};

export const backend: ProverBackend = {
  name: "native",

  async prove(zkey, witness) {
    try {
      return proofOf(await core.prove(zkey, witness));
    } catch (error) {
      const { code = "", message } = error as Error & { code?: string };
      throw CODES[code] ? new ProverError(CODES[code], message, error) : error;
    }
  },

  verify: (key, publicSignals, proof) =>
    core.verify(bytesOfKey(key), Buffer.concat(publicSignals.map(toBytes)), bytesOfProof(proof)),
};

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
