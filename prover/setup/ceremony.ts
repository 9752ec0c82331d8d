/**
 * The ceremony path of the set-up: powers of tau that many people made, then our own phase 2, in snarkjs's formats and
 * verified by snarkjs. All keys made from one file share alpha and beta, and gamma is always 1. One honest contributor
 * anywhere suffices.
 * @module
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { curves, zKey } from "snarkjs";
import { nativeCore } from "#native/index.ts";
import { ProverError } from "../errors.ts";
import type { Progress } from "../progress.ts";
import { type CeremonyTools, snarkjsTools } from "./ceremony-tools.ts";
import type { KeyTarget } from "./key-writer.ts";
import { nativeTools } from "./native.ts";
import { openPtau, requirePower } from "./ptau.ts";
import { openR1cs } from "./r1cs.ts";

export type CeremonyOptions = {
  /** One that is not prepared for phase 2 is prepared for the time being. */
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
  const [first] = targets;
  if (!first) return;
  const ptau = await openPtau(options.ptau, options.allowUnlisted, progress);
  for (const { r1cs } of targets) {
    const shape = await openR1cs(r1cs);
    await shape.file.close();
    requirePower(ptau, shape, basename(r1cs, ".r1cs"));
  }
  const core = nativeCore();
  const tools = core ? nativeTools(core) : snarkjsTools;
  const powers = ptau.isPrepared ? ptau.path : `${first.zkey}.powers`;
  try {
    if (!ptau.isPrepared) await tools.prepare(ptau.path, powers, progress);
    for (const target of targets) await makeKey(target, powers, tools, { ...options, beaconExponent }, progress);
  } finally {
    if (!ptau.isPrepared) await rm(powers, { force: true });
    // snarkjs leaves its threads running, which would keep the process alive.
    await (await curves.getCurveFromName("bn128")).terminate();
  }
}

async function makeKey(
  { r1cs, zkey }: KeyTarget,
  ptau: string,
  tools: CeremonyTools,
  { contributor = "provega", beacon, beaconExponent }: CeremonyOptions & { readonly beaconExponent: number },
  progress: Progress,
): Promise<void> {
  const [initial, contributed] = [`${zkey}.initial`, `${zkey}.contributed`];
  const name = basename(r1cs, ".r1cs");
  const report: Progress = (phase, done, total) => progress(`key ${name}: ${phase}`, done, total);
  try {
    await tools.begin(r1cs, ptau, initial, report);
    const contribution = await tools.contribute(initial, contributed, contributor, report);
    const value = beacon ? Buffer.from(beacon.replace(/^0x/i, ""), "hex") : sha256(contribution);
    await tools.close(contributed, zkey, value, beaconExponent, report);
    report("verification", 0, 1);
    await verifyCeremonyKey({ initial, ptau, zkey });
    report("verification", 1, 1);
  } finally {
    await Promise.all([rm(initial, { force: true }), rm(contributed, { force: true })]);
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

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
