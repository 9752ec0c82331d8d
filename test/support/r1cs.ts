/**
 * Reads circom's r1cs and sym files: the tests' own reader, independent of the prover's.
 * @module
 */
import { FIELD } from "#protocol/params.ts";

type Term = { readonly wire: number; readonly factor: bigint };
type Combination = readonly Term[];
export type Constraint = { readonly a: Combination; readonly b: Combination; readonly c: Combination };
export type R1cs = {
  readonly constraints: readonly Constraint[];
  /** Outputs, then public, then private inputs, from wire 1 on. */
  readonly outputs: number;
  readonly inputs: number;
};

const [HEADER, CONSTRAINTS] = [1, 2];

export function parseR1cs(bytes: Uint8Array): R1cs {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => view.getUint32(at, true);
  const sections = new Map<number, number>();
  for (let i = 0, at = 12; i < word(8); i++) {
    sections.set(word(at), at + 12);
    at += 12 + Number(view.getBigUint64(at + 4, true));
  }
  const header = (sections.get(HEADER) as number) + 4 + word(sections.get(HEADER) as number);
  const [outputs, publicInputs, privateInputs, count] = [
    word(header + 4),
    word(header + 8),
    word(header + 12),
    word(header + 24),
  ];

  let at = sections.get(CONSTRAINTS) as number;
  const combination = (): Combination => {
    const terms = Array.from({ length: word(at) }, (_, i) => {
      const term = at + 4 + 36 * i;
      const limbs = [3, 2, 1, 0].map((limb) => view.getBigUint64(term + 4 + 8 * limb, true));
      return { wire: word(term), factor: limbs.reduce((sum, limb) => (sum << 64n) | limb) };
    });
    at += 4 + 36 * terms.length;
    return terms;
  };
  const constraints = Array.from({ length: count }, () => ({ a: combination(), b: combination(), c: combination() }));
  return { constraints, outputs, inputs: publicInputs + privateInputs };
}

export function holds({ a, b, c }: Constraint, witness: readonly bigint[]): boolean {
  const value = (terms: Combination) =>
    terms.reduce((sum, { wire, factor }) => sum + factor * (witness[wire] as bigint), 0n);
  return (value(a) * value(b) - value(c)) % FIELD === 0n;
}

/** Name of every signal that kept a wire, and -1 for those that were optimised away. */
export function parseSym(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [, wire, , name] = line.split(",") as [string, string, string, string];
      return [name.replace(/^main\./, ""), Number(wire)];
    }),
  );
}
