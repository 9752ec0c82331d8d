/**
 * Sums of multiples of many points, by buckets: the points of one digit of the scalars are sorted by that digit and
 * added up within each bucket pair by pair. Additions are affine and share an inversion among a batch of pairs: six
 * multiplications each where snarkjs's Jacobian ones take eleven.
 * @module
 */
import { AFFINE, type Group, JACOBIAN } from "../../bn254.ts";
import type { Bn254, Pointer } from "../../bn254-wasm.ts";
import { readDigits } from "./digits.ts";

/** Pairs that share an inversion. */
const BATCH = 1024;

export class BucketSum {
  readonly #curve: Bn254;
  readonly #group: Group;
  readonly #pairs = new Uint32Array(3 * BATCH);
  readonly #slopes: Pointer;
  readonly #scratch: readonly [Pointer, Pointer];
  /** Sums that came to nothing; there is no affine point for them. */
  readonly #infinite = new Set<Pointer>();
  #pending = 0;

  constructor(curve: Bn254, group: Group) {
    this.#curve = curve;
    this.#group = group;
    this.#slopes = curve.alloc(BATCH * AFFINE[group]);
    this.#scratch = [curve.alloc(JACOBIAN[group]), curve.alloc(JACOBIAN[group])];
  }

  /** Σ digit · base over the affine points at `bases`; Jacobian. Takes the memory of one more list of points. */
  run(bases: Pointer, recoded: Uint32Array, bits: number, digit: number): Pointer {
    const signed = readDigits(recoded, bits, digit);
    const { entries, starts } = this.#sort(bases, signed, 2 ** (bits - 1));
    let out = this.#curve.alloc(entries.length * AFFINE[this.#group]);
    this.#curve.reserve((BATCH + 1) * AFFINE[this.#group]);
    this.#infinite.clear();
    for (let isDone = false; !isDone; ) {
      isDone = true;
      let write = 0;
      for (let bucket = 1, read = 0; bucket < starts.length; bucket++) {
        const end = starts[bucket] as number;
        for (; read + 1 < end; read += 2) {
          entries[write++] = this.#addLater(entries[read] as number, entries[read + 1] as number, out);
          out += AFFINE[this.#group];
        }
        if (read < end) entries[write++] = entries[read++] as number;
        if (write - (starts[bucket - 1] as number) > 1) isDone = false;
        starts[bucket] = write;
      }
      this.#flush();
    }
    return this.#reduce(entries, starts);
  }

  /** The points with a digit, by its magnitude; each as its address, made odd if the digit is negative. */
  #sort(bases: Pointer, signed: Int32Array, half: number): { entries: Uint32Array; starts: Uint32Array } {
    const size = AFFINE[this.#group];
    const words = this.#curve.words;
    // (0, 0) stands for infinity: wires that one side of the constraints does not use have such a base.
    const isUsed = (i: number) => {
      if (signed[i] === 0) return false;
      const from = (bases + i * size) >>> 2;
      for (let word = 0; word < size / 4; word++) if (words[from + word] !== 0) return true;
      return false;
    };
    const starts = new Uint32Array(half + 2);
    for (let i = 0; i < signed.length; i++)
      if (isUsed(i))
        starts[Math.abs(signed[i] as number) + 1] = (starts[Math.abs(signed[i] as number) + 1] as number) + 1;
    for (let bucket = 1; bucket < starts.length; bucket++)
      starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number);
    const entries = new Uint32Array(starts[half + 1] as number);
    for (let i = 0; i < signed.length; i++) {
      if (!isUsed(i)) continue;
      const digit = signed[i] as number;
      const at = starts[Math.abs(digit)] as number;
      entries[at] = bases + i * size + (digit < 0 ? 1 : 0);
      starts[Math.abs(digit)] = at + 1;
    }
    // Filling moved every start to the start of the next bucket, that is to its own end: starts[0] is 0, as it must be.
    return { entries, starts: starts.subarray(0, half + 1) };
  }

