/**
 * The ceremony path of the set-up: powers of tau that many people made, then our own phase 2 by snarkjs. All keys made
 * from one file share alpha and beta, and gamma is always 1. One honest contributor anywhere suffices.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { curves, zKey } from "snarkjs";
import { ProverError } from "../errors.ts";
import type { Progress } from "../progress.ts";
import type { KeyTarget } from "./dev-key.ts";
import { openPtau, type Ptau, requirePower } from "./ptau.ts";
import { openR1cs } from "./r1cs.ts";

export type CeremonyOptions = {
  /** A file prepared for phase 2. */
  readonly ptau: string;
  readonly allowUnlisted?: boolean;
  /** Recorded in the key; at most 64 characters. */
  readonly contributor?: string;
  /**
   * Closes the ceremony: hex of a public value that was not known when the last contribution was made, such as the hash
   * of a later block. Without it the hash of our contribution, which lends nothing but a fixed end.
   */
  readonly beacon?: string;
  /** The beacon is hashed 2^this times, 10 to 63. */
  readonly beaconExponent?: number;
};

const BEACON = /^(0x)?([0-9a-f]{2}){16,255}$/i;
const STEPS = 4;

/** Makes a key for each circuit and checks every one of them against circuit and powers of tau. */
export async function makeCeremonyKeys(
  targets: readonly KeyTarget[],
  progress: Progress,
  options: CeremonyOptions,
): Promise<void> {
  const { beacon, beaconExponent = 10 } = options;
  if (beacon !== undefined && !BEACON.test(beacon))
    throw new ProverError("BadBeacon", "a beacon is 16 to 255 bytes of hex");
  if (!(beaconExponent >= 10 && beaconExponent <= 63))
    throw new ProverError("BadBeacon", "a beacon is hashed 2^10 to 2^63 times");
  const ptau = await openPtau(options.ptau, options.allowUnlisted, progress);
  for (const { r1cs } of targets) {
    const shape = await openR1cs(r1cs);
    await shape.file.close();
    requirePower(ptau, shape, basename(r1cs, ".r1cs"));
  }
  try {
    for (const target of targets) await makeKey(target, ptau, { ...options, beaconExponent }, progress);
  } finally {
    // snarkjs leaves its threads running, which would keep the process alive.
    await (await curves.getCurveFromName("bn128")).terminate();
  }
}

async function makeKey(
  { r1cs, zkey }: KeyTarget,
  ptau: Ptau,
  { contributor = "provega", beacon, beaconExponent }: CeremonyOptions & { readonly beaconExponent: number },
  progress: Progress,
): Promise<void> {
  const [initial, contributed] = [`${zkey}.initial`, `${zkey}.contributed`];
  const name = basename(r1cs, ".r1cs");
  const step = (text: string, done: number) => progress(`key ${name}: ${text}`, done, STEPS);
  try {
    step("initial key", 0);
    if ((await zKey.newZKey(r1cs, ptau.path, initial)) === -1)
      throw new ProverError("CeremonyRejected", `snarkjs made no key for ${name}`);
    step("contribution", 1);
    const contribution = await zKey.contribute(initial, contributed, contributor, randomBytes(64).toString("hex"));
    step("beacon", 2);
    const value = beacon?.replace(/^0x/i, "") ?? createHash("sha256").update(contribution).digest("hex");
    if ((await zKey.beacon(contributed, zkey, "beacon", value, beaconExponent)) === false)
      throw new ProverError("BadBeacon", "snarkjs refused the beacon");
    step("verification", 3);
    await verifyCeremonyKey({ initial, ptau: ptau.path, zkey });
    step("done", STEPS);
  } finally {
    await Promise.all([rm(initial, { force: true }), rm(contributed, { force: true })]);
  }
}

/** Checks a key's contributions against the key that `r1cs` and powers of tau give by themselves. */
export async function verifyCeremonyKey(
  files: { readonly ptau: string; readonly zkey: string } & ({ readonly initial: string } | { readonly r1cs: string }),
): Promise<void> {
  const problems: string[] = [];
  const note = (text: string) => void problems.push(text);
  const ignore = () => {};
  const logger = { debug: ignore, info: ignore, warn: note, error: note };
  const isValid =
    "initial" in files
      ? await zKey.verifyFromInit(files.initial, files.ptau, files.zkey, logger)
      : await zKey.verifyFromR1cs(files.r1cs, files.ptau, files.zkey, logger);
  if (isValid !== true)
    throw new ProverError(
      "CeremonyRejected",
      `${files.zkey} does not follow from the ceremony: ${problems.join("; ")}`,
    );
}
