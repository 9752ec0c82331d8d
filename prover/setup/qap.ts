/**
 * The quadratic program of a circuit, evaluated at the secret point: for every wire the scalars whose multiples of the
 * generators make up a Groth16 key.
 * @module
 */

import { invert } from "#protocol/field.ts";
import { FIELD } from "#protocol/params.ts";
import { ELEMENT, power, rootOfUnity } from "../bn254.ts";
import type { Bn254, Pointer } from "../bn254-wasm.ts";
import type { Progress } from "../progress.ts";
import { domainBits, type R1cs } from "./r1cs.ts";

/** What a trusted set-up must forget. `delta` is the circuit's own, the rest is shared by all circuits of a deployment. */
export type Secret = {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly gamma: bigint;
  readonly delta: bigint;
};

/** Plain scalars, 32 bytes each, in shared memory so that workers read them in place. */
export type KeyScalars = {
  readonly a: SharedArrayBuffer;
  readonly b: SharedArrayBuffer;
  /** (beta·a + alpha·b + c) / gamma of the public wires, then the same / delta of the private ones. */
  readonly k: SharedArrayBuffer;
  /** Odd half of the Lagrange basis over twice the domain, / delta: snarkjs's convention for the quotient. */
  readonly h: SharedArrayBuffer;
};

const CHUNK = 1 << 23;
/** Words of a term in an r1cs file (wire, coefficient) and in a zkey (matrix, row, wire, coefficient). */
const TERM = 9;
const COEFFICIENT = 11;
export const COEFFICIENT_BYTES = 4 * COEFFICIENT;
const [MATRIX_A, MATRIX_B, MATRIX_C] = [0, 1, 2];

/** `emit` receives the non-zero coefficients of A and B as the records of a zkey's section 4. */
export async function evaluate(
  curve: Bn254,
  r1cs: R1cs,
  secret: Secret,
  emit: (records: Uint8Array) => Promise<void>,
  progress: Progress,
  chunk = CHUNK,
): Promise<KeyScalars> {
  const { wasm } = curve;
  const bits = domainBits(r1cs);
  const size = 2 ** bits;
  const free = curve.free;
  try {
    const basis = lagrange(curve, secret.tau, bits, bits, 1n);
    const [a, b, c] = [0, 0, 0].map(() => curve.alloc(r1cs.wires * ELEMENT)) as [Pointer, Pointer, Pointer];
    await accumulate(curve, r1cs, basis, [a, b, c], emit, progress, chunk);

    const product = curve.alloc(ELEMENT);
    const [alpha, beta, byGamma, byDelta] = [secret.alpha, secret.beta, invert(secret.gamma), invert(secret.delta)].map(
      (value) => curve.scalar(value),
    ) as [Pointer, Pointer, Pointer, Pointer];
    for (let wire = 0, at = 0; wire < r1cs.wires; wire++, at += ELEMENT) {
      wasm.frm_mul(a + at, beta, product);
      wasm.frm_add(c + at, product, c + at);
      wasm.frm_mul(b + at, alpha, product);
      wasm.frm_add(c + at, product, c + at);
      wasm.frm_mul(c + at, wire <= r1cs.publicWires ? byGamma : byDelta, c + at);
    }
    const h = lagrange(curve, secret.tau, bits + 1, bits, invert(secret.delta));
    wasm.frm_batchFromMontgomery(h, size, h);

    const share = (pointer: Pointer, count: number) => {
      const shared = new SharedArrayBuffer(count * ELEMENT);
      new Uint8Array(shared).set(curve.bytes.subarray(pointer, pointer + count * ELEMENT));
      return shared;
    };
    return { a: share(a, r1cs.wires), b: share(b, r1cs.wires), k: share(c, r1cs.wires), h: share(h, size) };
  } finally {
    curve.free = free;
  }
}

/**
 * `scale` times Lagrange polynomials over the domain of 2^bits, at `tau`, in Montgomery form: 2^countBits of them, all
 * when `countBits` is `bits`, the odd ones when it is one less. With w the root, L_i = w^i (tau^n - 1) / (n (tau - w^i)).
 */
