/**
 * snarkjs's key files: the sections that we write ourselves, and those that tell a key's circuit and origin.
 * @module
 */
import { invert } from "#protocol/field.ts";
import { FIELD } from "#protocol/params.ts";
import { AFFINE, BASE_FIELD, ELEMENT, fromBytes, toBytes } from "../bn254.ts";
import { SectionReader } from "../section-file.ts";
import type { G1, G2, VerifyingKey } from "../verifying-key.ts";

export const SECTION = {
  protocol: 1,
  header: 2,
  ic: 3,
  coefficients: 4,
  a: 5,
  b1: 6,
  b2: 7,
  c: 8,
  h: 9,
  contributions: 10,
} as const;
export const GROTH16 = 1;

/** Name of the one contribution in a key whose secret a single process knew. */
export const INSECURE = "INSECURE DEV KEY";

/** Where a key says that it comes from. */
export type KeyOrigin = "dev-insecure" | "ceremony" | "uncontributed";

export type ZkeyHeader = { readonly wires: number; readonly publicWires: number; readonly domain: number };

/** Offsets in the header section of its points, which come after two primes and three counts. */
const POINTS = 4 + ELEMENT + 4 + ELEMENT + 12;
export const HEADER_POINT = {
  alpha1: POINTS,
  beta1: POINTS + 64,
  beta2: POINTS + 128,
  gamma2: POINTS + 256,
  delta1: POINTS + 384,
  delta2: POINTS + 448,
} as const;

/** Header section up to the points that follow it. */
export function headerBytes({ wires, publicWires, domain }: ZkeyHeader): Uint8Array {
  const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  return Buffer.concat([
    u32(ELEMENT),
    toBytes(BASE_FIELD),
    u32(ELEMENT),
    toBytes(FIELD),
    u32(wires),
    u32(publicWires),
    u32(domain),
  ]);
}

/** A contribution record: delta after it, its public key (three points), transcript, type and name. */
export function contributionBytes(delta1: Uint8Array, publicKey: Uint8Array, name: string): Uint8Array {
  const label = Buffer.concat([Uint8Array.of(1, name.length), Buffer.from(name, "latin1")]);
  const tail = Buffer.alloc(64 + 4 + 4);
  tail.writeUInt32LE(label.length, 68);
  return Buffer.concat([delta1, publicKey, tail, label]);
}

/** What a key says of itself. The kind is its own word: `ceremony.ts` checks a ceremony, nothing can check a dev key. */
export async function readZkey(
  path: string,
): Promise<{ header: ZkeyHeader; verifyingKey: VerifyingKey; kind: KeyOrigin }> {
  const file = await SectionReader.open(path, "zkey");
  try {
    const [protocol, header, ic] = await Promise.all(
      [SECTION.protocol, SECTION.header, SECTION.ic].map((id) => file.readSection(id)),
    );
    if (protocol?.readUInt32LE(0) !== GROTH16 || !header || !ic) throw file.refusal("is not a Groth16 key");
    if (fromBytes(header.subarray(4, 4 + ELEMENT)) !== BASE_FIELD) throw file.refusal("is not a key over BN254");
    const [wires, publicWires, domain] = [72, 76, 80].map((at) => header.readUInt32LE(at)) as [number, number, number];
    const g1 = (at: number) => g1Point(header.subarray(at));
    const g2 = (at: number) => g2Point(header.subarray(at));
    return {
      header: { wires, publicWires, domain },
      verifyingKey: {
        alpha: g1(HEADER_POINT.alpha1),
        beta: g2(HEADER_POINT.beta2),
        gamma: g2(HEADER_POINT.gamma2),
        delta: g2(HEADER_POINT.delta2),
        ic: Array.from({ length: publicWires + 1 }, (_, i) => g1Point(ic.subarray(i * AFFINE.g1))),
      },
      kind: kindOf(await file.readSection(SECTION.contributions)),
    };
  } finally {
    await file.close();
  }
}

function kindOf(contributions: Buffer): KeyOrigin {
  if (contributions.readUInt32LE(64) === 0) return "uncontributed";
  return contributions.includes(INSECURE, 68, "latin1") ? "dev-insecure" : "ceremony";
}

/** Coordinates are stored in Montgomery form. */
const UNMONTGOMERY = invert(2n ** 256n, BASE_FIELD);

function coordinate(bytes: Uint8Array): bigint {
  return (fromBytes(bytes.subarray(0, ELEMENT)) * UNMONTGOMERY) % BASE_FIELD;
}

/** From the first bytes of `bytes`: affine, Montgomery form. */
export function g1Point(bytes: Uint8Array): G1 {
  return [coordinate(bytes), coordinate(bytes.subarray(ELEMENT))];
}

export function g2Point(bytes: Uint8Array): G2 {
  const part = (i: number) => coordinate(bytes.subarray(i * ELEMENT));
  return [
    [part(0), part(1)],
    [part(2), part(3)],
  ];
}
