/**
 * One visit to one account: the twin of `circuits/trade/lane.circom`.
 * @module
 */
import { type Account, freshAccount, type Liquidation, NO_SESSION } from "./account.ts";
import { accrue, settled } from "./accrue.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import {
  type Execution,
  type ExecutionTrace,
  execute,
  gainOf,
  lotsOf,
  notionalOf,
  type TradeOptions,
} from "./execute.ts";
import { abs } from "./field.ts";
import { marginTerms, type Risk, riskOf } from "./margin.ts";
import { tableId } from "./marks.ts";
import { accountCapacity, SCALE, SESSIONS, underlyingOfSlot, WIDTH } from "./params.ts";
import { amountOf, type Request } from "./request.ts";
import { timesEight } from "./signature.ts";
import { accountOf, type State } from "./state.ts";

export type Lane = {
  readonly account: number;
  readonly request: Request | null;
  readonly executions: readonly Execution[];
  /** Ends what a bankrupt account owes: it has negative cash and no position. */
  readonly isWrittenOff?: boolean;
};
export type LaneTrace = {
  readonly account: number;
  readonly request: Request | null;
  /** As the tree has it; for a registration, as it begins. */
  readonly before: Account;
  readonly after: Account;
  readonly path: readonly (readonly bigint[])[];
  readonly executions: readonly ExecutionTrace[];
  /** What accrual paid the account, 1e-6 USDC. */
  readonly accrued: bigint;
  /** Cash written off, 1e-6 USDC: what insurance fund and deficits take over. */
  readonly debt: bigint;
  readonly riskBefore: Risk;
  readonly riskAfter: Risk;
  readonly isReducing: boolean;
  /** The executions are forced, because the account is unhealthy. */
  readonly isLiquidating: boolean;
};

/** Visits one account; the phases are numbered as in the circuit. Throws `ProtocolError`. */
export function applyLane(state: State, lane: Lane, timestamp: bigint, options: TradeOptions): LaneTrace {
  const { profile, marks, parameters } = state;
  if (lane.executions.length > profile.intents) {
    refuse(
      "TooManyIntents",
      `${lane.executions.length} intents in a lane; profile ${profile.name} has ${profile.intents}`,
    );
  }
  // 1 Open, 2 Accrue, 3 Request
  const opened = openLane(state, lane);
  const path = state.accountTree.path(BigInt(lane.account));
  const { account: accrued, paid } = accrue(state, opened);
  const requested = withRequest(accrued, lane.request);
  const riskBefore = riskOf(profile, marks, parameters, marginTerms(requested));
  // 4 Execute
  let account: Account = requested;
  const executions = lane.executions.map((execution) => {
    const { trace, next } = execute(state, lane.account, account, requested.epoch, execution, timestamp, options);
    account = next;
    return trace;
  });
  account = withModes(requested, account, executions);
  const isForced = executions.some(({ execution }) => execution.intent === null);
  if (isForced && executions.some(({ execution }) => execution.intent !== null))
    refuse("NotLiquidatable", "forced executions have a lane of their own");
  const isLiquidating = isForced && !requested.isClosing;
  // 5 Margin
  const riskAfter = riskOf(profile, marks, parameters, marginTerms(account));
  const isReducing = riskAfter.surplus < 0n && !isLiquidating;
  checkMargin(state, requested, account, { riskBefore, riskAfter, isReducing, isLiquidating }, executions, timestamp);
  // 6 Debt, modes, liquidation record
  const debt = lane.isWrittenOff === true ? debtOf(lane.account, account) : 0n;
  const isEmpty = account.positions.every(({ size }) => size === 0n);
  const after: Account = {
    ...account,
    cash: signedInt("cash", account.cash + debt, WIDTH.cash),
    positions: account.positions.map(({ size }, slot) =>
      settled(state, signedInt("position", size, WIDTH.signedSize), slot),
    ),
    isClosing: account.isClosing && !isEmpty,
    liquidation: isLiquidating ? recordOf(state, account.liquidation, executions) : account.liquidation,
  };
  return {
    account: lane.account,
    request: lane.request,
    before: opened,
    after,
    path,
    executions,
    accrued: paid,
    debt,
    riskBefore,
    riskAfter,
    isReducing,
    isLiquidating,
  };
}

