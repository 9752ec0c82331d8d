/**
 * The `trade` step: lanes against the running state, the laws over them, the public words.
 * The twin of `circuits/trade/step.circom`.
 * @module
 */
import { calldataWords } from "./binding.ts";
import type { Board } from "./board.ts";
import { ranged, refuse } from "./errors.ts";
import type { ExecutionTrace, TradeOptions } from "./execute.ts";
import { applyLane, type Lane, type LaneTrace, payout } from "./lane.ts";
import { LAYOUT, pack } from "./layout.ts";
import { INTENT_KIND, type Profile, WIDTH } from "./params.ts";
import { requestWords } from "./request.ts";
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
        "total cash",
        globals.totalCash + sum(({ request }) => request?.amount ?? 0n) - sum(payout),
        0n,
        1n << BigInt(WIDTH.cash),
      ),
      requestCursor: globals.requestCursor + sum(({ request }) => (request ? 1n : 0n)),
    },
  };
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
      lanes.reduce(
        (sum, { before, after }) =>
          sum + side(after.positions[at]?.size ?? 0n) - side(before.positions[at]?.size ?? 0n),
        0n,
      );
    return {
      ...slot,
      openLong: slot.openLong + change(long),
      openShort: slot.openShort + change((size) => long(-size)),
    };
  });
}

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
    kind: BigInt(INTENT_KIND[intent.kind]),
    slot: BigInt(Math.max(slot, 0)),
    size,
    cash,
    fee,
    nonce: intent.nonce,
  });
