/**
 * Delta, gamma, vega and theta of an undiscounted option, from the parts of its price. The executable twin of
 * `circuits/pricing/greeks.circom`.
 *
 * Conventions: delta N(d1) of a call, N(d1) - 1 of a put; gamma per USDC; vega per 1.00 of volatility; theta per year of
 * 365 days, the derivative by calendar time, hence negative.
 * @module
 */

import { intrinsic, isNearTheMoney, type OptionTerms, type OrderedPair, PERCENT } from "./black76.ts";
import { floorSqrt } from "./fixed-point.ts";
import { logMoneyness, normalDensity, normalSlope } from "./functions.ts";
import { SCALE, YEAR_SECONDS } from "./params.ts";
import { DOMAIN, FULL, PRECISION, VALUE_BITS } from "./precision.ts";
import { prepareStdev, timeValue } from "./time-value.ts";

/** Fractional bits: of value, delta and φ(d1) after they are rounded; of gamma; of vega and theta, which are products of these. */
export const GREEK_BITS = {
  value: 40,
  delta: 64,
  density: 40,
  gamma: 40 + FULL.inverse,
  vega: 40 + FULL.inverse + PRECISION.vol + PRECISION.years,
  theta: 40 + FULL.inverse + 2 * PRECISION.vol + 1,
} as const;

export type Volatility = {
  /** Years of 365 days at 2^-50. */
  readonly years: bigint;
  /** 1.00 = 100 %, at 2^-40. */
  readonly vol: bigint;
};

export type FullPrice = {
  /** Outside the domain the value is intrinsic, delta 0 or ±1 and the other Greeks 0. */
  readonly isInDomain: boolean;
  /** 1e-10 USDC at 2^-40, undiscounted, rounded down. */
  readonly value: bigint;
  /** At 2^-64, rounded down. */
  readonly delta: bigint;
  /** Per USDC, at 2^-72, rounded down. */
  readonly gamma: bigint;
  /** 1e-8 USDC per 1.00 of volatility, at 2^-162. */
  readonly vega: bigint;
  /** 1e-8 USDC per year, at 2^-153, negative. */
  readonly theta: bigint;
};

const YEARS = BigInt(PRECISION.years);
const VOL = BigInt(PRECISION.vol);
/** The domain's edges at the units of `Volatility`, rounded down as the arguments are. */
export const EDGE = {
  minYears: (DOMAIN.minSeconds << YEARS) / YEAR_SECONDS,
  maxYears: (DOMAIN.maxSeconds << YEARS) / YEAR_SECONDS,
  minVol: (DOMAIN.minVolPercent << VOL) / PERCENT,
  maxVol: (DOMAIN.maxVolPercent << VOL) / PERCENT,
} as const;

/** From vol² years to (s/2)² at 2^-96. */
const HALF_DROPPED = BigInt(2 * PRECISION.vol + PRECISION.years + 2 - 2 * PRECISION.stdev);
/** Fractional bits of the correction of φ(d1). */
const CORRECTION_BITS = PRECISION.stdev + FULL.grid + VALUE_BITS.slope;

const within = (value: bigint, min: bigint, max: bigint): boolean => value >= min && value <= max;

/** Forward and strike in order, 1e-10 USDC, with the whole logarithm: a Greek feels its error to first order. */
function pairOf(forward: bigint, strike: bigint): OrderedPair {
  const isStrikeAbove = strike > forward;
  const log = logMoneyness(forward, strike);
  const [lower, upper] = isStrikeAbove ? [forward, strike] : [strike, forward];
  return { isStrikeAbove, lower: lower * PERCENT, upper: upper * PERCENT, logRatio: isStrikeAbove ? log : -log };
}

/** Twin of `Black76Greeks`. */
export function fullPrice({ forward, strike, kind, years, vol }: OptionTerms & Volatility): FullPrice {
  const isInDomain =
    isNearTheMoney(forward, strike) &&
    within(years, EDGE.minYears, EDGE.maxYears) &&
    within(vol, EDGE.minVol, EDGE.maxVol);
  const pair = pairOf(forward, strike);
  const exercise = intrinsic(kind, pair) << BigInt(GREEK_BITS.value);
  const offset = kind === "put" ? 1n << BigInt(GREEK_BITS.delta) : 0n;
  if (!isInDomain) {
    const delta = pair.isStrikeAbove ? 0n : 1n << BigInt(GREEK_BITS.delta);
    return { isInDomain, value: exercise, delta: delta - offset, gamma: 0n, vega: 0n, theta: 0n };
  }
  // 1 Total standard deviation: (s/2)² = vol² years / 4
  const half = floorSqrt((vol * vol * years) >> HALF_DROPPED);
  const stdev = prepareStdev(half, FULL);
  // 2 Price
  const { value, ratio, near, far, cdfNear, tailFar } = timeValue(pair, stdev, FULL);
  // 3 What rounding left of e1 = s/2 - kappa/s and of -e2 = s/2 + kappa/s, at 2^-48: the grid is too coarse for a Greek
  const missed = (pair.logRatio << BigInt(FULL.grid)) - 2n * half * ratio;
  const rest = (missed * stdev.inverse) >> BigInt(FULL.log + FULL.grid + FULL.inverse - PRECISION.stdev);
  const restNear = stdev.fine - rest;
  const restFar = stdev.fine + rest;
  // 4 Delta: Φ(e1) if the strike is above the forward, else 1 - Φ(e2), each corrected to first order
  const [slopeNear, slopeFar] = [normalSlope(near), normalSlope(far)];
  const corrected = pair.isStrikeAbove
    ? cdfNear + restNear * slopeNear
    : (1n << BigInt(VALUE_BITS.tail)) - tailFar + restFar * slopeFar;
  const delta = (corrected >> BigInt(VALUE_BITS.tail - GREEK_BITS.delta)) - offset;
  // 5 φ(d1): d1 is e1 or -e2; corrected by the derivative -x φ(x)
  const raise = BigInt(CORRECTION_BITS - VALUE_BITS.density);
  const density =
    (pair.isStrikeAbove
      ? (normalDensity(near) << raise) - restNear * (stdev.coarse - ratio) * slopeNear
      : (normalDensity(far) << raise) - restFar * (stdev.coarse + ratio) * slopeFar) >>
    BigInt(CORRECTION_BITS - GREEK_BITS.density);
  // 6 The rest from φ(d1) / s: gamma = φ / (F s), vega = F φ √T = F (φ / s) vol T, theta = - F φ vol / (2 √T) = - F (φ / s) vol² / 2
  const perStdev = density * stdev.inverse;
  return {
    isInDomain,
    value: exercise + (value >> BigInt(VALUE_BITS.tail - GREEK_BITS.value)),
    delta,
    gamma: (perStdev * SCALE.spot) / forward,
    vega: forward * perStdev * vol * years,
    theta: -forward * perStdev * vol * vol,
  };
}
