/**
 * Admission: whether an intent whose signature was verified may be sequenced, and what it does at once.
 * @module
 */
import { ProtocolError } from "#protocol/errors.ts";
import { checkSession } from "#protocol/execute.ts";
import { abs } from "#protocol/field.ts";
import { type Intent, legsOf, netPrice, type Order, type SignedIntent, type Spread } from "#protocol/intent.ts";
import { LEGS, MARKET, WIDTH } from "#protocol/params.ts";
import type { Book, Resting } from "./book.ts";
import { enqueue, keyOf, leave, leaveAll, memoryOf, nonceOf, remember, type Work } from "./ledger.ts";
import { allowedLots, matchOrder, type SignedOrder, signedOf, signedPrice, wouldTake } from "./match.ts";
import { executeAtOnce, type SlotRatio } from "./plan.ts";
import { type Refused, refused } from "./refusal.ts";
import { checkChange, checkWithdrawal, horizon } from "./risk.ts";
import type { EngineAccount, EngineConfig, EngineState, Submission } from "./types.ts";

/** Everything that can be wrong with an intent but its signature; null if it may be sequenced. */
export function checkIntent(state: EngineState, signed: Pick<SignedIntent, "intent" | "signer">): Refused | null {
  const { intent } = signed;
  return checkHead(state, signed) ?? checkKind(state, state.accounts.get(intent.account) as EngineAccount, intent);
}

/** What does not depend on the kind of intent. */
export function checkHead(
  state: EngineState,
  { intent, signer = 0 }: Pick<SignedIntent, "intent" | "signer">,
): Refused | null {
  const account = state.accounts.get(intent.account);
  if (!account) return refused("UnknownAccount", `account ${intent.account} is not registered`);
  if (intent.epoch !== account.epoch)
    return refused("WrongEpoch", `the intent is of epoch ${intent.epoch}, the account's is ${account.epoch}`);
  return checkTime(state, intent) ?? checkNonce(state, account, intent) ?? checkSigner(state, account, signer, intent);
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
  const own = keyOf(intent);
  if (key === own) return refused("Replayed", `nonce ${intent.nonce} was used by the newest intent of its order slot`);
  if (key > own)
    return refused("StaleNonce", `nonce ${intent.nonce} is older than its order slot's newest, ${nonceOf(key)}`);
  return null;
}

/** The limits of a session key, as the specification checks them. */
function checkSigner(
  { config, board }: EngineState,
  { sessions }: EngineAccount,
  signer: number,
  intent: Intent,
): Refused | null {
  if (signer === 0) return null;
  const session = sessions[signer - 1];
  if (!session) return refused("SessionLimit", `there is no session key ${signer}`);
  try {
    checkSession({ profile: config.profile, board }, session.limits, intent);
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return refused("SessionLimit", error.message);
    throw error;
  }
}

function checkKind(state: EngineState, account: EngineAccount, intent: Intent): Refused | null {
  switch (intent.kind) {
    case "order":
      return checkOrder(state, account, intent);
    case "spread":
      return checkSpread(state, intent);
    case "backstop":
      return intent.size === 0n ? refused("SizeZero", "a backstop for 0 lots") : null;
    case "withdraw":
      return intent.amount === 0n
        ? refused("SizeZero", "a withdrawal of 0")
        : checkWithdrawal(state, account, intent.amount);
    case "contribute":
      return intent.amount === 0n
        ? refused("SizeZero", "a contribution of 0")
        : checkChange(state, account, { legs: [], cash: -intent.amount, fee: 0n, isHeld: false });
    case "collect":
      return checkCollect(state, intent.account, intent.amount);
    default:
      return null;
  }
}

function checkCollect({ config, pots }: EngineState, account: number, amount: bigint): Refused | null {
  const { feeAccount } = config.parameters;
  if (BigInt(account) !== feeAccount)
    return refused("NotFeeAccount", `fees are paid out to account ${feeAccount}, not ${account}`);
  if (amount === 0n) return refused("SizeZero", "a collection of 0");
  return amount > pots.feePot ? refused("PotTooSmall", `the fee pot holds ${pots.feePot}, not ${amount}`) : null;
}

