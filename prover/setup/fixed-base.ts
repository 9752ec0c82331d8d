/**
 * Multiples of a generator by a table of all its digit multiples: one addition per digit, no doubling.
 * @module
 */
import { AFFINE, ELEMENT, type Group, JACOBIAN } from "../bn254.ts";
import type { Bn254, Pointer } from "../bn254-wasm.ts";

const SCALAR_BITS = 254;
/** Points turned affine together, to share one inversion. */
export const BATCH = 2048;

/** Digits that balance the making of the table (2^bits additions per digit) against `count` uses of it. */
export function windowBits(count: number): number {
  return Math.min(13, Math.max(4, Math.floor(Math.log2(count + 1)) - 5));
}

export class FixedBase {
  readonly #curve: Bn254;
  readonly #group: Group;
  readonly #bits: number;
  readonly #digits: number;
  /** Entry d - 1 of digit i is d · 2^(bits·i) · G, affine. */
  readonly #table: Pointer;
  readonly #scalars: Pointer;
  readonly #sums: Pointer;

  constructor(curve: Bn254, group: Group, bits: number) {
    this.#curve = curve;
    this.#group = group;
    this.#bits = bits;
    this.#digits = Math.ceil(SCALAR_BITS / bits);
    const [affine, jacobian] = [AFFINE[group], JACOBIAN[group]];
    const { [`${group}m_toAffine` as const]: toAffine, [`${group}m_double` as const]: double } = curve.wasm;
    const { [`${group}m_addMixed` as const]: add, [`${group}m_batchToAffine` as const]: batchToAffine } = curve.wasm;

    const entries = 2 ** bits - 1;
    this.#table = curve.alloc(this.#digits * entries * affine);
    this.#scalars = curve.alloc(BATCH * ELEMENT);
    this.#sums = curve.alloc(BATCH * jacobian);
    const base = curve.alloc(jacobian);
    const row = curve.alloc(entries * jacobian);
    // For batchToAffine, here and in `multiply`: two lists of coordinates.
    curve.reserve((Math.max(entries, BATCH) + 1) * affine);
    curve.wasm[`${group}m_copy`](curve.generator[group], base);
    for (let digit = 0; digit < this.#digits; digit++) {
      const first = this.#table + digit * entries * affine;
      toAffine(base, first);
      curve.wasm[`${group}m_copy`](base, row);
      for (let i = 1; i < entries; i++) add(row + (i - 1) * jacobian, first, row + i * jacobian);
      batchToAffine(row, entries, first);
      for (let i = 0; i < bits; i++) double(base, base);
    }
  }

  /** Writes scalars[i] · G into `out`, affine and in Montgomery form; infinity is (0, 0). At most `BATCH` plain scalars. */
  multiply(scalars: Uint8Array, out: Uint8Array): void {
    const count = scalars.length / ELEMENT;
    const [affine, jacobian] = [AFFINE[this.#group], JACOBIAN[this.#group]];
    const { wasm, bytes, words } = this.#curve;
    const { [`${this.#group}m_zero` as const]: zero, [`${this.#group}m_addMixed` as const]: add } = wasm;
    const mask = 2 ** this.#bits - 1;

    bytes.set(scalars, this.#scalars);
    for (let i = 0; i < count; i++) zero(this.#sums + i * jacobian);
    // Digit by digit, so that one digit's part of the table stays in the cache.
    for (let digit = 0; digit < this.#digits; digit++) {
      const bit = digit * this.#bits;
      const [word, shift] = [bit >>> 5, bit & 31];
      const row = this.#table + (digit * mask - 1) * affine;
      for (let i = 0; i < count; i++) {
        const at = this.#scalars / 4 + i * 8 + word;
        const high = shift > 0 && word < 7 ? (words[at + 1] as number) << (32 - shift) : 0;
        const value = (((words[at] as number) >>> shift) | high) & mask;
        const sum = this.#sums + i * jacobian;
        if (value > 0) add(sum, row + value * affine, sum);
      }
    }
    wasm[`${this.#group}m_batchToAffine`](this.#sums, count, this.#sums);
    out.set(bytes.subarray(this.#sums, this.#sums + count * affine));
  }
}
