/**
 * Small changes that everything else is made of: accounts, order slots, open interest, what awaits sealing.
 * @module
 */
import { type Liquidation, orderKey, orderSlotOf } from "#protocol/account.ts";
import type { Slot } from "#protocol/board.ts";
import type { Intent } from "#protocol/intent.ts";
import { WIDTH } from "#protocol/params.ts";
import type { Book, Resting, RestingOrder } from "./book.ts";
import type { Reason, Refused } from "./refusal.ts";
import { refused } from "./refusal.ts";
import { bookedOf } from "./risk.ts";
import type { EngineAccount, EngineState, Event, Fill, LegChange, Op, OpOf, SlotMemory, TradeCause } from "./types.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** One command being carried out: the state that it makes and what happened. */
export type Work = {
  readonly state: Mutable<Omit<EngineState, "counters" | "pots">> & {
    readonly counters: Mutable<EngineState["counters"]>;
    readonly pots: Mutable<EngineState["pots"]>;
  };
  readonly events: Event[];
};
export const workOn = (state: EngineState): Work => ({
  state: { ...state, counters: { ...state.counters }, pots: { ...state.pots } },
  events: [],
});

export const keyOf = ({ epoch, nonce }: Intent): bigint => orderKey(epoch, nonce);
/** The nonce in an order's key. */
export const nonceOf = (key: bigint): bigint => key & ((1n << BigInt(WIDTH.nonce)) - 1n);

const NOTHING: SlotMemory = { key: 0n, filled: 0n, resting: null };
export const memoryOf = (state: EngineState, account: EngineAccount, nonce: bigint): SlotMemory =>
  account.slots.get(orderSlotOf(state.config.profile, nonce)) ?? NOTHING;
/** What is remembered of this very intent; undefined if a newer one took its order slot. */
export function memoryOfIntent(state: EngineState, intent: Intent): SlotMemory | undefined {
  const account = state.accounts.get(intent.account);
  const memory = account && memoryOf(state, account, intent.nonce);
  return memory?.key === keyOf(intent) ? memory : undefined;
}
/** The intent takes its order slot. */
export function remember({ state }: Work, account: EngineAccount, intent: Intent): SlotMemory {
  const memory: SlotMemory = { key: keyOf(intent), filled: 0n, resting: null };
  account.slots.set(orderSlotOf(state.config.profile, intent.nonce), memory);
  state.counters.order++;
  return memory;
}

/** An operation but for its number. */
type Unnumbered<O extends Op = Op> = O extends Op ? Omit<O, "id"> : never;
/** Appends an operation to what awaits sealing. */
export function enqueue({ state, events }: Work, op: Unnumbered): Op {
  const numbered = { id: state.counters.op++, ...op } as Op;
  (state.pending as Op[]).push(numbered);
  events.push({ type: "queued", op: numbered });
  return numbered;
}

/** Takes what waits out of where it does. */
export function leave(work: Work, resting: Resting, reason: Reason): void {
  const { state, events } = work;
  const { account } = resting.signed.intent;
  detach(state, resting);
  const memory = memoryOfIntent(state, resting.signed.intent);
  if (memory) memory.resting = null;
  events.push({ type: "left", account, key: resting.key, remaining: resting.remaining, reason });
  if (resting.place !== "ask") return;
  const ask = state.asks.get(resting.at);
  (state.asks as Map<number, unknown>).delete(resting.at);
  for (const quote of ask?.quotes ?? [])
    leave(work, quote.resting, { code: "AskEnded", message: `ask ${resting.at} ended` });
}

function detach({ books, backstops, asks }: EngineState, resting: Resting): void {
  if (resting.place === "book") (books[resting.at] as Book).remove(resting as RestingOrder);
  if (resting.place === "backstop") removeFrom(backstops as Resting[], (each) => each === resting);
  if (resting.place === "quote") removeFrom(asks.get(resting.at)?.quotes ?? [], (each) => each.resting === resting);
}

function removeFrom<T>(list: T[], isIt: (item: T) => boolean): void {
  const at = list.findIndex(isIt);
  if (at >= 0) list.splice(at, 1);
}

/** Takes those of the account's waiting intents out that `which` says. */
export function leaveAll(
  work: Work,
  account: EngineAccount,
  reason: Reason,
  which: (resting: Resting) => boolean = () => true,
): void {
  for (const { resting } of [...account.slots.values()]) {
    if (resting && which(resting)) leave(work, resting, reason);
  }
}

/** Less of what waits: what was executed of it. It leaves its place silently when nothing is left. */
export function consume({ state }: Work, resting: Resting, units: bigint): void {
  resting.remaining -= units;
  if (resting.remaining > 0n) return;
  detach(state, resting);
  const memory = memoryOfIntent(state, resting.signed.intent);
  if (memory) memory.resting = null;
}

const long = (size: bigint): bigint => (size > 0n ? size : 0n);

