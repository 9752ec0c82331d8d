/**
 * A small seeded generator of random choices, so that a failing run can be repeated from the seed it printed.
 * @module
 */
export type Random = {
  /** Integer in [0, below). */
  readonly int: (below: number) => number;
  readonly chance: (probability: number) => boolean;
  /** One of the items. Throws `RangeError` if there is none. */
  readonly pick: <T>(items: readonly T[]) => T;
  /** Quantity in [min, max], its magnitude uniform rather than itself. */
  readonly amount: (min: bigint, max: bigint) => bigint;
};

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(unit() * below);
  return {
    int,
    chance: (probability) => unit() < probability,
    pick: (items) => {
      const item = items[int(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
    amount: (min, max) => {
      const span = max - min + 1n;
      const bits = int(span.toString(2).length) + 1;
      let value = 0n;
      for (let bit = 0; bit < bits; bit++) value = 2n * value + BigInt(int(2));
      return min + (value % span);
    },
  };
}

/** The seed of this run: `PROVEGA_SEED`, or a fresh one. */
export const runSeed = (): number => Number(process.env["PROVEGA_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
