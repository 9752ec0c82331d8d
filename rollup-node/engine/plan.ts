/**
 * All or nothing: spreads and fill-or-kill orders against the books, planned first and booked at once.
 *
 * The price of one more unit is that of the best orders not yet taken; the plan grows while it is within the limit and the
 * trade still fits one step. Whoever of the makers fails its check leaves, and the plan is made anew.
 * @module
 */
import { abs } from "#protocol/field.ts";
import { floorDiv } from "#protocol/fixed-point.ts";
import type { Order, Spread } from "#protocol/intent.ts";
import { netPrice } from "#protocol/intent.ts";
import type { Profile } from "#protocol/params.ts";
import type { Book, Resting, RestingOrder } from "./book.ts";
import { checkInterest, consume, fillOf, keyOf, leave, settleTrade, type Work } from "./ledger.ts";
import { allowedLots, checkFill, orderFill, REDUCED, reasonOf, SELF_TRADE, signedOf } from "./match.ts";
import type { Reason, Refused } from "./refusal.ts";
import { checkChange } from "./risk.ts";
import type { EngineAccount, EngineState, Fill, LegChange, Submission } from "./types.ts";

/** Lots of one slot per unit, signed. */
export type SlotRatio = { readonly slot: number; readonly ratio: bigint };

/** Lots of every resting order that a trade takes, in the order in which they are taken. */
export type Taken = Map<RestingOrder, bigint>;

/**
 * Whether these executions and `others` more lanes fit one step, one lane per account: what a lane is checked for is the
 * account behind all of them. Orders that only reduce bind their whole lane, so they share none with others.
 */
export function fitsStep(profile: Profile, makers: Iterable<Resting>, others: number): boolean {
  const lanes = new Map<number, { readonly isReducing: boolean; executions: number }>();
  for (const { signed } of makers) {
    const { intent } = signed;
    const isReducing = "reduceOnly" in intent && intent.reduceOnly;
    const lane = lanes.get(intent.account) ?? { isReducing, executions: 0 };
    lane.executions++;
    if (lane.isReducing !== isReducing || lane.executions > profile.intents) return false;
    lanes.set(intent.account, lane);
  }
  return lanes.size + others <= profile.lanes;
}

/** Fills of makers whose orders are taken, at their own prices. */
const makerFills = (state: EngineState, taken: Taken): readonly Fill[] =>
  [...taken].map(([{ signed, at }, lots]) =>
    orderFill(state, signed, at, lots, signed.intent.price, state.config.makerFee, "maker"),
  );

/** The first of these makers that fails the check of its lane, all its fills together, and why. */
function failingMaker(
  state: EngineState,
  taken: Taken,
  fills: readonly Fill[],
): { readonly maker: RestingOrder; readonly refusal: Refused } | null {
  const orders = [...taken.keys()];
  const seen = new Map<number, Fill[]>();
  for (const [at, fill] of fills.entries()) {
    const own = seen.get(fill.account);
    if (own) own.push(fill);
    else seen.set(fill.account, [fill]);
    const refusal = own ? checkTogether(state, fill.account, own) : checkFill(state, fill);
    if (refusal) return { maker: orders[at] as RestingOrder, refusal };
  }
  return null;
}

/** The lane check of several fills of one account: positions and margin at the end, the price band for each. */
export function checkTogether(state: EngineState, id: number, fills: readonly Fill[]): Refused | null {
  const account = state.accounts.get(id) as EngineAccount;
  const legs = new Map<number, bigint>();
  for (const fill of fills) for (const { slot, size } of fill.legs) legs.set(slot, (legs.get(slot) ?? 0n) + size);
  const sum = (of: (fill: Fill) => bigint) => fills.reduce((total, fill) => total + of(fill), 0n);
  const isHeld = fills.some(
    ({ execution: { intent } }) => intent === null || ("reduceOnly" in intent && intent.reduceOnly),
  );
  const merged: LegChange[] = [...legs].map(([slot, size]) => ({ slot, size }));
  const change = {
    legs: merged.filter(({ size }) => size !== 0n),
    cash: sum(({ execution }) => execution.cash),
    fee: sum(({ execution }) => execution.fee),
    isHeld,
  };
  return checkChange(state, account, {
    ...change,
    parts: fills.map(({ legs: own, execution }) => ({ legs: own, cash: execution.cash })),
  });
}

type Plan = { readonly taken: Taken; readonly units: bigint };

/** Executes an order or spread against the books: as much as it can, or all of it if it is fill-or-kill. */
export function executeAtOnce(
  work: Work,
  submission: Submission & { readonly intent: Order | Spread },
  ratios: readonly SlotRatio[],
): void {
  const { intent } = submission;
  const done = tryAtOnce(work, submission, ratios);
  const remaining = intent.size - done.units;
  if (remaining > 0n)
    work.events.push({ type: "left", account: intent.account, key: keyOf(intent), remaining, reason: done.reason });
}

