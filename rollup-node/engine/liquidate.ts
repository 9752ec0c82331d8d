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
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { tableId } from "#protocol/marks.ts";
import { SCALE } from "#protocol/params.ts";
import type { Resting, RestingOrder } from "./book.ts";
import { checkInterest, consume, enqueue, fillOf, leave, leaveAll, settleTrade, type Work } from "./ledger.ts";
import { orderFill, reasonOf } from "./match.ts";
import { bestOffer, isSale, type Offer, type Source } from "./offers.ts";
import { checkTogether, fitsStep } from "./plan.ts";
import { abs, changed, type Estimate, estimate, isClosed, isTrading, isUnhealthy, riskNow } from "./risk.ts";
import type { EngineAccount, EngineState, Fill, LegChange } from "./types.ts";

/** Lots of one slot that one maker takes. */
type Piece = { readonly slot: number; readonly offer: Offer; readonly lots: bigint };
/** One enforcement: what backstops turned out unable to take stays known in it. */
type Run = { readonly work: Work; readonly limits: Map<Resting, bigint> };
type Forcing = { readonly account: EngineAccount; readonly source: Source; readonly isClosing: boolean };

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

/** Whether anything in `slot` may be forced now. */
const isForcible = (state: EngineState, slot: number): boolean =>
  isTrading(state, slot) && !isClosed(state, state.grid.underlyingOf[slot] ?? 0);

// --- choice -----------------------------------------------------------------------------------------------------------

const takenOf = (pieces: readonly Piece[]): Map<Resting, bigint> => {
  const taken = new Map<Resting, bigint>();
  for (const { offer, lots } of pieces) taken.set(offer.resting, (taken.get(offer.resting) ?? 0n) + lots);
  return taken;
};

/** As much of one position as there are offers for and a step holds. */
function wholeSlot({ work, limits }: Run, { account, source }: Forcing, slot: number): readonly Piece[] | "again" {
  const { state } = work;
  if (!isForcible(state, slot)) return [];
  const pieces: Piece[] = [];
  for (let left = abs(account.sizes[slot] ?? 0n); left > 0n; ) {
    const offer = bestOffer(work, { account, slot, source, taken: takenOf(pieces), limits });
    if (offer === "again") return "again";
    if (!offer || !fitsWith(state, pieces, { slot, offer, lots: 1n })) break;
    const lots = offer.lots < left ? offer.lots : left;
    pieces.push({ slot, offer, lots });
    left -= lots;
  }
  return pieces;
}

/** Whether the forced lane holds one more piece, and the step all makers. */
function fitsWith({ config }: EngineState, pieces: readonly Piece[], piece: Piece): boolean {
  const all = [...pieces, piece];
  if (new Set(all.map(({ slot }) => slot)).size > config.profile.intents) return false;
  // A backstop executes once per slot.
  const executions = new Map(all.map((each) => [`${each.slot}/${each.offer.resting.rank}`, each.offer.resting]));
  return fitsStep(config.profile, executions.values(), 1);
}

/** Two hedged positions would be taken down by turns, less and less each time: what one operation leaves is another's. */
const MOST_PIECES = 16;

/** What is left to plan with: the account after the pieces so far. */
type Draft = {
  cash: number;
  readonly lots: Float64Array;
  notional: bigint;
  /** What maintenance margin may not grow beyond. */
  readonly maintenance: number;
  readonly pieces: Piece[];
};
type Option = { readonly piece: Piece; readonly score: number };

