/**
 * Matching in price-time order, at the maker's price, both sides risk-checked at every fill.
 * @module
 */

import { orderKey, orderSlotOf } from "#protocol/account.ts";
import type { Intent, Order } from "#protocol/intent.ts";
import { signedSize } from "#protocol/intent.ts";
import { type Book, crosses, find, insert, type Resting, rewrite, type SignedOrder, sideOf } from "./book.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import { changed, checkChange } from "./risk.ts";
import type { EngineAccount, EngineState, Event, Leg, Op, SlotMemory } from "./types.ts";

export type Progress = { readonly state: EngineState; readonly events: readonly Event[] };

export const keyOf = ({ epoch, nonce }: Intent): bigint => orderKey(epoch, nonce);
const opposite = (side: Order["side"]): Order["side"] => (side === "buy" ? "sell" : "buy");

export const withBook = (state: EngineState, slot: number, book: Book): EngineState => ({
  ...state,
  books: state.books.with(slot, book),
});
export const withAccount = (state: EngineState, id: number, account: EngineAccount): EngineState => ({
  ...state,
  accounts: state.accounts.set(id, account),
});
export function remember(state: EngineState, id: number, nonce: bigint, memory: SlotMemory): EngineState {
  const account = state.accounts.get(id);
  if (!account) return state;
  const slots = new Map(account.slots).set(orderSlotOf(state.config.profile, nonce), memory);
  return withAccount(state, id, { ...account, slots });
}
export const memoryOf = (state: EngineState, account: EngineAccount, nonce: bigint): SlotMemory =>
  account.slots.get(orderSlotOf(state.config.profile, nonce)) ?? { key: 0n, filled: 0n, book: -1 };

/** Appends an operation to what awaits sealing. */
export function enqueue(state: EngineState, op: Op): Progress {
  return {
    state: { ...state, pending: [...state.pending, op], counters: { ...state.counters, op: op.id + 1 } },
    events: [{ type: "queued", op }],
  };
}

/** Takes a resting order out of its book, if it is there. */
export function leave(state: EngineState, account: number, nonce: bigint, key: bigint, reason: Reason): Progress {
  const owner = state.accounts.get(account);
  const memory = owner && memoryOf(state, owner, nonce);
  const book = memory && memory.key === key ? state.books[memory.book] : undefined;
  const resting = book && find(book, account, key);
  if (!memory || !book || !resting) return { state, events: [] };
  const without = withBook(state, memory.book, rewrite(book, account, key));
  return {
    state: remember(without, account, nonce, { ...memory, book: -1 }),
    events: [{ type: "left", account, key, remaining: resting.remaining, reason }],
  };
}

/** Whether a post-only order would trade at once; its owner's own orders do not count, they leave instead. */
export function wouldTake(book: Book, { account, side, price }: Order): boolean {
  const best = sideOf(book, opposite(side)).find(({ signed }) => signed.intent.account !== account);
  return best !== undefined && crosses(side, price, best.signed.intent.price);
}

/** Matches an admitted order against `slot`'s book; what is left rests, or leaves if it may not. */
export function matchOrder(start: EngineState, signed: SignedOrder, slot: number): Progress {
  const { intent } = signed;
  const events: Event[] = [];
  let state = start;
  let remaining = intent.size;
  let stopped: Reason | null = null;
  while (remaining > 0n && !stopped) {
    const maker = sideOf(state.books[slot] as Book, opposite(intent.side))[0];
    if (!maker || !crosses(intent.side, intent.price, maker.signed.intent.price)) break;
    const lots = maker.remaining < remaining ? maker.remaining : remaining;
    const outcome = meet(state, signed, maker, lots, slot);
    state = outcome.state;
    events.push(...outcome.events);
    stopped = outcome.stopped;
    remaining -= outcome.lots;
  }
  if (remaining > 0n && !stopped && intent.ioc) {
    stopped = { code: "ImmediateOrCancel", message: `${remaining} lots found nothing to match` };
  }
  const memory = memoryOf(state, state.accounts.get(intent.account) as EngineAccount, intent.nonce);
  if (remaining > 0n && stopped) {
    events.push({ type: "left", account: intent.account, key: keyOf(intent), remaining, reason: stopped });
  } else if (remaining > 0n) {
    const resting: Resting = { signed, key: keyOf(intent), remaining, rank: state.counters.order };
    state = remember(withBook(state, slot, insert(state.books[slot] as Book, resting)), intent.account, intent.nonce, {
      ...memory,
      book: slot,
    });
    events.push({ type: "rested", account: intent.account, key: keyOf(intent), remaining });
  }
  return { state, events };
}

