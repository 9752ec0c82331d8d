/**
 * snarkjs: WASM on all cores, no native code.
 * @module
 */
import { groth16 } from "snarkjs";
import { FIELD } from "#protocol/params.ts";
import { ELEMENT, toBytes } from "../bn254.ts";
import { keyToSnarkjs, proofFromSnarkjs, proofToSnarkjs } from "../verifying-key.ts";
import type { ProverBackend } from "./backend.ts";

export const backend: ProverBackend = {
  name: "snarkjs",

  async prove(zkey, witness) {
    const { proof } = await groth16.prove(zkey, { type: "mem", data: wtns(witness) });
    return proofFromSnarkjs(proof);
  },

  verify: (key, publicSignals, proof) =>
    groth16.verify(keyToSnarkjs(key), publicSignals.map(String), proofToSnarkjs(proof)),
};

/** The witness as a .wtns file: a section with the field and the number of wires, a section with the wires. */
export function wtns(witness: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(76));
  const bytes = new Uint8Array(head.buffer);
  bytes.set(new TextEncoder().encode("wtns"));
  head.setUint32(4, 2, true); // version
  head.setUint32(8, 2, true); // sections
  head.setUint32(12, 1, true);
  head.setBigUint64(16, 40n, true);
  head.setUint32(24, ELEMENT, true);
  bytes.set(toBytes(FIELD), 28);
  head.setUint32(60, witness.length / ELEMENT, true);
  head.setUint32(64, 2, true);
  head.setBigUint64(68, BigInt(witness.length), true);
  return Buffer.concat([bytes, witness]);
}
