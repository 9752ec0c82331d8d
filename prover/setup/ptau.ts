/**
 * Powers-of-tau files: which ceremony one comes from, and whether it suffices for a circuit.
 * @module
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { BASE_FIELD, ELEMENT, fromBytes } from "../bn254.ts";
import { ProverError } from "../errors.ts";
import { type Progress, silent } from "../progress.ts";
import { SectionReader } from "../section-file.ts";
import { hashFile } from "./file-hash.ts";
import { domainBits, type R1csShape } from "./r1cs.ts";

const HEADER = 1;
/** Lagrange bases. */
const LAGRANGE = [12, 13, 14, 15];

const manifest = z.object({
  files: z.array(z.object({ name: z.string(), power: z.number(), blake2b: z.string().length(128) })),
});

export type Ptau = {
  readonly path: string;
  /** Circuits of at most 2^power rows. */
  readonly power: number;
  /** Whether it has the Lagrange bases that phase 2 needs. */
  readonly isPrepared: boolean;
  /** BLAKE2b-512. */
  readonly hash: string;
  /** The name under which the ceremony published it; undefined for a file that is not in `ptau/manifest.json`. */
  readonly listedAs: string | undefined;
};

/** Reads and hashes the file. Throws `BadPtau`, or `PtauUnlisted` unless that is allowed. */
export async function openPtau(path: string, allowUnlisted = false, progress: Progress = silent): Promise<Ptau> {
  const { power, isPrepared } = await readHeader(path);
  const hash = (await hashFile(path, "hash powers of tau", progress)).toString("hex");
  const known = manifest.parse(
    JSON.parse(await readFile(new URL("../../ptau/manifest.json", import.meta.url), "utf8")),
  );
  const listed = known.files.find((file) => file.blake2b === hash);
  if (!listed && !allowUnlisted) {
    const problem = `${path} (BLAKE2b ${hash}) is not a file of a ceremony in ptau/manifest.json`;
    throw new ProverError("PtauUnlisted", `${problem}; whoever made it may know its secret`);
  }
  if (listed && listed.power !== power)
    throw new ProverError("BadPtau", `${path} has power ${power}, not ${listed.power}`);
  return { path, power, isPrepared, hash, listedAs: listed?.name };
}

/** Asked before snarkjs, which answers with a broken file. Throws `PtauTooSmall`. */
export function requirePower({ path, power }: Ptau, shape: R1csShape, circuit: string): void {
  const needed = domainBits(shape);
  if (needed > power)
    throw new ProverError(
      "PtauTooSmall",
      `${circuit} needs powers of tau up to 2^${needed}; ${path} ends at 2^${power}`,
    );
}

async function readHeader(path: string): Promise<Pick<Ptau, "power" | "isPrepared">> {
  const file = await SectionReader.open(path, "ptau");
  try {
    const header = await file.readSection(HEADER);
    if (header.readUInt32LE(0) !== ELEMENT || fromBytes(header.subarray(4, 4 + ELEMENT)) !== BASE_FIELD)
      throw file.refusal("is not over BN254");
    return { power: header.readUInt32LE(4 + ELEMENT), isPrepared: LAGRANGE.every((id) => file.has(id)) };
  } finally {
    await file.close();
  }
}
