/**
 * What happens to accounts without their wish, at every new table of marks: liquidation of those below maintenance margin,
 * forced closes, and writing off what bankrupt accounts owe. The rules leave no choice: candidates in the order of their
 * shortfall; of the reductions always the one that restores most initial margin per cost, and as little of it as restores it.
 *
 * The circuit sees an account unhealthy before every lane that liquidates it, and an operation is one such lane: an account
 * that an operation leaves healthy is left alone, though it may be short of initial margin yet.
 * @module
 */
import type { Liquidation } from "#protocol/account.ts";
import type { ForcedExecution, SignedExecution } from "#protocol/execute.ts";
import { abs } from "#protocol/field.ts";
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { tableId } from "#protocol/marks.ts";
import { SCALE } from "#protocol/params.ts";
import type { Resting, RestingOrder } from "./book.ts";
import { writeOff } from "./debt.ts";
import { checkInterest, consume, fillOf, leave, leaveAll, settleTrade, type Work } from "./ledger.ts";
import { orderFill, reasonOf } from "./match.ts";
import { isSale } from "./offers.ts";
import { checkTogether } from "./plan.ts";
import { cheapest, type Forcing, legsOf, type Piece, type Run, takenOf, wholeSlot } from "./reduction.ts";
import { changed, isUnhealthy, riskNow } from "./risk.ts";
import type { EngineAccount, EngineState, Fill, LegChange } from "./types.ts";

/** Everything that marks or board force, in this order. */
export function enforce(work: Work): void {
  const run: Run = { work, limits: new Map() };
  for (const { account, shortfall } of candidates(work.state)) {
    work.events.push({ type: "liquidating", account: account.id, shortfall });
    leaveAll(work, account, { code: "Liquidated", message: "the account is below maintenance margin" });
    for (const source of ["book", "backstop"] as const) {
      const forcing = { account, source, isClosing: false };
      while (isUnhealthy(work.state, account) && attempt(run, forcing, () => cheapest(run, forcing)));
    }
  }
  for (const [, account] of work.state.accounts.entries()) if (account.isClosing) close(run, account);
  for (const [, account] of work.state.accounts.entries()) writeOff(work, account);
}

/** Accounts below maintenance margin that are not closing, the largest shortfall first. */
function candidates(state: EngineState): readonly { readonly account: EngineAccount; readonly shortfall: bigint }[] {
  const found: { readonly account: EngineAccount; readonly shortfall: bigint }[] = [];
  for (const [, account] of state.accounts.entries()) {
    if (account.isClosing || account.lots.every((size) => size === 0) || !isUnhealthy(state, account)) continue;
    found.push({ account, shortfall: -riskNow(state, account).health });
  }
  return found.sort((a, b) => {
    if (a.shortfall === b.shortfall) return a.account.id - b.account.id;
    return a.shortfall > b.shortfall ? -1 : 1;
  });
}

/** Closes what can be closed of an account that asked L1 for it, slot by slot. */
function close(run: Run, account: EngineAccount): void {
  for (const source of ["book", "backstop"] as const) {
    const forcing = { account, source, isClosing: true };
    for (const slot of account.sizes.keys())
      while (account.sizes[slot] !== 0n && attempt(run, forcing, () => wholeSlot(run, forcing, slot)));
  }
}

/** One operation; false if there is none. Whoever fails its check leaves, or takes less, and the choice is made anew. */
function attempt(run: Run, forcing: Forcing, choose: () => readonly Piece[] | "again"): boolean {
  for (;;) {
    const pieces = choose();
    if (pieces === "again") continue;
    if (pieces.length === 0) return false;
    const outcome = execute(run, forcing, pieces);
    if (outcome !== "again") return outcome;
  }
}

function execute(run: Run, forcing: Forcing, pieces: readonly Piece[]): boolean | "again" {
  const { work } = run;
  const { state } = work;
  const { account, isClosing, source } = forcing;
  const taken = takersOf(state, account, pieces);
  const failing = failingTaker(state, taken);
  if (failing) {
    if (source === "backstop") run.limits.set(failing.resting, failing.lots / 2n);
    else leave(work, failing.resting, failing.reason);
    return "again";
  }
  const forced = legsOf(account, pieces).map((leg) => forcedFill(state, account, leg, pieces));
  const fills = [...taken.map(({ fill }) => fill), ...(isClosing ? forced : withPenalties(state, account, forced))];
  if (!isAllowed(state, forcing, fills.slice(taken.length)) || checkInterest(state, fills)) return false;
  const before = account.liquidation;
  const cause = isClosing ? "close" : source === "book" ? "liquidation" : "backstop";
  const [first] = pieces as readonly [Piece, ...Piece[]];
  settleTrade(
    work,
    cause,
    fills,
    isSale({ account, slot: first.slot }) ? -first.offer.price : first.offer.price,
    before,
  );
  account.liquidation = recordOf(state, account, forced);
  for (const [resting, lots] of takenOf(pieces)) consume(work, resting, lots);
  return true;
}

