/**
 * The board: which series sits in which slot, its status, its open interest, and what its holders are paid or charged.
 * @module
 */

import { toField } from "./field.ts";
import { hash, hashList } from "./hash.ts";
import { SERIES_STATUS, type SeriesStatus, TAG } from "./params.ts";
import { type Series, seriesHash } from "./series.ts";

export type Slot = {
  readonly series: Series | null;
  readonly status: SeriesStatus;
  /** Lots held long and short over all accounts; equal while the series lives. */
  readonly openLong: bigint;
  readonly openShort: bigint;
  /** 1e-6 USDC that bankrupt accounts owe, to be charged to those who are long, or short. */
  readonly deficitLong: bigint;
  readonly deficitShort: bigint;
  /** 1e-2 USDC per unit: payoff of a settled series, else 0. A perpetual's stands with the marks. */
  readonly index: bigint;
  /** 1e-2 USDC per unit charged to every long, every short, since the series was listed. */
  readonly lossLong: bigint;
  readonly lossShort: bigint;
  /** Lots that may be open. */
  readonly cap: bigint;
};
export type Board = readonly Slot[];

export const EMPTY_SLOT: Slot = {
  series: null,
  status: "empty",
  openLong: 0n,
  openShort: 0n,
  deficitLong: 0n,
  deficitShort: 0n,
  index: 0n,
  lossLong: 0n,
  lossShort: 0n,
  cap: 0n,
};

/** Status sits this many bits above the expiry, so that no status aliases another whatever the expiry. */
export const STATUS_SHIFT = 48n;

/** The two listing values of a slot: series hash, status and expiry. */
export const listing = ({ series, status }: Slot): readonly [bigint, bigint] => [
  series ? seriesHash(series) : 0n,
  (BigInt(SERIES_STATUS[status]) << STATUS_SHIFT) + (series?.expiry ?? 0n),
];
/** What lanes change of a slot. */
export const interest = ({ openLong, openShort, deficitLong, deficitShort }: Slot): readonly bigint[] => [
  openLong,
  openShort,
  deficitLong,
  deficitShort,
];
/** What only a `board` step changes. */
export const accrual = ({ index, lossLong, lossShort, cap }: Slot): readonly bigint[] => [
  toField(index),
  lossLong,
  lossShort,
  cap,
];
export const listingHash = (board: Board): bigint => hashList(TAG.listing, board.flatMap(listing));
export const interestHash = (board: Board): bigint => hashList(TAG.interest, board.flatMap(interest));
export const accrualHash = (board: Board): bigint => hashList(TAG.accrual, board.flatMap(accrual));

export const boardHash = (board: Board): bigint =>
  hash(TAG.board, [listingHash(board), interestHash(board), accrualHash(board)]);

/** Series hash per slot, 0 for an empty one. */
export const seriesHashes = (board: Board): readonly bigint[] =>
  board.map(({ series }) => (series ? seriesHash(series) : 0n));

/** Whether marks are due to a slot's series: it is listed or live. */
export const isRunning = ({ status }: Slot): boolean => status === "listed" || status === "live";
/** Whether it still has time at `timestamp`, which a perpetual always has. */
export const isAhead = (slot: Slot, timestamp: bigint): boolean =>
  isRunning(slot) && slot.series !== null && (slot.series.kind === "perpetual" || slot.series.expiry > timestamp);
