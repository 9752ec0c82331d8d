/**
 * Delta, gamma, vega and theta of an undiscounted option, from the parts of its price. The executable twin of
 * `circuits/pricing/greeks.circom`.
 *
 * Conventions: delta N(d1) of a call, N(d1) - 1 of a put; gamma per USDC; vega per 1.00 of volatility; theta per year of
 * 365 days, the derivative by calendar time, hence negative.
 * @module
 */

import { intrinsic, isNearTheMoney, type OptionTerms, orderPair, PERCENT } from "./black76.ts";
import { floorSqrt } from "./fixed-point.ts";
import { ln, normalDensity, normalTail } from "./functions.ts";
import { YEAR_SECONDS } from "./params.ts";
import { DOMAIN, PRECISION } from "./precision.ts";
import { prepareStdev, timeValue } from "./time-value.ts";

/** Fractional bits of φ(d1), gamma and theta. */
export const GREEK_BITS = { density: 80, gamma: 96, theta: 40 } as const;
/** Units of value, 1e-10 USDC, per USDC. */
export const VALUE_PER_USDC = 10_000_000_000n;

export type Volatility = {
  /** Years of 365 days at 2^-60. */
  readonly years: bigint;
  /** 1.00 = 100 %, at 2^-40. */
  readonly vol: bigint;
};

export type FullPrice = {
  /** Outside the domain the value is intrinsic, delta 0 or ±1 and the other Greeks 0. */
  readonly isInDomain: boolean;
  /** 1e-10 USDC at 2^-164, undiscounted. */
  readonly value: bigint;
  /** At 2^-64, rounded down. */
  readonly delta: bigint;
  /** Per USDC, at 2^-96, rounded down. */
  readonly gamma: bigint;
  /** 1e-10 USDC per 1.00 of volatility, at 2^-128. */
  readonly vega: bigint;
  /** 1e-10 USDC per year, at 2^-40, negative, rounded up. */
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

const within = (value: bigint, min: bigint, max: bigint): boolean => value >= min && value <= max;

/** Twin of `Black76Greeks`. */
export function fullPrice({ forward, strike, kind, years, vol }: OptionTerms & Volatility): FullPrice {
  const isInDomain =
    isNearTheMoney(forward, strike) &&
    within(years, EDGE.minYears, EDGE.maxYears) &&
    within(vol, EDGE.minVol, EDGE.maxVol);
  const pair = orderPair(forward, strike, ln(strike) - ln(forward));
  const exercise = intrinsic(kind, pair) << BigInt(PRECISION.tail);
  const offset = kind === "put" ? 1n << BigInt(PRECISION.greek) : 0n;
  if (!isInDomain) {
    const delta = pair.isStrikeAbove ? 0n : 1n << BigInt(PRECISION.greek);
    return { isInDomain, value: exercise, delta: delta - offset, gamma: 0n, vega: 0n, theta: 0n };
  }
  // 1 Total standard deviation: vol √years / 2
  const rootYears = floorSqrt(years << BigInt(2 * PRECISION.stdev - PRECISION.years));
  const stdev = prepareStdev((vol * rootYears) >> (VOL + 1n));
  // 2 Price
  const { value, ratio, near, far, cdfNear } = timeValue(pair, stdev);
  // 3 What rounding left of e1 = s/2 - kappa/s and of -e2 = s/2 + kappa/s, at 2^-94: the grid is too coarse for a delta
  const rest = ((pair.logRatio << BigInt(PRECISION.grid)) - 2n * stdev.half * ratio) * stdev.inverse;
  const fine = stdev.fine << BigInt(PRECISION.grid + PRECISION.inverse);
  const restNear = fine - rest;
  const restFar = fine + rest;
  // 4 Delta: Φ(e1) if the strike is above the forward, else 1 - Φ(e2), each corrected to first order
  const raise = BigInt(PRECISION.log + PRECISION.inverse + PRECISION.grid + PRECISION.density - PRECISION.tail);
  const densityNear = normalDensity(near);
  const corrected = pair.isStrikeAbove
    ? (cdfNear << raise) + restNear * densityNear
    : (1n << (BigInt(PRECISION.tail) + raise)) - (normalTail(far) << raise) + restFar * normalDensity(far);
  const delta = (corrected >> (BigInt(PRECISION.tail - PRECISION.greek) + raise)) - offset;
  // 5 φ(d1) = φ(e1) lower / forward, φ(e1) corrected by its derivative -e1 φ(e1)
  const e1 = stdev.coarse - ratio;
  const one = 1n << BigInt(PRECISION.log + PRECISION.inverse + 2 * PRECISION.grid);
  const correctedDensity =
    (densityNear * (one - restNear * e1)) >>
    BigInt(PRECISION.density + PRECISION.log + PRECISION.inverse + 2 * PRECISION.grid - GREEK_BITS.density);
  const scaled = forward * PERCENT;
  const density = (pair.lower * correctedDensity) / scaled;
  // 6 The rest from φ(d1)
  const gammaShift = BigInt(PRECISION.stdev + GREEK_BITS.gamma - GREEK_BITS.density);
  const gamma = ((density * VALUE_PER_USDC) << gammaShift) / (scaled * 2n * stdev.half);
  const vega = scaled * density * rootYears;
  const thetaShift = BigInt(GREEK_BITS.density + PRECISION.vol - PRECISION.stdev - GREEK_BITS.theta + 1);
  const theta = -((scaled * density * vol) / (rootYears << thetaShift));
  return { isInDomain, value: exercise + value, delta, gamma, vega, theta };
}
