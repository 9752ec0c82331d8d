/**
 * The `trade` step: lanes against the running state, the laws over them, the public words.
 * The twin of `circuits/trade/step.circom`.
 * @module
 */
import { calldataWords } from "./binding.ts";
import type { Board, Slot } from "./board.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import type { TradeOptions } from "./execute.ts";
import { type Executed, executionWords } from "./executed.ts";
import { applyLane, type Lane, type LaneTrace, type Visit, visitOf } from "./lane.ts";
import { LAYOUT, pack } from "./layout.ts";
import { type Profile, WIDTH } from "./params.ts";
import { amountOf, requestWords } from "./request.ts";
import { type State, stateRoot, withAccounts } from "./state.ts";

export type TradeStep = { readonly kind: "trade"; readonly timestamp: bigint; readonly lanes: readonly Lane[] };

export type TradeTrace = {
  readonly kind: "trade";
  readonly before: State;
  readonly after: State;
  readonly timestamp: bigint;
  readonly lanes: readonly LaneTrace[];
  readonly words: readonly bigint[];
};

/** Applies a step of up to `profile.lanes` lanes. Throws `ProtocolError` on whatever the circuit would not prove. */
export function applyTrade(
  state: State,
  step: TradeStep,
  options: TradeOptions = {},
): { state: State; trace: TradeTrace } {
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
  const visits = lanes.map(visitOf);
  const header = { number: globals.number + 1n, timestamp: step.timestamp };
  const after = withVisits(state, running, visits, header);
  const words = calldataWords(profile, {
    header: {
      kind: "trade",
      ...header,
      oldRoot: stateRoot(state),
      newRoot: stateRoot(after),
      domain: state.domain,
    },
    entries: [
      visits.map((visit) => visitWords(profile, visit)),
      lanes.flatMap(({ request }) => (request ? [requestWords(request)] : [])),
    ],
  });
  return { state: after, trace: { kind: "trade", before: state, after, timestamp: step.timestamp, lanes, words } };
}

/** Cash of the executions of some kind, 1e-6 USDC: positive if it enters the account. */
const cashOf = ({ executed }: Visit, of: Executed["kind"]): bigint =>
  executed.reduce((sum, { kind, cash }) => (kind === of ? sum + cash : sum), 0n);
/** What a lane pays out on L1. */
export const payout = (visit: Visit): bigint => -cashOf(visit, "withdraw");
const feesOf = ({ executed }: Visit, isForced: boolean): bigint =>
  executed.reduce((sum, { kind, fee }) => ((kind === "forced") === isForced ? sum + fee : sum), 0n);

/** Board and globals behind the lanes; `running` has their accounts. Throws `OpenInterestCap`, `OutOfRange` or `NotBankrupt`. */
export function withVisits(
  before: State,
  running: State,
  visits: readonly Visit[],
  header: { readonly number: bigint; readonly timestamp: bigint },
): State {
  const { globals, board } = before;
  const sum = (of: (visit: Visit) => bigint) => visits.reduce((total, visit) => total + of(visit), 0n);
  const cash = (name: string, value: bigint) => ranged(name, value, 0n, 1n << BigInt(WIDTH.cash));
  const bankrupt = visits.filter(({ debt }) => debt > 0n);
  if (bankrupt.length > 1) refuse("NotBankrupt", "a step writes off at most one account's debt");
  const funds = cash(
    "insurance fund",
    globals.insurance + sum((visit) => feesOf(visit, true) - cashOf(visit, "contribute")),
  );
  const debt = sum((visit) => visit.debt);
  const insured = debt < funds ? debt : funds;
  const owed = { amount: debt - insured, target: bankrupt[0]?.after.liquidation.target ?? 0n };
  return {
    ...running,
    board: withInterest(board, visits).map((slot, at) => withDeficit(slot, at, owed)),
    globals: {
      ...globals,
      ...header,
      feePot: cash("fee pot", globals.feePot + sum((visit) => feesOf(visit, false) - cashOf(visit, "collect"))),
      insurance: funds - insured,
      clearing: signedInt("clearing", globals.clearing - sum(({ accrued }) => accrued), WIDTH.cash),
      deficit: cash("deficit", globals.deficit + (owed.target === 0n ? owed.amount : 0n)),
      totalCash: cash("total cash", globals.totalCash + sum((visit) => amountOf(visit.request) - payout(visit))),
      requestCursor: globals.requestCursor + sum(({ request }) => (request ? 1n : 0n)),
    },
  };
}

/** Adds what a bankrupt account owes to the side that it is charged to. */
function withDeficit(
  slot: Slot,
  at: number,
  { amount, target }: { readonly amount: bigint; readonly target: bigint },
): Slot {
  const owes = (isShort: bigint) => (target === 1n + 2n * BigInt(at) + isShort ? amount : 0n);
  const cash = (value: bigint) => ranged("deficit", value, 0n, 1n << BigInt(WIDTH.cash));
  return { ...slot, deficitLong: cash(slot.deficitLong + owes(0n)), deficitShort: cash(slot.deficitShort + owes(1n)) };
}

/** The four laws over the step. Fees, penalties, contributions and debts move between cash and pots by construction. */
function checkLaws(profile: Profile, lanes: readonly LaneTrace[]): void {
  const executions = lanes.flatMap((lane) => lane.executions).filter(({ legs }) => legs.length > 0);
  for (let slot = 0; slot < profile.series; slot++) {
    const lots = executions.reduce(
      (sum, { legs, units }) => legs.reduce((so, leg) => so + (leg.slot === slot ? leg.ratio * units : 0n), sum),
      0n,
    );
    if (lots !== 0n) refuse("SizesDoNotBalance", `executed sizes in slot ${slot} sum to ${lots}`);
  }
  const cash = executions.reduce((sum, { execution }) => sum + execution.cash, 0n);
  if (cash !== 0n) refuse("CashDoesNotBalance", `execution cash sums to ${cash}`);
}

/** Open interest behind the lanes, which may not grow beyond the cap. */
function withInterest(board: Board, visits: readonly Visit[]): Board {
  const long = (size: bigint) => (size > 0n ? size : 0n);
  return board.map((slot, at) => {
    const change = (side: (size: bigint) => bigint) =>
      visits.reduce(
        (sum, { before, after }) =>
          sum + side(after.positions[at]?.size ?? 0n) - side(before.positions[at]?.size ?? 0n),
        0n,
      );
    const openLong = slot.openLong + change(long);
    if (openLong > slot.cap && openLong > slot.openLong)
      refuse("OpenInterestCap", `${openLong} lots open in slot ${at}; its cap is ${slot.cap}`);
    return { ...slot, openLong, openShort: slot.openShort + change((size) => long(-size)) };
  });
}

function visitWords(profile: Profile, visit: Visit): readonly bigint[] {
  const isWrittenOff = visit.debt > 0n ? 1n : 0n;
  const head = pack(LAYOUT.lane, { account: BigInt(visit.account), payout: payout(visit), isWrittenOff });
  const words = visit.executed.flatMap(executionWords);
  return [head, ...words, ...Array.from({ length: 2 * profile.intents - words.length }, () => 0n)];
}
