/**
 * Integer arithmetic under the pricing functions: the executable twin of `circuits/lib/uint.circom`'s division and of
 * `circuits/pricing/{sqrt,piecewise}.circom`.
 * @module
 */

export type Division = { readonly quotient: bigint; readonly remainder: bigint };

/** Twin of `FloorDiv`. Rounds towards minus infinity, as the circuits do; `divisor` positive. */
export function floorDiv(dividend: bigint, divisor: bigint): Division {
  const remainder = ((dividend % divisor) + divisor) % divisor;
  return { quotient: (dividend - remainder) / divisor, remainder };
}

/** Bits of a non-negative integer; 0 has none. */
export const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** Twin of `FloorSqrt`: the exact integer root, by Newton's rule from above. Throws `RangeError` below 0. */
export function floorSqrt(square: bigint): bigint {
  if (square < 0n) throw new RangeError(`square root of ${square}`);
  if (square < 2n) return square;
  let root = 1n << BigInt((bitLength(square) + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** `value` limited to [min, max]. */
export const clamp = (value: bigint, min: bigint, max: bigint): bigint =>
  value < min ? min : value > max ? max : value;

/** A non-negative argument split into the segment it lies in and its place there. */
export type Segment = {
  /** From 0; `count` stands for all that lies beyond the last segment. */
  readonly index: number;
  /** Distance from the segment's left end. */
  readonly offset: bigint;
  /** Moves the argument by so many units more: seen only where the whole argument is. */
  readonly nudge: bigint;
};

/** Twin of `SegmentOf`: segments of width 2^`width`. */
export function segmentOf(x: bigint, { count, width }: { readonly count: number; readonly width: number }): Segment {
  const index = x >> BigInt(width);
  return index >= BigInt(count)
    ? { index: count, offset: x - (BigInt(count) << BigInt(width)), nudge: 0n }
    : { index: Number(index), offset: x - (index << BigInt(width)), nudge: 0n };
}

/**
 * Twin of `Piecewise`: Horner's rule in the distance from the segment's middle, unrounded. `argumentBits[i]` are the
 * fractional bits that step i sees; the argument has `argumentBits[0]`. Beyond the last segment the value is 0.
 */
export function piecewise(
  table: readonly (readonly bigint[])[],
  { index, offset, nudge }: Segment,
  width: number,
  argumentBits: readonly number[],
): bigint {
  const row = table[index];
  const [finest = 0] = argumentBits;
  if (!row) return 0n;
  return row.slice(0, -1).reduceRight((sum, coefficient, step) => {
    const dropped = BigInt(finest - (argumentBits[step] ?? finest));
    const whole = dropped === 0n ? offset + nudge : offset >> dropped;
    const distance = whole - (1n << (BigInt(width - 1) - dropped));
    return sum * distance + coefficient;
  }, row.at(-1) ?? 0n);
}
