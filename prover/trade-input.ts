/**
 * From the trace of a `trade` step to the inputs of its circuit: names as in `circuits/trade/step.circom`.
 * @module
 */
import { type Account, orderAt, orderKey } from "#protocol/account.ts";
import { BASE8 } from "#protocol/babyjub.ts";
import { publicInputs } from "#protocol/binding.ts";
import { listing } from "#protocol/board.ts";
import type { ExecutionTrace } from "#protocol/execute.ts";
import { abs, toField } from "#protocol/field.ts";
import { intentFields } from "#protocol/intent.ts";
import { isStale, type LaneTrace } from "#protocol/lane.ts";
import { marksParts } from "#protocol/marks.ts";
import { MARKS_MODE, type Profile } from "#protocol/params.ts";
import { gridHash, oracleHash } from "#protocol/state.ts";
import type { TradeTrace } from "#protocol/trade.ts";
import type { CircuitInput } from "./calculator.ts";
import { bit, bits, oneHot, stateInput } from "./state-input.ts";

/** Turns rows of inputs into one input of arrays: `[{a, b}, …]` to `{a: […], b: […]}`. */
function columns(rows: readonly CircuitInput[]): CircuitInput {
  return Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, rows.map((row) => row[name] ?? [])]));
}

export function tradeInput(trace: TradeTrace): CircuitInput {
  const { before, after, timestamp } = trace;
  const { profile, marks } = before;
  const listings = before.board.map(listing);
  const parts = marks.underlyings.map((_, underlying) => marksParts(profile, marks, underlying));
  const used = trace.lanes.map((lane) => laneInput(profile, lane));
  const padding = Array.from({ length: profile.lanes - used.length }, () => laneInput(profile, idleLane(trace)));
  return {
    ...publicInputs(trace.words),
    ...stateInput(before),
    oracleHash: oracleHash(profile, before.parameters),
    gridHash: gridHash(profile),
    seriesHash: listings.map(([hashOfSeries]) => hashOfSeries),
    statusExpiry: listings.map(([, status]) => status),
    openLong: before.board.map(({ openLong }) => openLong),
    openShort: before.board.map(({ openShort }) => openShort),
    timestamp,
    marksTimestamp: marks.underlyings.map((each) => each.timestamp),
    marksMode: marks.underlyings.map(({ mode }) => BigInt(MARKS_MODE[mode])),
    spot: marks.underlyings.map(({ spot }) => spot),
    expiriesHash: parts.map(({ expiriesHash }) => expiriesHash),
    candidateHash: parts.map(({ candidateHash }) => candidateHash),
    mark: marks.slots.map(({ mark }) => mark),
    price: marks.slots.map(({ prices }) => prices),
    isStale: marks.underlyings.map((_, underlying) => bit(isStale(after, underlying, timestamp))),
    isUsed: [...used.map(() => 1n), ...padding.map(() => 0n)],
    ...columns([...used, ...padding]),
  };
}

/** A padding lane visits the account of the last used lane once more and changes nothing. */
function idleLane({ lanes, after }: TradeTrace): LaneTrace {
  const last = lanes.at(-1) as LaneTrace;
  return {
    ...last,
    request: null,
    before: last.after,
    path: after.accountTree.path(BigInt(last.account)),
    executions: [],
    riskBefore: last.riskAfter,
    isReducing: last.riskAfter.surplus < 0n,
  };
}

function laneInput(profile: Profile, lane: LaneTrace): CircuitInput {
  const { before, after, request } = lane;
  const executions = Array.from({ length: profile.intents }, (_, at) =>
    executionInput(profile, lane.executions[at] ?? idleExecution(after)),
  );
  const isShort = (account: Account) => account.positions.map(({ size }) => bit(size < 0n));
  return {
    accountBits: bits(BigInt(lane.account), 2 * profile.accountDepth),
    accountChildren: lane.path,
    owner: before.owner,
    key: [before.key.x, before.key.y],
    cash: toField(before.cash),
    size: before.positions.map(({ size }) => toField(size)),
    index: before.positions.map(({ index }) => toField(index)),
    epoch: before.epoch,
    ordersRoot: before.orders.tree.root,
    isRegister: bit(request?.kind === "register"),
    isDeposit: bit(request?.kind === "deposit"),
    amount: request?.amount ?? 0n,
    b: request?.kind === "register" ? [request.b.x, request.b.y] : [BASE8.x, BASE8.y],
    ...columns(executions),
    isShortBefore: isShort(before),
    isShortAfter: isShort(after),
    isLossBefore: lane.riskBefore.worst.map(({ scenario }) => oneHot(scenario, profile.scenarios.length)),
    isLossAfter: lane.riskAfter.worst.map(({ scenario }) => oneHot(scenario, profile.scenarios.length)),
    isReducing: bit(lane.isReducing),
  };
}

type Idle = Pick<ExecutionTrace, "orderBefore" | "orderPath"> & { readonly slot: -1; readonly execution: null };
/** A place without an intent looks at order slot 0 and leaves it. */
const idleExecution = ({ orders }: Account): Idle => ({
  slot: -1,
  execution: null,
  orderBefore: orderAt(orders, 0),
  orderPath: orders.tree.path(0n),
});

function executionInput(
  profile: Profile,
  { slot, execution, orderBefore, orderPath }: ExecutionTrace | Idle,
): CircuitInput {
  const intent = execution?.intent;
  const fields = intent ? intentFields(intent) : null;
  const key = intent ? orderKey(intent.epoch, intent.nonce) : 0n;
  const order = intent?.kind === "order" ? intent : null;
  return {
    isOrder: bit(order !== null),
    isWithdraw: bit(intent?.kind === "withdraw"),
    isCancel: bit(intent?.kind === "cancel"),
    isCancelAll: bit(intent?.kind === "cancelAll"),
    isSlot: oneHot(slot, profile.series),
    nonce: fields?.nonce ?? 0n,
    validUntil: fields?.validUntil ?? 0n,
    isPostOnly: bit(order?.postOnly === true),
    isIoc: bit(order?.ioc === true),
    isSell: fields?.isSell ?? 0n,
    orderSize: fields?.size ?? 0n,
    limit: fields?.price ?? 0n,
    feePerLot: fields?.feePerLot ?? 0n,
    withdrawal: fields?.amount ?? 0n,
    r8: execution ? [execution.signature.r8.x, execution.signature.r8.y] : [BASE8.x, BASE8.y],
    s: execution?.signature.s ?? 0n,
    lots: abs(execution?.size ?? 0n),
    orderCash: order && execution ? toField(execution.cash) : 0n,
    fee: execution?.fee ?? 0n,
    isContinuing: bit(order !== null && key === orderBefore.key),
    orderKey: orderBefore.key,
    orderFilled: orderBefore.filled,
    orderChildren: orderPath,
  };
}
