/**
 * Matching in price-time order, at the maker's price, both sides risk-checked at every fill.
 * @module
 */
import type { Intent, Order, SignedIntent } from "#protocol/intent.ts";
import { signedSize } from "#protocol/intent.ts";
import { type Book, crosses, opposite, type RestingOrder, type Side } from "./book.ts";
import { checkInterest, consume, fillOf, keyOf, leave, memoryOf, settleTrade, type Work } from "./ledger.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import { checkChange } from "./risk.ts";
import type { EngineAccount, EngineState, Fill, Submission } from "./types.ts";

export type SignedOrder = SignedIntent & { readonly intent: Order };

/** Whether an order of `side` at `price` would trade at once; its owner's own orders do not count, they leave instead. */
export function wouldTake(book: Book, { account, side, price }: Order): boolean {
  let best = book.best(opposite(side));
  while (best && best.signed.intent.account === account) best = book.next(best);
  return best !== undefined && crosses(side, price, best.signed.intent.price);
}

/** Of `lots`, those that `intent` may execute: all, or what reduces the account's position. */
export function allowedLots(
  account: EngineAccount,
  { reduceOnly, side }: Pick<Order, "reduceOnly" | "side">,
  slot: number,
  lots: bigint,
): bigint {
  if (!reduceOnly && !account.isReduceOnly && !account.isClosing) return lots;
  const held = account.sizes[slot] ?? 0n;
  const reducible = side === "sell" ? held : -held;
  if (reducible <= 0n) return 0n;
  return reducible < lots ? reducible : lots;
}

export const REDUCED: Reason = { code: "ReducingOnly", message: "no position is left that it would reduce" };
export const SELF_TRADE: Reason = {
  code: "SelfTrade",
  message: "the account's own newer order would have traded with it",
};
export const reasonOf = ({ code, message }: Refused): Reason => ({ code, message });

/** Matches an admitted order against `slot`'s book; what is left rests, or leaves if it may not. */
export function matchOrder(work: Work, submission: Submission & SignedOrder, slot: number, isQuoted: boolean): void {
  const { state, events } = work;
  const { intent } = submission;
  const signed = signedOf(submission);
  const book = state.books[slot] as Book;
  const side = opposite(intent.side);
  let remaining = intent.size;
  let stopped: Reason | null = null;
  while (remaining > 0n && !stopped) {
    const maker = book.best(side);
    if (!maker || !crosses(intent.side, intent.price, maker.signed.intent.price)) break;
    const outcome = meet(work, signed, maker, remaining, slot);
    if (typeof outcome === "bigint") remaining -= outcome;
    else stopped = outcome;
  }
  if (remaining === 0n) return;
  if (!stopped && intent.ioc)
    stopped = { code: "ImmediateOrCancel", message: `${remaining} lots found nothing to match` };
  if (stopped) {
    events.push({ type: "left", account: intent.account, key: keyOf(intent), remaining, reason: stopped });
    return;
  }
  const resting: RestingOrder = {
    signed,
    key: keyOf(intent),
    remaining,
    rank: state.counters.order,
    place: "book",
    at: slot,
    isQuoted,
    leavesOnDisconnect: submission.cancelOnDisconnect === true,
  };
  book.insert(resting);
  memoryOf(state, state.accounts.get(intent.account) as EngineAccount, intent.nonce).resting = resting;
  events.push({ type: "rested", account: intent.account, key: keyOf(intent), remaining });
}

/** What an execution carries of a submission. */
export const signedOf = <I extends Intent>({
  intent,
  signature,
  signer,
  bulk,
}: SignedIntent & { readonly intent: I }): SignedIntent & { readonly intent: I } => ({
  intent,
  signature,
  ...(signer === undefined ? {} : { signer }),
  ...(bulk === undefined ? {} : { bulk }),
});

/** One encounter: lots traded, 0 if the maker left (own order, fails its check), or why the taker stops. */
function meet(work: Work, taker: SignedOrder, maker: RestingOrder, remaining: bigint, slot: number): bigint | Reason {
  const { state } = work;
  const gone = (reason: Reason): bigint => {
    leave(work, maker, reason);
    return 0n;
  };
  const makerIntent = maker.signed.intent;
  if (makerIntent.account === taker.intent.account) return gone(SELF_TRADE);
  const owner = state.accounts.get(makerIntent.account) as EngineAccount;
  const own = state.accounts.get(taker.intent.account) as EngineAccount;
  const wanted = allowedLots(own, taker.intent, slot, remaining < maker.remaining ? remaining : maker.remaining);
  if (wanted === 0n) return REDUCED;
  const lots = allowedLots(owner, makerIntent, slot, wanted);
  if (lots === 0n) return gone(REDUCED);
  const { makerFee, takerFee } = state.config;
  const fills = [
    orderFill(state, maker.signed, slot, lots, makerIntent.price, makerFee, "maker"),
    orderFill(state, taker, slot, lots, makerIntent.price, takerFee, "taker"),
  ] as const;
  const makerRefusal = checkFill(state, fills[0]);
  if (makerRefusal) return gone(reasonOf(makerRefusal));
  const takerRefusal = checkFill(state, fills[1]) ?? checkInterest(state, fills);
  if (takerRefusal) return reasonOf(takerRefusal);
  settleTrade(work, "book", fills, signedPrice(taker.intent.side, makerIntent.price));
  consume(work, maker, lots);
  return lots;
}

/** What the side pays per lot. */
export const signedPrice = (side: Side, price: bigint): bigint => (side === "buy" ? price : -price);

/** `lots` of an order: the buyer pays price times lots, which is exact at 1e-6 USDC. */
export function orderFill(
  state: EngineState,
  signed: SignedOrder,
  slot: number,
  lots: bigint,
  price: bigint,
  feePerLot: bigint,
  role: "maker" | "taker",
): Fill {
  const size = signedSize(signed.intent.side, lots);
  const execution = { ...signed, size, cash: -price * size, fee: feePerLot * lots };
  return fillOf(state, signed.intent.account, role, execution, [{ slot, size }]);
}

/** The lane check of one fill that is its account's only one. */
export function checkFill(state: EngineState, { account: id, execution, legs }: Fill): Refused | null {
  const account = state.accounts.get(id);
  if (!account) return refused("UnknownAccount", `account ${id} is not registered`);
  const { intent, cash, fee } = execution;
  const isHeld = intent === null || ("reduceOnly" in intent && intent.reduceOnly);
  return checkChange(state, account, { legs, cash, fee, isHeld });
}