/** An order that rests must pass as if it were filled wholly at its limit; one that does not is checked as it trades. */
function checkOrder(state: EngineState, account: EngineAccount, order: Order): Refused | null {
  const rate = feeRate(state.config, order);
  const slot = state.grid.slotOf.get(order.seriesHash) ?? -1;
  const refusal = checkTerms(state, account, order, [{ slot, ratio: 1n }]);
  if (refusal) return refusal;
  if (order.price % MARKET.tick !== 0n)
    return refused("OffTick", `price ${order.price} is no multiple of the tick, ${MARKET.tick}`);
  if (order.postOnly && wouldTake(state.books[slot] as Book, order)) {
    return refused("PostOnlyWouldCross", `a post-only ${order.side} at ${order.price} would trade at once`);
  }
  const lots = allowedLots(account, order, slot, order.size);
  if (lots === 0n)
    return refused("ReducingOnly", `the account may only reduce, and has no position that this ${order.side} would`);
  if (order.ioc || order.fok) return null;
  return checkChange(state, account, {
    ...worstFill({ ...order, size: lots }, slot, rate),
    isHeld: order.reduceOnly,
  });
}

/** A spread is taken at once, or asks for quotes: it rests in no book. */
function checkSpread(state: EngineState, spread: Spread): Refused | null {
  const account = state.accounts.get(spread.account) as EngineAccount;
  if (!spread.ioc && !spread.fok)
    return refused("UnsupportedFlags", "a spread is immediate-or-cancel or fill-or-kill; ask for quotes to wait");
  return checkTerms(state, account, spread, ratiosOf(state, spread));
}

/** What an order or spread trades, by the board's slots; -1 for a series that is not listed. */
export const ratiosOf = ({ grid }: EngineState, intent: Intent): readonly SlotRatio[] =>
  legsOf(intent).map(({ seriesHash, ratio }) => ({ slot: grid.slotOf.get(seriesHash) ?? -1, ratio }));

/** What orders and spreads have in common. */
export function checkTerms(
  state: EngineState,
  account: EngineAccount,
  intent: Order | Spread,
  ratios: readonly SlotRatio[],
): Refused | null {
  const rate = feeRate(state.config, intent);
  if (intent.size === 0n) return refused("SizeZero", "an order for 0 lots");
  if (intent.feePerLot < rate)
    return refused("FeeBelowRate", `feePerLot ${intent.feePerLot} is below the venue's rate, ${rate}`);
  if ((intent.postOnly && (intent.ioc || intent.fok)) || (intent.ioc && intent.fok))
    return refused("UnsupportedFlags", "an order is one of post-only, immediate-or-cancel and fill-or-kill");
  if (intent.kind === "spread") {
    const isFit = ({ ratio }: SlotRatio) => ratio !== 0n && abs(ratio) >> BigInt(WIDTH.ratio - 1) === 0n;
    if (ratios.length === 0 || ratios.length > LEGS || !ratios.every(isFit))
      return refused("BadLegs", `a spread has 1 to ${LEGS} legs, none of ratio 0 or of ${WIDTH.ratio} bits and more`);
    if (new Set(legsOf(intent).map(({ seriesHash }) => seriesHash)).size < ratios.length)
      return refused("BadLegs", "a series stands twice in a spread");
  }
  for (const { slot } of ratios) {
    const refusal = checkSlot(state, account, slot);
    if (refusal) return refusal;
  }
  return null;
}

function checkSlot(state: EngineState, account: EngineAccount, slot: number): Refused | null {
  const listed = state.board[slot];
  if (!listed?.series) return refused("UnknownSeries", "no slot of the board lists this series");
  if (listed.status !== "live")
    return refused("SeriesNotLive", `the series is ${listed.status}; only a live one trades`);
  if (horizon(state) + state.config.parameters.expiryGuard >= listed.series.expiry)
    return refused("SeriesExpiring", `trading ends before expiry ${listed.series.expiry}`);
  const underlying = state.grid.underlyingOf[slot] ?? 0;
  return (account.killed >> underlying) & 1
    ? refused("Killed", `the account admits no orders in underlying ${underlying}`)
    : null;
}

