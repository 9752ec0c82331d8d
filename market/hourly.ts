/**
 * Hourly prices and a perpetual's funding, as the venues recorded them.
 * @module
 */
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { MarketError } from "./errors.ts";

/** `time`: unix seconds at which the hour ends; `close`: USDT per BTC. */
export type HourlyPrice = { readonly time: number; readonly close: number };
/** What was paid at `time`, unix seconds, for the `FUNDING_HOURS` before it: part of the notional, positive if longs pay. */
export type FundingRate = { readonly time: number; readonly rate: number };

export const HOUR = 3_600;
export const FUNDING_HOURS = 8;
/** The funding file's clock is ahead of UTC. */
const FUNDING_CLOCK = "+03:00";

const FOLDER = new URL("./prices/", import.meta.url);
/** Committed extracts, each of a fortnight around a crash. */
const PRICES = ["btc-1h-2020-03.csv", "btc-1h-2025-10.csv", "btc-1h-2026-02.csv"] as const;
const FUNDING = ["btc-funding-2020-03.csv"] as const;

const read = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");
function rowsOf(text: string): Record<string, string>[] {
  try {
    return parse(text, { columns: true, comment: "#" });
  } catch (cause) {
    throw new MarketError("BadPrices", `not a CSV file: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Ascending by time. Throws `BadPrices` on what is no file of hourly bars. */
export function parsePrices(text: string): readonly HourlyPrice[] {
  const prices = rowsOf(text).map((row) => ({ time: Number(row["ts_unix"]) + HOUR, close: Number(row["close"]) }));
  const bad = prices.findIndex(
    ({ time, close }, at) => !(Number.isInteger(time) && close > 0 && time > (prices[at - 1]?.time ?? 0)),
  );
  if (bad >= 0 || prices.length === 0)
    throw new MarketError(
      "BadPrices",
      `row ${bad + 1} is no bar; a file of hourly prices has the columns ts_unix and close, rows ascending in time`,
    );
  return prices;
}

/** Throws `BadPrices` on what is no file of funding rates. */
export function parseFunding(text: string): readonly FundingRate[] {
  const rates = rowsOf(text).map((row) => ({
    time: Math.round(Date.parse(`${(row["Date"] ?? "").slice(0, 19).replace(" ", "T")}${FUNDING_CLOCK}`) / 1000),
    rate: Number(row["Funding Rate"]),
  }));
  if (rates.some(({ time, rate }) => Number.isNaN(time + rate)))
    throw new MarketError("BadPrices", "a file of funding has the columns Date and Funding Rate");
  return rates;
}

/** The committed prices that reach over `[from, to]`, unix seconds. Throws `PricesMissing`. */
export function loadPrices(from: number, to: number): readonly HourlyPrice[] {
  const found = PRICES.map((name) => parsePrices(read(name))).find((prices) => covers(prices, from, to));
  if (found) return found;
  throw new MarketError(
    "PricesMissing",
    "no committed prices reach over these days: they are of 5 to 19 March 2020, 3 to 17 October 2025 and 29 January to 12 February 2026; name another file with --prices FILE",
  );
}

/** The committed funding rates; none of a time means that none is known. */
export const loadFunding = (): readonly FundingRate[] => FUNDING.flatMap((name) => parseFunding(read(name)));

/** Whether `prices` reach over `[from, to]`, unix seconds. */
export const covers = (prices: readonly HourlyPrice[], from: number, to: number): boolean =>
  (prices[0]?.time ?? Number.POSITIVE_INFINITY) <= from && (prices.at(-1)?.time ?? 0) >= to;