type Taker = { readonly resting: Resting; readonly lots: bigint; readonly fill: Fill };

/** The makers' fills: one per order, of a backstop one per slot. */
function takersOf(state: EngineState, account: EngineAccount, pieces: readonly Piece[]): readonly Taker[] {
  const merged = new Map<string, Piece>();
  for (const piece of pieces) {
    const place = `${piece.slot}/${piece.offer.resting.rank}`;
    merged.set(place, { ...piece, lots: piece.lots + (merged.get(place)?.lots ?? 0n) });
  }
  return [...merged.values()].map(({ slot, offer, lots }) => {
    const { resting, price } = offer;
    if (resting.place === "book") {
      const { signed } = resting as RestingOrder;
      return { resting, lots, fill: orderFill(state, signed, slot, lots, price, state.config.makerFee, "maker") };
    }
    const size = isSale({ account, slot }) ? lots : -lots;
    const execution: SignedExecution = { ...resting.signed, size, cash: -price * size, fee: 0n, slot };
    return { resting, lots, fill: fillOf(state, resting.signed.intent.account, "maker", execution, [{ slot, size }]) };
  });
}

function failingTaker(state: EngineState, takers: readonly Taker[]) {
  const seen = new Map<number, Fill[]>();
  for (const { fill, resting, lots } of takers) {
    const own = [...(seen.get(fill.account) ?? []), fill];
    seen.set(fill.account, own);
    const refusal = checkTogether(state, fill.account, own);
    if (refusal) return { resting, lots, reason: reasonOf(refusal) };
  }
  return null;
}

function forcedFill(state: EngineState, account: EngineAccount, leg: LegChange, pieces: readonly Piece[]): Fill {
  const price = pieces.reduce((sum, { slot, offer, lots }) => sum + (slot === leg.slot ? offer.price * lots : 0n), 0n);
  const cash = leg.size < 0n ? price : -price;
  const execution: ForcedExecution = { intent: null, slot: leg.slot, size: leg.size, cash, fee: 0n };
  return fillOf(state, account.id, "forced", execution, [leg]);
}

/** The whole penalty, as far as the account's equity reaches: a debt to the insurance fund would be paid by the insurance fund. */
function withPenalties(state: EngineState, account: EngineAccount, forced: readonly Fill[]): readonly Fill[] {
  const legs = forced.flatMap((fill) => fill.legs);
  const cash = forced.reduce((sum, { execution }) => sum + execution.cash, 0n);
  const { equity } = riskNow(state, changed(state, account, { legs, cash, fee: 0n }));
  let left = equity > 0n ? equity / SCALE.equityPerCash : 0n;
  return forced.map((fill) => {
    const most =
      (notionalOf(state, fill.legs) * state.config.parameters.penaltyPpm) /
      (SCALE.equityPerCash * SCALE.marginPerEquity);
    const fee = most < left ? most : left;
    left -= fee;
    return { ...fill, execution: { ...fill.execution, fee } };
  });
}

const notionalOf = ({ marks, grid }: EngineState, legs: readonly LegChange[]): bigint =>
  legs.reduce(
    (sum, { slot, size }) => sum + abs(size) * (marks.underlyings[grid.underlyingOf[slot] ?? 0]?.spot ?? 0n),
    0n,
  );

/** The circuit's conditions on the lane, exactly. */
function isAllowed(state: EngineState, { account, isClosing }: Forcing, forced: readonly Fill[]): boolean {
  if (isClosing) return checkTogether(state, account.id, forced) === null;
  const legs = forced.flatMap((fill) => fill.legs);
  const sum = (of: (fill: Fill) => bigint) => forced.reduce((total, fill) => total + of(fill), 0n);
  const cash = sum(({ execution }) => execution.cash);
  const after = changed(state, account, { legs, cash, fee: sum(({ execution }) => execution.fee) });
  const [riskBefore, riskAfter] = [riskNow(state, account), riskNow(state, after)];
  const { amount } = recordOf(state, account, forced);
  return (
    riskBefore.health < 0n &&
    riskAfter.maintenance <= riskBefore.maintenance &&
    amount <= state.config.parameters.liquidationCap * USDC_NOTIONAL
  );
}

/** The liquidation record behind `forced`: the first position charges its other side for a deficit. */
function recordOf(state: EngineState, { liquidation }: EngineAccount, forced: readonly Fill[]): Liquidation {
  const table = tableId(state.marks);
  const legs = forced.flatMap((fill) => fill.legs);
  const [first = { slot: 0, size: 0n }] = legs;
  const notional = notionalOf(state, legs);
  return {
    table,
    amount: (table === liquidation.table ? liquidation.amount : 0n) + notional,
    target: 1n + 2n * BigInt(first.slot) + (first.size < 0n ? 1n : 0n),
  };
}
