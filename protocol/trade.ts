/**
 * The `trade` step: accounts change, each visited in a lane. The numbered phases are those of `circuits/trade/lane.circom`.
 * @module
 */
import {
  type Account, freshAccount, type OrderSlot, orderAt, orderKey, orderSlotOf, setOrder,
} from "./account.ts";
import { calldataWords } from "./binding.ts";
import type { Board } from "./board.ts";
import { seriesHashes } from "./board.ts";
import { ProtocolError } from "./errors.ts";
import { type Intent, intentMessage, type Order, type SignedIntent } from "./intent.ts";
import { LAYOUT, pack } from "./layout.ts";
import { marginTerms, type Risk, riskOf } from "./margin.ts";
import { FILLED_ALL, INTENT_KIND, type Profile, SCALE, underlyingOfSlot, WIDTH } from "./params.ts";
import { type Request, requestWords } from "./request.ts";
import { timesEight, verify } from "./signature.ts";
import { accountOf, type State, stateRoot, withAccounts } from "./state.ts";

/** An executed intent. `size` (lots, signed) and `cash` (1e-6 USDC, before fee) are the account's changes; zero unless it is an order. */
export type Execution = SignedIntent & { readonly size: bigint; readonly cash: bigint; readonly fee: bigint };
export type Lane = { readonly account: number; readonly request: Request | null; readonly executions: readonly Execution[] };
export type TradeStep = { readonly kind: "trade"; readonly timestamp: bigint; readonly lanes: readonly Lane[] };

/** What the circuit needs of one executed intent beside its fields. */
export type ExecutionTrace = {
  readonly execution: Execution;
  /** Slot on the board, -1 unless an order. */
  readonly slot: number;
  readonly orderBefore: OrderSlot;
  readonly orderPath: readonly (readonly bigint[])[];
};
export type LaneTrace = {
  readonly account: number;
  readonly request: Request | null;
  readonly before: Account;
  readonly after: Account;
  readonly path: readonly (readonly bigint[])[];
  readonly executions: readonly ExecutionTrace[];
  readonly riskBefore: Risk;
  readonly riskAfter: Risk;
  readonly isReducing: boolean;
};
export type TradeTrace = {
  readonly kind: "trade";
  readonly before: State;
  readonly after: State;
  readonly timestamp: bigint;
  readonly lanes: readonly LaneTrace[];
  readonly words: readonly bigint[];
};
/** `checkSignatures: false` where every signature was verified before, as at admission. */
export type TradeOptions = { readonly checkSignatures?: boolean };

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const refuse = (code: ConstructorParameters<typeof ProtocolError>[0], message: string): never => {
  throw new ProtocolError(code, message);
};
/** Returns `value` if it lies in [min, max). Throws `OutOfRange`. */
const ranged = (name: string, value: bigint, min: bigint, max: bigint): bigint =>
  value >= min && value < max ? value : refuse("OutOfRange", `${name} is ${value}; it lies in [${min}, ${max})`);
const signed = (name: string, value: bigint, bits: number): bigint =>
  ranged(name, value, -(1n << BigInt(bits - 1)), 1n << BigInt(bits - 1));