  /** Takes note to write p + q to `out`; returns where the sum will be. */
  #addLater(p: number, q: number, out: Pointer): number {
    if (this.#infinite.size > 0) {
      if (this.#infinite.has(p)) return q;
      if (this.#infinite.has(q)) return p;
    }
    this.#pairs.set([p, q, out], 3 * this.#pending);
    this.#pending += 1;
    if (this.#pending === BATCH) this.#flush();
    return out;
  }

  #flush(): void {
    const { wasm } = this.#curve;
    const [size, pairs, slopes] = [AFFINE[this.#group] / 2, this.#pairs, this.#slopes];
    const F = this.#group === "g1" ? "f1m" : "f2m";
    const { [`${F}_sub` as const]: sub, [`${F}_add` as const]: add, [`${F}_mul` as const]: mul } = wasm;
    const { [`${F}_square` as const]: square, [`${F}_neg` as const]: neg, [`${F}_isZero` as const]: isZero } = wasm;
    const [t] = this.#scratch;

    for (let i = 0; i < this.#pending; i++) {
      const [p, q] = [pairs[3 * i] as number, pairs[3 * i + 1] as number];
      sub(q - (q & 1), p - (p & 1), slopes + i * size);
    }
    if (this.#pending > 0) wasm[`${F}_batchInverse`](slopes, size, this.#pending, slopes, size);
    for (let i = 0; i < this.#pending; i++) {
      const [p, q, out] = [pairs[3 * i] as number, pairs[3 * i + 1] as number, pairs[3 * i + 2] as number];
      const slope = slopes + i * size;
      // Same x, whose inverse was left at zero: a double or a point and its negative.
      if (isZero(slope)) {
        this.#addSlowly(p, q, out);
        continue;
      }
      const [isPNegative, isQNegative] = [(p & 1) === 1, (q & 1) === 1];
      const [x1, x2] = [p - (p & 1), q - (q & 1)];
      const [y1, y2] = [x1 + size, x2 + size];
      // slope = (±y2 - ±y1) / (x2 - x1)
      (isPNegative === isQNegative ? sub : add)(y2, y1, t);
      if (isQNegative) neg(t, t);
      mul(t, slope, slope);
      // x = slope² - x1 - x2, y = slope (x1 - x) - ±y1
      square(slope, out);
      sub(out, x1, out);
      sub(out, x2, out);
      sub(x1, out, t);
      mul(t, slope, out + size);
      (isPNegative ? add : sub)(out + size, y1, out + size);
    }
    this.#pending = 0;
  }

  #addSlowly(p: number, q: number, out: Pointer): void {
    const { wasm } = this.#curve;
    const [, sum] = this.#scratch;
    wasm[`${this.#group}m_zero`](sum);
    this.#accumulate(sum, p);
    this.#accumulate(sum, q);
    wasm[`${this.#group}m_toAffine`](sum, out);
    if (wasm[`${this.#group}m_isZero`](sum)) this.#infinite.add(out);
  }

  #accumulate(sum: Pointer, entry: number): void {
    const { [`${this.#group}m_addMixed` as const]: add, [`${this.#group}m_subMixed` as const]: sub } = this.#curve.wasm;
    if (entry & 1) sub(sum, entry - 1, sum);
    else add(sum, entry, sum);
  }

  /** Σ bucket · its sum, by adding up sums of the highest buckets. */
  #reduce(entries: Uint32Array, starts: Uint32Array): Pointer {
    const { wasm } = this.#curve;
    const [running, total] = [this.#curve.alloc(JACOBIAN[this.#group]), this.#curve.alloc(JACOBIAN[this.#group])];
    wasm[`${this.#group}m_zero`](running);
    wasm[`${this.#group}m_zero`](total);
    for (let bucket = starts.length - 1; bucket > 0; bucket--) {
      const at = starts[bucket - 1] as number;
      const entry = entries[at] as number;
      if (at < (starts[bucket] as number)) this.#accumulate(running, entry);
      wasm[`${this.#group}m_add`](total, running, total);
    }
    return total;
  }
}
