/**
 * A marks step as volatility smiles: what was proved, the surface it was proved from, and the market of that second.
 * Floating point, for display.
 * @module
 */
import { parseWords } from "#protocol/binding.ts";
import { price } from "#protocol/black76.ts";
import { refuse } from "#protocol/errors.ts";
import { LAYOUT, unpack } from "#protocol/layout.ts";
import { SCALE } from "#protocol/params.ts";
import { parseSeries, UNDERLYING } from "#protocol/series.ts";
import type { StepDetail, WireReport } from "#rollup-node/wire.ts";
import { coinToUsd, MONEYNESS_LIMIT, ofExpiry, type Snapshot, yearsTo } from "./chain.ts";
import { impliedVol, type OptionKind } from "./implied-vol.ts";
import { sviVariance } from "./svi-fit.ts";

/** Strikes and forwards in USD, volatilities per year: 0.5 is 50 %. */
export type Smile = {
  readonly underlying: string;
  /** Unix seconds. */
  readonly expiry: number;
  readonly days: number;
  readonly forward: number;
  /** Bid and ask of the options out of the money; empty if no snapshot is of this second. */
  readonly market: readonly { readonly strike: number; readonly bid: number; readonly ask: number }[];
  /** One per report. */
  readonly curves: readonly (readonly { readonly strike: number; readonly vol: number }[])[];
  /** Inverted from the mark; a series marked at its intrinsic value has no volatility. */
  readonly marks: readonly {
    readonly series: string;
    readonly strike: number;
    readonly kind: OptionKind;
    readonly vol: number;
  }[];
};
export type StepSmiles = {
  readonly number: number;
  /** Of the oldest report, unix seconds. */
  readonly time: number;
  readonly smiles: readonly Smile[];
};

/** Points of a curve. */
const POINTS = 121;
/** The curve goes this much beyond the outermost strike, in log-moneyness. */
const MARGIN = 0.03;

const usd = (spot: bigint): number => Number(spot) / Number(SCALE.spot);
const unfixed = (value: string | bigint): number => Number(value) / 2 ** SCALE.fractionBits;

/** The smiles of a marks step; `names` of the series by slot. Throws `BadWords` on a step of another kind. */
export function smilesOf(
  step: Pick<StepDetail, "number" | "words" | "reports">,
  names: ReadonlyMap<number, string>,
  snapshots: readonly Snapshot[],
): StepSmiles {
  const { header, entries } = parseWords(step.words.map(BigInt));
  if (header.kind !== "marks")
    refuse("BadWords", `step ${step.number} is a ${header.kind} step; marks steps have smiles`);
  const [underlyings = [], expiries = [], slots = []] = entries.map((section) => section.map(([word = 0n]) => word));
  const times = underlyings.map((word) => Number(unpack(LAYOUT.underlying, word).timestamp));
  const perUnderlying = expiries.length / underlyings.length;
  const variances = slots.map((word) => unpack(LAYOUT.variance, word).variance);
  const smiles = expiries.flatMap((word, at): Smile[] => {
    const { expiry, forward, discount } = unpack(LAYOUT.expiry, word);
    if (expiry === 0n) return [];
    const underlying = Math.floor(at / perUnderlying);
    const time = times[underlying] ?? 0;
    const place = { underlying, expiry: Number(expiry), forward: usd(forward), years: yearsTo(Number(expiry), time) };
    const marks = [...names].flatMap(([slot, series]): Smile["marks"] => {
      const { strike, kind, ...rest } = parseSeries(series);
      const variance = variances[slot] ?? 0n;
      if (rest.expiry !== expiry || rest.underlying !== underlying || kind === "perpetual" || variance === 0n)
        return [];
      const { mark } = price({ forward, strike, kind, discount, variance });
      const paid = Number(mark) / Number(SCALE.mark) / unfixed(discount);
      const vol = impliedVol(kind, place.forward, usd(strike), paid, place.years);
      return vol === null ? [] : [{ series, strike: usd(strike), kind, vol }];
    });
    const snapshot = underlying === 0 ? snapshots.find((each) => each.time === time) : undefined;
    const market = snapshot ? marketOf(snapshot, place) : [];
    const reports = (step.reports ?? []).map(({ report }) => report).filter((each) => each.underlying === underlying);
    const strikes = [...marks, ...market].map(({ strike }) => strike);
    return [
      {
        underlying: UNDERLYING[underlying] ?? `U${underlying}`,
        expiry: place.expiry,
        days: place.years * 365,
        forward: place.forward,
        market,
        curves: reports.flatMap((report) => curveOf(report, place, strikes)),
        marks,
      },
    ];
  });
  return { number: step.number, time: Math.min(...times), smiles };
}

type Place = { readonly expiry: number; readonly forward: number; readonly years: number };

/** Bid and ask of every option out of the money as volatilities. */
function marketOf(snapshot: Snapshot, { expiry, forward, years }: Place): Smile["market"] {
  return ofExpiry(snapshot, expiry).flatMap(({ kind, strike, bid, ask }) => {
    const logMoneyness = Math.log(strike / forward);
    if ((kind === "call") !== logMoneyness >= 0 || Math.abs(logMoneyness) >= MONEYNESS_LIMIT) return [];
    const [low, high] = [bid, ask].map((coin) => impliedVol(kind, forward, strike, coinToUsd(coin, forward), years));
    return low != null && high != null ? [{ strike, bid: low, ask: high }] : [];
  });
}

/** A report's surface at one expiry, from the lowest strike of the picture to the highest. */
function curveOf({ expiries }: WireReport, { expiry, years }: Place, strikes: readonly number[]): Smile["curves"] {
  const reported = expiries.find((each) => Number(each.expiry) === expiry);
  if (!reported || strikes.length === 0) return [];
  const forward = usd(BigInt(reported.forward));
  const { a, b, rho, m, sigma } = reported.svi;
  const svi = { a: unfixed(a), b: unfixed(b), rho: unfixed(rho), m: unfixed(m), sigma: unfixed(sigma) };
  const [from, to] = [
    Math.log(Math.min(...strikes) / forward) - MARGIN,
    Math.log(Math.max(...strikes) / forward) + MARGIN,
  ];
  const points = Array.from({ length: POINTS }, (_, i) => {
    const k = from + ((to - from) * i) / (POINTS - 1);
    return { strike: forward * Math.exp(k), vol: Math.sqrt(sviVariance(svi, k) / years) };
  });
  return [points.filter(({ vol }) => Number.isFinite(vol))];
}
