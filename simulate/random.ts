/**
 * Chance that repeats: the same seed gives the same market.
 * @module
 */

export class Random {
  #state: number;

  /** `name`: streams of different names are independent. */
  constructor(seed: number, name: string) {
    this.#state = seed | 0;
    for (const letter of name) this.#state = Math.imul(this.#state ^ (letter.codePointAt(0) ?? 0), 0x01000193);
    for (let round = 0; round < 4; round++) this.unit();
  }

  /** In [0, 1). Mulberry32. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** As likely to lie in one decade as in another. */
  logBetween(low: number, high: number): number {
    return Math.exp(this.between(Math.log(low), Math.log(high)));
  }

  isBelow(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of `from`, which has at least one. */
  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.unit() * from.length)] as T;
  }
}