function lagrange(curve: Bn254, tau: bigint, bits: number, countBits: number, scale: bigint): Pointer {
  const { wasm } = curve;
  const [order, count] = [2n ** BigInt(bits), 2 ** countBits];
  const vanishing = power(tau, order) - 1n;
  if (vanishing === 0n) throw new RangeError("tau is a root of unity");
  const root = rootOfUnity(bits);
  const step = curve.scalar(rootOfUnity(countBits));
  const factor = curve.scalar(((((vanishing + FIELD) * invert(order)) % FIELD) * scale) % FIELD);
  const point = curve.scalar(tau);
  const node = curve.scalar(bits === countBits ? 1n : root);
  const first = curve.scalar(bits === countBits ? 1n : root);
  const basis = curve.alloc(count * ELEMENT);
  const end = basis + count * ELEMENT;
  curve.reserve((count + 1) * ELEMENT); // for batchInverse

  for (let at = basis; at < end; at += ELEMENT) {
    wasm.frm_sub(point, node, at);
    wasm.frm_mul(node, step, node);
  }
  wasm.frm_batchInverse(basis, ELEMENT, count, basis, ELEMENT);
  wasm.frm_mul(first, factor, node);
  for (let at = basis; at < end; at += ELEMENT) {
    wasm.frm_mul(at, node, at);
    wasm.frm_mul(node, step, node);
  }
  return basis;
}

/** Adds every coefficient times its row's basis element to its wire, reading the constraints in pieces. */
async function accumulate(
  curve: Bn254,
  r1cs: R1cs,
  basis: Pointer,
  sums: readonly [Pointer, Pointer, Pointer],
  emit: (records: Uint8Array) => Promise<void>,
  progress: Progress,
  chunk: number,
): Promise<void> {
  const { wasm } = curve;
  const product = curve.alloc(ELEMENT);
  // Coefficients are stored as value·R^2, that is the plain value times R^3 by a Montgomery product.
  const cube = curve.scalar(2n ** 512n % FIELD);
  const input = curve.alloc(chunk);
  const output = curve.alloc(2 * chunk);
  const [bytes, words] = [curve.bytes, curve.words];
  const start = input / 4;
  let record = output / 4;
  let left = 0; // words of an unfinished constraint, moved to the front of `input`
  let taken = 0; // bytes read so far
  let row = 0;

  const flush = async () => {
    await emit(bytes.subarray(output, record * 4));
    record = output / 4;
  };
  const addTerm = (matrix: number, wire: number, at: number) => {
    if (wire >= r1cs.wires) throw r1cs.file.refusal(`names wire ${wire} of ${r1cs.wires} in constraint ${row}`);
    const sum = (sums[matrix] as Pointer) + wire * ELEMENT;
    wasm.frm_mul(at * 4, basis + row * ELEMENT, product);
    wasm.frm_add(sum, product, sum);
    if (matrix === MATRIX_C) return;
    words[record] = matrix;
    words[record + 1] = row;
    words[record + 2] = wire;
    wasm.frm_mul(at * 4, cube, (record + 3) * 4);
    record += COEFFICIENT;
  };

  while (row < r1cs.constraints) {
    const wanted = Math.min(chunk - left * 4, r1cs.list.size - taken);
    if (wanted === 0) throw r1cs.file.refusal(`ends within constraint ${row}, or that is larger than ${chunk} bytes`);
    await r1cs.file.readInto(bytes.subarray(input + left * 4, input + left * 4 + wanted), r1cs.list.offset + taken);
    taken += wanted;
    const end = start + left + Math.floor(wanted / 4);
    let at = start;
    while (row < r1cs.constraints && isWhole(words, at, end)) {
      for (const matrix of [MATRIX_A, MATRIX_B, MATRIX_C] as const) {
        const stop = at + 1 + TERM * (words[at] as number);
        for (at += 1; at < stop; at += TERM) addTerm(matrix, words[at] as number, at + 1);
      }
      row += 1;
    }
    words.copyWithin(start, at, end);
    left = end - at;
    await flush();
    progress("constraints", row, r1cs.constraints);
  }

  // One more row per public wire keeps the public inputs linearly independent; see the Groth16 paper and snarkjs.
  const one = curve.alloc(ELEMENT);
  curve.write(one, 1n);
  for (let wire = 0; wire <= r1cs.publicWires; wire++, row++) addTerm(MATRIX_A, wire, one / 4);
  await flush();
}

/** Whether the constraint at `at`, three lists each led by its length, ends before `end`. */
function isWhole(words: Uint32Array, at: number, end: number): boolean {
  let next = at;
  for (let list = 0; list < 3; list++) {
    if (next >= end) return false;
    next += 1 + TERM * (words[next] as number);
  }
  return next <= end;
}
