/**
 * Everyone who comes to trade: leveraged traders of the perpetual, sellers and buyers of options, hedgers who trade several series
 * at once. What they want is composed; what they may is the engine's business.
 * @module
 */
import { isPerpetualSlot } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import { affordable, lots, markOf, type Ratios, spotOf, type Terms, usdOf } from "./orders.ts";
import type { Hour } from "./path.ts";
import type { Participant } from "./population.ts";

/** An account as its owner sees it. */
export type Holding = { readonly cash: bigint; readonly sizes: readonly bigint[] };
export type Wish =
  | ({ readonly kind: "order" } & Terms)
  /** `price`: most that is paid per unit of the spread, net, USD. */
  | { readonly kind: "spread"; readonly legs: Ratios; readonly units: bigint; readonly price: number }
  | { readonly kind: "withdraw" | "deposit"; readonly amount: bigint };

/** Chance per hour of doing something, in the first hours and later. */
const ACTIVE = { hours: 18, early: 0.12, later: 0.045 } as const;
/** How much worse than the mark a price may be: part of spot for a perpetual, part of the option's price and of spot for an option. */
const SLIPPAGE = { perpetual: 0.006, option: 0.12, ofSpot: 0.003 } as const;
/** Part of the traders that bets on a rise. */
const BULLS = 0.72;
/** Lots below which nobody bothers. */
const LEAST = 5n;

/** What `who` wants at this hour, `age` hours after the start; null if nothing. */
export function wishOf(state: State, who: Participant, holding: Holding, hour: Hour, age: number): Wish | null {
  const { random } = who;
  if (!random.isBelow(age < ACTIVE.hours ? ACTIVE.early : ACTIVE.later)) return null;
  if (age > ACTIVE.hours && random.isBelow(0.06)) return transfer(who, holding);
  switch (who.group) {
    case "trader":
      return traderWish(state, who, holding);
    case "seller":
      return optionWish(state, who, holding, -1n, random.between(0.3, 0.8));
    case "buyer":
      return buyerWish(state, who, holding);
    case "hedger":
      return hedgerWish(state, who, holding, hour);
    default:
      return null;
  }
}

const slotsWhere = (state: State, isWanted: (slot: number) => boolean): readonly number[] =>
  state.board.flatMap(({ status }, slot) => (status === "live" && isWanted(slot) ? [slot] : []));
const options = (state: State): readonly number[] => slotsWhere(state, (slot) => !isPerpetualSlot(state.profile, slot));
const perpetuals = (state: State): readonly number[] =>
  slotsWhere(state, (slot) => isPerpetualSlot(state.profile, slot));

/** The worst price that a taker of `slot` accepts, USD. */
function worst(state: State, slot: number, isBuy: boolean): number {
  const spot = spotOf(state);
  const mark = markOf(state, slot);
  const give = isPerpetualSlot(state.profile, slot)
    ? spot * SLIPPAGE.perpetual
    : mark * SLIPPAGE.option + spot * SLIPPAGE.ofSpot;
  return isBuy ? mark + give : Math.max(1, mark - give);
}

const take = (state: State, slot: number, size: bigint, reduceOnly = false): Wish | null =>
  size < LEAST && size > -LEAST
    ? null
    : {
        kind: "order",
        slot,
        size,
        price: worst(state, slot, size > 0n),
        ioc: true,
        reduceOnly,
      };

function traderWish(state: State, { random }: Participant, holding: Holding): Wish | null {
  const [slot] = perpetuals(state);
  if (slot === undefined) return null;
  const held = holding.sizes[slot] ?? 0n;
  if (held !== 0n && random.isBelow(0.5)) return take(state, slot, -held, true);
  const direction = held !== 0n ? sign(held) : random.isBelow(BULLS) ? 1n : -1n;
  const size = affordable(state, holding, [{ slot, ratio: direction }], random.between(0.4, 0.97));
  return take(state, slot, direction * size);
}

/** Sells, or buys back; the margin that it may use. */
function optionWish(
  state: State,
  { random }: Participant,
  holding: Holding,
  direction: bigint,
  part: number,
): Wish | null {
  const slots = options(state);
  if (slots.length === 0) return null;
  const slot = random.pick(slots);
  const held = holding.sizes[slot] ?? 0n;
  if (held * direction > 0n && random.isBelow(0.4)) return take(state, slot, -held, true);
  if (held !== 0n || markOf(state, slot) < 2) return null;
  return take(state, slot, direction * affordable(state, holding, [{ slot, ratio: direction }], part));
}

function buyerWish(state: State, { random }: Participant, holding: Holding): Wish | null {
  const slots = options(state);
  if (slots.length === 0) return null;
  const slot = random.pick(slots);
  const held = holding.sizes[slot] ?? 0n;
  if (held > 0n && random.isBelow(0.4)) return take(state, slot, -held, true);
  const mark = markOf(state, slot);
  if (held !== 0n || mark < 2) return null;
  return take(state, slot, lots((usdOf(holding.cash) * random.between(0.05, 0.25)) / mark));
}

/** A put under a perpetual, a call written on one, or one strike against another. */
function hedgerWish(state: State, { random }: Participant, holding: Holding, { spot }: Hour): Wish | null {
  if (holding.sizes.some((size) => size !== 0n)) return null;
  const [perpetual] = perpetuals(state);
  const ofKind = (kind: string): readonly number[] =>
    slotsWhere(state, (slot) => state.board[slot]?.series?.kind === kind && markOf(state, slot) > 2);
  const [puts, calls] = [ofKind("put"), ofKind("call")];
  if (perpetual === undefined || puts.length === 0 || calls.length === 0) return null;
  const [put, call, other] = [random.pick(puts), random.pick(calls), random.pick(puts)];
  const shapes: readonly Ratios[] = [
    [leg(perpetual, 1n), leg(put, 1n)],
    [leg(perpetual, 1n), leg(call, -1n)],
    [leg(put, -1n), leg(call, -1n)],
    [leg(perpetual, 1n), leg(put, 1n), leg(call, -1n)],
    ...(other === put ? [] : [[leg(put, 1n), leg(other, -1n)]]),
  ];
  const legs = random.pick(shapes);
  const units = affordable(state, holding, legs, random.between(0.3, 0.85));
  if (units < LEAST) return null;
  const net = legs.reduce((sum, { slot, ratio }) => sum + Number(ratio) * markOf(state, slot), 0);
  return { kind: "spread", legs, units, price: net + spot * SLIPPAGE.perpetual * legs.length };
}

const leg = (slot: number, ratio: bigint) => ({ slot, ratio });
const sign = (size: bigint): bigint => (size < 0n ? -1n : 1n);

/** Money out of an account that has plenty, or into one that has little. */
function transfer({ random, deposit }: Participant, { cash, sizes }: Holding): Wish | null {
  const hasPositions = sizes.some((size) => size !== 0n);
  if (cash > deposit / 2n) {
    const amount = (cash * BigInt(Math.round(random.between(5, hasPositions ? 15 : 60)))) / 100n;
    return amount > 0n ? { kind: "withdraw", amount } : null;
  }
  return { kind: "deposit", amount: (deposit * BigInt(Math.round(random.between(10, 50)))) / 100n };
}
