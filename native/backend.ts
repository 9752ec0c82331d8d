/**
 * Groth16 by the C++ core: all cores, the key mapped and kept.
 * @module
 */
import type { ProverBackend } from "#prover/backends/backend.ts";
import { AFFINE, ELEMENT, fromBytes, toBytes } from "#prover/bn254.ts";
import { ProverError } from "#prover/errors.ts";
import type { G1, G2, Proof, VerifyingKey } from "#prover/verifying-key.ts";
import { type NativeCore, nativeCore } from "./index.ts";

function core(): NativeCore {
  const native = nativeCore();
  if (!native) throw new ProverError("NoNativeCore", "the native core is not loaded");
  return native;
}

export const backend: ProverBackend = {
  name: "native",

  prove: async (zkey, witness) => proofOf(await core().prove(zkey, witness)),

  verify: (key, publicSignals, proof) =>
    core().verify(bytesOfKey(key), Buffer.concat(publicSignals.map(toBytes)), bytesOfProof(proof)),
};

const g1Bytes = (point: G1): Uint8Array[] => point.map(toBytes);
const g2Bytes = (point: G2): Uint8Array[] => point.flat().map(toBytes);

const bytesOfKey = ({ alpha, beta, gamma, delta, ic }: VerifyingKey): Uint8Array =>
  Buffer.concat([...g1Bytes(alpha), ...[beta, gamma, delta].flatMap(g2Bytes), ...ic.flatMap(g1Bytes)]);

export const bytesOfProof = ({ a, b, c }: Proof): Uint8Array => Buffer.concat([...g1Bytes(a), ...g2Bytes(b), ...g1Bytes(c)]);

export function proofOf(bytes: Uint8Array): Proof {
  const number = (i: number) => fromBytes(bytes.subarray(i * ELEMENT, (i + 1) * ELEMENT));
  const g1 = (at: number): G1 => [number(at), number(at + 1)];
  const [b, c] = [AFFINE.g1 / ELEMENT, (AFFINE.g1 + AFFINE.g2) / ELEMENT];
  return { a: g1(0), b: [g1(b), g1(b + 2)], c: g1(c) };
}
