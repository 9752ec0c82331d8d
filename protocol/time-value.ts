/**
 * The core of Black-76: what an option is worth beyond its intrinsic value. The executable twin of
 * `circuits/pricing/time-value.circom`.
 *
 * Of call and put at one strike the one out of the money carries the time value of both (put-call parity is exact), so
 * only that one is computed. With A <= B the smaller and larger of forward and strike, kappa = ln(B / A) and s the total
 * standard deviation it is A Φ(e1) - B Φ(e2), e1 = s/2 - kappa/s, e2 = -s/2 - kappa/s, whichever is which.
 *
 * Since A φ(e1) = B φ(e2), an error δ common to e1 and e2 cancels to first order: it takes A φ(e1) s δ² / 2 away. Only e1 - e2 = s
 * must be fine. Every later value stays unrounded: one range check for the whole price.
 *
 * What tables and grid may take away is added: Φ(e1) is raised by the table's proved error and the bound of all other errors,
 * Φ(e2) lowered by the table's. So no value is negative, and none needs a sign.
 * @module
 */
import { type Segment, segmentOf } from "./fixed-point.ts";
import { normalSlope, normalTail, riskTail } from "./functions.ts";
import { type MARK, PIECES, PRECISION, RISK_PRICE, SLACK_BITS, VALUE_BITS } from "./precision.ts";
import { TAIL_ERROR } from "./tables.ts";

/** Fractional bits of kappa, of 1 / s and of the distribution's arguments. */
export type Units = { readonly [Name in keyof typeof MARK]: number };

/** Total standard deviation s, prepared once per series and volatility. */
export type Stdev = {
  /** s/2 rounded to the grid. */
  readonly coarse: bigint;
  /** s/2 less `coarse`, at 2^-48; a scenario does without. */
  readonly fine: bigint;
  /** 1/s, rounded down. */
  readonly inverse: bigint;
};

/** Twin of `PrepareStdev`. `half`, s/2, at 2^-48, positive. */
export function prepareStdev(half: bigint, units: Units): Stdev {
  const bits = BigInt(PRECISION.stdev - units.grid);
  const coarse = (half + (1n << (bits - 1n))) >> bits;
  return {
    coarse,
    fine: half - (coarse << bits),
    inverse: (1n << BigInt(PRECISION.stdev + units.inverse - 1)) / half,
  };
}

export type Pair = {
  /** The smaller and the larger of forward and strike, in any unit. */
  readonly lower: bigint;
  readonly upper: bigint;
  /** ln(upper / lower) at 2^-`log`; may fall below 0 by the error of `ln`, but then rounds to 0 on the grid. */
  readonly logRatio: bigint;
};

export type Arguments = {
  /** kappa / s on the grid. */
  readonly ratio: bigint;
  /** e1 is negative. */
  readonly isNegative: boolean;
  /**
   * Segments of |e1| and -e2. That of a negative e1 is found from -1 - e1, so that 0 has one sign, and moved back by 1. Where e1 lies
   * beyond the table, -e2 is put at its end: it lies beyond as well.
   */
  readonly near: Segment;
  readonly far: Segment;
};
type Pieces = { readonly count: number; readonly width: number };

/** Twin of `Locate`. */
export function locate(logRatio: bigint, { coarse, inverse }: Stdev, units: Units, pieces: Pieces): Arguments {
  const dropped = BigInt(units.log + units.inverse - units.grid);
  const ratio = (logRatio * inverse + (1n << (dropped - 1n))) >> dropped;
  const isNegative = ratio > coarse;
  const found = segmentOf(isNegative ? ratio - coarse - 1n : coarse - ratio, pieces);
  const near = isNegative ? { ...found, nudge: 1n } : found;
  const isBeyond = found.index === pieces.count;
  return {
    ratio,
    isNegative,
    near,
    far: segmentOf(isBeyond ? BigInt(pieces.count) << BigInt(pieces.width) : ratio + coarse, pieces),
  };
}

/** `value` raised by `by`, unless the argument lies beyond the table. */
const lifted = (value: bigint, { index }: Segment, { count }: Pieces, by: bigint): bigint =>
  index === count ? value : value + by;
/** Φ(e1) of the tail beyond |e1|. */
const cdfOf = (tail: bigint, isNegative: boolean, bits: number): bigint =>
  isNegative ? tail : (1n << BigInt(bits)) - tail;

export type TimeValue = Arguments & {
  /** Unit of the pair at 2^-164: never negative. */
  readonly value: bigint;
  /** Φ(e1) and Φ(e2) at 2^-164. */
  readonly cdfNear: bigint;
  readonly tailFar: bigint;
};

/** Added to Φ(e1) at 2^-164 and at 2^-125: the table's error, and the bound of all others in docs/pricing.md. */
export const MARK_LIFT = TAIL_ERROR.tail + (1n << BigInt(VALUE_BITS.tail - SLACK_BITS.mark));
export const RISK_LIFT = TAIL_ERROR.risk + (1n << BigInt(VALUE_BITS.risk - SLACK_BITS.risk));

/** Twin of `TimeValue`: at mark accuracy. The part of s/2 below the grid enters as 2 A φ(e1) times itself. */
export function timeValue({ lower, upper, logRatio }: Pair, stdev: Stdev, units: Units): TimeValue {
  const at = locate(logRatio, stdev, units, PIECES.tail);
  const cdfNear = cdfOf(normalTail(at.near), at.isNegative, VALUE_BITS.tail);
  const tailFar = normalTail(at.far);
  const near = lifted(cdfNear, at.near, PIECES.tail, MARK_LIFT) + 2n * stdev.fine * normalSlope(at.near);
  const far = lifted(tailFar, at.far, PIECES.tail, -TAIL_ERROR.tail);
  return { ...at, cdfNear, tailFar, value: lower * near - upper * far };
}

/** Twin of `RiskValue`: at scenario accuracy, unit of the pair at 2^-125. Never negative. */
export function riskValue({ lower, upper, logRatio }: Pair, stdev: Stdev): bigint {
  const at = locate(logRatio, stdev, RISK_PRICE, PIECES.risk);
  const near = lifted(cdfOf(riskTail(at.near), at.isNegative, VALUE_BITS.risk), at.near, PIECES.risk, RISK_LIFT);
  return lower * near - upper * lifted(riskTail(at.far), at.far, PIECES.risk, -TAIL_ERROR.risk);
}
