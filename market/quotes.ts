/**
 * What the market data becomes: a report per snapshot for the `marks` step, and the real bid and ask of every traded series
 * as the quotes of market makers, each with the id of the row it comes from.
 * @module
 */
import { SCALE } from "#protocol/params.ts";
import type { Report } from "#protocol/report.ts";
import { coinToPrice, ofExpiry, parityForward, quoteFor, type Snapshot, toSpot } from "./chain.ts";
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

/**
 * Composed: the venue's own perpetual is not in the data. It stands above spot by more than the premium that costs nothing, as in
 * a market of buyers, and is quoted a little around that.
 */
const PERPETUAL = { premium: 0.0006, halfSpread: 0.0002 } as const;
/** USD. */
export const perpetualMid = ({ spot }: Surface): number => spot * (1 + PERPETUAL.premium);

/** An oracle's report on underlying `underlying`, unsigned. The venue's rate is zero, so discount factors are one. */
export const reportOf = ({ snapshot, spot, slices }: Surface, underlying = 0): Report => ({
  underlying,
  timestamp: BigInt(snapshot.time),
  spot: toSpot(spot),
  impactMid: toSpot(Math.round(perpetualMid({ snapshot, spot, slices }) * 100) / 100),
  expiries: slices.map(({ expiry, forward, fit }) => ({
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
    price: coinToPrice(side === "bid" ? 1 - PERPETUAL.halfSpread : 1 + PERPETUAL.halfSpread, mid, side),
    source: null,
  }));
}
