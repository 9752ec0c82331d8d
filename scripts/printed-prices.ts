/**
 * Prices that books and libraries print, from `pricing/` in the folder of `PROVEGA_DATA`, in the terms of `priceLine`: a forward price,
 * and a factor that discounts the answer.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { type PriceLine, priceLine } from "#protocol/price-line.ts";
import { type Real, real } from "./reference.ts";

export type CsvRow = Readonly<Record<string, string>>;
export const csvRows = (...path: readonly string[]): CsvRow[] => parse(readFileSync(join(...path)), { columns: true });

export function column(row: CsvRow, name: string): Real {
  const text = row[name];
  if (text === undefined) throw new RangeError(`no column ${name}`);
  return real(text);
}
export const kindOf = (text = ""): "call" | "put" => (text.startsWith("c") ? "call" : "put");

/** One printed price: undiscounted terms, and what it is to be worth now. */
export type PrintedPrice = {
  readonly forward: Real;
  readonly strike: Real;
  readonly years: Real;
  readonly vol: Real;
  readonly kind: "call" | "put";
  readonly discount: Real;
  readonly expected: Real;
  readonly tolerance: Real;
};

/** What the sources call their columns. */
type SpotColumns = { readonly spot: string; readonly strike: string; readonly years: string };
const HAUG: SpotColumns = { spot: "spot", strike: "strike", years: "t_years" };
const HULL: SpotColumns = { spot: "S_or_F", strike: "K", years: "t" };

/** Spot, rates and carry become a forward price and a discount factor. */
function ofSpot(row: CsvRow, names: SpotColumns): PrintedPrice {
  const years = column(row, names.years);
  const rate = column(row, "r");
  return {
    forward: column(row, names.spot).mul(
      rate
        .minus(row["q"] ?? "0")
        .mul(years)
        .exp(),
    ),
    strike: column(row, names.strike),
    years,
    vol: column(row, "vol"),
    kind: kindOf(row["type"]),
    discount: rate.neg().mul(years).exp(),
    expected: column(row, "mp_value_22d"),
    tolerance: column(row, "tol"),
  };
}

export const ofHaug = (row: CsvRow): PrintedPrice => ofSpot(row, HAUG);

/** Its rows hold a call and a put. */
export function ofVollib(row: CsvRow, kind: "call" | "put"): PrintedPrice {
  const [years, rate] = [column(row, "t"), column(row, "R")];
  return {
    forward: column(row, "S").mul(rate.mul(years).exp()),
    strike: column(row, "K"),
    years,
    vol: column(row, "v"),
    kind,
    discount: rate.neg().mul(years).exp(),
    expected: column(row, `mp_${kind}_22d`),
    tolerance: real(0),
  };
}

const ofBlack76 = (row: CsvRow): PrintedPrice => ({
  forward: column(row, "forward"),
  strike: column(row, "strike"),
  years: real(1),
  vol: column(row, "total_stdev"),
  kind: kindOf(row["type"]),
  discount: column(row, "discount"),
  expected: column(row, "mp_value_22d"),
  tolerance: column(row, "tol"),
});

/** By file. A strike, volatility or time of 0 is no option that a series can name. */
export function printedPrices(data: string): ReadonlyMap<string, readonly PrintedPrice[]> {
  const files: Readonly<Record<string, (row: CsvRow) => readonly PrintedPrice[]>> = {
    "european_haug.csv": (row) => [ofHaug(row)],
    "black76.csv": (row) => [ofBlack76(row)],
    "hull_textbook.csv": (row) => (row["model"] === "bsm" ? [ofSpot(row, HULL)] : []),
    "pyvollib_bs_greeks.csv": (row) => [ofVollib(row, "call"), ofVollib(row, "put")],
  };
  return new Map(
    Object.entries(files).map(([file, pricesOf]) => [
      file,
      csvRows(data, "pricing", file)
        .flatMap(pricesOf)
        .filter(({ strike, vol, years }) => !strike.isZero() && !vol.isZero() && !years.isZero()),
    ]),
  );
}

/** What the pricing functions answer to the same terms. */
export const lineOf = ({ forward, strike, years, vol, kind }: PrintedPrice): PriceLine =>
  priceLine({
    forward: forward.toSignificantDigits(30).toFixed(),
    strike: strike.toFixed(),
    years: years.toFixed(),
    vol: vol.toFixed(),
    kind,
  });
