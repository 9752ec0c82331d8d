/**
 * The `trade` step: lanes against the running state, the laws over them, the public words.
 * The twin of `circuits/trade/step.circom`.
 * @module
 */
import { calldataWords } from "./binding.ts";
import type { Board, Slot } from "./board.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import type { Execution, ExecutionTrace, TradeOptions } from "./execute.ts";
import { type Intent, kindCode } from "./intent.ts";
import { applyLane, type Lane, type LaneTrace, payout } from "./lane.ts";
import { LAYOUT, pack } from "./layout.ts";
import { INTENT_KIND, type Profile, WIDTH } from "./params.ts";
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
  const after = afterLanes(state, running, lanes, step.timestamp);
  const words = calldataWords(profile, {
    header: {
      kind: "trade",
      timestamp: step.timestamp,
      number: after.globals.number,
      oldRoot: stateRoot(state),
      newRoot: stateRoot(after),
      domain: state.domain,
    },
    entries: [
      lanes.map((lane) => laneWords(profile, lane)),
      lanes.flatMap(({ request }) => (request ? [requestWords(request)] : [])),
    ],
  });
  return { state: after, trace: { kind: "trade", before: state, after, timestamp: step.timestamp, lanes, words } };
}

/** What lanes do to everything but accounts: all that a rebuild has to know of them. */
export type LaneEffects = Pick<LaneTrace, "request" | "before" | "after" | "accrued" | "debt"> & {
  /** 1e-6 USDC. */
  readonly fees: bigint;
  readonly penalties: bigint;
  readonly contributed: bigint;
  readonly collected: bigint;
  readonly paidOut: bigint;
};

/** Sums of one lane's executions. */
function effectsOf(lane: LaneTrace): LaneEffects {
  const sum = (of: (execution: Execution) => bigint) =>
    lane.executions.reduce((total, { execution }) => total + of(execution), 0n);
  const amountOfKind = (kind: Intent["kind"]) =>
    sum(({ intent }) => (intent?.kind === kind && "amount" in intent ? intent.amount : 0n));
  return {
    ...lane,
    fees: sum(({ intent, fee }) => (intent ? fee : 0n)),
    penalties: sum(({ intent, fee }) => (intent ? 0n : fee)),
    contributed: amountOfKind("contribute"),
    collected: amountOfKind("collect"),
    paidOut: payout(lane),
  };
}

/** Board and globals behind the lanes; `running` has their accounts. Throws `OpenInterestCap`, `OutOfRange` or `NotBankrupt`. */
export function withEffects(
  before: State,
  running: State,
  lanes: readonly LaneEffects[],
  header: { readonly number: bigint; readonly timestamp: bigint },
): State {
  const { globals, board } = before;
  const sum = (of: (lane: LaneEffects) => bigint) => lanes.reduce((total, lane) => total + of(lane), 0n);
  const cash = (name: string, value: bigint) => ranged(name, value, 0n, 1n << BigInt(WIDTH.cash));
  const bankrupt = lanes.filter(({ debt }) => debt > 0n);
  if (bankrupt.length > 1) refuse("NotBankrupt", "a step writes off at most one account's debt");
  const funds = cash(
    "insurance fund",
    globals.insurance + sum(({ penalties, contributed }) => penalties + contributed),
  );
  const debt = sum((lane) => lane.debt);
  const insured = debt < funds ? debt : funds;
  const owed = { amount: debt - insured, target: bankrupt[0]?.after.liquidation.target ?? 0n };
  return {
    ...running,
    board: withInterest(board, lanes).map((slot, at) => withDeficit(slot, at, owed)),
    globals: {
      ...globals,
      ...header,
      feePot: cash("fee pot", globals.feePot + sum(({ fees, collected }) => fees - collected)),
      insurance: funds - insured,
      clearing: signedInt("clearing", globals.clearing - sum(({ accrued }) => accrued), WIDTH.cash),
      deficit: cash("deficit", globals.deficit + (owed.target === 0n ? owed.amount : 0n)),
      totalCash: cash("total cash", globals.totalCash + sum(({ request, paidOut }) => amountOf(request) - paidOut)),
      requestCursor: globals.requestCursor + sum(({ request }) => (request ? 1n : 0n)),
    },
  };
}

const afterLanes = (before: State, running: State, lanes: readonly LaneTrace[], timestamp: bigint): State =>
  withEffects(before, running, lanes.map(effectsOf), { number: before.globals.number + 1n, timestamp });

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

function withInterest(board: Board, lanes: readonly Pick<LaneTrace, "before" | "after">[]): Board {
  const long = (size: bigint) => (size > 0n ? size : 0n);
  return board.map((slot, at) => {
    const change = (side: (size: bigint) => bigint) =>
      lanes.reduce(
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

function laneWords(profile: Profile, lane: LaneTrace): readonly bigint[] {
  const isWrittenOff = lane.debt > 0n ? 1n : 0n;
  const words = [pack(LAYOUT.lane, { account: BigInt(lane.account), payout: payout(lane), isWrittenOff })];
  for (let at = 0; at < profile.intents; at++) {
    const trace = lane.executions[at];
    words.push(...(trace ? executionWords(trace) : [0n, 0n]));
  }
  return words;
}

/** What is published of an execution: the change, and which slots of the board it changes. */
function executionWords({ legs, units, execution: { intent, cash, fee } }: ExecutionTrace): readonly [bigint, bigint] {
  const isSwitched = intent?.kind === "mode" && intent.reduceOnly;
  const word = pack(LAYOUT.execution, {
    kind: intent ? kindCode(intent) : BigInt(INTENT_KIND.forced),
    size: isSwitched ? 1n : units,
    cash,
    fee,
    nonce: intent?.nonce ?? 0n,
  });
  const slot = (at: number) => BigInt(legs[at]?.slot ?? 0);
  const ratio = (at: number) => legs[at]?.ratio ?? 0n;
  const packed = {
    slot0: slot(0),
    ratio0: ratio(0),
    slot1: slot(1),
    ratio1: ratio(1),
    slot2: slot(2),
    ratio2: ratio(2),
    slot3: slot(3),
    ratio3: ratio(3),
  };
  return [word, legs.length > 0 ? pack(LAYOUT.legs, packed) : 0n];
}