/** One encounter: a trade; or the maker leaves (own order, fails its check); or the taker stops. */
function meet(
  state: EngineState,
  taker: SignedOrder,
  maker: Resting,
  lots: bigint,
  slot: number,
): Progress & { lots: bigint; stopped: Reason | null } {
  const makerIntent = maker.signed.intent;
  const gone = (reason: Reason) => ({
    ...leave(state, makerIntent.account, makerIntent.nonce, maker.key, reason),
    lots: 0n,
    stopped: null,
  });
  if (makerIntent.account === taker.intent.account) {
    return gone({ code: "SelfTrade", message: "the account's own newer order would have traded with it" });
  }
  const { makerFee, takerFee } = state.config;
  const legs = [
    leg(maker.signed, lots, makerIntent.price, makerFee),
    leg(taker, lots, makerIntent.price, takerFee),
  ] as const;
  const makerRefusal = checkLeg(state, legs[0], slot);
  if (makerRefusal) return gone({ code: makerRefusal.code, message: makerRefusal.message });
  const takerRefusal = checkLeg(state, legs[1], slot);
  if (takerRefusal)
    return { state, events: [], lots: 0n, stopped: { code: takerRefusal.code, message: takerRefusal.message } };
  const op = { id: state.counters.op, kind: "trade", trade: state.counters.trade, slot, legs } as const;
  const queued = enqueue(book(state, op, maker, lots), op);
  return {
    state: { ...queued.state, counters: { ...queued.state.counters, trade: op.trade + 1 } },
    events: [{ type: "traded", op, price: makerIntent.price, time: state.time }, ...queued.events],
    lots,
    stopped: null,
  };
}

/** Changes of one side: the buyer pays price times lots, which is exact at 1e-6 USDC. */
function leg(signed: SignedOrder, lots: bigint, price: bigint, feePerLot: bigint): Leg {
  const size = signedSize(signed.intent.side, lots);
  return { signed, size, cash: -price * size, fee: feePerLot * lots };
}

const checkLeg = (state: EngineState, { signed, size, cash, fee }: Leg, slot: number): Refused | null => {
  const account = state.accounts.get(signed.intent.account);
  return account
    ? checkChange(state, account, { slot, size, cash, fee })
    : refused("UnknownAccount", `account ${signed.intent.account} is not registered`);
};

/** Writes a trade into the accounts, the order slots and the maker's place in the book. */
function book(
  state: EngineState,
  { slot, legs }: Extract<Op, { kind: "trade" }>,
  maker: Resting,
  lots: bigint,
): EngineState {
  let next = legs.reduce((running, one) => applyLeg(running, one, slot, 1n), state);
  const left = maker.remaining - lots;
  const { account, nonce } = maker.signed.intent;
  next = withBook(next, slot, rewrite(next.books[slot] as Book, account, maker.key, left));
  if (left > 0n) return next;
  const memory = memoryOf(next, next.accounts.get(account) as EngineAccount, nonce);
  return remember(next, account, nonce, { ...memory, book: -1 });
}

/** Adds a leg to its account and order slot, or takes it out again (`direction` -1). */
export function applyLeg(
  state: EngineState,
  { signed: { intent }, size, cash, fee }: Leg,
  slot: number,
  direction: 1n | -1n,
): EngineState {
  const account = state.accounts.get(intent.account);
  if (!account) return state;
  const next = changed(account, { slot, size: direction * size, cash: direction * cash, fee: direction * fee });
  const lots = size < 0n ? -size : size;
  const written = withInterest(
    withAccount(state, intent.account, { ...account, ...next }),
    slot,
    account.sizes[slot] ?? 0n,
    next.sizes[slot] ?? 0n,
  );
  const memory = memoryOf(written, account, intent.nonce);
  return memory.key === keyOf(intent)
    ? remember(written, intent.account, intent.nonce, { ...memory, filled: memory.filled + direction * lots })
    : written;
}

const long = (size: bigint): bigint => (size > 0n ? size : 0n);

/** Open interest of `slot` after a position in it went from `before` to `after`. */
function withInterest(state: EngineState, slot: number, before: bigint, after: bigint): EngineState {
  const listed = state.board[slot];
  if (!listed) return state;
  const openLong = listed.openLong + long(after) - long(before);
  const openShort = listed.openShort + long(-after) - long(-before);
  return { ...state, board: state.board.with(slot, { ...listed, openLong, openShort }) };
}
