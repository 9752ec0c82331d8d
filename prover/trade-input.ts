/**
 * From the trace of a `trade` step to the inputs of its circuit: names as in `circuits/trade/step.circom`.
 * @module
 */
import { type Account, type Liquidation, NO_SESSION, orderAt, orderKey } from "#protocol/account.ts";
import { BASE8 } from "#protocol/babyjub.ts";
import { publicInputs } from "#protocol/binding.ts";
import { accrual, type Board, interest, listing } from "#protocol/board.ts";
import type { ExecutionTrace } from "#protocol/execute.ts";
import type { ExecutedLeg } from "#protocol/executed.ts";
import { toField } from "#protocol/field.ts";
import { type Intent, intentFields } from "#protocol/intent.ts";
import { isStale, type LaneTrace } from "#protocol/lane.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { marksParts } from "#protocol/marks.ts";
import {
  LEGS,
  MARKS_MODE,
  ORDER_FLAG,
  type Profile,
  SERIES_STATUS,
  SESSIONS,
  type SeriesStatus,
  TAG,
  WIDTH,
} from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import { gridHash, oracleHash } from "#protocol/state.ts";
import type { TradeTrace } from "#protocol/trade.ts";
import { emptyTree } from "#protocol/tree.ts";
import type { CircuitInput } from "./calculator.ts";
import { bit, bits, oneHot, stateInput } from "./state-input.ts";

export function tradeInput(trace: TradeTrace): CircuitInput {
  const { before, timestamp } = trace;
  const { profile, marks, board } = before;
  const listings = board.map(listing);
  const parts = marks.underlyings.map((_, underlying) => marksParts(profile, marks, underlying));
  const used = trace.lanes.map((lane) => laneInput(profile, lane, true));
  const padding = Array.from({ length: profile.lanes - used.length }, () => laneInput(profile, idleLane(trace), false));
  const { accrualHash: _, ...state } = stateInput(before);
  return {
    ...publicInputs(trace.words),
    ...state,
    oracleHash: oracleHash(profile, before.parameters),
    gridHash: gridHash(profile),
    seriesHash: listings.map(([hashOfSeries]) => hashOfSeries),
    statusExpiry: listings.map(([, status]) => status),
    interest: board.map(interest),
    accrual: board.map(accrual),
    timestamp,
    marksTimestamp: marks.underlyings.map((each) => each.timestamp),
    marksMode: marks.underlyings.map(({ mode }) => BigInt(MARKS_MODE[mode])),
    spot: marks.underlyings.map(({ spot }) => spot),
    expiriesHash: parts.map(({ expiriesHash }) => expiriesHash),
    candidateHash: parts.map(({ candidateHash }) => candidateHash),
    perpetualIndex: marks.underlyings.map(({ index }) => toField(index)),
    fundingSum: marks.underlyings.map(({ fundingSum }) => toField(fundingSum)),
    mark: marks.slots.map(({ mark }) => mark),
    price: marks.slots.map(({ prices }) => prices),
    ...stepAdvice(trace),
    visit: [...used, ...padding],
  };
}

const STATUSES = ["listed", "live", "expired", "settled"] as const satisfies readonly SeriesStatus[];

function stepAdvice({ before, after, timestamp, lanes }: TradeTrace): CircuitInput {
  const { board, marks, parameters, globals } = before;
  const isTrading = ({ status, series }: Board[number]): boolean =>
    status === "live" && timestamp + parameters.expiryGuard < (series?.expiry ?? 0n);
  const debt = lanes.reduce((sum, lane) => sum + lane.debt, 0n);
  const funds = lanes
    .flatMap(({ executions }) => executions)
    .reduce((sum, { execution: { intent, fee } }) => {
      if (intent === null) return sum + fee;
      return intent.kind === "contribute" ? sum + intent.amount : sum;
    }, globals.insurance);
  return {
    isStale: marks.underlyings.map((_, underlying) => bit(isStale(before, underlying, timestamp))),
    isStatus: board.map(({ status }) => STATUSES.map((each) => bit(SERIES_STATUS[each] === SERIES_STATUS[status]))),
    isTrading: board.map((slot) => bit(isTrading(slot))),
    isCapped: board.map(({ cap }, at) => bit((after.board[at]?.openLong ?? 0n) <= cap)),
    isInsured: bit(debt <= funds),
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
    debt: 0n,
    riskBefore: last.riskAfter,
    isReducing: last.riskAfter.surplus < 0n,
    isLiquidating: false,
  };
}

