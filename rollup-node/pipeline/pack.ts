/**
 * Packs operations into the lanes of one `trade` step, in the order in which they happened, as many as fit; an operation
 * fits wholly or not at all.
 *
 * One lane per account as long as that works: requests first, fills of one intent collapsed into one execution. What
 * a lane checks at its end then is the account after its newest operation, which passed that check when it was admitted.
 * An operation's forced executions, and orders that only reduce, have lanes of their own, since they bind everything else in theirs.
 * @module
 */
import { type Execution, type ForcedExecution, movedCash, type SignedExecution } from "#protocol/execute.ts";
import type { SignedIntent } from "#protocol/intent.ts";
import type { Lane } from "#protocol/lane.ts";
import type { Profile } from "#protocol/params.ts";
import type { Op, OpOf } from "../engine/types.ts";

type Draft = {
  readonly account: number;
  request: OpOf<"request"> | null;
  readonly executions: Execution[];
  /** The operation whose forced executions it holds: they stand or fall together, and alone. */
  forcedBy: number | null;
  isWrittenOff: boolean;
};
export type Packed = { readonly lanes: readonly Lane[] /** Operations packed. */; readonly count: number };
/** What lanes are made of: everything but the barriers. */
export type LaneOp = Exclude<Op, { kind: "marks" | "board" }>;
export const isLaneOp = (op: Op): op is LaneOp => op.kind !== "marks" && op.kind !== "board";

/** Packs a prefix of `ops`. At least one operation fits a step of any profile, unless it has more fills than there are lanes. */
export function pack(profile: Profile, ops: readonly LaneOp[]): Packed {
  let drafts: readonly Draft[] = [];
  let count = 0;
  for (const op of ops) {
    const next = place(profile, drafts, op);
    if (!next) break;
    drafts = next;
    count++;
    // The insurance fund pays what it has by then: whatever adds to it later belongs to the next step.
    if (op.kind === "writeOff") break;
  }
  return { lanes: inOrder(drafts), count };
}

/** Lanes that consume requests come first, in the order of the queue. */
function inOrder(drafts: readonly Draft[]): readonly Lane[] {
  const withRequest = drafts
    .filter(({ request }) => request !== null)
    .toSorted((a, b) => (a.request?.index ?? 0) - (b.request?.index ?? 0));
  const without = drafts.filter(({ request }) => request === null);
  return [...withRequest, ...without].map(({ account, request, executions, isWrittenOff }) => ({
    account,
    request: request?.request ?? null,
    executions,
    ...(isWrittenOff ? { isWrittenOff } : {}),
  }));
}

/** The lanes with `op` in them, or null if it does not fit. */
function place(profile: Profile, drafts: readonly Draft[], op: LaneOp): readonly Draft[] | null {
  const next = drafts.map((draft) => ({ ...draft, executions: [...draft.executions] }));
  switch (op.kind) {
    case "request":
      return request(profile, next, op) ? next : null;
    case "trade":
      return op.fills.every(({ account, execution }) =>
        execution.intent === null
          ? force(profile, next, account, execution, op.id)
          : execute(profile, next, account, execution),
      )
        ? next
        : null;
    case "intent":
      return execute(profile, next, op.signed.intent.account, alone(op.signed)) ? next : null;
    case "visit":
      return lastOf(next, op.account) || opened(profile, next, op.account) ? next : null;
    case "writeOff": {
      const lane = lastOf(next, op.account) ?? opened(profile, next, op.account);
      if (lane) lane.isWrittenOff = true;
      return lane ? next : null;
    }
  }
}

const lastOf = (drafts: readonly Draft[], account: number): Draft | undefined =>
  drafts.findLast((draft) => draft.account === account);

/**
 * Puts a request before its account's executions. A deposit may move ahead of signed ones: more cash refuses nothing. Any
 * other request changes what they may do, and nothing moves ahead of a forced one, which it might undo.
 */
