/**
 * What the market data becomes: a report per snapshot for the `marks` step, and the real bid and ask of every traded series
 * as the quotes of market makers, each with the id of the row it comes from.
 * @module
 */
import { SCALE } from "#protocol/params.ts";
import type { Report } from "#protocol/report.ts";
import { coinToPrice, median, ofExpiry, parityForward, quoteFor, type Snapshot, toSpot } from "./chain.ts";
import { MarketError } from "./errors.ts";
import { EXPIRIES, SERIES, SERIES_NAMES, type SeriesName } from "./series.ts";
import { spotOf } from "./spot-sum.ts";
import { fitSvi, type Svi, type SviFit } from "./svi-fit.ts";

/** One expiry of a snapshot: forward in USD, the fitted slice and how well it fits. */
export type Slice = { readonly expiry: number; readonly forward: number; readonly fit: SviFit };
/** A snapshot with what was inferred from it. */
export type Surface = {
  readonly snapshot: Snapshot;
  /** USD: median of the index over the rows. */
  readonly spot: number;
  readonly slices: readonly Slice[];
};

/** Forwards and surfaces of a snapshot, in the order of `expiries`. Throws `MarketError` ExpiryMissing or TooFewQuotes. */
export function surfaceAt(snapshot: Snapshot, expiries: readonly number[]): Surface {
  const slices = expiries.map((expiry) => {
    const quotes = ofExpiry(snapshot, expiry);
    if (quotes.length === 0)
      throw new MarketError("ExpiryMissing", `snapshot ${snapshot.stamp} has no two-sided quote of expiry ${expiry}`);
    const forward = parityForward(quotes);
    return { expiry, forward, fit: fitSvi(quotes, forward) };
  });
  return { snapshot, spot: spotOf(snapshot), slices };
}

/** The surface of the demonstration's expiries. */
export const surfaceOf = (snapshot: Snapshot): Surface => surfaceAt(snapshot, EXPIRIES);

/** USD. Throws if the expiry is not one of the surface's. */
export function forwardOf({ slices }: Surface, expiry: number | bigint): number {
  const slice = slices.find((each) => each.expiry === Number(expiry));
  if (!slice) throw new Error(`no forward for expiry ${expiry}`);
  return slice.forward;
}

/** Nearest multiple of 2^-40. */
const toFixed = (value: number): bigint => BigInt(Math.round(value * 2 ** SCALE.fractionBits));
const fixedSvi = ({ a, b, rho, m, sigma }: Svi) => ({
  a: toFixed(a),
  b: toFixed(b),
  rho: toFixed(rho),
  m: toFixed(m),
  sigma: toFixed(sigma),
});

/** Of mid: how far from it the perpetual is quoted. Composed: its book is not in the data. */
const PERPETUAL_HALF_SPREAD = 0.0002;

/**
 * Impact mid of the perpetual, USD: spot times what the nearest future was worth in parts of the index beside it, the median over its
 * rows. The perpetual's own book is not in the data; a future near its expiry stands above and below the index as it does.
 */
export function perpetualMid({ snapshot: { quotes }, spot }: Pick<Surface, "snapshot" | "spot">): number {
  const nearest = Math.min(...quotes.map(({ expiry }) => expiry));
  const own = quotes.filter(({ expiry }) => expiry === nearest);
  return Math.round(spot * median(own.map(({ future, index }) => future / index)) * 1e8) / 1e8;
}

/**
 * An oracle's report on underlying `underlying`, unsigned. The venue's rate is zero, so discount factors are one. `impactMid`: of the
 * perpetual, USD.
 */
export const reportOf = (surface: Surface, underlying = 0, impactMid = perpetualMid(surface)): Report => ({
  underlying,
  timestamp: BigInt(surface.snapshot.time),
  spot: toSpot(surface.spot),
  impactMid: toSpot(impactMid),
  expiries: surface.slices.map(({ expiry, forward, fit }) => ({
    expiry: BigInt(expiry),
    forward: toSpot(forward),
    discount: 1n << BigInt(SCALE.fractionBits),
    svi: fixedSvi(fit.svi),
  })),
});

/** A row of the extract, and the side of it that was used. */
export type Source = { readonly stamp: string; readonly row: number; readonly side: "bid" | "ask" };
export type MarketQuote = {
  readonly series: SeriesName;
  readonly slot: number;
  readonly side: "buy" | "sell";
  /** 1e-2 USDC per unit, a multiple of the tick, away from the middle. */
  readonly price: bigint;
  /** Null of the perpetual, whose quotes are composed. */
  readonly source: Source | null;
};

/** The market's bid and ask of every traded series. */
export function marketQuotes(surface: Surface): MarketQuote[] {
  return SERIES_NAMES.flatMap((series, slot) => {
    const traded = SERIES[slot];
    if (!traded) return [];
    if (traded.kind === "perpetual") return perpetualQuotes(surface, series, slot);
    const quote = quoteFor(surface.snapshot, traded);
    const forward = forwardOf(surface, traded.expiry);
    return (["bid", "ask"] as const).map((side) => ({
      series,
      slot,
      side: side === "bid" ? ("buy" as const) : ("sell" as const),
      price: coinToPrice(quote[side], forward, side),
      source: { stamp: surface.snapshot.stamp, row: quote.row, side },
    }));
  });
}

function perpetualQuotes(surface: Surface, series: SeriesName, slot: number): MarketQuote[] {
  const mid = perpetualMid(surface);
  return (["bid", "ask"] as const).map((side) => ({
    series,
    slot,
    side: side === "bid" ? ("buy" as const) : ("sell" as const),
    price: coinToPrice(side === "bid" ? 1 - PERPETUAL_HALF_SPREAD : 1 + PERPETUAL_HALF_SPREAD, mid, side),
    source: null,
  }));
}
