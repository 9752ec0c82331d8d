/**
 * The board: which series sits in which slot, its status and its open interest.
 * @module
 */
import { hash, hashList } from "./hash.ts";
import { SERIES_STATUS, type SeriesStatus, TAG } from "./params.ts";
import { type Series, seriesHash } from "./series.ts";

export type Slot = {
  readonly series: Series | null;
  readonly status: SeriesStatus;
  /** Lots held long and short over all accounts; equal while the series lives. */
  readonly openLong: bigint;
  readonly openShort: bigint;
};
export type Board = readonly Slot[];

export const EMPTY_SLOT: Slot = { series: null, status: "empty", openLong: 0n, openShort: 0n };

/** Status sits this many bits above the expiry, so that no status aliases another whatever the expiry. */
export const STATUS_SHIFT = 48n;

/** The two listing values of a slot: series hash, status and expiry. */
export const listing = ({ series, status }: Slot): readonly [bigint, bigint] => [
  series ? seriesHash(series) : 0n,
  (BigInt(SERIES_STATUS[status]) << STATUS_SHIFT) + (series?.expiry ?? 0n),
];
export const listingHash = (board: Board): bigint => hashList(TAG.listing, board.flatMap(listing));
export const interestHash = (board: Board): bigint =>
  hashList(
    TAG.interest,
    board.flatMap(({ openLong, openShort }) => [openLong, openShort]),
  );
/** Place of (payoffPerUnit, index, lossLong, lossShort, deficit, cap) per slot: all zero while only options trade. */
export const accrualHash = (board: Board): bigint =>
  hashList(
    TAG.accrual,
    board.flatMap(() => [0n, 0n, 0n, 0n, 0n, 0n]),
  );

export const boardHash = (board: Board): bigint =>
  hash(TAG.board, [listingHash(board), interestHash(board), accrualHash(board)]);

/** Series hash per slot, 0 for an empty one. */
export const seriesHashes = (board: Board): readonly bigint[] =>
  board.map(({ series }) => (series ? seriesHash(series) : 0n));
