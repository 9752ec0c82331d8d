/**
 * One visit to one account: the twin of `circuits/trade/lane.circom`.
 * @module
 */
import { type Account, freshAccount, type Liquidation, NO_SESSION } from "./account.ts";
import { accrue, settled } from "./accrue.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import { type Execution, type ExecutionTrace, execute, executedOf, gainOf, type TradeOptions } from "./execute.ts";
import { type Executed, lotsOf, notionalOf, withExecuted } from "./executed.ts";
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
  const isForced = executions.some(({ execution }) => execution.intent === null);
  if (isForced && executions.some(({ execution }) => execution.intent !== null))
    refuse("NotLiquidatable", "forced executions have a lane of their own");
  const isLiquidating = isForced && !requested.isClosing;
  // 5 Margin
  const riskAfter = riskOf(profile, marks, parameters, marginTerms(account));
  const isReducing = riskAfter.surplus < 0n && !isLiquidating;
  checkMargin(state, requested, account, { riskBefore, riskAfter, isReducing, isLiquidating }, executions, timestamp);
  // 6 Close
  const { after, debt } = closeLane(state, lane, requested, account, executions.map(executedOf));
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

/** A lane as its words tell it. */
export type Visit = Pick<LaneTrace, "account" | "request" | "before" | "after" | "accrued" | "debt"> & {
  readonly executed: readonly Executed[];
};
export const visitOf = (lane: LaneTrace): Visit => ({ ...lane, executed: lane.executions.map(executedOf) });

/** The visit that published words tell of: what `applyLane` does, nothing being checked that only a proof can show. */
export function visited(state: State, lane: Omit<Lane, "executions">, executed: readonly Executed[]): Visit {
  const before = openLane(state, lane);
  const { account: accrued, paid } = accrue(state, before);
  const requested = withRequest(accrued, lane.request);
  const account = executed.reduce((so, each) => withExecuted(state, so, requested.epoch, each), requested);
  const { after, debt } = closeLane(state, lane, requested, account, executed);
  return { account: lane.account, request: lane.request, before, after, accrued: paid, debt, executed };
}

/** What every visit ends with: debt, modes, indices, the record of what was forced. Throws `NotBankrupt` or `OutOfRange`. */
function closeLane(
  state: State,
  lane: Omit<Lane, "executions">,
  requested: Account,
  account: Account,
  executed: readonly Executed[],
): { readonly after: Account; readonly debt: bigint } {
  const debt = lane.isWrittenOff === true ? debtOf(lane.account, account) : 0n;
  const isEmpty = account.positions.every(({ size }) => size === 0n);
  const after = {
    ...withModes(requested, account, executed),
    cash: signedInt("cash", account.cash + debt, WIDTH.cash),
    positions: account.positions.map(({ size }, slot) =>
      settled(state, signedInt("position", size, WIDTH.signedSize), slot),
    ),
    isClosing: account.isClosing && !isEmpty,
    liquidation: recordOf(state, account.liquidation, executed),
  };
  return { after, debt };
}

