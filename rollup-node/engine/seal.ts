/**
 * What sealing does to the engine: operations move from `pending` to a step, or back, or are given up.
 * @module
 */
import { tableId } from "#protocol/marks.ts";
import { tableOf, withTable } from "./board.ts";
import { owe } from "./debt.ts";
import { applyFill, carryOf, leave, leaveAll, memoryOfIntent, type Work } from "./ledger.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import type { CommandOf, EngineAccount, EngineState, Op, OpOf, SealedOps, Table, TradeOp } from "./types.ts";

export function seal(work: Work, { number, count }: CommandOf<"seal">): Refused | null {
  const { state, events } = work;
  if (number !== state.counters.step || count < 1 || count > state.pending.length) {
    return refused(
      "UnknownStep",
      `step ${number} of ${count} operations; the next is ${state.counters.step} and ${state.pending.length} are pending`,
    );
  }
  const ops = (state.pending as Op[]).splice(0, count);
  state.sealed = [...state.sealed, { number, ops }];
  state.counters.step = number + 1;
  events.push({ type: "sealed", number, ops });
  return null;
}

/** Steps from `from` on are given up; their operations are pending again, in the same order. */
export function unseal({ state, events }: Work, { from }: CommandOf<"unseal">): Refused | null {
  const undone = state.sealed.filter(({ number }) => number >= from);
  if (undone[0]?.number !== from) return refused("UnknownStep", `step ${from} is not sealed, or final`);
  const ops = undone.flatMap((step) => step.ops);
  (state.pending as Op[]).unshift(...ops);
  state.sealed = state.sealed.filter(({ number }) => number < from);
  state.counters.step = from;
  events.push({ type: "unsealed", from, ops });
  return null;
}

/** A final step is forgotten: it will never be sealed anew. */
export function finalize({ state }: Work, { number }: CommandOf<"final">): Refused | null {
  const [oldest, ...rest] = state.sealed as readonly [SealedOps, ...SealedOps[]];
  if (oldest?.number !== number) return refused("UnknownStep", `step ${number} is not the oldest sealed one`);
  state.sealed = rest;
  state.base = tableAfter(state.base, oldest.ops);
  return null;
}

/** The table in force behind `ops`. */
const tableAfter = (before: Table, ops: readonly Op[]): Table =>
  ops.reduce((table, op) => (op.kind === "marks" ? op.table : table), before);

/** Undoes pending operations that can no longer be proved. Orders are not put back into the book. */
export function quarantine(work: Work, { ops: ids, code, message }: CommandOf<"quarantine">): Refused | null {
  const { state, events } = work;
  const reason = { code, message };
  const ops = state.pending.filter(({ id }) => ids.includes(id));
  if (ops.length !== ids.length) return refused("UnknownOperation", `operations ${ids.join(", ")} are not all pending`);
  if (ops.some(({ kind }) => kind === "request" || kind === "board" || kind === "visit"))
    return refused(
      "RequestOrder",
      "requests, board operations and visits are executable: they were tried, or need nothing",
    );
  const kept = state.pending.filter(({ id }) => !ids.includes(id));
  (state.pending as Op[]).splice(0, state.pending.length, ...kept);
  // Newest first: the way back.
  for (const op of ops.toReversed()) {
    events.push({ type: "quarantined", op, reason });
    undo(work, op, reason);
  }
  return null;
}

function undo(work: Work, op: Op, reason: Reason): void {
  if (op.kind === "trade") undoTrade(work, op, reason);
  if (op.kind === "marks") undoMarks(work);
  if (op.kind === "writeOff") undoWriteOff(work, op);
  if (op.kind === "intent") undoIntent(work, op, reason);
}

/**
 * Takes a trade back at today's marks, with what its lots earned beside them since. Lots of a series settled meanwhile are
 * gone: only their payoff goes back. Losses socialised meanwhile stay with whom they were charged to.
 */
function undoTrade(work: Work, op: TradeOp, reason: Reason): void {
  const { state } = work;
  for (const fill of op.fills) {
    const { intent } = fill.execution;
    const account = state.accounts.get(fill.account) as EngineAccount;
    for (const [at, { slot, size }] of fill.legs.entries())
      account.cash -= size * (carryOf(state.grid, slot) - (fill.carries[at] ?? 0n));
    const legs = fill.legs.filter(({ slot }) => state.board[slot]?.status !== "settled");
    applyFill(work, { ...fill, legs }, -1n);
    if (intent === null) undoRecord(state, account, op);
    const resting = intent && memoryOfIntent(state, intent)?.resting;
    if (resting) leave(work, resting, reason);
  }
}

function undoRecord(state: EngineState, account: EngineAccount, { liquidation }: TradeOp): void {
  if (liquidation && account.liquidation.table <= tableId(state.marks)) account.liquidation = liquidation;
}

function undoMarks(work: Work): void {
  const { state, events } = work;
  const sealed = tableAfter(
    state.base,
    state.sealed.flatMap(({ ops }) => ops),
  );
  const table = tableAfter(sealed, state.pending);
  withTable(work, table);
  events.push({ type: "repriced", table: tableOf(state) });
}

function undoWriteOff(work: Work, { account: id, debt, insured, target }: OpOf<"writeOff">): void {
  const account = work.state.accounts.get(id) as EngineAccount;
  account.cash -= debt;
  work.state.pots.insurance += insured;
  owe(work, target, insured - debt);
}

function undoIntent(work: Work, { signed: { intent } }: OpOf<"intent">, reason: Reason): void {
  const { pots, accounts } = work.state;
  const account = accounts.get(intent.account) as EngineAccount;
  if (intent.kind === "withdraw") {
    account.cash += intent.amount;
    pots.totalCash += intent.amount;
  } else if (intent.kind === "contribute") {
    account.cash += intent.amount;
    pots.insurance -= intent.amount;
  } else if (intent.kind === "collect") {
    account.cash -= intent.amount;
    pots.feePot += intent.amount;
  } else if (intent.kind === "mode") {
    account.isReduceOnly = !intent.reduceOnly;
  } else if (intent.kind === "cancelAll") {
    // Orders of the epoch that is not to be cannot execute.
    leaveAll(work, account, reason);
    account.epoch -= 1n;
  }
}
