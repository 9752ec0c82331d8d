/**
 * Worker thread of the WASM backend: a polynomial of the quotient, or one digit of one sum of points.
 * @module
 */
import { openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { ELEMENT, type Group, JACOBIAN, rootOfUnity } from "../../bn254.ts";
import { Bn254, type Pointer } from "../../bn254-wasm.ts";
import type { Section } from "../../section-file.ts";
import { BucketSum } from "./msm.ts";

/** Values of polynomials are in Montgomery form, 32 bytes each, one per element of the domain. */
type Values = SharedArrayBuffer;
/** A matrix times the witness, over the domain, and over the odd half of the domain twice as large. */
export type MatrixJob = {
  readonly zkey: string;
  readonly coefficients: Section;
  readonly matrix: 0 | 1;
  readonly witness: SharedArrayBuffer;
  readonly values: Values;
  readonly odd: Values;
};
/** (A·B - C) over the odd half, plain, from both matrices' results. */
export type QuotientJob = { readonly a: MatrixJob; readonly b: MatrixJob; readonly quotient: SharedArrayBuffer };
/** One digit's part of Σ scalar · point over a section of points. Answered with a Jacobian point. */
export type SumJob = {
  readonly zkey: string;
  readonly points: Section;
  readonly group: Group;
  readonly recoded: SharedArrayBuffer;
  readonly bits: number;
  readonly digit: number;
};
export type Job = { readonly matrix: MatrixJob } | { readonly quotient: QuotientJob } | { readonly sum: SumJob };

/** Bytes of a coefficient in a zkey (matrix, row, wire, value), after a word with their number. */
const RECORD = 12 + ELEMENT;
const RECORDS = 1 << 16;

const curve = new Bn254();
const { wasm } = curve;
const sums = { g1: new BucketSum(curve, "g1"), g2: new BucketSum(curve, "g2") };
const files = new Map<string, number>();

/** Reads from the zkey straight into the module's memory. */
function load(path: string, target: Pointer, size: number, position: number): void {
  const file = files.get(path) ?? openSync(path, "r");
  files.set(path, file);
  if (readSync(file, curve.bytes, target, size, position) !== size) throw new Error(`${path} is cut short`);
}

function copyIn(shared: SharedArrayBuffer): Pointer {
  const pointer = curve.alloc(shared.byteLength);
  curve.bytes.set(new Uint8Array(shared), pointer);
  return pointer;
}

function copyOut(pointer: Pointer, shared: SharedArrayBuffer): void {
  new Uint8Array(shared).set(curve.bytes.subarray(pointer, pointer + shared.byteLength));
}

/** From values over the domain to values over its coset of odd powers, in place. */
function toOdd(values: Pointer, size: number): void {
  const [one, root] = [curve.scalar(1n), curve.scalar(rootOfUnity(Math.log2(size) + 1))];
  wasm.frm_ifft(values, size);
  wasm.frm_batchApplyKey(values, size, one, root, values);
  wasm.frm_fft(values, size);
}

function multiplyMatrix({ zkey, coefficients, matrix, witness, values, odd }: MatrixJob): void {
  const [wires, rows] = [copyIn(witness), curve.alloc(values.byteLength)];
  const [records, product] = [curve.alloc(RECORDS * RECORD), curve.alloc(ELEMENT)];
  const words = curve.words;
  const end = coefficients.offset + coefficients.size;
  for (let position = coefficients.offset + 4; position < end; position += RECORDS * RECORD) {
    const size = Math.min(RECORDS * RECORD, end - position);
    load(zkey, records, size, position);
    for (let record = records / 4; record < (records + size) / 4; record += RECORD / 4) {
      if (words[record] !== matrix) continue;
      const row = rows + (words[record + 1] as number) * ELEMENT;
      wasm.frm_mul(record * 4 + 12, wires + (words[record + 2] as number) * ELEMENT, product);
      wasm.frm_add(row, product, row);
    }
  }
  copyOut(rows, values);
  toOdd(rows, values.byteLength / ELEMENT);
  copyOut(rows, odd);
}

function computeQuotient({ a, b, quotient }: QuotientJob): void {
  const size = quotient.byteLength;
  const [p, q] = [copyIn(a.values), copyIn(b.values)];
  for (let at = 0; at < size; at += ELEMENT) wasm.frm_mul(p + at, q + at, p + at);
  toOdd(p, size / ELEMENT);
  const [aOdd, bOdd] = [copyIn(a.odd), copyIn(b.odd)];
  wasm.qap_joinABC(aOdd, bOdd, p, size / ELEMENT, p);
  wasm.frm_batchFromMontgomery(p, size / ELEMENT, p);
  copyOut(p, quotient);
}

function sumDigit({ zkey, points, group, recoded, bits, digit }: SumJob): Uint8Array {
  const bases = curve.alloc(points.size);
  load(zkey, bases, points.size, points.offset);
  const sum = sums[group].run(bases, new Uint32Array(recoded), bits, digit);
  return curve.bytes.slice(sum, sum + JACOBIAN[group]);
}

parentPort?.on("message", (job: Job) => {
  const free = curve.free;
  let reply: Uint8Array | undefined;
  if ("matrix" in job) multiplyMatrix(job.matrix);
  else if ("quotient" in job) computeQuotient(job.quotient);
  else reply = sumDigit(job.sum);
  curve.free = free;
  parentPort?.postMessage(reply);
});