function openLane(state: State, { account, request }: Pick<Lane, "account" | "request">): Account {
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
function withModes(before: Account, account: Account, executed: readonly Executed[]): Account {
  const raises = executed.filter(({ kind }) => kind === "cancelAll").length;
  if (raises > 1) refuse("WrongEpoch", "the epoch rises by exactly one in a lane");
  const [mode, ...others] = executed.filter(({ kind }) => kind === "mode");
  if (others.length > 0) refuse("TooManyIntents", "a lane changes the mode at most once");
  return {
    ...account,
    epoch: raises ? nextEpoch(before.epoch) : before.epoch,
    isReduceOnly: mode ? mode.isSet : before.isReduceOnly,
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
  const { marks } = state;
  const closed = marks.underlyings.map(
    ({ mode }, underlying) => mode === "closeOnly" || isStale(state, underlying, timestamp),
  );
  checkWithdrawal(state, after, riskAfter, executions, closed);
  if (isLiquidating) checkLiquidation(state, before, { riskBefore, riskAfter }, executions);
  else if (riskAfter.surplus < 0n && riskAfter.surplus < riskBefore.surplus)
    refuse("InsufficientMargin", "equity after the lane is below initial margin and the shortfall grew");
  const isHeld = isReducing || before.isReduceOnly || before.isClosing || executions.some(isReduction);
  checkGrowth(state, before, after, isHeld, closed);
  for (const trace of executions) checkAtMark(state, trace, { isReducing, isLiquidating }, closed);
}

/** Whether an execution forbids growth: a reduce-only order, or nobody's wish. */
const isReduction = ({ execution: { intent } }: ExecutionTrace): boolean =>
  intent === null || ((intent.kind === "order" || intent.kind === "spread") && intent.reduceOnly);

/** No position of an account that is held to reducing, or of an underlying that is close-only, grows or changes sides. */
function checkGrowth(
  { profile }: State,
  before: Account,
  after: Account,
  isHeld: boolean,
  closed: readonly boolean[],
): void {
  after.positions.forEach(({ size }, slot) => {
    const held = before.positions[slot]?.size ?? 0n;
    if (abs(size) <= abs(held) && size * held >= 0n) return;
    if (isHeld)
      refuse("ReducingOnly", `the lane may only reduce; the position in slot ${slot} would grow or change sides`);
    if (closed[underlyingOfSlot(profile, slot)] === true)
      refuse("MarksStale", `the marks are old or close-only; the position in slot ${slot} may only shrink`);
  });
}

/** Executions that rely on the mark: what is forced and what a backstop takes need a fresh one, and the former the price band. */
function checkAtMark(
  state: State,
  trace: ExecutionTrace,
  { isReducing, isLiquidating }: Pick<LaneRisk, "isReducing" | "isLiquidating">,
  closed: readonly boolean[],
): void {
  const { execution, legs, units } = trace;
  const isForced = execution.intent === null;
  const isOld = legs.some(({ slot }) => closed[underlyingOfSlot(state.profile, slot)] === true);
  if (isOld && (isForced || execution.intent.kind === "backstop"))
    refuse("MarksStale", "nothing is forced, and no backstop takes anything, while the marks are old or close-only");
  if (isForced) checkPenalty(state, trace, isLiquidating);
  const allowance = notionalOf(state, trace) * state.parameters.priceBandPpm;
  const isBound = isForced || (isReducing && legs.length > 0);
  if (isBound && gainOf(state, legs, units, execution.cash) + allowance < 0n)
    refuse("PriceBand", `${execution.cash} for ${lotsOf(trace)} lots is outside the price band`);
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

/** There is a penalty only where an account is liquidated. */
function checkPenalty(state: State, trace: ExecutionTrace, isLiquidating: boolean): void {
  const { penaltyPpm } = state.parameters;
  const most = isLiquidating ? notionalOf(state, trace) * penaltyPpm : 0n;
  if (trace.execution.fee * SCALE.equityPerCash * SCALE.marginPerEquity > most)
    refuse("PenaltyTooHigh", `a penalty of ${trace.execution.fee}; it is at most ${penaltyPpm} ppm of the notional`);
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
  const { amount } = recordOf(state, before.liquidation, executions.map(executedOf));
  if (amount > state.parameters.liquidationCap * USDC_NOTIONAL)
    refuse(
      "LiquidationCap",
      `${amount} of notional under one table; the cap is ${state.parameters.liquidationCap} USDC`,
    );
}

/** Notional units, 1e-12 USDC, of one USDC. */
export const USDC_NOTIONAL = SCALE.spot * SCALE.lotsPerUnit;

/**
 * Twin of `LiquidationRecord`: what was forced under the tables in force, and, should the account go bankrupt, who is charged:
 * the side that gained what it lost by the first execution, the shorts if it was long and sold.
 */
function recordOf(state: State, before: Liquidation, executed: readonly Executed[]): Liquidation {
  const forced = executed.filter(({ kind }) => kind === "forced");
  const [leg] = forced[0]?.legs ?? [];
  if (!leg) return before;
  const table = tableId(state.marks);
  const taken = forced.reduce((sum, each) => sum + notionalOf(state, each), 0n);
  return {
    table,
    amount: (table === before.table ? before.amount : 0n) + taken,
    target: 1n + 2n * BigInt(leg.slot) + (leg.ratio < 0n ? 1n : 0n),
  };
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