/** Reductions that together restore initial margin, or what one operation can do about it, cheapest first. */
function cheapest(run: Run, forcing: Forcing): readonly Piece[] | "again" {
  const { state } = run.work;
  const { account } = forcing;
  const table = tableId(state.marks);
  const { liquidationCap } = state.config.parameters;
  const taken = account.liquidation.table === table ? account.liquidation.amount : 0n;
  const draft: Draft = {
    cash: Number(account.cash),
    lots: account.lots.slice(),
    notional: liquidationCap * USDC_NOTIONAL - taken,
    maintenance: estimate(state, Number(account.cash), account.lots).maintenance,
    pieces: [],
  };
  for (;;) {
    const { surplus, error } = estimate(state, draft.cash, draft.lots);
    if (surplus >= 0 || draft.pieces.length === MOST_PIECES) return draft.pieces;
    let best: Option | null = null;
    for (const slot of draft.lots.keys()) {
      const option = draft.lots[slot] === 0 ? null : optionFor(run, forcing, draft, slot, surplus, error);
      if (option === "again") return "again";
      if (option && (!best || option.score < best.score)) best = option;
    }
    if (!best) return draft.pieces.length > 0 ? draft.pieces : lastResort(run, forcing, draft);
    advance(state, draft, best.piece);
  }
}

/** The best that one slot's best offer does; null if nothing. `surplus`: before it. */
function optionFor(
  run: Run,
  { account, source }: Forcing,
  draft: Draft,
  slot: number,
  surplus: number,
  error: number,
): Option | "again" | null {
  const { state } = run.work;
  const offer = offerIn(run, account, source, draft, slot);
  if (offer === null || offer === "again") return offer;
  const most = mostLots(state, draft, slot, offer);
  if (most < 1) return null;
  const after = (lots: number) => estimateAfter(state, account, draft, slot, offer, lots);
  const lots = leastLots((count) => after(count).surplus, most);
  const { surplus: reached, maintenance } = after(lots);
  const gain = reached - surplus;
  if (gain <= error || maintenance > draft.maintenance + error) return null;
  return {
    piece: { slot, offer, lots: BigInt(lots) },
    score: (costPerLot(state, account, slot, offer) * lots) / gain,
  };
}

function offerIn(run: Run, account: EngineAccount, source: Source, draft: Draft, slot: number): Offer | "again" | null {
  const { state } = run.work;
  if (!isForcible(state, slot)) return null;
  const taken = takenOf(draft.pieces);
  const offer = bestOffer(run.work, { account, slot, source, taken, limits: run.limits });
  if (offer === null || offer === "again") return offer;
  return fitsWith(state, draft.pieces, { slot, offer, lots: 1n }) ? offer : null;
}

/** Lots that offer, position and cap leave. */
function mostLots({ marks, grid }: EngineState, { lots, notional }: Draft, slot: number, offer: Offer): number {
  const spot = marks.underlyings[grid.underlyingOf[slot] ?? 0]?.spot ?? 0n;
  const capped = spot > 0n && notional > 0n ? Number(notional / spot) : 0;
  return Math.min(Number(offer.lots), Math.abs(lots[slot] ?? 0), capped);
}

/** 1e-6 USDC per lot: what is lost against the mark, and the penalty. */
function costPerLot(state: EngineState, account: EngineAccount, slot: number, { price }: Offer): number {
  const mark = Number(state.marks.slots[slot]?.mark ?? 0n) / Number(SCALE.mark / SCALE.price);
  const lost = isSale({ account, slot }) ? mark - Number(price) : Number(price) - mark;
  return lost + penaltyPerLot(state, slot);
}
const penaltyPerLot = ({ marks, grid, config }: EngineState, slot: number): number =>
  Number((marks.underlyings[grid.underlyingOf[slot] ?? 0]?.spot ?? 0n) * config.parameters.penaltyPpm) /
  Number(SCALE.equityPerCash * SCALE.marginPerEquity);

/** 1e-6 USDC per lot that cash changes by. */
function cashPerLot(state: EngineState, isSelling: boolean, slot: number, { price }: Offer): number {
  const net = Number(price - (state.grid.settledMarks[slot] ?? 0n));
  return (isSelling ? net : -net) - penaltyPerLot(state, slot);
}