/** Applies a step of up to `profile.lanes` lanes. Throws `ProtocolError` on whatever the circuit would not prove. */
export function applyTrade(state: State, step: TradeStep, options: TradeOptions = {}): { state: State; trace: TradeTrace } {
  const { profile, globals } = state;
  if (step.lanes.length === 0 || step.lanes.length > profile.lanes) {
    refuse("TooManyLanes", `${step.lanes.length} lanes; a step of profile ${profile.name} has 1 to ${profile.lanes}`);
  }
  if (step.timestamp < globals.timestamp) {
    refuse("TimestampTooOld", `step timestamp ${step.timestamp} is before the last step's, ${globals.timestamp}`);
  }
  const firstWithout = step.lanes.findIndex(({ request }) => request === null);
  if (firstWithout >= 0 && step.lanes.slice(firstWithout).some(({ request }) => request !== null)) {
    refuse("RequestOrder", "a lane with a request stands behind one without; lanes that consume requests come first");
  }
  let running = state;
  const lanes: LaneTrace[] = [];
  for (const lane of step.lanes) {
    const trace = applyLane(running, lane, step.timestamp, options);
    running = withAccounts(running, new Map([[lane.account, trace.after]]));
    lanes.push(trace);
  }
  checkLaws(profile, lanes);
  const sum = (of: (lane: LaneTrace) => bigint) => lanes.reduce((total, lane) => total + of(lane), 0n);
  const after: State = {
    ...running,
    board: withInterest(state.board, lanes),
    globals: {
      ...globals,
      number: globals.number + 1n,
      timestamp: step.timestamp,
      feePot: globals.feePot + sum((lane) => lane.executions.reduce((fees, { execution }) => fees + execution.fee, 0n)),
      totalCash: ranged(
        "total cash", globals.totalCash + sum(({ request }) => request?.amount ?? 0n) - sum(payout), 0n, 1n << BigInt(WIDTH.cash),
      ),
      requestCursor: globals.requestCursor + sum(({ request }) => (request ? 1n : 0n)),
    },
  };
  const words = calldataWords(profile, {
    header: {
      kind: "trade", timestamp: step.timestamp, number: after.globals.number,
      oldRoot: stateRoot(state), newRoot: stateRoot(after), domain: state.domain,
    },
    entries: [
      lanes.map((lane) => laneWords(profile, lane)),
      lanes.flatMap(({ request }) => (request ? [requestWords(request)] : [])),
    ],
  });
  return { state: after, trace: { kind: "trade", before: state, after, timestamp: step.timestamp, lanes, words } };
}

function applyLane(state: State, lane: Lane, timestamp: bigint, options: TradeOptions): LaneTrace {
  const { profile, marks, parameters } = state;
  if (lane.executions.length > profile.intents) {
    refuse("TooManyIntents", `${lane.executions.length} intents in a lane; profile ${profile.name} has ${profile.intents}`);
  }
  // 1 Open, 2 Accrue (options alone accrue nothing before they expire), 3 Request
  const path = state.accountTree.path(BigInt(lane.account));
  const opened = openLane(state, lane);
  const requested = { ...opened, cash: opened.cash + (lane.request?.amount ?? 0n) };
  const riskBefore = riskOf(profile, marks, parameters, marginTerms(requested));
  // 4 Execute
  let account: Account = requested;
  const executions = lane.executions.map((execution) => {
    const { trace, next } = execute(state, lane.account, account, opened.epoch, execution, timestamp, options);
    account = next;
    return trace;
  });
  const raises = lane.executions.filter(({ intent }) => intent.kind === "cancelAll").length;
  if (raises > 1) refuse("WrongEpoch", "the epoch rises by exactly one in a lane");
  account = { ...account, epoch: opened.epoch + BigInt(raises) };
  signed("cash", account.cash, WIDTH.cash);
  for (const { size } of account.positions) ranged("position", abs(size), 0n, 1n << BigInt(WIDTH.size));
  // 5 Margin
  const riskAfter = riskOf(profile, marks, parameters, marginTerms(account));
  const isReducing = riskAfter.surplus < 0n;
  checkMargin(state, requested, account, { riskBefore, riskAfter, isReducing }, executions, timestamp);
  return { account: lane.account, request: lane.request, before: opened, after: account, path, executions, riskBefore, riskAfter, isReducing };
}

function openLane(state: State, { account, request }: Lane): Account {
  if (request && request.account !== account) {
    refuse("WrongAccount", `the request is of account ${request.account}, the lane visits ${account}`);
  }
  if (request?.kind !== "register") return accountOf(state, account);
  if (state.accounts.has(account)) refuse("AccountOccupied", `account ${account} is registered already`);
  return freshAccount(state.profile, request.owner, timesEight(request.b));
}

