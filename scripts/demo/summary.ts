/**
 * What the demonstration ends with: numbers that a trader and an engineer both understand.
 * @module
 */
import { quoteFor, yearsTo } from "#market/chain.ts";
import { impliedVol } from "#market/implied-vol.ts";
import { oracleReports } from "#market/oracles.ts";
import { forwardOf, marketQuotes } from "#market/quotes.ts";
import type { Scene } from "#market/scenario.ts";
import { CAST } from "#market/script.ts";
import { SERIES, SERIES_NAMES } from "#market/series.ts";
import { liquidationDistances } from "#market/stress.ts";
import { PROFILE, SCALE } from "#protocol/params.ts";
import type { Parameters } from "#protocol/state.ts";
import type { AccountView, MarksView, StatusView, StepView, TradeView } from "#rollup-node/wire.ts";

/** USD, floating point: for display. */
export type SeriesRow = {
  readonly stamp: string;
  readonly series: string;
  readonly mark: number;
  readonly bid: number;
  readonly mid: number;
  readonly ask: number;
  /** Proved mark less the middle of bid and ask, basis points of the forward. */
  readonly offMid: number;
  /** Annual volatility of the proved mark, and the venue's of its own. */
  readonly markVol: number | null;
  readonly venueVol: number | null;
  readonly isInside: boolean;
};

/** The marks in force beside the market of the snapshot they come from. */
export function seriesRows({ surface, stamp, time }: Scene, marks: MarksView): SeriesRow[] {
  return SERIES.flatMap((series, slot) => {
    const listed = marks.series.find((each) => each.slot === slot);
    if (!listed) return [];
    const mark = Number(listed.mark) / Number(SCALE.mark);
    const name = SERIES_NAMES[slot] ?? "";
    /** The mark beside a quote; `offMid` in basis points of `unit`. */
    const against = (bid: number, ask: number, unit: number) => {
      const mid = (bid + ask) / 2;
      const offMid = (10_000 * (mark - mid)) / unit;
      return { stamp, series: name, mark, bid, mid, ask, offMid, isInside: mark >= bid && mark <= ask };
    };
    if (series.kind === "perpetual") {
      const [bid = 0, ask = 0] = marketQuotes(surface)
        .filter((quote) => quote.slot === slot)
        .map(({ price }) => Number(price) / Number(SCALE.price));
      return { ...against(bid, ask, surface.spot), markVol: null, venueVol: null };
    }
    const quote = quoteFor(surface.snapshot, series);
    const forward = forwardOf(surface, series.expiry);
    const [bid, ask] = [quote.bid * forward, quote.ask * forward];
    const kind = series.kind === "put" ? "put" : "call";
    return {
      ...against(bid, ask, forward),
      markVol: impliedVol(kind, forward, quote.strike, mark, yearsTo(quote.expiry, time)),
      venueVol: quote.iv,
    };
  });
}

export type AccountRow = {
  readonly name: string;
  readonly role: string;
  readonly view: AccountView;
  /** Permille by which forwards fall or rise until maintenance is breached; null beyond 60 %. */
  readonly liquidation: { readonly down: number | null; readonly up: number | null };
};

/** Accounts with their distance from liquidation, by repricing the board of the last reports with the twin. */
export function accountRows(parameters: Parameters, { surface }: Scene, views: readonly AccountView[]): AccountRow[] {
  const terms = views.map(({ margin, positions }) => ({
    cash: BigInt(margin.cash),
    sizes: SERIES.map((_, slot) => BigInt(positions.find((position) => position.slot === slot)?.size ?? 0)),
  }));
  const distances = liquidationDistances(PROFILE.devnet, parameters, SERIES, oracleReports(surface.snapshot), terms);
  return views.map((view, at) => ({
    name: CAST[view.account]?.name ?? String(view.account),
    role: CAST[view.account]?.role ?? "",
    view,
    liquidation: distances[at] ?? { down: null, up: null },
  }));
}

export type Summary = {
  readonly series: readonly SeriesRow[];
  readonly accounts: readonly AccountRow[];
  readonly steps: readonly StepView[];
  readonly trades: readonly TradeView[];
  readonly refusals: readonly string[];
  /** Non-linear and linear constraints by kind of step. */
  readonly constraints: Readonly<Record<string, number>>;
  readonly status: StatusView;
  /** The root that the contract holds, asked of L1 directly. */
  readonly l1Root: string;
  /** The root of the state rebuilt from L1 alone. */
  readonly rebuiltRoot: string;
  readonly claimed: string;
  /** The board behind the last snapshot, and behind the first expiry. */
  readonly life: { readonly market: MarksView; readonly after: MarksView };
  readonly seconds: number;
};

/** What must hold before the demonstration may say that all is verified; a sentence for each that does not. */
export function failures({ series, steps, trades, status, l1Root, rebuiltRoot, refusals, life }: Summary): string[] {
  const inside = series.filter(({ isInside }) => isInside).length;
  const checks: readonly (readonly [boolean, string])[] = [
    [steps.length > 0 && steps.every((step) => step.status === "final"), "every step is final"],
    [steps.every((step, at) => step.number === at + 1), "steps are numbered without a gap"],
    [l1Root === status.roots.final && l1Root === steps.at(-1)?.newRoot, "the root on L1 is the node's"],
    [rebuiltRoot === l1Root, "the state rebuilt from L1 alone has the root on L1"],
    [status.quarantined === 0, "nothing was quarantined"],
    [trades.length >= 60 && trades.every((trade) => trade.status === "final"), "at least 60 trades are final"],
    [refusals.length === 1, "exactly one order was refused for margin"],
    [trades.some(({ cause }) => cause === "spread"), "a spread was traded"],
    [trades.some(({ cause }) => cause === "liquidation" || cause === "backstop"), "an account was liquidated"],
    [life.market.underlyings.some(({ fundingSum }) => fundingSum !== "0"), "funding was paid"],
    [life.after.series.some((each) => each.status === "settled"), "an expiry was settled"],
    [inside >= 0.9 * series.length, "at least 90 % of the proved marks lie inside bid and ask"],
  ];
  return checks.filter(([holds]) => !holds).map(([, what]) => `not so: ${what}`);
}
