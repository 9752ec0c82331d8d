/**
 * Request for quote: an order or spread waits for answers, and is executed wholly against the best of them.
 * @module
 */
import { netPrice, type Order, type Spread } from "#protocol/intent.ts";
import { checkHead, checkTerms, feeRate, ratiosOf, take } from "./admit.ts";
import type { Resting } from "./book.ts";
import { checkInterest, consume, keyOf, leave, memoryOf, settleTrade, type Work } from "./ledger.ts";
import { checkFill, reasonOf, signedOf } from "./match.ts";
import { type SlotRatio, unitsFill } from "./plan.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import { horizon, isTrading } from "./risk.ts";
import type { Ask, CommandOf, EngineAccount, EngineState, Fill, Quote, Submission } from "./types.ts";

type Quotable = Submission & { readonly intent: Order | Spread };
const isQuotable = (submission: Submission): submission is Quotable =>
  submission.intent.kind === "order" || submission.intent.kind === "spread";

/** What an ask and a quote have to fulfil alike, beside their fit. */
function checkQuotable(state: EngineState, submission: Submission): Refused | null {
  const head = checkHead(state, submission);
  if (head) return head;
  if (!isQuotable(submission))
    return refused("BadLegs", `quotes are of orders and spreads, not of a ${submission.intent.kind}`);
  const { intent } = submission;
  return checkTerms(state, state.accounts.get(intent.account) as EngineAccount, intent, ratiosOf(state, intent));
}

export function ask(work: Work, command: CommandOf<"ask">): Refused | null {
  const { state, events } = work;
  const { intent, until } = command;
  const refusal = checkQuotable(state, command);
  if (refusal) return refusal;
  if (until < state.time || until + state.config.settlementSeconds > intent.validUntil)
    return refused(
      "AskTooLong",
      `quotes until ${until}, though the intent ends at ${intent.validUntil}; L1 time is ${state.time}`,
    );
  take(work, command);
  const id = state.counters.ask++;
  const resting = waiting(work, command as Quotable, "ask", id);
  (state.asks as Map<number, Ask>).set(id, { id, resting, until, quotes: [] });
  events.push({ type: "asked", ask: id, intent: resting.signed.intent, until });
  return null;
}

function waiting(work: Work, submission: Quotable, place: "ask" | "quote", at: number): Resting<Order | Spread> {
  const { state } = work;
  const { intent } = submission;
  const resting: Resting<Order | Spread> = {
    signed: signedOf(submission),
    key: keyOf(intent),
    remaining: intent.size,
    rank: state.counters.order,
    place,
    at,
    isQuoted: false,
    leavesOnDisconnect: submission.cancelOnDisconnect === true,
  };
  memoryOf(state, state.accounts.get(intent.account) as EngineAccount, intent.nonce).resting = resting;
  return resting;
}

export function quote(work: Work, command: CommandOf<"quote">): Refused | null {
  const { state, events } = work;
  const asked = state.asks.get(command.ask);
  if (!asked) return refused("UnknownAsk", `there is no ask ${command.ask}`);
  const refusal = checkQuotable(state, command);
  if (refusal) return refusal;
  const quotable = command as CommandOf<"quote"> & Quotable;
  const { intent } = quotable;
  const wanted = asked.resting.signed.intent;
  const price = -netPrice(intent);
  if (!isOpposite(ratiosOf(state, wanted), ratiosOf(state, intent)) || intent.size < wanted.size)
    return refused("QuoteMismatch", "a quote has the opposite legs, for at least as many units");
  if (intent.account === wanted.account || price > netPrice(wanted))
    return refused("QuoteMismatch", `the quote asks for ${price} a unit; the ask pays at most ${netPrice(wanted)}`);
  if (intent.validUntil < asked.until + state.config.settlementSeconds)
    return refused("ExpiresTooSoon", `the quote ends at ${intent.validUntil}, before the ask is settled`);
  const failing = checkFill(state, partOf(state, quotable, wanted.size, price, "maker"));
  if (failing) return failing;
  take(work, command);
  const resting = waiting(work, quotable, "quote", asked.id);
  const at = asked.quotes.findIndex((other) => other.price > price);
  asked.quotes.splice(at < 0 ? asked.quotes.length : at, 0, { resting, price });
  events.push({ type: "quoted", ask: asked.id, intent, price });
  return null;
}