function execute(
  state: State, id: number, account: Account, epoch: bigint, execution: Execution, timestamp: bigint, options: TradeOptions,
): { trace: ExecutionTrace; next: Account } {
  const { profile } = state;
  const { intent, signature, size, cash, fee } = execution;
  if (intent.account !== id) refuse("WrongAccount", `the intent is of account ${intent.account}, the lane visits ${id}`);
  if (intent.epoch !== epoch) refuse("WrongEpoch", `the intent is of epoch ${intent.epoch}, the account's is ${epoch}`);
  if (intent.validUntil < timestamp) refuse("IntentExpired", `the intent was valid until ${intent.validUntil}; the step is at ${timestamp}`);
  if (options.checkSignatures !== false && !verify(account.key, intentMessage(state.domain, intent), signature)) {
    refuse("BadSignature", `the signature of intent ${intent.nonce} does not verify under account ${id}'s key`);
  }
  const slot = intent.kind === "order" ? checkOrder(state, intent, execution, timestamp) : -1;
  const amount = intent.kind === "withdraw" ? intent.amount : 0n;
  if (intent.kind !== "order" && (size !== 0n || cash !== -amount || fee !== 0n)) {
    refuse("OutOfRange", `a ${intent.kind} has no size and no fee, and cash -${amount}`);
  }
  const orderSlot = orderSlotOf(profile, intent.nonce);
  const orderBefore = orderAt(account.orders, orderSlot);
  const orderPath = account.orders.tree.path(BigInt(orderSlot));
  const orders = setOrder(account.orders, orderSlot, orderAfter(intent, orderBefore, abs(size)));
  const positions = account.positions.map((position, at) =>
    at === slot ? { ...position, size: position.size + size } : position,
  );
  return {
    trace: { execution, slot, orderBefore, orderPath },
    next: { ...account, orders, positions, cash: account.cash + cash - fee },
  };
}

/** Checks one execution against the order's terms and returns the board slot. */
function checkOrder(state: State, order: Order, { size, cash, fee }: Execution, timestamp: bigint): number {
  const slot = seriesHashes(state.board).indexOf(order.seriesHash);
  const { status, series } = state.board[slot] ?? {};
  if (!series) return refuse("UnknownSeries", `no slot of the board lists series ${order.seriesHash}`);
  if (status !== "live") refuse("SeriesNotLive", `the series is ${status}; only a live one trades`);
  if (timestamp + state.parameters.expiryGuard >= series.expiry) {
    refuse("SeriesExpiring", `trading ended ${state.parameters.expiryGuard} s before expiry ${series.expiry}`);
  }
  const lots = abs(size);
  if (lots === 0n || size < 0n !== (order.side === "sell")) refuse("WrongSide", `size ${size} does not fit a ${order.side} order`);
  if (cash + order.price * size < 0n) refuse("LimitPrice", `cash ${cash} for ${size} lots is worse than the limit ${order.price}`);
  signed("execution cash", cash, WIDTH.tradeCash);
  if (fee < 0n || fee > order.feePerLot * lots) {
    refuse("FeeAboveMaximum", `fee ${fee}; the order allows ${order.feePerLot} per lot on ${lots} lots`);
  }
  return slot;
}

/** The order slot after an intent. Throws `StaleNonce` or `Overfilled`. */
export function orderAfter(intent: Intent, before: OrderSlot, lots: bigint): OrderSlot {
  const key = orderKey(intent.epoch, intent.nonce);
  const isContinuing = intent.kind === "order" && key === before.key;
  if (!isContinuing && key <= before.key) {
    refuse("StaleNonce", `intent ${intent.nonce} of epoch ${intent.epoch} is not newer than its order slot's, ${before.key}`);
  }
  if (intent.kind !== "order") return { key, filled: FILLED_ALL };
  const filled = (isContinuing ? before.filled : 0n) + lots;
  if (filled > intent.size) refuse("Overfilled", `${filled} lots of an order for ${intent.size}`);
  return { key, filled };
}

/** Whether the marks of `underlying` are too old to allow growth. */
export const isStale = (state: State, underlying: number, timestamp: bigint): boolean =>
  timestamp - (state.marks.underlyings[underlying]?.timestamp ?? 0n) > state.parameters.maxMarksAge;

type LaneRisk = Pick<LaneTrace, "riskBefore" | "riskAfter" | "isReducing">;