const liquidationInput = ({ table, amount, target }: Liquidation): readonly bigint[] => [table, amount, target];

function laneInput(profile: Profile, lane: LaneTrace, isUsed: boolean): CircuitInput {
  const { before, after, request } = lane;
  const isShort = (account: Account) => account.positions.map(({ size }) => bit(size < 0n));
  // A registration writes the master key, as a request for a key does: before it there is none.
  const key = request?.kind === "register" ? NO_SESSION.key : before.key;
  return {
    isUsed: bit(isUsed),
    accountBits: bits(BigInt(lane.account), 2 * profile.accountDepth),
    accountChildren: lane.path,
    owner: before.owner,
    key: [key, ...before.sessions.map((session) => session.key)].map(({ x, y }) => [x, y]),
    limits: before.sessions.map(({ limits }) => pack(LAYOUT.session, limits)),
    cash: toField(before.cash),
    size: before.positions.map(({ size }) => toField(size)),
    index: before.positions.map(({ index }) => toField(index)),
    ordersRoot: before.orders.tree.root,
    epoch: before.epoch,
    isReduceOnly: bit(before.isReduceOnly),
    isClosing: bit(before.isClosing),
    liquidation: liquidationInput(before.liquidation),
    asked: requestInput(request),
    wish: Array.from({ length: profile.intents }, (_, at) => {
      const trace = lane.executions[at];
      return trace ? wishInput(profile, trace) : idleInput(profile, after);
    }),
    isShortBefore: isShort(before),
    isShortAfter: isShort(after),
    isLossBefore: lane.riskBefore.worst.map(({ scenario }) => oneHot(scenario, profile.scenarios.length)),
    isLossAfter: lane.riskAfter.worst.map(({ scenario }) => oneHot(scenario, profile.scenarios.length)),
    isReducing: bit(lane.isReducing),
    isWrittenOff: bit(lane.debt !== 0n),
  };
}

function requestInput(request: Request | null): CircuitInput {
  const isKind = (kind: Request["kind"]) => bit(request?.kind === kind);
  const written = request?.kind === "register" || request?.kind === "key" ? request : null;
  const b = written?.b ?? BASE8;
  const place = written ? (written.kind === "key" ? written.place : 0) : -1;
  return {
    isRegister: isKind("register"),
    isDeposit: isKind("deposit"),
    isStop: isKind("stop"),
    isClose: isKind("close"),
    isKey: isKind("key"),
    amount: request && "amount" in request ? request.amount : 0n,
    isPlace: oneHot(place, 1 + SESSIONS),
    b: [b.x, b.y],
    limits: request?.kind === "key" ? pack(LAYOUT.session, request.limits) : 0n,
  };
}

const NO_LEG = { slot: -1, ratio: 0n } as const satisfies ExecutedLeg;

function legsInput(profile: Profile, legs: readonly ExecutedLeg[]): CircuitInput {
  const all = Array.from({ length: LEGS }, (_, at) => legs[at] ?? NO_LEG);
  return {
    isSlot: all.map(({ slot }) => oneHot(slot, profile.series)),
    ratio: all.map(({ ratio }) => toField(ratio)),
    isNegative: all.map(({ ratio }) => bit(ratio < 0n)),
  };
}

