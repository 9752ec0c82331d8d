/**
 * Rows of the pricing benchmark: the pricing functions against the marks that a venue printed with their volatilities.
 * @module
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { YEAR_SECONDS } from "#protocol/params.ts";
import { priceLine } from "#protocol/price-line.ts";
import { csvRows, kindOf } from "../printed-prices.ts";
import { atMost, BOUND, bar } from "./pricing-rows.ts";
import type { Row } from "./report.ts";

/** Half of the last printed digit of a venue's volatility, 0.01 points. */
const HALF_POINT = 0.00005;
/** Half of the last printed digit of a venue's mark, in coin. */
const HALF_DIGIT = 0.5e-6;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

type Quote = {
  readonly chain: string;
  readonly coin: string;
  readonly kind: "call" | "put";
  readonly strike: number;
  readonly seconds: number;
  readonly vol: number;
  readonly mark: number;
};

function quotesOf(data: string, file: string): Quote[] {
  return csvRows(data, "options", file).map((row) => {
    const number = (name: string) => Number(row[name]);
    const time = (name: string) => Date.parse(row[name] ?? "") / 1000;
    return {
      chain: `${file} ${row["currency"]} ${row["expiry_datetime"]}`,
      coin: row["currency"] ?? "",
      kind: kindOf(row["option_type"]),
      strike: number("strike"),
      seconds: time("expiry_datetime") - time("timestamp"),
      vol: number("implied_volatility"),
      mark: number("mark_price"),
    };
  });
}

/** Call less put, in coin, is 1 - K / F: a forward for every strike that has both. */
function parityForwards(quotes: readonly Quote[]): ReadonlyMap<string, number> {
  const calls = new Map(quotes.filter(({ kind }) => kind === "call").map((each) => [placeOf(each), each]));
  return new Map(
    quotes.flatMap((put) => {
      const call = put.kind === "put" ? calls.get(placeOf(put)) : undefined;
      return call ? [[placeOf(put), put.strike / (1 - (call.mark - put.mark))] as const] : [];
    }),
  );
}
const placeOf = ({ chain, strike }: Quote): string => `${chain} ${strike}`;

/** Mark in coin at a volatility; null outside the domain. */
function markInCoin({ kind, strike, seconds }: Quote, forward: number, vol: number): number | null {
  const line = priceLine({
    forward: forward.toFixed(10),
    strike: strike.toFixed(10),
    years: (Math.max(seconds, 1) / Number(YEAR_SECONDS)).toFixed(18),
    vol: vol.toFixed(10),
    kind,
  });
  return line.isInDomain ? Number(line.mark) / forward : null;
}

/** Seconds, in steps of 10, between a file's time stamp and the reading of one coin's marks: the ones that fit a sample best. */
function delayOf(quotes: readonly Quote[], forwards: ReadonlyMap<string, number>): number {
  const sample = quotes.filter((_, at) => at % Math.ceil(quotes.length / DELAY.sample) === 0);
  const miss = (delay: number): number =>
    median(
      sample.flatMap((quote) => {
        const forward = forwards.get(placeOf(quote)) ?? 0;
        const mark = markInCoin({ ...quote, seconds: quote.seconds - delay }, forward, quote.vol);
        return mark === null ? [] : [Math.abs(mark - quote.mark)];
      }),
    );
  const delays = Array.from({ length: DELAY.steps }, (_, at) => DELAY.first + 10 * at);
  const misses = delays.map(miss);
  return delays[misses.indexOf(Math.min(...misses))] ?? 0;
}
const DELAY = { first: -30, steps: 25, sample: 100 } as const;

export function chainRows(data: string): Row[] {
  const files = readdirSync(join(data, "options")).filter((file) => file.startsWith("deribit_options_snapshot"));
  const errors: number[] = [];
  const found: number[] = [];
  let inside = 0;
  const progress = bar("chains", files.length);
  files.forEach((file, at) => {
    const all = quotesOf(data, file);
    const forwards = parityForwards(all);
    for (const coin of new Set(all.map((quote) => quote.coin))) {
      const quotes = all.filter(
        (quote) => quote.coin === coin && forwards.has(placeOf(quote)) && quote.vol > 0 && quote.mark > 0,
      );
      const delay = delayOf(quotes, forwards);
      found.push(delay);
      for (const each of quotes) {
        const quote = { ...each, seconds: each.seconds - delay };
        const forward = forwards.get(placeOf(quote)) ?? 0;
        const price = (vol: number) => markInCoin(quote, forward, vol);
        const [low, middle, high] = [quote.vol - HALF_POINT, quote.vol, quote.vol + HALF_POINT].map(price);
        if (low == null || middle == null || high == null) continue;
        errors.push(Math.abs(middle - quote.mark));
        if (quote.mark >= low - HALF_DIGIT && quote.mark <= high + HALF_DIGIT) inside++;
      }
    }
    progress.step(at * 64);
  });
  progress.stop();
  const part = inside / errors.length;
  const delays = `read ${Math.min(...found)} to ${Math.max(...found)} s after their stamp`;
  return [
    {
      what: `Deribit chains: marks inside the venue's IV rounding, of ${errors.length.toLocaleString("en-US")} ${delays}`,
      value: `${(100 * part).toFixed(2)} %`,
      target: `>= ${100 * BOUND.inBand} %`,
      ok: part >= BOUND.inBand,
    },
    atMost("Deribit chains: median error, coin", median(errors), BOUND.coin),
  ];
}
