/**
 * Matching in price-time order, at the maker's price, both sides risk-checked at every fill.
 * @module
 */
import type { Order } from "#protocol/intent.ts";
import { signedSize } from "#protocol/intent.ts";
import { type Book, crosses, insert, type Resting, rewrite, type SignedOrder, sideOf } from "./book.ts";
import { applyLeg, enqueue, keyOf, leave, memoryOf, type Progress, remember, withBook } from "./ledger.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import { checkChange } from "./risk.ts";
import type { EngineAccount, EngineState, Event, Leg, Op } from "./types.ts";

const opposite = (side: Order["side"]): Order["side"] => (side === "buy" ? "sell" : "buy");

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