function openLane(state: State, { account, request }: Lane): Account {
  if (request && request.account !== account) {
    refuse("WrongAccount", `the request is of account ${request.account}, the lane visits ${account}`);
  }
  if (request?.kind !== "register") return accountOf(state, account);
  ranged("account", BigInt(account), 0n, accountCapacity(state.profile));
  if (state.accounts.has(account)) refuse("AccountOccupied", `account ${account} is registered already`);
  return freshAccount(state.profile, request.owner, timesEight(request.b));
}

/** The account after its request, every one of which is executable. */
export function withRequest(account: Account, request: Request | null): Account {
  const credited = { ...account, cash: account.cash + amountOf(request) };
  if (request?.kind === "stop") return { ...credited, epoch: nextEpoch(account.epoch), isReduceOnly: true };
  if (request?.kind === "close") return { ...credited, isClosing: true };
  if (request?.kind !== "key") return credited;
  const key = timesEight(request.b);
  ranged("place", BigInt(request.place), 0n, BigInt(SESSIONS) + 1n);
  if (request.place === 0) return { ...credited, key };
  const { limits } = request;
  return { ...credited, sessions: account.sessions.with(request.place - 1, { ...NO_SESSION, key, limits }) };
}

const nextEpoch = (epoch: bigint): bigint => ranged("epoch", epoch + 1n, 0n, 1n << BigInt(WIDTH.epoch));

/** Epoch and mode after the lane's intents. */
function withModes(before: Account, account: Account, executions: readonly ExecutionTrace[]): Account {
  const intents = executions.flatMap(({ execution: { intent } }) => (intent ? [intent] : []));
  const raises = intents.filter(({ kind }) => kind === "cancelAll").length;
  if (raises > 1) refuse("WrongEpoch", "the epoch rises by exactly one in a lane");
  const modes = intents.flatMap((intent) => (intent.kind === "mode" ? [intent.reduceOnly] : []));
  if (modes.length > 1) refuse("TooManyIntents", "a lane changes the mode at most once");
  return {
    ...account,
    epoch: raises ? nextEpoch(before.epoch) : before.epoch,
    isReduceOnly: modes[0] ?? before.isReduceOnly,
  };
}

/** Whether the marks of `underlying` are too old to allow growth. */
export const isStale = (state: State, underlying: number, timestamp: bigint): boolean =>
  timestamp - (state.marks.underlyings[underlying]?.timestamp ?? 0n) > state.parameters.maxMarksAge;

type LaneRisk = Pick<LaneTrace, "riskBefore" | "riskAfter" | "isReducing" | "isLiquidating">;

function checkMargin(
  state: State,
  before: Account,
  after: Account,
  { riskBefore, riskAfter, isReducing, isLiquidating }: LaneRisk,
  executions: readonly ExecutionTrace[],
  timestamp: bigint,
): void {
  const { profile, marks } = state;
  const closed = marks.underlyings.map(
    ({ mode }, underlying) => mode === "closeOnly" || isStale(state, underlying, timestamp),
  );
  checkWithdrawal(state, after, riskAfter, executions, closed);
  if (isLiquidating) checkLiquidation(state, before, { riskBefore, riskAfter }, executions);
  else if (riskAfter.surplus < 0n && riskAfter.surplus < riskBefore.surplus)
    refuse("InsufficientMargin", "equity after the lane is below initial margin and the shortfall grew");
  const isHeld =
    isReducing ||
    before.isReduceOnly ||
    before.isClosing ||
    executions.some(
      ({ execution: { intent } }) =>
        intent === null || ("reduceOnly" in intent && intent.kind !== "mode" && intent.reduceOnly),
    );
  after.positions.forEach(({ size }, slot) => {
    const held = before.positions[slot]?.size ?? 0n;
    const isClosed = closed[underlyingOfSlot(profile, slot)] === true;
    const grows = abs(size) > abs(held) || size * held < 0n;
    if (isHeld && grows)
      refuse("ReducingOnly", `the lane may only reduce; the position in slot ${slot} would grow or change sides`);
    if (isClosed && grows)
      refuse("MarksStale", `the marks are old or close-only; the position in slot ${slot} may only shrink`);
  });
  for (const trace of executions) {
    const { execution, legs, units } = trace;
    if (execution.intent === null) checkForced(state, trace, isLiquidating, closed);
    const isBound = execution.intent === null || (isReducing && legs.length > 0);
    const allowance = notionalOf(state, trace) * state.parameters.priceBandPpm;
    if (isBound && gainOf(state, legs, units, execution.cash) + allowance < 0n)
      refuse("PriceBand", `${execution.cash} for ${lotsOf(trace)} lots is outside the price band`);
  }
}

