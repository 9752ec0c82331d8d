/**
 * Packs operations into the lanes of one `trade` step, in the order in which they happened, as many as fit.
 *
 * One lane per account as long as that works: requests first, fills of one intent collapsed into one execution. What
 * a lane checks at its end then is the account after its newest operation, which passed that check when it was admitted.
 * @module
 */
import type { Execution } from "#protocol/execute.ts";
import type { SignedIntent } from "#protocol/intent.ts";
import type { Lane } from "#protocol/lane.ts";
import type { Profile } from "#protocol/params.ts";
import type { Op } from "../engine/types.ts";

type Draft = {
  readonly account: number;
  request: Extract<Op, { kind: "request" }> | null;
  readonly executions: Execution[];
};
export type Packed = { readonly lanes: readonly Lane[] /** Operations packed. */; readonly count: number };
type TradeOp = Exclude<Op, { kind: "marks" }>;

/** Packs a prefix of `ops`. At least one operation fits a step of any profile. */
export function pack(profile: Profile, ops: readonly TradeOp[]): Packed {
  let drafts: readonly Draft[] = [];
  let count = 0;
  for (const op of ops) {
    const next = place(profile, drafts, op);
    if (!next) break;
    drafts = next;
    count++;
  }
  return { lanes: inOrder(drafts), count };
}

/** Lanes that consume requests come first, in the order of the queue. */
function inOrder(drafts: readonly Draft[]): readonly Lane[] {
  const withRequest = drafts
    .filter(({ request }) => request !== null)
    .toSorted((a, b) => (a.request?.index ?? 0) - (b.request?.index ?? 0));
  const without = drafts.filter(({ request }) => request === null);
  return [...withRequest, ...without].map(({ account, request, executions }) => ({
    account,
    request: request?.request ?? null,
    executions,
  }));
}

/** The lanes with `op` in them, or null if it does not fit. */
function place(profile: Profile, drafts: readonly Draft[], op: TradeOp): readonly Draft[] | null {
  const next = drafts.map((draft) => ({ ...draft, executions: [...draft.executions] }));
  if (op.kind === "request") {
    // A deposit may move ahead of its account's executions: more cash refuses nothing. A registration opens its first lane.
    const lane =
      next.find(({ account, request }) => account === op.request.account && request === null) ??
      opened(profile, next, op.request.account);
    if (!lane) return null;
    lane.request = op;
    return next;
  }
  const executions =
    op.kind === "trade"
      ? op.legs.map(({ signed, size, cash, fee }) => ({ ...signed, size, cash, fee }))
      : [alone(op.signed)];
  return executions.every((execution) => execute(profile, next, execution)) ? next : null;
}

function execute(profile: Profile, drafts: Draft[], execution: Execution): boolean {
  const { account } = execution.intent;
  const own = drafts.filter((draft) => draft.account === account);
  const last = own.at(-1);
  const at = last ? last.executions.findIndex((other) => isSame(other, execution)) : -1;
  if (last && at >= 0 && !isClosed(last)) {
    const before = last.executions[at] as Execution;
    last.executions[at] = {
      ...before,
      size: before.size + execution.size,
      cash: before.cash + execution.cash,
      fee: before.fee + execution.fee,
    };
    return true;
  }
  const hasRoom = last && last.executions.length < profile.intents && !isClosed(last);
  const lane = hasRoom ? last : opened(profile, drafts, account);
  lane?.executions.push(execution);
  return lane !== undefined;
}

function opened(profile: Profile, drafts: Draft[], account: number): Draft | undefined {
  if (drafts.length >= profile.lanes) return undefined;
  const lane: Draft = { account, request: null, executions: [] };
  drafts.push(lane);
  return lane;
}

/** Nothing follows a withdrawal in its lane, whose end must show its cash, nor a change of epoch, which ends all before it. */
const isClosed = ({ executions }: Draft): boolean =>
  executions.some(({ intent }) => intent.kind === "withdraw" || intent.kind === "cancelAll");

const isSame = (a: SignedIntent, b: SignedIntent): boolean =>
  a.intent.kind === "order" && a.intent.nonce === b.intent.nonce && a.intent.epoch === b.intent.epoch;

/** A withdrawal, cancel or cancel-all as an execution. */
const alone = ({ intent, signature }: SignedIntent): Execution => ({
  intent,
  signature,
  size: 0n,
  cash: intent.kind === "withdraw" ? -intent.amount : 0n,
  fee: 0n,
});
