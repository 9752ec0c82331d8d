/**
 * Who takes over what an account has to give up, and at which price: the book inside the price band, best first, or the
 * backstops, the least discount first.
 * @module
 */
import { floorDiv } from "#protocol/fixed-point.ts";
import { SCALE } from "#protocol/params.ts";
import { type Book, opposite, type Resting, type RestingOrder, type Side } from "./book.ts";
import { leave, type Work } from "./ledger.ts";
import { allowedLots, REDUCED, SELF_TRADE } from "./match.ts";
import { horizon } from "./risk.ts";
import type { EngineAccount, EngineState } from "./types.ts";

/** `price`: 1e-2 USDC per unit; `lots` at most. */
export type Offer = { readonly resting: Resting; readonly price: bigint; readonly lots: bigint };
export type Source = "book" | "backstop";
/** What is looked for: somebody who buys from, or sells to, `account`. */
export type Wanted = {
  readonly account: EngineAccount;
  readonly slot: number;
  readonly source: Source;
  /** Lots that are planned to be taken already. */
  readonly taken: ReadonlyMap<Resting, bigint>;
  /** Lots above which a backstop failed its check. */
  readonly limits: ReadonlyMap<Resting, bigint>;
};

export const isSale = ({ account, slot }: Pick<Wanted, "account" | "slot">): boolean =>
  (account.sizes[slot] ?? 0n) > 0n;

/** Margin units, 1e-18 USDC, of a lot at a price of 1. */
const PRICE_UNIT = SCALE.equityPerCash * SCALE.marginPerEquity;
/** A price of margin units, to the cent above or the one below. */
const toPrice = (value: bigint, isUp: boolean): bigint =>
  isUp ? -floorDiv(-value, PRICE_UNIT).quotient : floorDiv(value, PRICE_UNIT).quotient;

/** A slot's mark, less `ppm` of spot for a sale and more for a purchase, in margin units per lot. */
function edge({ marks, grid }: EngineState, slot: number, ppm: bigint, isSelling: boolean): bigint {
  const spot = marks.underlyings[grid.underlyingOf[slot] ?? 0]?.spot ?? 0n;
  return (marks.slots[slot]?.mark ?? 0n) * SCALE.marginPerEquity + (isSelling ? -spot : spot) * ppm;
}

/** The worst price that the band allows a forced execution, rounded into the band. */
function bandPrice(state: EngineState, slot: number, isSelling: boolean): bigint {
  const value = edge(state, slot, state.config.parameters.priceBandPpm, isSelling);
  return toPrice(value, isSelling);
}

/** The price at which a backstop takes, rounded in its favour: it has signed for no less. */
function backstopPrice(state: EngineState, slot: number, discountPpm: bigint, isSelling: boolean): bigint {
  const value = edge(state, slot, discountPpm, isSelling);
  return toPrice(value, !isSelling);
}

/** The best offer left; "again" if somebody who cannot take part has left first. */
export const bestOffer = (work: Work, wanted: Wanted): Offer | "again" | null =>
  wanted.source === "book" ? bookOffer(work, wanted) : backstopOffer(work.state, wanted);

function bookOffer(work: Work, wanted: Wanted): Offer | "again" | null {
  const { state } = work;
  const { account, slot, taken } = wanted;
  const book = state.books[slot] as Book;
  const side: Side = isSale(wanted) ? "sell" : "buy";
  const limit = bandPrice(state, slot, side === "sell");
  for (let order: RestingOrder | undefined = book.best(opposite(side)); order; order = book.next(order)) {
    const { intent } = order.signed;
    if (side === "sell" ? intent.price < limit : intent.price > limit) return null;
    const owner = state.accounts.get(intent.account) as EngineAccount;
    const allowed = allowedLots(owner, intent, slot, order.remaining);
    const reason = owner === account ? SELF_TRADE : allowed === 0n ? REDUCED : null;
    if (reason) {
      leave(work, order, reason);
      return "again";
    }
    const lots = allowed - (taken.get(order) ?? 0n);
    if (lots > 0n) return { resting: order, price: intent.price, lots };
  }
  return null;
}

/** A backstop takes either side at its discount, if that lies inside the price band. */
function backstopOffer(state: EngineState, wanted: Wanted): Offer | null {
  const { account, slot, taken, limits } = wanted;
  const isSelling = isSale(wanted);
  const limit = bandPrice(state, slot, isSelling);
  for (const resting of state.backstops) {
    const { intent } = resting.signed;
    if (intent.kind !== "backstop" || intent.account === account.id || intent.validUntil < horizon(state)) continue;
    const price = backstopPrice(state, slot, intent.discountPpm, isSelling);
    if (isSelling ? price < limit : price > limit) continue;
    const most = limits.get(resting) ?? resting.remaining;
    const lots = (most < resting.remaining ? most : resting.remaining) - (taken.get(resting) ?? 0n);
    if (lots > 0n) return { resting, price, lots };
  }
  return null;
}