/** The draft with `lots` more at this offer. */
function estimateAfter(
  state: EngineState,
  account: EngineAccount,
  draft: Draft,
  slot: number,
  offer: Offer,
  lots: number,
): Estimate {
  const before = draft.lots[slot] as number;
  const cash = draft.cash + lots * cashPerLot(state, isSale({ account, slot }), slot, offer);
  draft.lots[slot] = before > 0 ? before - lots : before + lots;
  const after = estimate(state, cash, draft.lots);
  draft.lots[slot] = before;
  return after;
}

/** The least lots in [1, most] with `after` not negative, or those with the most; `after` is concave. */
function leastLots(after: (lots: number) => number, most: number): number {
  let peak = most;
  if (after(most) < 0 && most > 1 && after(most) < after(most - 1)) {
    let [low, high] = [1, most];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (after(middle) < after(middle + 1)) low = middle + 1;
      else high = middle;
    }
    peak = low;
  }
  if (after(peak) < 0) return peak;
  let [low, high] = [1, peak];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (after(middle) >= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Takes a piece into the draft. */
function advance(state: EngineState, draft: Draft, piece: Piece): void {
  const { slot, lots, offer } = piece;
  const size = draft.lots[slot] as number;
  draft.cash += Number(lots) * cashPerLot(state, size > 0, slot, offer);
  draft.lots[slot] = size > 0 ? size - Number(lots) : size + Number(lots);
  draft.notional -= lots * (state.marks.underlyings[state.grid.underlyingOf[slot] ?? 0]?.spot ?? 0n);
  draft.pieces.push(piece);
}

/** An insolvent account gives up what it can, although no reduction restores anything: only without positions is its debt written off. */
function lastResort(run: Run, { account, source }: Forcing, draft: Draft): readonly Piece[] | "again" {
  const { state } = run.work;
  if (riskNow(state, account).equity >= 0n) return [];
  for (const slot of draft.lots.keys()) {
    if (draft.lots[slot] === 0) continue;
    const offer = offerIn(run, account, source, draft, slot);
    if (offer === "again") return "again";
    const lots = offer ? BigInt(mostLots(state, draft, slot, offer)) : 0n;
    if (!offer || lots === 0n) continue;
    const pieces = [{ slot, offer, lots }];
    const after = changed(state, account, { legs: legsOf(account, pieces), cash: 0n, fee: 0n });
    if (riskNow(state, after).maintenance <= riskNow(state, account).maintenance) return pieces;
  }
  return [];
}

// --- execution --------------------------------------------------------------------------------------------------------

/** Positions that pieces change, one leg per slot, in the order in which they were chosen. */
function legsOf(account: EngineAccount, pieces: readonly Piece[]): readonly LegChange[] {
  const sizes = new Map<number, bigint>();
  for (const { slot, lots } of pieces) {
    const size = isSale({ account, slot }) ? -lots : lots;
    sizes.set(slot, (sizes.get(slot) ?? 0n) + size);
  }
  return [...sizes].map(([slot, size]) => ({ slot, size }));
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

/** What a bankrupt account owes goes to the insurance fund as far as it reaches, and to the side of the slot that it is charged to. */
export function writeOff(work: Work, account: EngineAccount): void {
  const { state, events } = work;
  if (account.cash >= 0n || account.lots.some((size) => size !== 0)) return;
  const debt = -account.cash;
  const insured = debt < state.pots.insurance ? debt : state.pots.insurance;
  const { target } = account.liquidation;
  account.cash = 0n;
  state.pots.insurance -= insured;
  owe(work, target, debt - insured);
  events.push({ type: "bankrupt", account: account.id, debt, insured });
  enqueue(work, { kind: "writeOff", account: account.id, debt, insured, target });
}

/** Adds to a deficit: of a slot's longs or shorts, or of nobody. 1e-6 USDC, signed. */
export function owe({ state }: Work, target: bigint, amount: bigint): void {
  if (target === 0n) {
    state.pots.deficit += amount;
    return;
  }
  const slot = state.board[Number((target - 1n) / 2n)];
  if (!slot) return;
  const side = (target - 1n) % 2n === 0n ? "deficitLong" : "deficitShort";
  Object.assign(slot, { [side]: slot[side] + amount });
}
