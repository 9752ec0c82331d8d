/**
 * What marks and board operations do to the engine.
 * @module
 */
import { EMPTY_SLOT, type Slot } from "#protocol/board.ts";
import type { SeriesStatus } from "#protocol/params.ts";
import { Book } from "./book.ts";
import { owe } from "./debt.ts";
import { gridOf } from "./grid.ts";
import { accrueSlot, changePosition, endClosing, enqueue, leave, type Work } from "./ledger.ts";
import { enforce } from "./liquidate.ts";
import { type Refused, refused } from "./refusal.ts";
import type { BoardEffect, CommandOf, EngineState, Table } from "./types.ts";

type EffectOf<K extends BoardEffect["kind"]> = Extract<BoardEffect, { kind: K }>;

/** New prices are in force at once; what was matched before them is sealed before them. */
export function adoptMarks(work: Work, { reports, table }: CommandOf<"marks">): void {
  enqueue(work, { kind: "marks", reports, table });
  withTable(work, table);
  work.events.push({ type: "repriced", table });
  enforce(work);
}

/** Puts a table in force: positions in perpetuals are settled to it. */
export function withTable(work: Work, { marks, statuses }: Table): void {
  const { state } = work;
  state.marks = marks;
  for (const [at, slot] of state.board.entries()) Object.assign(slot, { status: statuses[at] ?? slot.status });
  refresh(work);
  for (const [slot, isPerpetual] of state.grid.isPerpetual.entries()) if (isPerpetual) accrueSlot(work, slot);
}

export const tableOf = ({ marks, board }: EngineState): Table => ({
  marks,
  statuses: board.map(({ status }): SeriesStatus => status),
});

/** Works anew out what follows from marks, board and parameters. */
function refresh({ state }: Work): void {
  const { board, marks, config } = state;
  state.grid = gridOf({ profile: config.profile, parameters: config.parameters, board, marks });
}

export function operate(work: Work, { operation, effect }: CommandOf<"board">): Refused | null {
  const refusal = checkEffect(work.state, effect);
  if (refusal) return refusal;
  enqueue(work, { kind: "board", operation, effect });
  switch (effect.kind) {
    case "list":
      list(work, effect);
      break;
    case "settle":
      settle(work, effect);
      break;
    case "socialise":
      socialise(work, effect);
      break;
    case "parameters":
      work.state.config = { ...work.state.config, parameters: effect.parameters };
      refresh(work);
      break;
  }
  enforce(work);
  return null;
}

/** Whether nobody holds or owes anything in a slot. */
const isDone = ({ openLong, openShort, deficitLong, deficitShort }: Slot): boolean =>
  openLong === 0n && openShort === 0n && deficitLong === 0n && deficitShort === 0n;

function checkEffect(state: EngineState, effect: BoardEffect): Refused | null {
  if (effect.kind === "parameters" || (effect.kind === "socialise" && effect.slot === null)) return null;
  const slot = state.board[effect.slot as number];
  if (!slot) return refused("BoardConflict", `the board has no slot ${effect.slot}`);
  if (effect.kind === "list" && slot.status !== "empty" && !(slot.status === "settled" && isDone(slot)))
    return refused("BoardConflict", `slot ${effect.slot} is ${slot.status}, and open interest or debts are left in it`);
  const isEnded = slot.status === "expired" || (slot.status === "live" && (slot.series?.expiry ?? 0n) <= state.time);
  if (effect.kind === "settle" && !isEnded)
    return refused("BoardConflict", `slot ${effect.slot} is ${slot.status}; what has expired is settled, once`);
  return null;
}

function list(work: Work, { slot, series, cap }: EffectOf<"list">): void {
  const { state } = work;
  replace(state, slot, { ...EMPTY_SLOT, series, status: "listed", cap });
  (state.books as Book[])[slot] = new Book();
  refresh(work);
  accrueSlot(work, slot);
  work.events.push({ type: "listed", slot, series });
}

const replace = ({ board }: EngineState, slot: number, value: Slot): void => {
  (board as Slot[])[slot] = { ...value };
};

/** Positions become cash, and their holders are visited, so that the slot is free. */
function settle(work: Work, { slot, payoff }: EffectOf<"settle">): void {
  const { state } = work;
  for (const order of [...(state.books[slot]?.bids ?? []), ...(state.books[slot]?.asks ?? [])])
    leave(work, order, { code: "SeriesNotLive", message: "the series is settled" });
  replace(state, slot, { ...(state.board[slot] as Slot), status: "settled", index: payoff });
  refresh(work);
  accrueSlot(work, slot);
  for (const [id, account] of state.accounts.entries()) {
    const size = account.sizes[slot] ?? 0n;
    if (size === 0n) continue;
    changePosition(state, account, slot, -size);
    endClosing(account);
    enqueue(work, { kind: "visit", account: id });
  }
  work.events.push({ type: "settled", slot, payoff });
}

/** The insurance fund repays what it can of a debt; the rest is charged to the side that it stands against, evenly per lot. */
function socialise(work: Work, { slot: at, isShort }: EffectOf<"socialise">): void {
  const { state, events } = work;
  const { pots } = state;
  const slot = at === null ? null : (state.board[at] as Slot);
  const deficit = slot ? (isShort ? slot.deficitShort : slot.deficitLong) : pots.deficit;
  const insured = deficit < pots.insurance ? deficit : pots.insurance;
  pots.insurance -= insured;
  const target = at === null ? 0n : 1n + 2n * BigInt(at) + (isShort ? 1n : 0n);
  owe(work, target, -insured);
  const open = slot ? (isShort ? slot.openShort : slot.openLong) : 0n;
  const raise = open > 0n ? (deficit - insured) / open : 0n;
  const charged = raise * open;
  if (slot && at !== null && raise > 0n) {
    owe(work, target, -charged);
    pots.clearing -= charged;
    const side = isShort ? "lossShort" : "lossLong";
    Object.assign(slot, { [side]: slot[side] + raise });
    refresh(work);
    accrueSlot(work, at);
  }
  events.push({ type: "socialised", slot: at, insured, charged });
}

/** Debts that a board operation can repay now, oldest slot first: by the insurance fund, or by a side that is open. */
export function dueSocialisations({ board, pots }: EngineState): readonly EffectOf<"socialise">[] {
  const due: EffectOf<"socialise">[] = [];
  for (const [slot, { deficitLong, deficitShort, openLong, openShort }] of board.entries()) {
    for (const [isShort, deficit, open] of [
      [false, deficitLong, openLong],
      [true, deficitShort, openShort],
    ] as const) {
      if (deficit > 0n && (pots.insurance > 0n || (open > 0n && deficit >= open)))
        due.push({ kind: "socialise", slot, isShort });
    }
  }
  if (pots.deficit > 0n && pots.insurance > 0n) due.push({ kind: "socialise", slot: null, isShort: false });
  return due;
}
