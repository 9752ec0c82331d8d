/**
 * Option chains in the files of the large venue's public snapshots (`deribit_options_snapshot_*.csv`) and in the project's own
 * extract, whichever a text is.
 * @module
 */
import { parse } from "csv-parse/sync";
import { EXTRACT_COLUMNS, parseExtract, type Quote, type Snapshot } from "./chain.ts";
import { MarketError } from "./errors.ts";

/** Columns of the venue's files that are read. Years to expiry are recomputed from the times: that column has another year. */
const COLUMNS = [
  "timestamp",
  "instrument_name",
  "option_type",
  "strike",
  "expiry_datetime",
  "bid_price",
  "ask_price",
  "mark_price",
  "implied_volatility",
  "futures_price",
  "index_price",
] as const;
type Fields = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** The snapshots of a text, oldest first: two-sided quotes of options on `symbol`. Throws `MarketError` BadQuotes. */
export function parseChains(text: string, symbol: string): Snapshot[] {
  try {
    const header = text.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
    const columns = header.trim().split(",");
    const has = (all: readonly string[]) => all.every((each) => columns.includes(each));
    const snapshots = has(COLUMNS)
      ? parseVenueChain(text, symbol)
      : has(EXTRACT_COLUMNS) && symbol === "BTC"
        ? parseExtract(text)
        : [];
    if (snapshots.length === 0)
      throw new MarketError("BadQuotes", `no ${symbol} option chain: neither a snapshot of the venue nor the extract`);
    return snapshots.toSorted((a, b) => a.time - b.time);
  } catch (cause) {
    if (cause instanceof MarketError) throw cause;
    throw new MarketError("BadQuotes", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Rows of one symbol carry one time, whole seconds of which name the snapshot; the other symbol's lag behind. */
function parseVenueChain(text: string, symbol: string): Snapshot[] {
  const rows: Fields[] = parse(text, { columns: true, comment: "#" });
  const own = rows
    .map((fields, at) => ({ fields, row: at + 2 }))
    .filter(({ fields }) => fields.instrument_name.startsWith(`${symbol}-`) && isTwoSided(fields));
  const byTime = Map.groupBy(own, ({ fields }) => wholeSecond(fields.timestamp));
  return [...byTime].map(([stamp, each]) => ({
    stamp,
    time: seconds(stamp),
    quotes: each.map(({ fields, row }) => quoteOf(fields, row)),
  }));
}

const isTwoSided = ({ bid_price, ask_price }: Fields): boolean => Number(bid_price) > 0 && Number(ask_price) > 0;
const wholeSecond = (iso: string): string => `${iso.slice(0, 19)}Z`;
const seconds = (iso: string): number => {
  const time = Date.parse(iso) / 1000;
  if (!Number.isInteger(time)) throw new MarketError("BadQuotes", `"${iso}" is not a time`);
  return time;
};

function quoteOf(fields: Fields, row: number): Quote {
  const number = (column: (typeof COLUMNS)[number]): number => {
    const value = Number(fields[column]);
    if (fields[column] === "" || !Number.isFinite(value))
      throw new MarketError("BadQuotes", `${column} of row ${row} is "${fields[column]}"`);
    return value;
  };
  const kind = fields.option_type;
  if (kind !== "call" && kind !== "put")
    throw new MarketError("BadQuotes", `option_type of row ${row} is "${kind}"; it is call or put`);
  return {
    row,
    expiry: seconds(wholeSecond(fields.expiry_datetime)),
    strike: number("strike"),
    kind,
    bid: number("bid_price"),
    ask: number("ask_price"),
    mark: number("mark_price"),
    iv: number("implied_volatility"),
    future: number("futures_price"),
    index: number("index_price"),
  };
}
