/**
 * What no honest surface allows: a butterfly of negative price (Durrleman's function below zero) and a calendar spread of
 * negative price (total variance falling with expiry at equal forward moneyness).
 * @module
 */
import { MarketError } from "./errors.ts";
import { type Svi, sviVariance } from "./svi-fit.ts";

/** Log-moneyness K/F, lowest and highest. */
export type Range = { readonly low: number; readonly high: number };
/** A value and the log-moneyness at which it is found. */
export type Extreme = { readonly value: number; readonly k: number };
/** One expiry's slice over the strikes that were quoted. */
export type QuotedSlice = { readonly expiry: number; readonly svi: Svi; readonly range: Range };

/**
 * What is forgiven, since fits are of quotes with a width: density down to this share of a lognormal's, total variance falling by
 * this share of the nearer expiry's.
 */
export const TOLERANCE = { butterfly: 0.001, calendar: 0.001 } as const;

/** Points at which a range is examined. */
const POINTS = 401;

/**
 * Durrleman's g: the density at log-moneyness `k` as a share of a lognormal's; below 0 a butterfly has a negative price.
 * -Infinity where there is no variance.
 */
export function durrleman(svi: Svi, k: number): number {
  const { b, rho, m, sigma } = svi;
  const root = Math.hypot(k - m, sigma);
  const w = sviVariance(svi, k);
  if (!(w > 0)) return Number.NEGATIVE_INFINITY;
  const slope = b * (rho + (k - m) / root);
  const curvature = (b * sigma * sigma) / root ** 3;
  return (1 - (k * slope) / (2 * w)) ** 2 - (slope * slope * (1 / w + 1 / 4)) / 4 + curvature / 2;
}

function least({ low, high }: Range, f: (k: number) => number): Extreme {
  const points = Array.from({ length: POINTS }, (_, at) => low + ((high - low) * at) / (POINTS - 1));
  return points.map((k) => ({ value: f(k), k })).reduce((a, b) => (b.value < a.value || Number.isNaN(b.value) ? b : a));
}

/** Least Durrleman function over the quoted strikes. */
export const leastDensity = ({ svi, range }: QuotedSlice): Extreme => least(range, (k) => durrleman(svi, k));

/** Least growth of total variance from one expiry to the next over the strikes that both quote, as a share of the nearer's. */
export function leastGrowth(near: QuotedSlice, far: QuotedSlice): Extreme {
  const low = Math.max(near.range.low, far.range.low);
  const range = { low, high: Math.max(low, Math.min(near.range.high, far.range.high)) };
  return least(range, (k) => sviVariance(far.svi, k) / sviVariance(near.svi, k) - 1);
}

const day = (expiry: number): string => new Date(expiry * 1000).toISOString().slice(0, 10);

/** Throws `ButterflyArbitrage` or `CalendarArbitrage`. `slices` ascend by expiry. */
export function checkNoArbitrage(slices: readonly QuotedSlice[]): void {
  for (const slice of slices) {
    const { value, k } = leastDensity(slice);
    if (!(value >= -TOLERANCE.butterfly))
      throw new MarketError(
        "ButterflyArbitrage",
        `the surface of ${day(slice.expiry)} prices a butterfly below zero at ln K/F = ${k.toFixed(3)}: density ${value.toFixed(4)} of a lognormal's, tolerance -${TOLERANCE.butterfly}`,
      );
  }
  for (const [at, far] of slices.entries()) {
    const near = slices[at - 1];
    if (!near) continue;
    const { value, k } = leastGrowth(near, far);
    if (!(value >= -TOLERANCE.calendar))
      throw new MarketError(
        "CalendarArbitrage",
        `total variance falls by ${(-100 * value).toFixed(2)} % from ${day(near.expiry)} to ${day(far.expiry)} at ln K/F = ${k.toFixed(3)}; tolerance ${100 * TOLERANCE.calendar} %`,
      );
  }
}
