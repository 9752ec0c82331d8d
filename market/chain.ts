/**
 * Option chains of a venue that settles in coin: parsing, forwards by put-call parity, coin to USDC.
 * Floating point is for fitting and display; what enters the protocol is converted with a named rounding.
 * @module
 */
import { parse } from "csv-parse/sync";
import { MARKET, SCALE, YEAR_SECONDS } from "#protocol/params.ts";
import type { Series } from "#protocol/series.ts";
import { MarketError } from "./errors.ts";

/** One two-sided quote of one snapshot. `bid`, `ask`, `mark` in coin; the rest in USD. */
export type Quote = {
  /** Line of the source file; with the snapshot's stamp it names the fact. */
  readonly row: number;
  /** Unix seconds. */
  readonly expiry: number;
  readonly strike: number;
  readonly kind: "call" | "put";
  readonly bid: number;
  readonly ask: number;
  readonly mark: number;
  readonly iv: number;
  readonly future: number;
  readonly index: number;
};
export type Snapshot = {
  /** UTC second, e.g. `2026-02-05T21:29:37Z`. */
  readonly stamp: string;
  /** Unix seconds. */
  readonly time: number;
  readonly quotes: readonly Quote[];
};

const COLUMNS = ["snapshot", "row", "expiry", "strike", "kind", "bid", "ask", "mark", "iv", "future", "index"] as const;
export type ExtractColumn = (typeof COLUMNS)[number];
export const EXTRACT_COLUMNS: readonly ExtractColumn[] = COLUMNS;

/** Strikes further than this from the forward, in log-moneyness, are not part of the extract. */
export const MONEYNESS_LIMIT = 0.35;
/** Pairs within this of the forward, in log-moneyness, give the parity forward: further out one leg is too wide to say much. */
export const PARITY_LIMIT = 0.12;

const seconds = (iso: string): number => {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(iso))
    throw new Error(`"${iso}" is not a time like 2026-02-27T08:00:00Z`);
  return Date.parse(iso) / 1000;
};

/** Reads the extract; rows of a snapshot are adjacent. */
export function parseExtract(text: string): Snapshot[] {
  const rows: Record<ExtractColumn, string>[] = parse(text, { columns: true, comment: "#" });
  const snapshots = Map.groupBy(rows, ({ snapshot }) => snapshot);
  return [...snapshots].map(([stamp, each]) => ({ stamp, time: seconds(stamp), quotes: each.map(quoteOf) }));
}

function quoteOf(fields: Record<ExtractColumn, string>): Quote {
  const number = (column: ExtractColumn): number => {
    const value = Number(fields[column]);
    if (fields[column] === "" || !Number.isFinite(value))
      throw new Error(`${column} of row ${fields.row} is "${fields[column]}"`);
    return value;
  };
  const { kind } = fields;
  if (kind !== "call" && kind !== "put") throw new Error(`kind of row ${fields.row} is "${kind}"; it is call or put`);
  const [row, strike, bid, ask] = [number("row"), number("strike"), number("bid"), number("ask")];
  const [mark, iv, future, index] = [number("mark"), number("iv"), number("future"), number("index")];
  return { row, expiry: seconds(fields.expiry), strike, kind, bid, ask, mark, iv, future, index };
}

/** Years of exactly 365 days, as the venue counts them. */
export const yearsTo = (expiry: number, time: number): number => (expiry - time) / Number(YEAR_SECONDS);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error("the median of nothing");
  return (low + high) / 2;
}

/**
 * Forward of one expiry in USD: in coin, call - put = 1 - K/F at every strike; of the strikes near the money we take the median,
 * since single pairs stray by up to 2 %. Rounded to the 1e-8 USDC that a report carries. Throws `MarketError` TooFewQuotes.
 */
export function parityForward(quotes: readonly Quote[]): number {
  const puts = new Map(quotes.filter(({ kind }) => kind === "put").map((put) => [put.strike, put]));
  const forwards = quotes.flatMap((call) => {
    const put = puts.get(call.strike);
    if (call.kind !== "call" || !put || !isNearMoney(call)) return [];
    return [call.strike / (1 - (call.bid + call.ask - put.bid - put.ask) / 2)];
  });
  if (forwards.length === 0) throw new MarketError("TooFewQuotes", "no call and put of one strike near the money");
  return Math.round(median(forwards) * 1e8) / 1e8;
}

const isNearMoney = ({ strike, future }: Quote): boolean => Math.abs(Math.log(strike / future)) < PARITY_LIMIT;

/** USD (a multiple of 1e-8) to the protocol's spot unit: exact. */
export const toSpot = (usd: number): bigint => BigInt(Math.round(usd * Number(SCALE.spot)));

/** Coin prices have four decimals; eight are kept. */
const toCoin = (price: number): bigint => BigInt(Math.round(price * 1e8));

/** A coin price in USD at `forward`. */
export const coinToUsd = (price: number, forward: number): number => price * forward;

/**
 * A coin price in ticks of the order price, away from the middle: bids down, asks up, so that no maker quotes better than the market.
 * Result in 1e-2 USDC per unit.
 */
export function coinToPrice(price: number, forward: number, side: "bid" | "ask"): bigint {
  const exact = toCoin(price) * toSpot(forward); // 1e-16 USDC
  const perTick = (MARKET.tick * 10n ** 8n * SCALE.spot) / SCALE.price;
  return (side === "bid" ? exact / perTick : (exact + perTick - 1n) / perTick) * MARKET.tick;
}

/** The quotes of one expiry. */
export const ofExpiry = ({ quotes }: Snapshot, expiry: number): Quote[] =>
  quotes.filter((quote) => quote.expiry === expiry);

/** The quote of one series. Throws if the snapshot has none. */
export function quoteFor({ quotes, stamp }: Snapshot, { kind, strike, expiry }: Series): Quote {
  const found = quotes.find(
    (quote) => quote.kind === kind && toSpot(quote.strike) === strike && BigInt(quote.expiry) === expiry,
  );
  if (!found) throw new Error(`snapshot ${stamp} has no quote of ${kind} ${strike / SCALE.spot}`);
  return found;
}
