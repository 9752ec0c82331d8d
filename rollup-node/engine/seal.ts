/**
 * What sealing does to the engine: operations move from `pending` to a step, or back, or are given up.
 * @module
 */
import type { Intent } from "#protocol/intent.ts";
import type { SeriesStatus } from "#protocol/params.ts";
import { applyLeg, keyOf, leave, leaveAll, type Progress, withAccount } from "./ledger.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import type { Accepted, Command, EngineState, Event, Op, Table } from "./types.ts";

type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

export function seal(state: EngineState, { number, count }: CommandOf<"seal">): Accepted | Refused {
  if (number !== state.counters.step || count < 1 || count > state.pending.length) {
    return refused(
      "UnknownStep",
      `step ${number} of ${count} operations; the next is ${state.counters.step} and ${state.pending.length} are pending`,
    );
  }
  const ops = state.pending.slice(0, count);
  return {
    state: {
      ...state,
      pending: state.pending.slice(count),
      sealed: [...state.sealed, { number, ops }],
      counters: { ...state.counters, step: number + 1 },
    },
    events: [{ type: "sealed", number, ops }],
  };
}

/** Steps from `from` on are given up; their operations are pending again, in the same order. */
export function unseal(state: EngineState, { from }: CommandOf<"unseal">): Accepted | Refused {
  const undone = state.sealed.filter(({ number }) => number >= from);
  if (undone[0]?.number !== from) return refused("UnknownStep", `step ${from} is not sealed, or final`);
  const ops = undone.flatMap(({ ops }) => ops);
  return {
    state: {
      ...state,
      pending: [...ops, ...state.pending],
      sealed: state.sealed.filter(({ number }) => number < from),
      counters: { ...state.counters, step: from },
    },
    events: [{ type: "unsealed", from, ops }],
  };
}

/** A final step is forgotten: it will never be sealed anew. */
export function finalize(state: EngineState, { number }: CommandOf<"final">): Accepted | Refused {
  const [oldest, ...rest] = state.sealed;
  if (oldest?.number !== number) return refused("UnknownStep", `step ${number} is not the oldest sealed one`);
  return { state: { ...state, sealed: rest, base: tableAfter(state.base, oldest.ops) }, events: [] };
}

/** The table in force behind `ops`. */
const tableAfter = (before: Table, ops: readonly Op[]): Table =>
  ops.reduce((table, op) => (op.kind === "marks" ? op.table : table), before);

/** Undoes pending operations that can no longer be proved. Orders are not put back into the book. */
export function quarantine(
  state: EngineState,
  { ops: ids, code, message }: CommandOf<"quarantine">,
): Accepted | Refused {
  const reason = { code, message };
  const ops = state.pending.filter(({ id }) => ids.includes(id));
  if (ops.length !== ids.length) return refused("UnknownOperation", `operations ${ids.join(", ")} are not all pending`);
  if (ops.some(({ kind }) => kind === "request")) return refused("RequestOrder", "an L1 request is always executable");
  const kept = { ...state, pending: state.pending.filter(({ id }) => !ids.includes(id)) };
  // Newest first: the way back.
  return ops.toReversed().reduce<Accepted>(
    ({ state: running, events }, op) => {
      const undone = undo(running, op, reason);
      return { state: undone.state, events: [...events, { type: "quarantined", op, reason }, ...undone.events] };
    },
    { state: kept, events: [] },
  );
}

function undo(state: EngineState, op: Op, reason: Reason): Progress {
  if (op.kind === "trade") {
    const events: Event[] = [];
    let next = state;
    for (const leg of op.legs) {
      next = applyLeg(next, leg, op.slot, -1n);
      const { intent } = leg.signed;
      const left = leave(next, intent.account, intent.nonce, keyOf(intent), reason);
      next = left.state;
      events.push(...left.events);
    }
    return { state: next, events };
  }
  if (op.kind === "marks") {
    const table = tableAfter(
      tableAfter(
        state.base,
        state.sealed.flatMap(({ ops }) => ops),
      ),
      state.pending,
    );
    return { state: withTable(state, table), events: [{ type: "repriced", table }] };
  }
  return op.kind === "intent" ? undoIntent(state, op.signed.intent, reason) : { state, events: [] };
}

function undoIntent(state: EngineState, intent: Intent, reason: Reason): Progress {
  const account = state.accounts.get(intent.account);
  if (!account || intent.kind === "order" || intent.kind === "cancel") return { state, events: [] };
  if (intent.kind === "withdraw") {
    return {
      state: withAccount(state, intent.account, { ...account, cash: account.cash + intent.amount }),
      events: [],
    };
  }
  // Orders of the epoch that is not to be cannot execute.
  const left = leaveAll(state, intent.account, reason);
  const emptied = left.state.accounts.get(intent.account) ?? account;
  return { ...left, state: withAccount(left.state, intent.account, { ...emptied, epoch: emptied.epoch - 1n }) };
}

/** The state with a price table in force. */
export const withTable = (state: EngineState, { marks, statuses }: Table): EngineState => ({
  ...state,
  marks,
  board: state.board.map((slot, at) => ({ ...slot, status: statuses[at] ?? slot.status })),
});

export const tableOf = ({ marks, board }: EngineState): Table => ({
  marks,
  statuses: board.map(({ status }): SeriesStatus => status),
});
