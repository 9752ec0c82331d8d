/**
 * Which positions a forced operation reduces: of a liquidation the reductions that restore most initial margin per cost, as
 * little of them as restores it; of a forced close as much of one position as there are offers for.
 * @module
 */

import { abs } from "#protocol/field.ts";
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { tableId } from "#protocol/marks.ts";
import { SCALE } from "#protocol/params.ts";
import type { Resting } from "./book.ts";
import type { Work } from "./ledger.ts";
import { bestOffer, isSale, type Offer, type Source } from "./offers.ts";
import { fitsStep } from "./plan.ts";
import { changed, type Estimate, estimate, isClosed, isTrading, riskNow } from "./risk.ts";
import type { EngineAccount, EngineState, LegChange } from "./types.ts";

/** Lots of one slot that one maker takes. */
export type Piece = { readonly slot: number; readonly offer: Offer; readonly lots: bigint };
/** One enforcement: what backstops turned out unable to take stays known in it. */
export type Run = { readonly work: Work; readonly limits: Map<Resting, bigint> };
export type Forcing = { readonly account: EngineAccount; readonly source: Source; readonly isClosing: boolean };

/** Whether anything in `slot` may be forced now. */
const isForcible = (state: EngineState, slot: number): boolean =>
  isTrading(state, slot) && !isClosed(state, state.grid.underlyingOf[slot] ?? 0);

export const takenOf = (pieces: readonly Piece[]): Map<Resting, bigint> => {
  const taken = new Map<Resting, bigint>();
  for (const { offer, lots } of pieces) taken.set(offer.resting, (taken.get(offer.resting) ?? 0n) + lots);
  return taken;
};

/** As much of one position as there are offers for and a step holds. */
export function wholeSlot(
  { work, limits }: Run,
  { account, source }: Forcing,
  slot: number,
): readonly Piece[] | "again" {
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
export function cheapest(run: Run, forcing: Forcing): readonly Piece[] | "again" {
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

/** Positions that pieces change, one leg per slot, in the order in which they were chosen. */
export function legsOf(account: EngineAccount, pieces: readonly Piece[]): readonly LegChange[] {
  const sizes = new Map<number, bigint>();
  for (const { slot, lots } of pieces) {
    const size = isSale({ account, slot }) ? -lots : lots;
    sizes.set(slot, (sizes.get(slot) ?? 0n) + size);
  }
  return [...sizes].map(([slot, size]) => ({ slot, size }));
}
