/**
 * Small changes of the state that everything else is made of: accounts, order slots, books, what awaits sealing.
 * @module
 */
import { orderKey, orderSlotOf } from "#protocol/account.ts";
import type { Intent } from "#protocol/intent.ts";
import { WIDTH } from "#protocol/params.ts";
import { type Book, find, rewrite } from "./book.ts";
import type { Reason } from "./refusal.ts";
import { changed } from "./risk.ts";
import type { EngineAccount, EngineState, Event, Leg, Op, SlotMemory } from "./types.ts";

export type Progress = { readonly state: EngineState; readonly events: readonly Event[] };

export const keyOf = ({ epoch, nonce }: Intent): bigint => orderKey(epoch, nonce);
/** The nonce in an order's key. */
export const nonceOf = (key: bigint): bigint => key & ((1n << BigInt(WIDTH.nonce)) - 1n);
export const withBook = (state: EngineState, slot: number, book: Book): EngineState => ({
  ...state,
  books: state.books.with(slot, book),
});
export const withAccount = (state: EngineState, id: number, account: EngineAccount): EngineState => ({
  ...state,
  accounts: state.accounts.set(id, account),
});
export function remember(state: EngineState, id: number, nonce: bigint, memory: SlotMemory): EngineState {
  const account = state.accounts.get(id);
  if (!account) return state;
  const slots = new Map(account.slots).set(orderSlotOf(state.config.profile, nonce), memory);
  return withAccount(state, id, { ...account, slots });
}
export const memoryOf = (state: EngineState, account: EngineAccount, nonce: bigint): SlotMemory =>
  account.slots.get(orderSlotOf(state.config.profile, nonce)) ?? { key: 0n, filled: 0n, book: -1 };

/** Appends an operation to what awaits sealing. */
export function enqueue(state: EngineState, op: Op): Progress {
  return {
    state: { ...state, pending: [...state.pending, op], counters: { ...state.counters, op: op.id + 1 } },
    events: [{ type: "queued", op }],
  };
}

/** Takes a resting order out of its book, if it is there. */
export function leave(state: EngineState, account: number, nonce: bigint, key: bigint, reason: Reason): Progress {
  const owner = state.accounts.get(account);
  const memory = owner && memoryOf(state, owner, nonce);
  const book = memory && memory.key === key ? state.books[memory.book] : undefined;
  const resting = book && find(book, account, key);
  if (!memory || !book || !resting) return { state, events: [] };
  const without = withBook(state, memory.book, rewrite(book, account, key));
  return {
    state: remember(without, account, nonce, { ...memory, book: -1 }),
    events: [{ type: "left", account, key, remaining: resting.remaining, reason }],
  };
}

/** Takes all of an account's resting orders out of their books. */
export function leaveAll(state: EngineState, id: number, reason: Reason): Progress {
  const events: Event[] = [];
  let next = state;
  for (const { key, book } of state.accounts.get(id)?.slots.values() ?? []) {
    if (book < 0) continue;
    const left = leave(next, id, nonceOf(key), key, reason);
    next = left.state;
    events.push(...left.events);
  }
  return { state: next, events };
}

/** Adds a leg to its account and order slot, or takes it out again (`direction` -1). */
export function applyLeg(
  state: EngineState,
  { signed: { intent }, size, cash, fee }: Leg,
  slot: number,
  direction: 1n | -1n,
): EngineState {
  const account = state.accounts.get(intent.account);
  if (!account) return state;
  const next = changed(account, { slot, size: direction * size, cash: direction * cash, fee: direction * fee });
  const lots = size < 0n ? -size : size;
  const written = withInterest(
    withAccount(state, intent.account, { ...account, ...next }),
    slot,
    account.sizes[slot] ?? 0n,
    next.sizes[slot] ?? 0n,
  );
  const memory = memoryOf(written, account, intent.nonce);
  return memory.key === keyOf(intent)
    ? remember(written, intent.account, intent.nonce, { ...memory, filled: memory.filled + direction * lots })
    : written;
}

const long = (size: bigint): bigint => (size > 0n ? size : 0n);

/** Open interest of `slot` after a position in it went from `before` to `after`. */
function withInterest(state: EngineState, slot: number, before: bigint, after: bigint): EngineState {
  const listed = state.board[slot];
  if (!listed) return state;
  const openLong = listed.openLong + long(after) - long(before);
  const openShort = listed.openShort + long(-after) - long(-before);
  return { ...state, board: state.board.with(slot, { ...listed, openLong, openShort }) };
}
