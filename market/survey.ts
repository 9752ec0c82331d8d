/**
 * What an oracle makes of a snapshot: a report without arbitrage, and how well it fits the quotes that it comes from.
 * @module
 */
import type { Report } from "#protocol/report.ts";
import { coinToUsd, ofExpiry, type Snapshot, yearsTo } from "./chain.ts";
import { impliedVol, type OptionKind } from "./implied-vol.ts";
import { checkNoArbitrage, leastDensity, leastGrowth, type QuotedSlice } from "./no-arbitrage.ts";
import { reportOf, type Slice, surfaceAt } from "./quotes.ts";
import { isFitted, sviVariance } from "./svi-fit.ts";

/** How one expiry's slice fits. Floating point, for people. */
export type FitReport = {
  /** Unix seconds. */
  readonly expiry: number;
  /** USD. */
  readonly forward: number;
  /** Quotes out of the money, and the share of them whose bid and ask the fitted price lies between. */
  readonly quotes: number;
  readonly inside: number;
  /** Root mean square of fitted less mid volatility, in volatility points: 1 is 1 % a year. */
  readonly rmse: number;
  /** The quote with the largest error, in volatility points. */
  readonly worst: { readonly strike: number; readonly kind: OptionKind; readonly error: number };
  /** Least Durrleman function over the quoted strikes; below 0 a butterfly has a negative price. */
  readonly density: number;
  /** Least growth of total variance since the expiry before, as a share of it; null for the first. */
  readonly growth: number | null;
};
export type Survey = { readonly report: Report; readonly fits: readonly FitReport[] };

/**
 * Fits every expiry of `expiries` (unix seconds, ascending) and checks the surface. Throws `MarketError` ExpiryMissing,
 * TooFewQuotes, ButterflyArbitrage or CalendarArbitrage. The protocol's ranges are checked where the report is signed. `impactMid`:
 * of the perpetual, USD, where its own book is known; else of the nearest future.
 */
export function survey(
  snapshot: Snapshot,
  underlying: number,
  expiries: readonly number[],
  impactMid?: number,
): Survey {
  const surface = surfaceAt(snapshot, expiries);
  const slices = surface.slices.map(({ expiry, fit }): QuotedSlice => ({ expiry, svi: fit.svi, range: fit.range }));
  checkNoArbitrage(slices);
  const fits = surface.slices.map((slice, at): FitReport => {
    const [before, own] = [slices[at - 1], slices[at]];
    return {
      ...errorsOf(snapshot, slice),
      density: own ? leastDensity(own).value : 0,
      growth: before && own ? leastGrowth(before, own).value : null,
    };
  });
  return { report: reportOf(surface, underlying, impactMid), fits };
}

/** Errors against the middle of bid and ask. */
function errorsOf(snapshot: Snapshot, { expiry, forward, fit }: Slice): Omit<FitReport, "density" | "growth"> {
  const years = yearsTo(expiry, snapshot.time);
  const quotes = ofExpiry(snapshot, expiry).filter((quote) => isFitted(quote, forward));
  const errors = quotes.flatMap((quote) => {
    const { kind, strike, bid, ask } = quote;
    const mid = impliedVol(kind, forward, strike, coinToUsd((bid + ask) / 2, forward), years);
    const fitted = Math.sqrt(sviVariance(fit.svi, Math.log(strike / forward)) / years);
    return mid === null ? [] : [{ strike, kind, error: 100 * (fitted - mid) }];
  });
  const squares = errors.reduce((sum, { error }) => sum + error * error, 0);
  const [first = { strike: 0, kind: "call" as const, error: 0 }] = errors;
  return {
    expiry,
    forward,
    quotes: quotes.length,
    inside: fit.inside / quotes.length,
    rmse: Math.sqrt(squares / Math.max(errors.length, 1)),
    worst: errors.reduce((a, b) => (Math.abs(b.error) > Math.abs(a.error) ? b : a), first),
  };
}
