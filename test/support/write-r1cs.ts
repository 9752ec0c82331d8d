/**
 * Writes circom's constraint files, also ones that no compiler would write.
 * @module
 */
import { FIELD } from "#protocol/params.ts";
import { toBytes } from "#prover/bn254.ts";

type Term = { readonly wire: number; readonly factor: bigint };
export type Row = { readonly a: readonly Term[]; readonly b: readonly Term[]; readonly c: readonly Term[] };
export type Circuit = { readonly wires: number; readonly publicWires: number; readonly rows: readonly Row[] };

const u32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);

export function r1csBytes({ wires, publicWires, rows }: Circuit): Buffer {
  const list = (terms: readonly Term[]) => [
    u32(terms.length),
    ...terms.flatMap(({ wire, factor }) => [u32(wire), toBytes(factor)]),
  ];
  const header = Buffer.concat([u32(32), toBytes(FIELD), u32(wires, publicWires, 0, 0), u64(0), u32(rows.length)]);
  const constraints = Buffer.concat(rows.flatMap(({ a, b, c }) => [...list(a), ...list(b), ...list(c)]));
  const labels = Buffer.concat(Array.from({ length: wires }, (_, i) => u64(i)));
  const section = (id: number, content: Uint8Array) => [u32(id), u64(content.length), content];
  return Buffer.concat([
    Buffer.from("r1cs", "latin1"),
    u32(1, 3),
    ...section(1, header),
    ...section(2, constraints),
    ...section(3, labels),
  ]);
}
