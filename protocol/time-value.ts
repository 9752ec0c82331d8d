/**
 * The core of Black-76: what an option is worth beyond its intrinsic value. The executable twin of
 * `circuits/pricing/time-value.circom`.
 *
 * Of call and put at one strike the one out of the money carries the time value of both (put-call parity is exact), so
 * only that one is computed. With A <= B the smaller and larger of forward and strike, kappa = ln(B / A) and s the total
 * standard deviation it is A Φ(e1) - B Φ(e2), e1 = s/2 - kappa/s, e2 = -s/2 - kappa/s, whichever is which.
 *
 * Since A φ(e1) = B φ(e2), an error common to e1 and e2 cancels to first order: kappa / s may be rounded to a grid of
 * 2^-20 and costs at most s φ 2^-43 A, 3e-13 A for s = 7. Only e1 - e2 = s must be fine: the part of s/2 below the grid
 * enters as 2 A φ(e1) times itself. Every later value stays unrounded: one range check for the whole price.
 * @module
 */
import { type Segment, segmentOf } from "./fixed-point.ts";
import { normalDensity, normalTail } from "./functions.ts";
import { PIECES, PRECISION } from "./precision.ts";

const GRID = BigInt(PRECISION.grid);
/** Bits of s/2 below the grid. */
const FINE_BITS = BigInt(PRECISION.stdev) - GRID;
/** Bits of kappa times the reciprocal below the grid. */
const DROPPED = BigInt(PRECISION.log + PRECISION.inverse) - GRID;
const ONE = 1n << BigInt(PRECISION.tail);

/** Total standard deviation s, prepared once per series and volatility. */
export type Stdev = {
  /** s/2 at 2^-48. */
  readonly half: bigint;
  /** s/2 rounded to the grid, at 2^-20. */
  readonly coarse: bigint;
  /** s/2 less `coarse`, at 2^-48, in [-2^27, 2^27). */
  readonly fine: bigint;
  /** 1/s at 2^-26, rounded down. */
  readonly inverse: bigint;
};

/** Twin of `PrepareStdev`. `half` at 2^-48, positive. */
export function prepareStdev(half: bigint): Stdev {
  const coarse = (half + (1n << (FINE_BITS - 1n))) >> FINE_BITS;
  return {
    half,
    coarse,
    fine: half - (coarse << FINE_BITS),
    inverse: (1n << BigInt(PRECISION.stdev + PRECISION.inverse - 1)) / half,
  };
}

export type Pair = {
  /** The smaller and the larger of forward and strike, 1e-10 USDC. */
  readonly lower: bigint;
  readonly upper: bigint;
  /** ln(upper / lower) at 2^-48; may fall below 0 by the error of `ln`. */
  readonly logRatio: bigint;
};

export type TimeValue = {
  /** 1e-10 USDC at 2^-164: never negative. */
  readonly value: bigint;
  /** kappa / s on the grid. */
  readonly ratio: bigint;
  /** e1 is negative. */
  readonly isNegative: boolean;
  /** Segments of |e1| and -e2. That of a negative e1 is found from -1 - e1, so that 0 has one sign, and moved back by 1. */
  readonly near: Segment;
  readonly far: Segment;
  /** Φ(e1) at 2^-164. */
  readonly cdfNear: bigint;
};

/** Twin of `TimeValue`. Rounds up to 0 what the approximation leaves below it. */
export function timeValue({ lower, upper, logRatio }: Pair, { coarse, fine, inverse }: Stdev): TimeValue {
  const ratio = (logRatio * inverse + (1n << (DROPPED - 1n))) >> DROPPED;
  const isNegative = ratio > coarse;
  const found = segmentOf(isNegative ? ratio - coarse - 1n : coarse - ratio, PIECES.tail);
  const near = isNegative ? { ...found, offset: found.offset + 1n } : found;
  const far = segmentOf(ratio + coarse, PIECES.tail);
  const tailNear = normalTail(near);
  const cdfNear = isNegative ? tailNear : ONE - tailNear;
  const signed = lower * (cdfNear + 2n * fine * normalDensity(near)) - upper * normalTail(far);
  return { value: signed < 0n ? 0n : signed, ratio, isNegative, near, far, cdfNear };
}
