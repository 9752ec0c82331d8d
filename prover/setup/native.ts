/**
 * Keys and ceremonies by the C++ core.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { NativeCore, NativeReport } from "#native/index.ts";
import { toBytes } from "../bn254.ts";
import { ProverError, type ProverErrorCode } from "../errors.ts";
import type { Progress } from "../progress.ts";
import type { CeremonyTools } from "./ceremony-tools.ts";
import { hashFile } from "./file-hash.ts";
import type { KeyWriter } from "./key-writer.ts";

export function nativeKeys(core: NativeCore): KeyWriter {
  return {
    async write({ r1cs, zkey }, { tau, alpha, beta, gamma, delta }, progress) {
      const circuitHash = await hashFile(r1cs);
      const secret = Buffer.concat([tau, alpha, beta, gamma, delta].map(toBytes));
      try {
        const phases = ["constraints", "points"];
        await run(phases, progress, (report) => core.writeDevKey(r1cs, zkey, secret, circuitHash, report));
      } finally {
        secret.fill(0);
      }
    },
    async close() {},
  };
}

export function nativeTools(core: NativeCore): CeremonyTools {
  return {
    prepare: (powers, prepared, progress) =>
      run(["prepare"], progress, (report) => core.preparePowers(powers, prepared, report)),

    async begin(r1cs, powers, key, progress) {
      await run(["initial key"], progress, (report) => core.beginKey(r1cs, powers, key, report));
    },

    contribute(before, after, name, progress) {
      const label = Buffer.from(name.slice(0, NAME_LENGTH));
      return run(["contribution"], progress, (report) =>
        core.contributeToKey(before, after, randomBytes(SEED), label, new Uint8Array(), 0, report),
      );
    },

    async close(before, after, beacon, exponent, progress) {
      const seed = await beaconSeed(beacon, exponent);
      const label = Buffer.from("beacon");
      await run(["beacon"], progress, (report) =>
        core.contributeToKey(before, after, seed, label, beacon, exponent, (_, share) => report("beacon", share)),
      );
    },
  };
}

/** Bytes that a contributor's secrets are drawn from. */
const SEED = 32;
/** Characters of a contributor's name, as snarkjs cuts them. */
const NAME_LENGTH = 64;
/** Of a bar. */
const STEPS = 100;
/** SHA-256 between two turns of the event loop. */
const HASHES_AT_ONCE = 1 << 16;

const CODES: readonly string[] = ["BadR1cs", "BadPtau", "BadZkey"] satisfies ProverErrorCode[];

/** Shows the phases, each to its end: what the core says may come late, and after the result it is left out. */
async function run<Result>(
  phases: readonly string[],
  progress: Progress,
  work: (report: NativeReport) => Promise<Result>,
): Promise<Result> {
  const unfinished = new Set(phases);
  let isOver = false;
  const show: NativeReport = (phase, share) => {
    if (isOver) return;
    if (share === 1) unfinished.delete(phase);
    progress(phase, Math.round(share * STEPS), STEPS);
  };
  try {
    const result = await work(show);
    for (const phase of unfinished) progress(phase, STEPS, STEPS);
    return result;
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    throw CODES.includes(code) ? new ProverError(code as ProverErrorCode, message, error) : error;
  } finally {
    isOver = true;
  }
}

/** What a beacon's secret is drawn from: hashed 2^exponent times, to cost whoever would choose among many. */
export async function beaconSeed(beacon: Uint8Array, exponent: number): Promise<Uint8Array> {
  let hash = beacon;
  for (let left = 2 ** exponent; left > 0; left--) {
    if (left % HASHES_AT_ONCE === 0) await setImmediate();
    hash = createHash("sha256").update(hash).digest();
  }
  return hash;
}
