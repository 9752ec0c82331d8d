/**
 * Packs what the engine did into the lanes of one `trade` step, in the order in which it happened, as much as fits.
 * @module
 */
import { type Execution, movedCash } from "#protocol/execute.ts";
import type { Lane } from "#protocol/lane.ts";
import type { Profile } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import type { Op } from "#rollup-node/engine/types.ts";

export type LaneOp = Exclude<Op, { kind: "marks" | "board" }>;
export type Packed = { readonly lanes: readonly Lane[] /** Operations packed. */; readonly count: number };

type Draft = {
  readonly account: number;
  /** The operation that forced it; null of a lane that nobody was forced in. */
  readonly forcedBy: number | null;
  request: Request | null;
  executions: Execution[];
  isWrittenOff: boolean;
};
type Open = (account: number, forcedBy?: number) => Draft | null;

/** At least one operation fits a step. */
export function pack(profile: Profile, ops: readonly LaneOp[]): Packed {
  let drafts: readonly Draft[] = [];
  let count = 0;
  for (const op of ops) {
    const next = placed(profile, drafts, op);
    if (!next) break;
    drafts = next;
    count++;
    // The insurance fund pays what it had behind everything before.
    if (op.kind === "writeOff") break;
  }
  const withRequest = drafts.filter(({ request }) => request !== null);
  return { lanes: [...withRequest, ...drafts.filter(({ request }) => request === null)], count };
}

/** The lanes with `op` in them, or null if it does not fit. */
function placed(profile: Profile, drafts: readonly Draft[], op: LaneOp): readonly Draft[] | null {
  const next = drafts.map((draft) => ({ ...draft, executions: [...draft.executions] }));
  const open: Open = (account, forcedBy) => {
    if (next.length >= profile.lanes) return null;
    const lane: Draft = { account, forcedBy: forcedBy ?? null, request: null, executions: [], isWrittenOff: false };
    next.push(lane);
    return lane;
  };
  const isVisited = (id: number): boolean => next.some(({ account }) => account === id);
  switch (op.kind) {
    case "request": {
      // Ahead of nothing that its account did before.
      const lane = isVisited(op.request.account) ? null : open(op.request.account);
      if (!lane) return null;
      lane.request = op.request;
      return next;
    }
    case "visit":
      return isVisited(op.account) || open(op.account) ? next : null;
    case "writeOff": {
      const lane = open(op.account);
      if (!lane) return null;
      lane.isWrittenOff = true;
      return next;
    }
    case "intent":
      return execute(profile, next, open, op.signed.intent.account, alone(op.signed), op.id) ? next : null;
    case "trade":
      return op.fills.every(({ account, execution }) => execute(profile, next, open, account, execution, op.id))
        ? next
        : null;
  }
}

function execute(
  profile: Profile,
  drafts: readonly Draft[],
  open: Open,
  account: number,
  execution: Execution,
  op: number,
): boolean {
  const forcedBy = execution.intent === null ? op : null;
  const last = drafts.findLast((draft) => draft.account === account);
  // What one operation forces has a lane of its own: the circuit sees before it what called for it, and records what it took.
  const isJoinable =
    last !== undefined &&
    !last.isWrittenOff &&
    last.forcedBy === forcedBy &&
    last.executions.every((one) => goesWith(one, execution));
  const at = isJoinable ? last.executions.findIndex((one) => isSame(one, execution)) : -1;
  const before = last?.executions[at];
  if (last && before) {
    last.executions[at] = {
      ...before,
      size: before.size + execution.size,
      cash: before.cash + execution.cash,
      fee: before.fee + execution.fee,
    };
    return true;
  }
  const lane = isJoinable && last.executions.length < profile.intents ? last : open(account, forcedBy ?? undefined);
  lane?.executions.push(execution);
  return lane !== null;
}

/** A reduce-only order has a lane of its own; nothing stands beside a withdrawal or a change of epoch. */
const goesWith = (one: Execution, other: Execution): boolean =>
  isSame(one, other) || (isSociable(one) && isSociable(other));
const isSociable = ({ intent }: Execution): boolean =>
  intent === null ||
  (intent.kind !== "withdraw" &&
    intent.kind !== "cancelAll" &&
    intent.kind !== "mode" &&
    !("reduceOnly" in intent && intent.reduceOnly));

/** Fills of one intent, or of one slot that is forced, become one execution. */
function isSame(one: Execution, other: Execution): boolean {
  if (one.intent === null || other.intent === null)
    return one.intent === other.intent && one.slot === other.slot && one.size < 0n === other.size < 0n;
  return (
    one.intent.nonce === other.intent.nonce &&
    one.intent.epoch === other.intent.epoch &&
    one.slot === other.slot &&
    one.size < 0n === other.size < 0n
  );
}

/** A withdrawal, contribution, collection, cancel or cancel-all as an execution. */
function alone(signed: Extract<LaneOp, { kind: "intent" }>["signed"]): Execution {
  return { ...signed, size: 0n, cash: movedCash(signed.intent), fee: 0n };
}