function tryAtOnce(
  work: Work,
  submission: Submission & { readonly intent: Order | Spread },
  ratios: readonly SlotRatio[],
): { readonly units: bigint; readonly reason: Reason } {
  const { state } = work;
  const { intent } = submission;
  for (;;) {
    const plan = planOf(work, intent, ratios);
    if (plan === "again") continue;
    if (plan.units === 0n || (intent.fok && plan.units < intent.size)) {
      const code = intent.fok ? "FillOrKill" : "ImmediateOrCancel";
      return { units: 0n, reason: { code, message: `${plan.units} of ${intent.size} could be executed at once` } };
    }
    const makers = makerFills(state, plan.taken);
    const failing = failingMaker(state, plan.taken, makers);
    if (failing) {
      leave(work, failing.maker, reasonOf(failing.refusal));
      continue;
    }
    const cash = -makers.reduce((sum, { execution }) => sum + execution.cash, 0n);
    const taker = unitsFill(state, submission, ratios, plan.units, cash, state.config.takerFee, "taker");
    const fills = [...makers, taker];
    const refusal = checkFill(state, taker) ?? checkInterest(state, fills);
    if (refusal) return { units: 0n, reason: reasonOf(refusal) };
    settleTrade(work, "spread", fills, floorDiv(-cash, plan.units).quotient);
    for (const [maker, lots] of plan.taken) consume(work, maker, lots);
    return {
      units: plan.units,
      reason: { code: "ImmediateOrCancel", message: `${intent.size - plan.units} units found nothing to match` },
    };
  }
}

/** `units` of an order or spread for `cash`. */
export function unitsFill(
  state: EngineState,
  submission: Pick<Submission, "intent" | "signature" | "signer" | "bulk"> & { readonly intent: Order | Spread },
  ratios: readonly SlotRatio[],
  units: bigint,
  cash: bigint,
  feePerLot: bigint,
  role: "maker" | "taker",
): Fill {
  const { intent } = submission;
  const legs = ratios.map(({ slot, ratio }) => ({ slot, size: ratio * units }));
  const lots = legs.reduce((sum, { size }) => sum + abs(size), 0n);
  const size = intent.kind === "order" && intent.side === "sell" ? -units : units;
  return fillOf(state, intent.account, role, { ...signedOf(submission), size, cash, fee: feePerLot * lots }, legs);
}

/** Where a leg stands in its book: the order to take from next, and what is left of it. */
type Cursor = { readonly ratio: bigint; readonly order: RestingOrder | undefined; readonly left: bigint };

/** What would be taken; "again" if somebody who cannot take part has left first. */
function planOf(work: Work, intent: Order | Spread, ratios: readonly SlotRatio[]): Plan | "again" {
  const { state } = work;
  const taken: Taken = new Map();
  let cursors: readonly Cursor[] = [];
  for (const { slot, ratio } of ratios) {
    const cursor = cursorAt(work, intent.account, ratio, (state.books[slot] as Book).best(ratio > 0n ? "sell" : "buy"));
    if (!cursor) return "again";
    cursors = [...cursors, cursor];
  }
  const limit = netPrice(intent);
  let units = 0n;
  while (units < intent.size) {
    const chunk = nextChunk(work, intent.account, cursors, intent.size - units);
    if (chunk === "again") return "again";
    if (!chunk || chunk.price > limit * chunk.units) break;
    if (!fitsStep(state.config.profile, new Set([...taken.keys(), ...chunk.taken.keys()]), 1)) break;
    for (const [order, lots] of chunk.taken) taken.set(order, (taken.get(order) ?? 0n) + lots);
    units += chunk.units;
    cursors = chunk.cursors;
  }
  return { taken, units };
}

/** Stands at `order`; null if it cannot take part and has left. */
function cursorAt(work: Work, taker: number, ratio: bigint, order: RestingOrder | undefined): Cursor | null {
  if (!order) return { ratio, order, left: 0n };
  const { intent } = order.signed;
  const owner = work.state.accounts.get(intent.account) as EngineAccount;
  const left = allowedLots(owner, intent, order.at, order.remaining);
  const reason = intent.account === taker ? SELF_TRADE : left === 0n ? REDUCED : null;
  if (!reason) return { ratio, order, left };
  leave(work, order, reason);
  return null;
}

type Chunk = {
  readonly units: bigint;
  /** Net, of all the units. */
  readonly price: bigint;
  readonly taken: Taken;
  readonly cursors: readonly Cursor[];
};

/** The next units at one price: as many as the orders in front hold, or one that takes from several. Null if a book is empty. */
function nextChunk(work: Work, taker: number, cursors: readonly Cursor[], most: bigint): Chunk | "again" | null {
  let units = most;
  for (const { left, ratio } of cursors) {
    const whole = left / abs(ratio);
    if (whole < units) units = whole;
  }
  if (units === 0n) units = 1n;
  const taken: Taken = new Map();
  const after: Cursor[] = [];
  let price = 0n;
  for (const start of cursors) {
    const { ratio } = start;
    let cursor = start;
    for (let wanted = abs(ratio) * units; wanted > 0n; ) {
      const { order, left } = cursor;
      if (!order) return null;
      const lots = left < wanted ? left : wanted;
      taken.set(order, (taken.get(order) ?? 0n) + lots);
      price += (ratio > 0n ? lots : -lots) * order.signed.intent.price;
      wanted -= lots;
      if (lots < left) cursor = { ...cursor, left: left - lots };
      else {
        const next = cursorAt(work, taker, ratio, (work.state.books[order.at] as Book).next(order));
        if (!next) return "again";
        cursor = next;
      }
    }
    after.push(cursor);
  }
  return { units, price, taken, cursors: after };
}
