/**
 * A real tick tape of coin-settled options as orders for the engine. Prices, sizes, directions, volatilities and the index are
 * the tape's; the participants are composed: for every trade one rests an order and another takes it.
 * @module
 */
import { parse } from "csv-parse/sync";
import { MARKET, SCALE } from "#protocol/params.ts";
import { parseSeries, type Series } from "#protocol/series.ts";
import { coinToUsd, median, toSpot, yearsTo } from "./chain.ts";
import { black76 } from "./implied-vol.ts";

export type TapeTrade = {
  readonly id: string;
  /** Unix seconds. */
  readonly time: number;
  readonly name: string;
  readonly series: Series;
  /** In coin. */
  readonly coinPrice: number;
  /** Lots. */
  readonly size: bigint;
  /** What the taker did. */
  readonly side: "buy" | "sell";
  /** Annual volatility of the price; null where the venue printed none. */
  readonly vol: number | null;
  /** USD. */
  readonly index: number;
};

/** Distinct trades in the order of time, then of the venue's number. */
export function parseTape(text: string): TapeTrade[] {
  const rows: Record<string, string>[] = parse(text, { columns: true });
  const distinct = new Map(rows.map((row) => [row["trade_id"] ?? "", row]));
  return [...distinct.values()]
    .toSorted((a, b) => Number(a["t"]) - Number(b["t"]) || Number(a["trade_id"]) - Number(b["trade_id"]))
    .map(tradeOf);
}

function tradeOf(row: Record<string, string>): TapeTrade {
  const { trade_id: id, t, instrument_name: name, p, q, direction: side, iv, index_price: index } = row;
  if (!id || !name || (side !== "buy" && side !== "sell"))
    throw new Error(`trade ${id} of the tape lacks a series or a direction`);
  return {
    id,
    time: Math.floor(Number(t) / 1000),
    name,
    series: parseSeries(name),
    coinPrice: Number(p),
    size: BigInt(Math.round(Number(q) * Number(SCALE.lotsPerUnit))),
    side,
    vol: Number(iv) > 0 ? Number(iv) / 100 : null,
    index: Number(index),
  };
}

/** The forward at which the trade's volatility gives its price, as a multiple of the index; null if none between 0.8 and 1.3 does. */
function impliedBasis({ series, coinPrice, vol, index, time }: TapeTrade): number | null {
  const years = yearsTo(Number(series.expiry), time);
  if (vol === null || years <= 0 || series.kind === "perpetual") return null;
  const { kind } = series;
  const strike = Number(series.strike) / Number(SCALE.spot);
  const excess = (basis: number) =>
    black76(kind, basis * index, strike, vol * vol * years) / (basis * index) - coinPrice;
  let [low, high] = [0.8, 1.3];
  const sign = Math.sign(excess(high));
  if (sign === Math.sign(excess(low))) return null;
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (Math.sign(excess(middle)) === sign) high = middle;
    else low = middle;
  }
  return low;
}

/** Forward over index per expiry: the tape has no futures, but price and volatility imply them; the median over the tape is steady. */
export function tapeBasis(trades: readonly TapeTrade[]): ReadonlyMap<bigint, number> {
  const perExpiry = Map.groupBy(trades, ({ series }) => series.expiry);
  return new Map(
    [...perExpiry].map(([expiry, each]) => {
      const implied = each.map(impliedBasis).filter((basis) => basis !== null);
      return [expiry, implied.length > 0 ? median(implied) : 1];
    }),
  );
}

export type TapeMarks = {
  readonly act: "marks";
  /** Unix seconds. */
  readonly timestamp: bigint;
  /** 1e-8 USDC. */
  readonly spot: bigint;
  readonly expiries: readonly { readonly expiry: bigint; readonly forward: bigint; readonly discount: bigint }[];
  /** Total variance per series, 2^-40, in the order of `tapeSeries`; of an expired series, its last. */
  readonly variances: readonly bigint[];
};
export type TapeMatch = {
  readonly act: "match";
  readonly id: string;
  readonly timestamp: bigint;
  readonly name: string;
  readonly slot: number;
  readonly takerSide: "buy" | "sell";
  /** Lots. */
  readonly size: bigint;
  /** 1e-2 USDC per unit: coin price times forward, to the nearest tick, at least one. */
  readonly price: bigint;
};
export type TapeEvent = TapeMarks | TapeMatch;

/** Series in the order of their first trade: the slots of the replay's board. */
export const tapeSeries = (trades: readonly TapeTrade[]): Series[] => [
  ...new Map(trades.map(({ name, series }) => [name, series])).values(),
];

/** Seconds of tape between two price tables. */
const TAPE_MARKS_EVERY = 900;

/** The tape as price tables and matches. A table takes each series' latest volatility: before its first trade, that of the first. */
export function* tapeEvents(trades: readonly TapeTrade[]): Generator<TapeEvent> {
  const basis = tapeBasis(trades);
  const names = [...new Set(trades.map(({ name }) => name))];
  const series = tapeSeries(trades);
  const vols = firstVols(trades);
  const variances = series.map(() => 0n);
  let nextMarks = Number.NEGATIVE_INFINITY;
  for (const trade of trades) {
    const forward = (expiry: bigint): number => Math.round(trade.index * (basis.get(expiry) ?? 1) * 1e8) / 1e8;
    if (trade.time >= nextMarks) {
      nextMarks = trade.time + TAPE_MARKS_EVERY;
      series.forEach(({ expiry }, slot) => {
        const vol = vols.get(names[slot] ?? "") ?? 0;
        const left = yearsTo(Number(expiry), trade.time);
        if (left > 0) variances[slot] = BigInt(Math.max(1, Math.round(vol * vol * left * 2 ** SCALE.fractionBits)));
      });
      yield {
        act: "marks",
        timestamp: BigInt(trade.time),
        spot: toSpot(trade.index),
        expiries: [...basis.keys()].map((expiry) => ({
          expiry,
          forward: toSpot(forward(expiry)),
          discount: 1n << BigInt(SCALE.fractionBits),
        })),
        variances: [...variances],
      };
    }
    yield {
      act: "match",
      id: trade.id,
      timestamp: BigInt(trade.time),
      name: trade.name,
      slot: names.indexOf(trade.name),
      takerSide: trade.side,
      size: trade.size,
      price: nearestTick(coinToUsd(trade.coinPrice, forward(trade.series.expiry))),
    };
    if (trade.vol !== null) vols.set(trade.name, trade.vol);
  }
}

const nearestTick = (usd: number): bigint => {
  const ticks = BigInt(Math.round((usd * Number(SCALE.price)) / Number(MARKET.tick)));
  return (ticks > 0n ? ticks : 1n) * MARKET.tick;
};

function firstVols(trades: readonly TapeTrade[]): Map<string, number> {
  const vols = new Map<string, number>();
  for (const { name, vol } of trades) if (vol !== null && !vols.has(name)) vols.set(name, vol);
  return vols;
}