/** Most that an order can be charged, 1e-6 USDC per lot: one that is post-only never takes. */
export const feeRate = ({ makerFee, takerFee }: EngineConfig, { postOnly }: Pick<Order, "postOnly">): bigint =>
  postOnly || makerFee > takerFee ? makerFee : takerFee;

/**
 * The whole order at its limit. Of an account that meets initial margin any part of it at any better price passes if this does,
 * surplus being concave; of one that does not, a part may fail still: every fill is checked.
 */
function worstFill({ side, size: lots, price }: Order, slot: number, rate: bigint) {
  const size = signedPrice(side, lots);
  return { legs: [{ slot, size }], cash: -price * size, fee: rate * lots };
}

/** Sequences an intent: it takes its order slot, ends what was there, and does its work. */
export function admit(work: Work, submission: Submission, isQuoted = false): Refused | null {
  const refusal = checkIntent(work.state, submission);
  if (refusal) return refusal;
  take(work, submission);
  const { intent } = submission;
  if (intent.kind === "order" && !intent.fok) {
    matchOrder(
      work,
      submission as Submission & SignedOrder,
      work.state.grid.slotOf.get(intent.seriesHash) as number,
      isQuoted,
    );
  } else if (intent.kind === "order" || intent.kind === "spread") {
    executeAtOnce(work, { ...submission, intent }, ratiosOf(work.state, intent));
  } else if (intent.kind === "backstop") {
    stand(work, { ...submission, intent });
  } else {
    enqueue(work, { kind: "intent", signed: signedOf(submission) });
    apply(work, intent);
  }
  return null;
}

/** An admitted intent takes its order slot and ends what was there. */
export function take(work: Work, submission: Submission): void {
  const { intent, clientOrderId } = submission;
  const account = work.state.accounts.get(intent.account) as EngineAccount;
  work.events.push({ type: "accepted", intent, signed: signedOf(submission), clientOrderId });
  const { resting } = memoryOf(work.state, account, intent.nonce);
  const code = "size" in intent ? "Replaced" : "CancelledByOwner";
  if (resting) leave(work, resting, { code, message: `ended by intent ${intent.nonce}` });
  remember(work, account, intent);
}

/** A backstop waits among the others, the least discount first. */
function stand(work: Work, submission: Submission & { readonly intent: Extract<Intent, { kind: "backstop" }> }): void {
  const { state, events } = work;
  const { intent } = submission;
  const resting: Resting<typeof intent> = {
    signed: signedOf({ ...submission, intent }),
    key: keyOf(intent),
    remaining: intent.size,
    rank: state.counters.order,
    place: "backstop",
    at: -1,
    isQuoted: false,
    leavesOnDisconnect: submission.cancelOnDisconnect === true,
  };
  const all = state.backstops as Resting[];
  const at = all.findIndex(({ signed }) => netPrice(signed.intent) > intent.discountPpm);
  all.splice(at < 0 ? all.length : at, 0, resting);
  memoryOf(state, state.accounts.get(intent.account) as EngineAccount, intent.nonce).resting = resting;
  events.push({ type: "rested", account: intent.account, key: resting.key, remaining: intent.size });
}

/** What an intent does that trades nothing. */
function apply(work: Work, intent: Intent): void {
  const { state } = work;
  const account = state.accounts.get(intent.account) as EngineAccount;
  if (intent.kind === "withdraw") {
    account.cash -= intent.amount;
    state.pots.totalCash -= intent.amount;
  } else if (intent.kind === "contribute") {
    account.cash -= intent.amount;
    state.pots.insurance += intent.amount;
  } else if (intent.kind === "collect") {
    account.cash += intent.amount;
    state.pots.feePot -= intent.amount;
  } else if (intent.kind === "mode") {
    account.isReduceOnly = intent.reduceOnly;
  } else if (intent.kind === "cancelAll") {
    // Whatever the account signed for the old epoch is dead.
    leaveAll(work, account, { code: "CancelledByOwner", message: "all orders cancelled" });
    account.epoch += 1n;
  }
}
