/**
 * What participants say to the venue, in its units.
 * @module
 */
import type { Intent, Order, Spread } from "#protocol/intent.ts";
import { type MarginTerms, riskOf } from "#protocol/margin.ts";
import { MARKET, SCALE } from "#protocol/params.ts";
import { seriesHash } from "#protocol/series.ts";
import type { State } from "#protocol/state.ts";

/** Who, under which epoch, which nonce, and until when. */
export type Envelope = Pick<Intent, "account" | "epoch" | "nonce" | "validUntil">;
/** What an order is made of beside. */
export type Terms = {
  readonly slot: number;
  /** Lots, signed: positive to buy. */
  readonly size: bigint;
  /** USD per unit: rounded to the tick, for nobody's benefit. */
  readonly price: number;
  readonly ioc?: boolean;
  readonly reduceOnly?: boolean;
};

const tick = (usd: number): bigint => {
  const ticks = BigInt(Math.round((usd * Number(SCALE.price)) / Number(MARKET.tick)));
  return (ticks > 0n ? ticks : 1n) * MARKET.tick;
};

/** `feePerLot`: the most that is paid, 1e-6 USDC. */
export function orderOf(state: State, envelope: Envelope, feePerLot: bigint, terms: Terms): Order {
  return {
    ...envelope,
    ...FLAGS,
    kind: "order",
    seriesHash: hashOf(state, terms.slot),
    side: terms.size < 0n ? "sell" : "buy",
    size: terms.size < 0n ? -terms.size : terms.size,
    price: tick(terms.price),
    feePerLot,
    ioc: terms.ioc === true,
    reduceOnly: terms.reduceOnly === true,
  };
}

/** Lots of each slot in one unit of a spread; what the owner receives is positive. */
export type Ratios = readonly { readonly slot: number; readonly ratio: bigint }[];

/** `price`: net, USD per unit of underlying times lots, positive if the owner pays; rounded to the tick against the owner. */
export function spreadOf(
  state: State,
  envelope: Envelope,
  feePerLot: bigint,
  { legs, units, price }: { readonly legs: Ratios; readonly units: bigint; readonly price: number },
): Spread {
  return {
    ...envelope,
    ...FLAGS,
    kind: "spread",
    legs: legs.map(({ slot, ratio }) => ({ seriesHash: hashOf(state, slot), ratio })),
    size: units,
    price: BigInt(Math.ceil((price * Number(SCALE.price)) / Number(MARKET.tick))) * MARKET.tick,
    feePerLot,
    ioc: true,
  };
}

const FLAGS = { postOnly: false, ioc: false, fok: false, reduceOnly: false } as const;

function hashOf({ board }: State, slot: number): bigint {
  const series = board[slot]?.series;
  if (!series) throw new RangeError(`slot ${slot} lists nothing`);
  return seriesHash(series);
}

/** USD per unit. */
export const markOf = ({ marks }: State, slot: number): number =>
  Number(marks.slots[slot]?.mark ?? 0n) / Number(SCALE.mark);
export const spotOf = ({ marks }: State): number => Number(marks.underlyings[0]?.spot ?? 0n) / Number(SCALE.spot);
/** Lots of `units` of underlying, rounded down. */
export const lots = (units: number): bigint => BigInt(Math.floor(units * Number(SCALE.lotsPerUnit)));
export const unitsOf = (size: bigint): number => Number(size) / Number(SCALE.lotsPerUnit);
/** USDC. */
export const usdOf = (cash: bigint): number => Number(cash) / Number(SCALE.cash);

/** Lots whose rise in initial margin uses so much of what an account has above it, `direction` 1 or -1; 0 if it has nothing. */
export function affordable(
  { profile, marks, parameters }: State,
  terms: MarginTerms,
  legs: Ratios,
  part: number,
): bigint {
  const probe = 1_000n;
  const after = terms.sizes.slice();
  for (const { slot, ratio } of legs) after[slot] = (after[slot] ?? 0n) + ratio * probe;
  const before = riskOf(profile, marks, parameters, terms);
  const rise = riskOf(profile, marks, parameters, { cash: terms.cash, sizes: after }).initial - before.initial;
  if (before.surplus <= 0n) return 0n;
  if (rise <= 0n) return MOST;
  const size = (before.surplus * BigInt(Math.round(part * 1_000)) * probe) / (rise * 1_000n);
  return size < MOST ? size : MOST;
}
/** Lots of one order: more would move the market. */
const MOST = 200_000n;
