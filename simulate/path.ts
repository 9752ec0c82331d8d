/**
 * The hours that a simulation plays: real prices, what volatility options have at each, and what the perpetual's premium is.
 * The prices are recorded ones; volatility and, where no funding was recorded, the premium are modelled.
 * @module
 */

import { MarketError } from "#market/errors.ts";
import { covers, FUNDING_HOURS, type FundingRate, HOUR, type HourlyPrice } from "#market/hourly.ts";
import { FUNDING } from "#protocol/params.ts";

export type Hour = {
  /** Unix seconds. */
  readonly time: number;
  /** USD. */
  readonly spot: number;
  /** Volatilities of the next hours and of months, per year. */
  readonly vol: { readonly short: number; readonly long: number };
  /** Of the perpetual's mark over spot, part of spot. */
  readonly premium: number;
};

export const DAY = 24 * HOUR;
const HOURS_PER_YEAR = 365 * 24;

/** Hours played before the day in question, of every three. */
const LEAD = 3;
/** Seconds of `days` around `date` (YYYY-MM-DD): a third of the days lies before it. */
export function windowOf(date: string, days: number): { readonly from: number; readonly to: number } {
  const from = Date.parse(`${date}T00:00:00Z`) / 1000 - Math.floor(days / LEAD) * DAY;
  return { from, to: from + days * DAY };
}

/** Seconds of prices before the first hour that volatility is made from. */
export const HISTORY = 3 * DAY;
/** Hours for which a return counts half as much as a new one. */
const MEMORY = { short: 10, long: 120 } as const;
/** Options cost more than what came of them: volatility is this much above the realised one, and within these bounds. */
const VOL = { markUp: 1.1, floor: 0.4, cap: { short: 2.5, long: 1.2 } } as const;

/** Every hour of `[from, to]`, the one that begins it included. Throws `PricesMissing`. */
export function pathOf(
  prices: readonly HourlyPrice[],
  funding: readonly FundingRate[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly Hour[] {
  if (!covers(prices, from, to)) {
    const date = (time = 0): string => new Date(time * 1000).toISOString().slice(0, 10);
    throw new MarketError(
      "PricesMissing",
      `the prices are of ${date(prices[0]?.time)} to ${date(prices.at(-1)?.time)}; they do not reach over ${date(from)} to ${date(to)}`,
    );
  }
  const known = new Map(prices.map(({ time, close }) => [time, close]));
  const rates = new Map(funding.map(({ time, rate }) => [time, rate]));
  const variance = { short: VOL.floor ** 2 / HOURS_PER_YEAR, long: VOL.floor ** 2 / HOURS_PER_YEAR };
  const hours: Hour[] = [];
  let last = prices[0]?.close ?? 0;
  let momentum = 0;
  for (let time = prices[0]?.time ?? from; time <= to; time += HOUR) {
    // While a venue was down its price stood still.
    const spot = known.get(time) ?? last;
    const step = Math.log(spot / last);
    for (const term of ["short", "long"] as const) {
      const kept = 0.5 ** (1 / MEMORY[term]);
      variance[term] = kept * variance[term] + (1 - kept) * step ** 2;
    }
    momentum = momentum * 0.8 + step;
    last = spot;
    const vol = { short: volatility(variance.short, "short"), long: volatility(variance.long, "long") };
    if (time >= from) hours.push({ time, spot, vol, premium: fundedPremium(rates, time) ?? premiumOf(momentum) });
  }
  return hours;
}

const volatility = (variance: number, term: "short" | "long"): number =>
  Math.min(VOL.cap[term], Math.max(VOL.floor, VOL.markUp * Math.sqrt(variance * HOURS_PER_YEAR)));

/** The premium under which the protocol's formula makes longs pay what they really paid for this hour; null if that is not known. */
function fundedPremium(rates: ReadonlyMap<number, number>, time: number): number | null {
  const period = FUNDING_HOURS * HOUR;
  const rate = rates.get(Math.ceil(time / period) * period);
  return rate === undefined ? null : rate + Math.sign(rate) * (Number(FUNDING.deadZonePpm) / 1e6);
}

/** A perpetual runs ahead of spot in a rise and below it in a fall. */
const premiumOf = (momentum: number): number => {
  const most = Number(FUNDING.bandPpm) / 1e6;
  return Math.max(-most, Math.min(most, momentum / 40));
};
