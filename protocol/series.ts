/**
 * Series: what is traded. Orders sign the hash of a series, never its slot on the board.
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { hash } from "./hash.ts";
import { NEVER, SCALE, SERIES_KIND, type SeriesKind, TAG, WIDTH } from "./params.ts";

export type Series = {
  readonly underlying: number;
  readonly kind: SeriesKind;
  /** 1e-8 USDC per unit. */
  readonly strike: bigint;
  /** Unix seconds. */
  readonly expiry: bigint;
};

/** Names of the underlyings by number. */
export const UNDERLYING = ["BTC", "ETH"] as const;
const MONTH = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;
const LETTER: Readonly<Record<SeriesKind, string>> = { call: "C", put: "P", perpetual: "PERP" };

const known = new WeakMap<Series, bigint>();

/** Twin of `SeriesHash`; remembered per object, since every step asks for every slot's. */
export function seriesHash(series: Series): bigint {
  const before = known.get(series);
  if (before !== undefined) return before;
  const { underlying, kind, strike, expiry } = series;
  const digest = hash(TAG.series, [BigInt(underlying), BigInt(SERIES_KIND[kind]), strike, expiry]);
  known.set(series, digest);
  return digest;
}

/** The perpetual of an underlying. */
export const perpetual = (underlying: number): Series => ({ underlying, kind: "perpetual", strike: 0n, expiry: NEVER });

/** The venue's usual name, e.g. `BTC-27FEB26-70000-C` or `BTC-PERP`. */
export function seriesName({ underlying, kind, strike, expiry }: Series): string {
  const symbol = UNDERLYING[underlying] ?? `U${underlying}`;
  if (kind === "perpetual") return `${symbol}-${LETTER[kind]}`;
  const date = new Date(Number(expiry) * 1000);
  const day = `${date.getUTCDate()}${MONTH[date.getUTCMonth()]}${String(date.getUTCFullYear()).slice(2)}`;
  return `${symbol}-${day}-${strike / SCALE.spot}-${LETTER[kind]}`;
}

/** Inverse of `seriesName`, expiring at 08:00 UTC like the listed options of the large venue. Throws `UnknownSeries`. */
export function parseSeries(name: string): Series {
  const unlimited = UNDERLYING.findIndex((_, underlying) => name === seriesName(perpetual(underlying)));
  if (unlimited >= 0) return perpetual(unlimited);
  const match = /^([A-Z]+)-(\d{1,2})([A-Z]{3})(\d{2})-(\d{1,8})-([CP])$/.exec(name);
  const [, symbol = "", day = "", month = "", year = "", strike = "", letter = ""] = match ?? [];
  const underlying = UNDERLYING.findIndex((each: string) => each === symbol);
  const monthIndex = (MONTH as readonly string[]).indexOf(month);
  const expiry = Date.UTC(2000 + Number(year), monthIndex, Number(day), 8) / 1000;
  const scaled = BigInt(strike || 0) * SCALE.spot;
  const series = {
    underlying,
    kind: letter === "C" ? "call" : "put",
    strike: scaled,
    expiry: BigInt(expiry || 0),
  } as const;
  // A name that another date or number would be printed as, 31FEB or 07FEB, is none.
  const isName = match !== null && underlying >= 0 && monthIndex >= 0 && seriesName(series) === name;
  if (!isName || scaled === 0n || scaled >> BigInt(WIDTH.spot) !== 0n) {
    throw new ProtocolError(
      "UnknownSeries",
      `"${name}" is not a series; a series looks like BTC-27FEB26-70000-C or BTC-PERP`,
    );
  }
  return series;
}
