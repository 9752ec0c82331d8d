/**
 * The eight series of the demonstration: seven options of two expiries, puts below and calls above the money of the first
 * snapshot, near the money and in the wings; and the perpetual. Slot order.
 * @module
 */
import { parseSeries, type Series } from "#protocol/series.ts";

export const SERIES_NAMES = [
  "BTC-27FEB26-60000-P",
  "BTC-27FEB26-70000-P",
  "BTC-27FEB26-75000-C",
  "BTC-27FEB26-85000-C",
  "BTC-27MAR26-70000-P",
  "BTC-27MAR26-75000-C",
  "BTC-27MAR26-60000-P",
  "BTC-PERP",
] as const;
export type SeriesName = (typeof SERIES_NAMES)[number];

export const SERIES: readonly Series[] = SERIES_NAMES.map(parseSeries);

/** Listed while the market runs, at its second snapshot; the others are in the genesis. */
export const LISTED_LATER: SeriesName = "BTC-27MAR26-60000-P";
export const GENESIS_SERIES: readonly Series[] = SERIES_NAMES.filter((name) => name !== LISTED_LATER).map(parseSeries);

/** Unix seconds, in the order of the report. */
export const EXPIRIES: readonly number[] = [
  ...new Set(SERIES.flatMap(({ kind, expiry }) => (kind === "perpetual" ? [] : [Number(expiry)]))),
];

/** UTC stamps of the snapshots that the demonstration replays, as in the names of the source files. */
export const SNAPSHOT_STAMPS = [
  "20260204T042403Z",
  "20260204T213308Z",
  "20260205T155132Z",
  "20260205T212937Z",
  "20260206T155121Z",
  "20260207T042330Z",
] as const;