function checkWithdrawal(
  { profile, board }: State,
  after: Account,
  riskAfter: Risk,
  executions: readonly ExecutionTrace[],
  closed: readonly boolean[],
): void {
  const withdraws = executions.filter(({ execution }) => execution.intent?.kind === "withdraw").length;
  if (withdraws > 1) refuse("TooManyIntents", "a lane executes at most one withdrawal");
  if (withdraws === 0) return;
  if (riskAfter.surplus < 0n) refuse("InsufficientMargin", "a withdrawal needs initial margin to be met after it");
  if (after.cash < 0n) refuse("NegativeCash", `the withdrawal would leave cash of ${after.cash}`);
  after.positions.forEach(({ size }, slot) => {
    const isFixed = closed[underlyingOfSlot(profile, slot)] === true || board[slot]?.status === "expired";
    if (isFixed && size !== 0n)
      refuse(
        "MarksStale",
        `the marks are old or close-only, or the series awaits settlement; slot ${slot} holds a position`,
      );
  });
}

/** A forced execution: live marks, and a penalty only where an account is liquidated. */
function checkForced(state: State, trace: ExecutionTrace, isLiquidating: boolean, closed: readonly boolean[]): void {
  const { execution, legs } = trace;
  if (legs.some(({ slot }) => closed[underlyingOfSlot(state.profile, slot)] === true))
    refuse("MarksStale", "nothing is forced while the marks are old or close-only");
  const most = isLiquidating ? notionalOf(state, trace) * state.parameters.penaltyPpm : 0n;
  if (execution.fee * SCALE.equityPerCash * SCALE.marginPerEquity > most)
    refuse(
      "PenaltyTooHigh",
      `a penalty of ${execution.fee}; it is at most ${state.parameters.penaltyPpm} ppm of the notional`,
    );
}

/** An unhealthy account, of which not more than the cap is taken under one table, and whose maintenance margin does not grow. */
function checkLiquidation(
  state: State,
  before: Account,
  { riskBefore, riskAfter }: Pick<LaneRisk, "riskBefore" | "riskAfter">,
  executions: readonly ExecutionTrace[],
): void {
  if (riskBefore.health >= 0n)
    refuse("NotLiquidatable", "the account's equity is at least its maintenance margin, and it is not closing");
  if (riskAfter.maintenance > riskBefore.maintenance)
    refuse("MaintenanceGrew", "a liquidation may not raise maintenance margin");
  const { amount } = recordOf(state, before.liquidation, executions);
  if (amount > state.parameters.liquidationCap * USDC_NOTIONAL)
    refuse(
      "LiquidationCap",
      `${amount} of notional under one table; the cap is ${state.parameters.liquidationCap} USDC`,
    );
}

/** Notional units, 1e-12 USDC, of one USDC. */
export const USDC_NOTIONAL = SCALE.spot * SCALE.lotsPerUnit;

/** Twin of `LiquidationRecord`. */
function recordOf(state: State, before: Liquidation, executions: readonly ExecutionTrace[]): Liquidation {
  const table = tableId(state.marks);
  const taken = executions.reduce((sum, trace) => sum + notionalOf(state, trace), 0n);
  const [first] = executions[0]?.legs ?? [];
  // The side that gained what the account lost: shorts if it was long, and sold.
  const target = first ? 1n + 2n * BigInt(first.slot) + (first.ratio < 0n ? 1n : 0n) : before.target;
  return { table, amount: (table === before.table ? before.amount : 0n) + taken, target };
}

/** What a bankrupt account owes. Throws `NotBankrupt`. */
function debtOf(id: number, { cash, positions }: Account): bigint {
  if (cash >= 0n || positions.some(({ size }) => size !== 0n))
    refuse(
      "NotBankrupt",
      `account ${id} has cash of ${cash}, or positions; only debt without positions is written off`,
    );
  return -cash;
}

/** What a lane pays out on L1. */
export const payout = ({ executions }: { readonly executions: readonly ExecutionTrace[] }): bigint =>
  executions.reduce((sum, { execution: { intent } }) => sum + (intent?.kind === "withdraw" ? intent.amount : 0n), 0n);