function request(profile: Profile, drafts: Draft[], op: OpOf<"request">): boolean {
  const own = drafts.filter(({ account }) => account === op.request.account);
  const isFixed = op.request.kind !== "deposit" && op.request.kind !== "register";
  const isBehind = own.some(({ executions }) => executions.some(({ intent }) => isFixed || intent === null));
  if (isBehind) return false;
  const lane = own.find((draft) => draft.request === null) ?? opened(profile, drafts, op.request.account);
  if (lane) lane.request = op;
  return lane !== undefined;
}

/** An operation's forced executions share a lane: the account is judged before the first and behind the last of them. */
function force(profile: Profile, drafts: Draft[], account: number, execution: ForcedExecution, by: number): boolean {
  const last = lastOf(drafts, account);
  const isUnused = last !== undefined && !last.isWrittenOff && last.executions.length === 0;
  const lane = last?.forcedBy === by || isUnused ? last : opened(profile, drafts, account);
  if (!lane || lane.executions.length >= profile.intents) return false;
  lane.forcedBy = by;
  lane.executions.push(execution);
  return true;
}

function execute(profile: Profile, drafts: Draft[], account: number, execution: SignedExecution): boolean {
  const last = lastOf(drafts, account);
  const isOpen = last !== undefined && !isClosed(last) && sharesLane(last, execution);
  const at = isOpen ? last.executions.findIndex((other) => isSame(other, execution)) : -1;
  const before = last?.executions[at];
  if (last && before) {
    last.executions[at] = joined(before, execution);
    return true;
  }
  const hasRoom = isOpen && last.executions.length < profile.intents;
  const isUnused = last !== undefined && !last.isWrittenOff && last.executions.length === 0;
  const lane = hasRoom || isUnused ? last : opened(profile, drafts, account);
  lane?.executions.push(execution);
  return lane !== undefined;
}

function opened(profile: Profile, drafts: Draft[], account: number): Draft | undefined {
  if (drafts.length >= profile.lanes) return undefined;
  const lane: Draft = { account, request: null, executions: [], forcedBy: null, isWrittenOff: false };
  drafts.push(lane);
  return lane;
}

/**
 * Nothing follows a withdrawal in its lane, whose end must show its cash, nor a change of epoch, which ends all before it, nor
 * one of mode, which binds what comes after it.
 */
const isClosed = ({ executions, isWrittenOff }: Draft): boolean =>
  isWrittenOff || executions.some(({ intent }) => intent !== null && CLOSING.has(intent.kind));
const CLOSING = new Set(["withdraw", "cancelAll", "mode"]);

/** Whether one lane can hold both: orders that only reduce, or none of them, and nothing forced. */
function sharesLane({ executions, forcedBy }: Draft, execution: SignedExecution): boolean {
  const isReducing = ({ intent }: Execution): boolean =>
    intent !== null && (intent.kind === "order" || intent.kind === "spread") && intent.reduceOnly;
  return forcedBy === null && executions.every((other) => isReducing(other) === isReducing(execution));
}

/** Parts of one execution: fills of one order; of one backstop, in one slot and direction. */
function isSame(a: Execution, b: SignedExecution): boolean {
  if (a.intent === null) return false;
  const isOne =
    a.intent.nonce === b.intent.nonce && a.intent.epoch === b.intent.epoch && a.intent.kind === b.intent.kind;
  if (a.intent.kind === "backstop") return isOne && a.size < 0n === b.size < 0n && a.slot === b.slot;
  return isOne && (a.intent.kind === "order" || a.intent.kind === "spread");
}

const joined = (a: Execution, b: SignedExecution): Execution => ({
  ...a,
  size: a.size + b.size,
  cash: a.cash + b.cash,
  fee: a.fee + b.fee,
});

/** An intent that trades nothing, as an execution. */
const alone = (signed: SignedIntent): SignedExecution => ({
  ...signed,
  size: 0n,
  cash: movedCash(signed.intent),
  fee: 0n,
});
