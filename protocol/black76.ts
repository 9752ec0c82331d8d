/**
 * Black-76: the price of a European option on a forward. The executable twin of `circuits/pricing/black76.circom`.
 * @module
 */
import { floorSqrt } from "./fixed-point.ts";
import { ln } from "./functions.ts";
import { SCALE } from "./params.ts";
import { DOMAIN, PRECISION } from "./precision.ts";
import { type Pair, prepareStdev, type Stdev, timeValue } from "./time-value.ts";

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
/** 1e-10 USDC, the unit of values, per unit of a mark. */
const VALUE_PER_MARK = (SCALE.spot * PERCENT) / SCALE.mark;
const TAIL = BigInt(PRECISION.tail);

/** ln of a shocked forward less ln of the forward, at 2^-48: `factor` in percent. */
export const lnFactor = (factor: bigint): bigint => ln(factor) - ln(PERCENT);

/** s/2 at 2^-48, rounded down, of a total variance at 2^-40. */
export const halfStdev = (variance: bigint): bigint =>
  floorSqrt(variance << BigInt(2 * PRECISION.stdev - 2 - Number(SCALE.fractionBits)));

/** Twin of `OrderPair`: forward times `factor` percent and strike, in order. `logMoneyness`: ln(strike / forward) unshocked. */
export function orderPair(
  forward: bigint,
  strike: bigint,
  logMoneyness: bigint,
  factor = PERCENT,
): Pair & { readonly isStrikeAbove: boolean } {
  const shocked = forward * factor;
  const struck = strike * PERCENT;
  const log = logMoneyness - lnFactor(factor);
  return struck > shocked
    ? { isStrikeAbove: true, lower: shocked, upper: struck, logRatio: log }
    : { isStrikeAbove: false, lower: struck, upper: shocked, logRatio: -log };
}

/** Value now of exercise, 1e-10 USDC. */
export const intrinsic = (kind: OptionKind, { isStrikeAbove, lower, upper }: ReturnType<typeof orderPair>): bigint =>
  isStrikeAbove === (kind === "put") ? upper - lower : 0n;

/**
 * Twin of `Mark`: the discounted value at 1e-6 USDC, rounded down twice (to 1e-10 and to 1e-6 USDC), so that a mark is
 * at most 1e-6 + 1e-10 USDC below the value computed and never above it.
 */
export const markOf = (value: bigint, discount: bigint): bigint =>
  ((value >> TAIL) * discount) / (VALUE_PER_MARK << BigInt(SCALE.fractionBits));

export type Price = {
  /** 1e-6 USDC, discounted, rounded down. */
  readonly mark: bigint;
  /** 1e-10 USDC at 2^-164, undiscounted, unrounded. */
  readonly value: bigint;
};

/**
 * Twin of `Black76`. `discount` at 2^-40, at most 1; `variance`, total, at 2^-40, where 0 stands for outside the domain:
 * the price is the intrinsic value then, the lower bound that no arbitrage leaves.
 */
export function price(terms: OptionTerms & { readonly discount: bigint; readonly variance: bigint }): Price {
  const { forward, strike, kind, discount, variance } = terms;
  const stdev = variance === 0n ? null : prepareStdev(halfStdev(variance));
  return shockedPrice({ forward, strike, kind, discount }, ln(strike) - ln(forward), stdev);
}

/** Price at a forward shocked to `factor` percent; `stdev` null is the intrinsic value. */
export function shockedPrice(
  { forward, strike, kind, discount }: OptionTerms & { readonly discount: bigint },
  logMoneyness: bigint,
  stdev: Stdev | null,
  factor = PERCENT,
): Price {
  const pair = orderPair(forward, strike, logMoneyness, factor);
  const extra = stdev ? timeValue(pair, stdev).value : 0n;
  const value = (intrinsic(kind, pair) << TAIL) + extra;
  return { mark: markOf(value, discount), value };
}

/** Whether strike and forward lie within the domain's ratio of each other. */
export const isNearTheMoney = (forward: bigint, strike: bigint): boolean =>
  strike * DOMAIN.moneyness >= forward && strike <= forward * DOMAIN.moneyness;
