/**
 * One visit to one account: the twin of `circuits/trade/lane.circom`.
 * @module
 */
import { type Account, freshAccount } from "./account.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import { type Execution, type ExecutionTrace, execute, type TradeOptions } from "./execute.ts";
import { abs } from "./field.ts";
import { marginTerms, type Risk, riskOf } from "./margin.ts";
import { accountCapacity, SCALE, underlyingOfSlot, WIDTH } from "./params.ts";
import type { Request } from "./request.ts";
import { timesEight } from "./signature.ts";
import { accountOf, type State } from "./state.ts";

export type Lane = {
  readonly account: number;
  readonly request: Request | null;
  readonly executions: readonly Execution[];
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

/** Visits one account; the phases are numbered as in the circuit. Throws `ProtocolError`. */
export function applyLane(state: State, lane: Lane, timestamp: bigint, options: TradeOptions): LaneTrace {
  const { profile, marks, parameters } = state;
  if (lane.executions.length > profile.intents) {
    refuse(
      "TooManyIntents",
      `${lane.executions.length} intents in a lane; profile ${profile.name} has ${profile.intents}`,
    );
  }
  // 1 Open, 2 Accrue (options alone accrue nothing before they expire), 3 Request
  const opened = openLane(state, lane);
  const path = state.accountTree.path(BigInt(lane.account));
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
  ranged("epoch", account.epoch, 0n, 1n << BigInt(WIDTH.epoch));
  signedInt("cash", account.cash, WIDTH.cash);
  for (const { size } of account.positions) signedInt("position", size, WIDTH.signedSize);
  // 5 Margin
  const riskAfter = riskOf(profile, marks, parameters, marginTerms(account));
  const isReducing = riskAfter.surplus < 0n;
  checkMargin(state, requested, account, { riskBefore, riskAfter, isReducing }, executions, timestamp);
  return {
    account: lane.account,
    request: lane.request,
    before: opened,
    after: account,
    path,
    executions,
    riskBefore,
    riskAfter,
    isReducing,
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

/** Whether the marks of `underlying` are too old to allow growth. */
export const isStale = (state: State, underlying: number, timestamp: bigint): boolean =>
  timestamp - (state.marks.underlyings[underlying]?.timestamp ?? 0n) > state.parameters.maxMarksAge;

type LaneRisk = Pick<LaneTrace, "riskBefore" | "riskAfter" | "isReducing">;

function checkMargin(
  state: State,
  before: Account,
  after: Account,
  { riskBefore, riskAfter, isReducing }: LaneRisk,
  executions: readonly ExecutionTrace[],
  timestamp: bigint,
): void {
  const { profile, marks, parameters } = state;
  const closed = marks.underlyings.map(
    ({ mode }, underlying) => mode === "closeOnly" || isStale(state, underlying, timestamp),
  );
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
    if (isReducing && grows)
      refuse("ReducingOnly", `the account is below initial margin; its position in slot ${slot} may only shrink`);
    if (isClosed && grows)
      refuse("MarksStale", `the marks are old or close-only; the position in slot ${slot} may only shrink`);
    if (isClosed && withdraws && size !== 0n)
      refuse("MarksStale", `the marks are old or close-only; slot ${slot} holds a position`);
  });
  if (!isReducing) return;
  for (const {
    slot,
    execution: { size, cash },
  } of executions) {
    if (slot < 0) continue;
    const spot = marks.underlyings[underlyingOfSlot(profile, slot)]?.spot ?? 0n;
    const gain = (cash * SCALE.equityPerCash + size * (marks.slots[slot]?.mark ?? 0n)) * SCALE.marginPerEquity;
    if (gain + abs(size) * spot * parameters.priceBandPpm < 0n) {
      refuse(
        "PriceBand",
        `the account is below initial margin; ${cash} for ${size} lots in slot ${slot} is outside the price band`,
      );
    }
  }
}

/** What a lane pays out on L1. */
export const payout = ({ executions }: { readonly executions: readonly ExecutionTrace[] }): bigint =>
  executions.reduce((sum, { execution: { intent } }) => sum + (intent.kind === "withdraw" ? intent.amount : 0n), 0n);
