/**
 * Admission: whether an intent whose signature was verified may be sequenced, and what it does at once.
 * @module
 */
import { seriesHashes } from "#protocol/board.ts";
import type { Intent, Order, SignedIntent } from "#protocol/intent.ts";
import { MARKET } from "#protocol/params.ts";
import type { Book, SignedOrder } from "./book.ts";
import { enqueue, keyOf, leave, leaveAll, memoryOf, nonceOf, type Progress, remember, withAccount } from "./ledger.ts";
import { matchOrder, wouldTake } from "./match.ts";
import { type Refused, refused } from "./refusal.ts";
import { checkChange, checkWithdrawal, horizon } from "./risk.ts";
import type { Accepted, Command, EngineAccount, EngineConfig, EngineState, Event } from "./types.ts";

type IntentCommand = Extract<Command, { type: "intent" }>;

/** Everything that can be wrong with an intent but its signature; null if it may be sequenced. */
export function checkIntent(state: EngineState, intent: Intent): Refused | null {
  const account = state.accounts.get(intent.account);
  if (!account) return refused("UnknownAccount", `account ${intent.account} is not registered`);
  if (intent.epoch !== account.epoch)
    return refused("WrongEpoch", `the intent is of epoch ${intent.epoch}, the account's is ${account.epoch}`);
  return checkTime(state, intent) ?? checkNonce(state, account, intent) ?? checkKind(state, account, intent);
}

function checkTime(state: EngineState, { validUntil }: Intent): Refused | null {
  if (validUntil < state.time) return refused("IntentExpired", `valid until ${validUntil}; L1 time is ${state.time}`);
  if (validUntil < horizon(state)) {
    return refused(
      "ExpiresTooSoon",
      `valid until ${validUntil}; it needs ${state.config.settlementSeconds} s from L1 time ${state.time} to be proved and posted`,
    );
  }
  return null;
}

function checkNonce(state: EngineState, account: EngineAccount, intent: Intent): Refused | null {
  const { key } = memoryOf(state, account, intent.nonce);
  if (key === keyOf(intent))
    return refused("Replayed", `nonce ${intent.nonce} was used by the newest intent of its order slot`);
  if (key > keyOf(intent))
    return refused("StaleNonce", `nonce ${intent.nonce} is older than its order slot's newest, ${nonceOf(key)}`);
  return null;
}

function checkKind(state: EngineState, account: EngineAccount, intent: Intent): Refused | null {
  if (intent.kind === "order") return checkOrder(state, account, intent);
  if (intent.kind !== "withdraw") return null;
  return intent.amount === 0n
    ? refused("SizeZero", "a withdrawal of 0")
    : checkWithdrawal(state, account, intent.amount);
}

function checkOrder(state: EngineState, account: EngineAccount, order: Order): Refused | null {
  const rate = feeRate(state.config, order);
  if (order.size === 0n) return refused("SizeZero", "an order for 0 lots");
  if (order.price % MARKET.tick !== 0n)
    return refused("OffTick", `price ${order.price} is no multiple of the tick, ${MARKET.tick}`);
  if (order.feePerLot < rate)
    return refused("FeeBelowRate", `feePerLot ${order.feePerLot} is below the venue's rate, ${rate}`);
  if (order.postOnly && order.ioc)
    return refused("UnsupportedFlags", "an order is post-only or immediate-or-cancel, not both");
  const slot = seriesHashes(state.board).indexOf(order.seriesHash);
  const listed = state.board[slot];
  if (!listed?.series) return refused("UnknownSeries", `no slot of the board lists series ${order.seriesHash}`);
  if (listed.status !== "live")
    return refused("SeriesNotLive", `the series is ${listed.status}; only a live one trades`);
  if (horizon(state) + state.config.parameters.expiryGuard >= listed.series.expiry) {
    return refused("SeriesExpiring", `trading ends before expiry ${listed.series.expiry}`);
  }
  if (order.postOnly && wouldTake(state.books[slot] as Book, order)) {
    return refused("PostOnlyWouldCross", `a post-only ${order.side} at ${order.price} would trade at once`);
  }
  return checkChange(state, account, worstFill(order, slot, rate));
}

/** Most that an order can be charged, 1e-6 USDC per lot: one that is post-only never takes. */
export const feeRate = ({ makerFee, takerFee }: EngineConfig, { postOnly }: Pick<Order, "postOnly">): bigint =>
  postOnly || makerFee > takerFee ? makerFee : takerFee;

/** The whole order at its limit: surplus being concave, any part of it at any better price passes if this does. */
export function worstFill(order: Order, slot: number, rate: bigint) {
  const size = order.side === "sell" ? -order.size : order.size;
  return { slot, size, cash: -order.price * size, fee: rate * order.size };
}

/** Sequences an intent: it takes its order slot, ends what was there, and does its work. */
export function admit(start: EngineState, { intent, signature, clientOrderId }: IntentCommand): Accepted | Refused {
  const refusal = checkIntent(start, intent);
  if (refusal) return refusal;
  const events: Event[] = [{ type: "accepted", intent, clientOrderId }];
  const signed: SignedIntent = { intent, signature };
  const before = memoryOf(start, start.accounts.get(intent.account) as EngineAccount, intent.nonce);
  const ended = leave(start, intent.account, intent.nonce, before.key, {
    code: intent.kind === "order" ? "Replaced" : "CancelledByOwner",
    message: `ended by intent ${intent.nonce}`,
  });
  const counted = { ...ended.state, counters: { ...ended.state.counters, order: ended.state.counters.order + 1 } };
  const taken = remember(counted, intent.account, intent.nonce, { key: keyOf(intent), filled: 0n, book: -1 });
  const done = execute(taken, signed);
  return { state: done.state, events: [...events, ...ended.events, ...done.events] };
}

function execute(state: EngineState, { intent, signature }: SignedIntent): Progress {
  if (intent.kind === "order") {
    const order: SignedOrder = { intent, signature };
    return matchOrder(state, order, seriesHashes(state.board).indexOf(intent.seriesHash));
  }
  const queued = enqueue(state, { id: state.counters.op, kind: "intent", signed: { intent, signature } });
  const account = queued.state.accounts.get(intent.account) as EngineAccount;
  if (intent.kind === "withdraw") {
    return {
      ...queued,
      state: withAccount(queued.state, intent.account, { ...account, cash: account.cash - intent.amount }),
    };
  }
  if (intent.kind !== "cancelAll") return queued;
  // Whatever the account signed for the old epoch is dead.
  const left = leaveAll(queued.state, intent.account, { code: "CancelledByOwner", message: "all orders cancelled" });
  const emptied = left.state.accounts.get(intent.account) as EngineAccount;
  return {
    state: withAccount(left.state, intent.account, { ...emptied, epoch: emptied.epoch + 1n }),
    events: [...queued.events, ...left.events],
  };
}