/** Null unless the trade would open more than a slot's cap. */
export function checkInterest({ board, accounts }: EngineState, fills: readonly Fill[]): Refused | null {
  // However the lots are spread over accounts and slots, no more of them than these can be new.
  let bought = 0n;
  for (const { legs } of fills) for (const { size } of legs) if (size > 0n) bought += size;
  let isNear = false;
  for (const { legs } of fills) {
    for (const { slot } of legs) {
      const { openLong, cap } = board[slot] as Slot;
      if (openLong + bought > cap) isNear = true;
    }
  }
  if (!isNear) return null;
  const after = new Map<number, { readonly slot: number; readonly before: bigint; size: bigint }>();
  for (const { account, legs } of fills) {
    for (const { slot, size } of legs) {
      const place = account * board.length + slot;
      const entry = after.get(place);
      if (entry) entry.size += size;
      else {
        const before = accounts.get(account)?.sizes[slot] ?? 0n;
        after.set(place, { slot, before, size: before + size });
      }
    }
  }
  const grown = new Map<number, bigint>();
  for (const { slot, before, size } of after.values())
    grown.set(slot, (grown.get(slot) ?? 0n) + long(size) - long(before));
  for (const [slot, growth] of grown) {
    const { openLong, cap } = board[slot] as Slot;
    if (growth > 0n && openLong + growth > cap)
      return refused("OpenInterestCap", `${openLong + growth} lots would be open in slot ${slot}; its cap is ${cap}`);
  }
  return null;
}

/** Books a trade that was checked: positions, cash, pots, order slots; and queues it. `price`: as in the event. */
export function settleTrade(
  work: Work,
  cause: TradeCause,
  fills: readonly Fill[],
  price: bigint,
  liquidation: Liquidation | null = null,
): void {
  const { state, events } = work;
  for (const fill of fills) applyFill(work, fill, 1n);
  const op = enqueue(work, {
    kind: "trade",
    trade: state.counters.trade++,
    cause,
    fills,
    liquidation,
  }) as OpOf<"trade">;
  events.splice(events.length - 1, 0, { type: "traded", op, price, time: state.time });
}

/** Index less settled mark, 1e-2 USDC per unit: what a lot booked at the mark has earned since, but for the mark's own move. */
export const carryOf = ({ indexLong, settledMarks }: EngineState["grid"], slot: number): bigint =>
  (indexLong[slot] ?? 0n) - (settledMarks[slot] ?? 0n);

/** A fill, with what giving it up would need. */
export const fillOf = (
  { grid }: EngineState,
  account: number,
  role: Fill["role"],
  execution: Fill["execution"],
  legs: readonly LegChange[],
): Fill => ({
  account,
  role,
  execution,
  legs,
  carries: legs.map(({ slot }) => carryOf(grid, slot)),
});

/** Adds a fill to its account, order slot and the pots, or takes it out again (`direction` -1). */
export function applyFill({ state }: Work, { account: id, execution, legs }: Fill, direction: 1n | -1n): void {
  const account = state.accounts.get(id);
  if (!account) return;
  account.cash += direction * (execution.cash - execution.fee + bookedOf(state.grid, legs));
  for (const { slot, size } of legs) changePosition(state, account, slot, direction * size);
  if (execution.intent === null) {
    state.pots.insurance += direction * execution.fee;
  } else {
    state.pots.feePot += direction * execution.fee;
    const memory = memoryOfIntent(state, execution.intent);
    const lots = execution.intent.kind === "spread" || execution.size >= 0n ? execution.size : -execution.size;
    if (memory) memory.filled += direction * lots;
  }
  endClosing(account);
}

/** A forced close ends with the last position. */
export function endClosing(account: EngineAccount): void {
  if (account.isClosing && account.lots.every((size) => size === 0)) account.isClosing = false;
}

/** A position after `size` lots more; it is accrued already. */
export function changePosition({ board, grid }: EngineState, account: EngineAccount, slot: number, size: bigint): void {
  const before = account.sizes[slot] ?? 0n;
  const after = before + size;
  const listed = board[slot] as Mutable<Slot>;
  account.sizes[slot] = after;
  account.lots[slot] = Number(after);
  account.indices[slot] = (after < 0n ? grid.indexShort[slot] : grid.indexLong[slot]) ?? 0n;
  listed.openLong += long(after) - long(before);
  listed.openShort += long(-after) - long(-before);
}

/** Pays every position in `slot` what it earned since it was last settled. */
export function accrueSlot({ state }: Work, slot: number): void {
  const { accounts, grid, pots } = state;
  for (const [, account] of accounts.entries()) {
    const size = account.sizes[slot] as bigint;
    const index = (size < 0n ? grid.indexShort[slot] : grid.indexLong[slot]) ?? 0n;
    const before = account.indices[slot];
    if (index === before) continue;
    account.indices[slot] = index;
    if (size === 0n || before === undefined) continue;
    const paid = size * (index - before);
    account.cash += paid;
    pots.clearing -= paid;
  }
}