function checkMargin(
  state: State, before: Account, after: Account, { riskBefore, riskAfter, isReducing }: LaneRisk,
  executions: readonly ExecutionTrace[], timestamp: bigint,
): void {
  const { profile, marks, parameters } = state;
  const closed = marks.underlyings.map(({ mode }, underlying) => mode === "closeOnly" || isStale(state, underlying, timestamp));
  const withdraws = executions.filter(({ execution }) => execution.intent.kind === "withdraw").length;
  if (withdraws > 1) refuse("TooManyIntents", "a lane executes at most one withdrawal");
  if (withdraws && isReducing) refuse("InsufficientMargin", "a withdrawal needs initial margin to be met after it");
  if (withdraws && after.cash < 0n) refuse("NegativeCash", `the withdrawal would leave cash of ${after.cash}`);
  if (isReducing && riskAfter.surplus < riskBefore.surplus) {
    refuse("InsufficientMargin", "equity after the lane is below initial margin and the shortfall grew");
  }
  after.positions.forEach(({ size }, slot) => {
    const isClosed = closed[underlyingOfSlot(profile, slot)] === true;
    const grows = abs(size) > abs(before.positions[slot]?.size ?? 0n);
    if (isReducing && grows) refuse("ReducingOnly", `the account is below initial margin; its position in slot ${slot} may only shrink`);
    if (isClosed && grows) refuse("MarksStale", `the marks are old or close-only; the position in slot ${slot} may only shrink`);
    if (isClosed && withdraws && size !== 0n) refuse("MarksStale", `the marks are old or close-only; slot ${slot} holds a position`);
  });
  if (!isReducing) return;
  for (const { slot, execution: { size, cash } } of executions) {
    if (slot < 0) continue;
    const spot = marks.underlyings[underlyingOfSlot(profile, slot)]?.spot ?? 0n;
    const gain = (cash * SCALE.equityPerCash + size * (marks.slots[slot]?.mark ?? 0n)) * SCALE.marginPerEquity;
    if (gain + abs(size) * spot * parameters.priceBandPpm < 0n) {
      refuse("PriceBand", `the account is below initial margin; ${cash} for ${size} lots in slot ${slot} is outside the price band`);
    }
  }
}

/** The four laws over the step. Fees move from cash to the fee pot by construction. */
function checkLaws(profile: Profile, lanes: readonly LaneTrace[]): void {
  const executions = lanes.flatMap((lane) => lane.executions).filter(({ slot }) => slot >= 0);
  for (let slot = 0; slot < profile.series; slot++) {
    const lots = executions.reduce((sum, trace) => sum + (trace.slot === slot ? trace.execution.size : 0n), 0n);
    if (lots !== 0n) refuse("SizesDoNotBalance", `executed sizes in slot ${slot} sum to ${lots}`);
  }
  const cash = executions.reduce((sum, { execution }) => sum + execution.cash, 0n);
  if (cash !== 0n) refuse("CashDoesNotBalance", `execution cash sums to ${cash}`);
}

function withInterest(board: Board, lanes: readonly LaneTrace[]): Board {
  const long = (size: bigint) => (size > 0n ? size : 0n);
  return board.map((slot, at) => {
    const change = (side: (size: bigint) => bigint) =>
      lanes.reduce((sum, { before, after }) => sum + side(after.positions[at]?.size ?? 0n) - side(before.positions[at]?.size ?? 0n), 0n);
    return { ...slot, openLong: slot.openLong + change(long), openShort: slot.openShort + change((size) => long(-size)) };
  });
}

/** What a lane pays out on L1. */
export const payout = ({ executions }: { readonly executions: readonly ExecutionTrace[] }): bigint =>
  executions.reduce((sum, { execution: { intent } }) => sum + (intent.kind === "withdraw" ? intent.amount : 0n), 0n);

function laneWords(profile: Profile, lane: LaneTrace): readonly bigint[] {
  const words = [pack(LAYOUT.lane, { account: BigInt(lane.account), payout: payout(lane) })];
  for (let at = 0; at < profile.intents; at++) {
    const trace = lane.executions[at];
    words.push(trace ? executionWord(trace) : 0n);
  }
  return words;
}

const executionWord = ({ slot, execution: { intent, size, cash, fee } }: ExecutionTrace): bigint =>
  pack(LAYOUT.execution, {
    kind: BigInt(INTENT_KIND[intent.kind]), slot: BigInt(Math.max(slot, 0)), size, cash, fee, nonce: intent.nonce,
  });