function isOpposite(asked: readonly SlotRatio[], quoted: readonly SlotRatio[]): boolean {
  const ratios = new Map(quoted.map(({ slot, ratio }) => [slot, ratio]));
  return asked.length === quoted.length && asked.every(({ slot, ratio }) => ratios.get(slot) === -ratio);
}

/** What one side does at `price` per unit, as the asker pays it. */
function partOf(
  state: EngineState,
  signed: Pick<Quotable, "intent" | "signature" | "signer" | "bulk">,
  units: bigint,
  price: bigint,
  role: Fill["role"] & ("maker" | "taker"),
): Fill {
  const cash = (role === "maker" ? price : -price) * units;
  return unitsFill(state, signed, ratiosOf(state, signed.intent), units, cash, feeOf(state, signed.intent, role), role);
}

const feeOf = ({ config }: EngineState, intent: Order | Spread, role: "maker" | "taker"): bigint =>
  role === "maker" ? config.makerFee : feeRate(config, intent);

export function takeQuote(work: Work, { ask: id }: CommandOf<"take">): Refused | null {
  const asked = work.state.asks.get(id);
  if (!asked) return refused("UnknownAsk", `there is no ask ${id}`);
  if (asked.quotes.length === 0) return refused("UnknownAsk", `ask ${id} has no quote`);
  conclude(work, asked);
  return null;
}

/** Asks whose time has come are concluded. */
export function concludeDue(work: Work): void {
  const { state } = work;
  for (const asked of [...state.asks.values()]) if (asked.until <= state.time) conclude(work, asked);
}

/** Executes an ask at the best quote that passes, once; it leaves if there is none. Quotes that lose leave with it. */
function conclude(work: Work, asked: Ask): void {
  const { resting } = asked;
  let reason: Reason = { code: "NoQuote", message: "nobody's quote could be executed" };
  while (asked.quotes.length > 0) {
    const [best] = asked.quotes as [Quote, ...Quote[]];
    const outcome = meet(work, asked, best);
    if (outcome === "done") {
      leaveRest(work, asked);
      return;
    }
    if (outcome.isMaker) leave(work, best.resting, outcome.reason);
    else {
      reason = outcome.reason;
      break;
    }
  }
  leave(work, resting, reason);
}

function meet(work: Work, { resting }: Ask, best: Quote): "done" | { isMaker: boolean; reason: Reason } {
  const { state } = work;
  const { intent } = resting.signed;
  const fills = [
    partOf(state, best.resting.signed, intent.size, best.price, "maker"),
    partOf(state, resting.signed, intent.size, best.price, "taker"),
  ] as const;
  const isDue = [best.resting, resting].every(({ signed }) => signed.intent.validUntil >= horizon(state));
  const stopped = ratiosOf(state, intent).some(({ slot }) => !isTrading(state, slot));
  if (stopped) return { isMaker: false, reason: { code: "SeriesNotLive", message: "a series of it trades no more" } };
  if (!isDue) return { isMaker: false, reason: { code: "IntentExpired", message: "too late to be proved and posted" } };
  const makerRefusal = checkFill(state, fills[0]);
  if (makerRefusal) return { isMaker: true, reason: reasonOf(makerRefusal) };
  const takerRefusal = checkFill(state, fills[1]) ?? checkInterest(state, fills);
  if (takerRefusal) return { isMaker: false, reason: reasonOf(takerRefusal) };
  settleTrade(work, "quote", fills, best.price);
  return "done";
}

/** After its execution an ask is gone, and so are all quotes; what was executed of the best one is in the trade. */
function leaveRest(work: Work, asked: Ask): void {
  const [best, ...others] = asked.quotes as [Quote, ...Quote[]];
  const { intent } = asked.resting.signed;
  consume(work, best.resting, intent.size);
  if (best.resting.remaining > 0n)
    leave(work, best.resting, { code: "AskEnded", message: `ask ${asked.id} took ${intent.size} units` });
  for (const { resting } of others)
    leave(work, resting, { code: "AskEnded", message: `ask ${asked.id} took another quote` });
  consume(work, asked.resting, asked.resting.remaining);
  (work.state.asks as Map<number, Ask>).delete(asked.id);
}
