/**
 * Undiscounted Black-76 in double precision, for fitting surfaces and for display. What is proved is priced by
 * `protocol/black76.ts`.
 * @module
 */

export type OptionKind = "call" | "put";

/** Numerator and denominator of Hart's rational approximation 5666, as given by G. West; relative error below 1e-15. */
const NUMERATOR = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const DENOMINATOR = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];
const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, each) => sum * x + each, 0);

/** Standard normal distribution. */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  const density = Math.exp((-z * z) / 2);
  const tail =
    z < 7.07106781186547
      ? (density * horner(NUMERATOR, z)) / horner(DENOMINATOR, z)
      : density / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / Math.sqrt(2 * Math.PI);
  return x > 0 ? 1 - tail : tail;
}

/** Undiscounted price in the forward's unit; `variance` is total: vol squared times years. */
export function black76(kind: OptionKind, forward: number, strike: number, variance: number): number {
  const deviation = Math.sqrt(variance);
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  const d2 = d1 - deviation;
  return kind === "call"
    ? forward * normalCdf(d1) - strike * normalCdf(d2)
    : strike * normalCdf(-d2) - forward * normalCdf(-d1);
}

/** Total variances that are searched: from 0.01 % to 2,000 % of volatility over a year. */
const SEARCHED = { low: 1e-8, high: 400 };

/** Total variance at which `black76` gives `price`; null if none does: below intrinsic value, or above what any volatility gives. */
export function impliedVariance(kind: OptionKind, forward: number, strike: number, price: number): number | null {
  let { low, high } = SEARCHED;
  if (!(price > black76(kind, forward, strike, low) && price < black76(kind, forward, strike, high))) return null;
  // Bisection of the logarithm: 60 halvings of ln(4e10) leave 2e-17.
  for (let round = 0; round < 60; round++) {
    const middle = Math.sqrt(low * high);
    if (black76(kind, forward, strike, middle) < price) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

/** Annual volatility of a price, or null as above. */
export function impliedVol(
  kind: OptionKind,
  forward: number,
  strike: number,
  price: number,
  years: number,
): number | null {
  const variance = impliedVariance(kind, forward, strike, price);
  return variance === null ? null : Math.sqrt(variance / years);
}
