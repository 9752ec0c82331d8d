/**
 * Black-76: the price of a European option on a forward. The executable twin of `circuits/pricing/black76.circom`.
 * @module
 */
import { floorSqrt } from "./fixed-point.ts";
import { ln, logMoneyness } from "./functions.ts";
import { SCALE } from "./params.ts";
import { DOMAIN, KAPPA_BIAS, MARK, PRECISION, VALUE_BITS } from "./precision.ts";
import { type Pair, prepareStdev, riskValue, type Stdev, timeValue } from "./time-value.ts";

export type OptionKind = "call" | "put";

export type OptionTerms = {
  /** 1e-8 USDC; below 2^53. */
  readonly forward: bigint;
  /** 1e-8 USDC; below 2^54. */
  readonly strike: bigint;
  readonly kind: OptionKind;
};

/** Forward and strike in these parts of their unit, so that a shock in percent is exact. */
export const PERCENT = 100n;
/** Units of an ordered pair, a percent of that of `present`, in one of a mark. */
const PAIR_PER_MARK = (PERCENT * SCALE.spot * (1n << BigInt(PRECISION.present))) / SCALE.mark;
/** From 2^-48 to the unit of kappa in marks. */
const KAPPA_DROPPED = BigInt(PRECISION.log - MARK.log);

/** ln of a shocked forward less ln of the forward, at 2^-30, rounded down: `factor` in percent. */
export const lnFactor = (factor: bigint): bigint => (ln(factor) - ln(PERCENT)) >> KAPPA_DROPPED;

/** s/2 at 2^-48, rounded down, of a total variance at 2^-40. */
export const halfStdev = (variance: bigint): bigint =>
  floorSqrt(variance << BigInt(2 * PRECISION.stdev - 2 - Number(SCALE.fractionBits)));

/** Twin of `Present`: a discounted forward or strike at 1e-8 USDC 2^-7, rounded down; exact at a discount of 1. */
export const present = (amount: bigint, discount: bigint): bigint =>
  (amount * discount) >> BigInt(SCALE.fractionBits - PRECISION.present);

/** Forward and strike of a slot, what they are worth now, and kappa unshocked. */
export type Sides = {
  readonly forward: bigint;
  readonly strike: bigint;
  readonly presentForward: bigint;
  readonly presentStrike: bigint;
  /** ln(strike / forward) at 2^-30, rounded down. */
  readonly logMoneyness: bigint;
};

/** What all prices of a slot share. */
export const sidesOf = (forward: bigint, strike: bigint, discount: bigint): Sides => ({
  forward,
  strike,
  presentForward: present(forward, discount),
  presentStrike: present(strike, discount),
  logMoneyness: logMoneyness(forward, strike) >> KAPPA_DROPPED,
});

export type OrderedPair = Pair & { readonly isStrikeAbove: boolean };

/** Twin of `OrderPair`: forward times `factor` percent and strike in order, as they are worth now. */
export function orderPair(sides: Sides, factor = PERCENT): OrderedPair {
  const [forward, strike] = [sides.presentForward * factor, sides.presentStrike * PERCENT];
  const log = sides.logMoneyness - lnFactor(factor);
  return sides.strike * PERCENT > sides.forward * factor
    ? { isStrikeAbove: true, lower: forward, upper: strike, logRatio: log + KAPPA_BIAS }
    : { isStrikeAbove: false, lower: strike, upper: forward, logRatio: KAPPA_BIAS - log };
}

/** Value now of exercise, in the unit of the pair; rounding may leave it below 0, by less than one unit of `present`. */
export const intrinsic = (kind: OptionKind, { isStrikeAbove, lower, upper }: OrderedPair): bigint =>
  isStrikeAbove === (kind === "put") ? upper - lower : 0n;

/**
 * Twin of `Mark`: a value now at 2^-`bits` to 1e-6 USDC, rounded down. One unit of `present` is added before, which makes up for what
 * discounting may have taken from the intrinsic value: 8e-11 USDC.
 */
export const markOf = (value: bigint, bits: number): bigint =>
  (value + (PERCENT << BigInt(bits))) / (PAIR_PER_MARK << BigInt(bits));

export type Price = {
  /** 1e-6 USDC, rounded down. */
  readonly mark: bigint;
  /** Unit of the pair at 2^-164, unrounded. */
  readonly value: bigint;
};

/**
 * `OrderPair` and `MarkPrice` together. `discount` at 2^-40, at most 1; `variance`, total, at 2^-40, where 0 stands for outside the domain:
 * the price is the intrinsic value then, the lower bound that no arbitrage leaves.
 */
export function price(terms: OptionTerms & { readonly discount: bigint; readonly variance: bigint }): Price {
  const stdev = terms.variance === 0n ? null : prepareStdev(halfStdev(terms.variance), MARK);
  return markPrice(terms.kind, orderPair(sidesOf(terms.forward, terms.strike, terms.discount)), stdev);
}

/** Twin of `MarkPrice`; `stdev` null is the intrinsic value. */
export function markPrice(kind: OptionKind, pair: OrderedPair, stdev: Stdev | null): Price {
  const value = (intrinsic(kind, pair) << BigInt(VALUE_BITS.tail)) + (stdev ? timeValue(pair, stdev, MARK).value : 0n);
  return { mark: markOf(value, VALUE_BITS.tail), value };
}

/** Twin of `RiskPrice`: 1e-6 USDC, rounded down; `stdev` null is the intrinsic value. */
export function riskPrice(kind: OptionKind, pair: OrderedPair, stdev: Stdev | null): bigint {
  const exercise = intrinsic(kind, pair) << BigInt(VALUE_BITS.risk);
  return markOf(exercise + (stdev ? riskValue(pair, stdev) : 0n), VALUE_BITS.risk);
}

/** Whether strike and forward lie within the domain's ratio of each other. */
export const isNearTheMoney = (forward: bigint, strike: bigint): boolean =>
  strike * DOMAIN.moneyness >= forward && strike <= forward * DOMAIN.moneyness;
