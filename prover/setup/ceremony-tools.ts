/**
 * The computations of a ceremony, by snarkjs: the portable twin of the C++ core's.
 * @module
 */
import { randomBytes } from "node:crypto";
import { powersOfTau, zKey } from "snarkjs";
import { ProverError } from "../errors.ts";
import type { Progress } from "../progress.ts";

/** All read and write files in snarkjs's formats. */
export type CeremonyTools = {
  /** Adds Lagrange bases to powers of tau. */
  prepare(powers: string, prepared: string, progress: Progress): Promise<void>;
  /** The key that a circuit and prepared powers give by themselves. */
  begin(r1cs: string, powers: string, key: string, progress: Progress): Promise<void>;
  /** Multiplies a key's delta by a secret that is drawn and forgotten. Resolves with the contribution's hash. */
  contribute(before: string, after: string, name: string, progress: Progress): Promise<Uint8Array>;
  /** Multiplies it by what anyone can draw from `beacon`, hashed 2^exponent times. */
  close(before: string, after: string, beacon: Uint8Array, exponent: number, progress: Progress): Promise<void>;
};

export const snarkjsTools: CeremonyTools = {
  async prepare(powers, prepared, progress) {
    progress("prepare", 0, 1);
    await powersOfTau.preparePhase2(powers, prepared);
    progress("prepare", 1, 1);
  },

  async begin(r1cs, powers, key, progress) {
    progress("initial key", 0, 1);
    if ((await zKey.newZKey(r1cs, powers, key)) === -1)
      throw new ProverError("CeremonyRejected", `snarkjs made no key for ${r1cs}`);
    progress("initial key", 1, 1);
  },

  async contribute(before, after, name, progress) {
    progress("contribution", 0, 1);
    const hash = await zKey.contribute(before, after, name, randomBytes(64).toString("hex"));
    progress("contribution", 1, 1);
    return hash;
  },

  async close(before, after, beacon, exponent, progress) {
    progress("beacon", 0, 1);
    if ((await zKey.beacon(before, after, "beacon", Buffer.from(beacon).toString("hex"), exponent)) === false)
      throw new ProverError("BadBeacon", "snarkjs refused the beacon");
    progress("beacon", 1, 1);
  },
};
