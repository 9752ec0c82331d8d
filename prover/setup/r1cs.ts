/**
 * Header of circom's constraint files.
 * @module
 */
import { FIELD } from "#protocol/params.ts";
import { fromBytes } from "../bn254.ts";
import { type Section, SectionReader } from "../section-file.ts";

const HEADER = 1;
const CONSTRAINTS = 2;
const CUSTOM_GATES = 4;

export type R1csShape = {
  readonly wires: number;
  /** Outputs and public inputs: wires 1 to `publicWires`; wire 0 is the constant 1. */
  readonly publicWires: number;
  readonly constraints: number;
};

/** An open file. Per constraint three lists (A, B, C), each its length and as many pairs of wire and coefficient. */
export type R1cs = R1csShape & { readonly file: SectionReader; readonly list: Section };

/** Opens `path` and reads its header. The caller closes `file`. */
export async function openR1cs(path: string): Promise<R1cs> {
  const file = await SectionReader.open(path, "r1cs");
  try {
    if (file.has(CUSTOM_GATES)) throw file.refusal("has custom gates, which Groth16 has not");
    const header = await file.readSection(HEADER);
    if (header.length !== 64 || header.readUInt32LE(0) !== 32 || fromBytes(header.subarray(4, 36)) !== FIELD)
      throw file.refusal("is not over the BN254 scalar field");
    return {
      file,
      list: file.section(CONSTRAINTS),
      wires: header.readUInt32LE(36),
      publicWires: header.readUInt32LE(40) + header.readUInt32LE(44),
      constraints: header.readUInt32LE(60),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * log2 of the evaluation domain, as snarkjs sizes it: the least power of two that holds a row per constraint, one per
 * public wire and one for the constant.
 */
export function domainBits({ constraints, publicWires }: R1csShape): number {
  return Math.ceil(Math.log2(Math.max(2, constraints + publicWires + 1)));
}