const kindInput = (kind: Intent["kind"] | "forced" | null): CircuitInput => ({
  isOrder: bit(kind === "order" || kind === "spread"),
  isBackstop: bit(kind === "backstop"),
  isWithdraw: bit(kind === "withdraw"),
  isCancel: bit(kind === "cancel"),
  isCancelAll: bit(kind === "cancelAll"),
  isMode: bit(kind === "mode"),
  isContribute: bit(kind === "contribute"),
  isCollect: bit(kind === "collect"),
  isForced: bit(kind === "forced"),
});

const emptyBulk = new Map<number, readonly (readonly bigint[])[]>();
/** The path of an empty tree: what an intent with a signature of its own has. */
function noBulk({ bulkDepth }: Profile): readonly (readonly bigint[])[] {
  const path = emptyBulk.get(bulkDepth) ?? emptyTree(bulkDepth, 0n, TAG.bulk).path(0n);
  emptyBulk.set(bulkDepth, path);
  return path;
}
const SIZE_MASK = (1n << BigInt(WIDTH.size)) - 1n;

/** What nobody signed. */
const unsignedInput = (profile: Profile): CircuitInput => ({
  nonce: 0n,
  validUntil: 0n,
  isPostOnly: 0n,
  isIoc: 0n,
  isReduceOnly: 0n,
  isFok: 0n,
  low: 0n,
  high: 0n,
  price: 0n,
  isSigner: oneHot(0, 1 + SESSIONS),
  isBulk: 0n,
  bulkBits: bits(0n, 2 * profile.bulkDepth),
  bulkChildren: noBulk(profile),
  r8: [BASE8.x, BASE8.y],
  s: 0n,
  isContinuing: 0n,
});

/** A place without an intent looks at order slot 0 and leaves it. */
function idleInput(profile: Profile, { orders }: Account): CircuitInput {
  const { key, filled } = orderAt(orders, 0);
  return {
    ...kindInput(null),
    ...legsInput(profile, []),
    ...unsignedInput(profile),
    units: 0n,
    cash: 0n,
    fee: 0n,
    orderKey: key,
    orderFilled: filled,
    orderChildren: orders.tree.path(0n),
  };
}

function wishInput(profile: Profile, { execution, legs, units, orderBefore, orderPath }: ExecutionTrace): CircuitInput {
  const shared = {
    ...legsInput(profile, legs),
    units,
    cash: legs.length > 0 ? toField(execution.cash) : 0n,
    fee: execution.fee,
    orderKey: orderBefore.key,
    orderFilled: orderBefore.filled,
    orderChildren: orderPath,
  };
  if (execution.intent === null) return { ...kindInput("forced"), ...unsignedInput(profile), ...shared };
  const { intent, signature, signer = 0, bulk } = execution;
  const fields = intentFields(intent);
  const isFillable = intent.kind === "order" || intent.kind === "spread" || intent.kind === "backstop";
  const flag = (mask: bigint) => bit((fields.flags & mask) !== 0n);
  return {
    ...kindInput(intent.kind),
    nonce: fields.nonce,
    validUntil: fields.validUntil,
    isPostOnly: flag(ORDER_FLAG.postOnly),
    isIoc: flag(ORDER_FLAG.ioc),
    isReduceOnly: flag(ORDER_FLAG.reduceOnly),
    isFok: flag(ORDER_FLAG.fok),
    low: isFillable ? fields.size : fields.amount & SIZE_MASK,
    high: isFillable ? fields.feePerLot : fields.amount >> BigInt(WIDTH.size),
    price: toField(fields.price),
    isSigner: oneHot(signer, 1 + SESSIONS),
    isBulk: bit(bulk !== undefined),
    bulkBits: bits(BigInt(bulk?.index ?? 0), 2 * profile.bulkDepth),
    bulkChildren: bulk?.children ?? noBulk(profile),
    r8: [signature.r8.x, signature.r8.y],
    s: signature.s,
    isContinuing: bit(isFillable && orderKey(intent.epoch, intent.nonce) === orderBefore.key),
    ...shared,
  };
}
