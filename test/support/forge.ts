/**
 * What a dishonest prover would put before the circuit: a step carried out and traced whatever rule it breaks.
 * For an honest step it is exactly the twin's trace, which the tests check.
 * @module
 */
import { type Account, freshAccount, type Liquidation, NO_SESSION, orderAt, orderSlotOf } from "#protocol/account.ts";
import { accrue, settled } from "#protocol/accrue.ts";
import { IDENTITY, isOnCurve } from "#protocol/babyjub.ts";
import { type Board, seriesHashes } from "#protocol/board.ts";
import { crypto } from "#protocol/crypto.ts";
import { type Execution, type ExecutionTrace, executedOf } from "#protocol/execute.ts";
import { type Executed, type Legs, notionalOf, withExecuted } from "#protocol/executed.ts";
import { abs, toField } from "#protocol/field.ts";
import { legsOf } from "#protocol/intent.ts";
import type { Lane, LaneTrace } from "#protocol/lane.ts";
import { LAYOUT } from "#protocol/layout.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import { tableId } from "#protocol/marks.ts";
import { INTENT_KIND, type Profile, REQUEST_KIND, STEP_KIND, VERSION } from "#protocol/params.ts";
import { amountOf, type Request } from "#protocol/request.ts";
import type { Point } from "#protocol/signature.ts";
import { type State, stateRoot, withAccounts } from "#protocol/state.ts";
import type { TradeStep, TradeTrace } from "#protocol/trade.ts";
import { packAnyway } from "./sign-anyway.ts";
import { trader } from "./world.ts";

const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

/** The trace of `step` with every check left out. */
export function forgeTrade(state: State, step: TradeStep): TradeTrace {
  let running = state;
  const lanes: LaneTrace[] = [];
  for (const lane of step.lanes) {
    const trace = forgeLane(running, lane);
    running = withAccounts(running, new Map([[lane.account, trace.after]]));
    lanes.push(trace);
  }
  const after = afterLanes(state, running, lanes, step.timestamp);
  const requests = lanes.flatMap(({ request }) => request ?? []);
  const words = [
    packAnyway(LAYOUT.meta, {
      version: VERSION,
      kind: BigInt(STEP_KIND.trade),
      profile: BigInt(state.profile.code),
      timestamp: step.timestamp,
      number: after.globals.number,
      count0: BigInt(lanes.length),
      count1: BigInt(requests.length),
      count2: 0n,
    }),
    stateRoot(state),
    stateRoot(after),
    state.domain,
    ...lanes.flatMap((lane) => laneWords(state.profile, lane)),
    ...requests.flatMap(requestWords),
  ];
  return { kind: "trade", before: state, after, timestamp: step.timestamp, lanes, words };
}

/** Board and globals behind the lanes. */
function afterLanes(state: State, running: State, lanes: readonly LaneTrace[], timestamp: bigint): State {
  const { globals } = state;
  const executed = lanes.flatMap(({ executions }) => executions.map(executedOf));
  const moved = (kind: Executed["kind"]) =>
    total(executed.filter((each) => each.kind === kind).map(({ cash, fee }) => (kind === "forced" ? fee : cash)));
  const fees = total(executed.filter(({ kind }) => kind !== "forced").map(({ fee }) => fee));
  const funds = globals.insurance + moved("forced") - moved("contribute");
  const debt = total(lanes.map((lane) => lane.debt));
  const paid = debt <= funds ? debt : funds;
  const target = total(lanes.map((lane) => (lane.debt === 0n ? 0n : lane.after.liquidation.target)));
  return {
    ...running,
    board: boardAfter(state.board, lanes, target, debt - paid),
    globals: {
      number: globals.number + 1n,
      timestamp,
      feePot: toField(globals.feePot + fees - moved("collect")),
      insurance: toField(funds - paid),
      clearing: globals.clearing - total(lanes.map(({ accrued }) => accrued)),
      deficit: globals.deficit + (target === 0n ? debt - paid : 0n),
      totalCash: toField(globals.totalCash + total(lanes.map(({ request }) => amountOf(request))) + moved("withdraw")),
      requestCursor: globals.requestCursor + BigInt(lanes.filter(({ request }) => request !== null).length),
    },
  };
}

function boardAfter(board: Board, lanes: readonly LaneTrace[], target: bigint, owed: bigint): Board {
  const side = (size: bigint, sign: bigint) => (size * sign > 0n ? size * sign : 0n);
  const change = (slot: number, sign: bigint) =>
    total(
      lanes.map(
        ({ before, after }) =>
          side(after.positions[slot]?.size ?? 0n, sign) - side(before.positions[slot]?.size ?? 0n, sign),
      ),
    );
  const owes = (slot: number, isShort: bigint) => (target === 1n + 2n * BigInt(slot) + isShort ? owed : 0n);
  return board.map((slot, at) => ({
    ...slot,
    openLong: toField(slot.openLong + change(at, 1n)),
    openShort: toField(slot.openShort + change(at, -1n)),
    deficitLong: slot.deficitLong + owes(at, 0n),
    deficitShort: slot.deficitShort + owes(at, 1n),
  }));
}

function forgeLane(state: State, { account: id, request, executions, isWrittenOff }: Lane): LaneTrace {
  const { profile, marks, parameters } = state;
  const before = open(state, id, request);
  const { account: accrued, paid } = accrue(state, before);
  const requested = requestAnyway(accrued, request);
  let account = requested;
  const traces = executions.map((execution) => {
    const trace = forgeExecution(state, account, execution);
    account = withExecuted(state, account, requested.epoch, executedOf(trace));
    return trace;
  });
  const executed = traces.map(executedOf);
  const riskAfter = riskOf(profile, marks, parameters, marginTerms(account));
  const isForced = executed[0]?.kind === "forced";
  const isLiquidating = isForced && !requested.isClosing;
  const mode = executed.find(({ kind }) => kind === "mode");
  const debt = isWrittenOff ? -account.cash : 0n;
  const after: Account = {
    ...account,
    cash: account.cash + debt,
    epoch: requested.epoch + BigInt(executed.filter(({ kind }) => kind === "cancelAll").length),
    positions: account.positions.map(({ size }, slot) => settled(state, size, slot)),
    isReduceOnly: mode ? mode.isSet : requested.isReduceOnly,
    isClosing: requested.isClosing && account.positions.some(({ size }) => size !== 0n),
    liquidation: isForced ? recordOf(state, before.liquidation, executed) : before.liquidation,
  };
  return {
    account: id,
    request,
    before,
    after,
    path: state.accountTree.path(BigInt(id)),
    executions: traces,
    accrued: paid,
    debt,
    riskBefore: riskOf(profile, marks, parameters, marginTerms(requested)),
    riskAfter,
    isReducing: riskAfter.surplus < 0n && !isLiquidating,
    isLiquidating,
  };
}

function recordOf(state: State, before: Liquidation, executed: readonly Executed[]): Liquidation {
  const forced = executed.filter(({ kind }) => kind === "forced");
  const { slot = 0, ratio = 1n } = forced[0]?.legs[0] ?? {};
  const table = tableId(state.marks);
  const kept = table === before.table ? before.amount : 0n;
  return {
    table,
    amount: kept + total(forced.map((each) => notionalOf(state, each))),
    target: 1n + 2n * BigInt(slot) + (ratio < 0n ? 1n : 0n),
  };
}

/** The key of a point, if it is on the curve. */
const keyOf = (b: Point): Point => (isOnCurve(b) ? crypto().multiplyPoint(b, 8n) : IDENTITY);

/** Any account for an unregistered place; for a registration a fresh one. */
function open(state: State, id: number, request: Request | null): Account {
  if (request?.kind !== "register") return state.accounts.get(id) ?? freshAccount(state.profile, 1n, trader(id).key);
  return freshAccount(state.profile, request.owner, keyOf(request.b));
}

function requestAnyway(account: Account, request: Request | null): Account {
  const credited = { ...account, cash: account.cash + amountOf(request) };
  if (request?.kind === "stop") return { ...credited, epoch: account.epoch + 1n, isReduceOnly: true };
  if (request?.kind === "close") return { ...credited, isClosing: true };
  if (request?.kind !== "key") return credited;
  const key = keyOf(request.b);
  if (request.place === 0) return { ...credited, key };
  const sessions = account.sessions.map((session, at) =>
    at === request.place - 1 ? { ...NO_SESSION, key, limits: request.limits } : session,
  );
  return { ...credited, sessions };
}

function forgeExecution({ board, profile }: State, account: Account, execution: Execution): ExecutionTrace {
  const orderSlot = orderSlotOf(profile, execution.intent?.nonce ?? 0n);
  return {
    execution,
    ...forgeLegs(board, execution),
    orderBefore: orderAt(account.orders, orderSlot),
    orderPath: account.orders.tree.path(BigInt(orderSlot)),
  };
}

function forgeLegs(board: Board, execution: Execution): Legs {
  const { intent, size } = execution;
  if (intent === null || intent.kind === "backstop")
    return { legs: [{ slot: execution.slot ?? -1, ratio: size < 0n ? -1n : 1n }], units: abs(size) };
  const hashes = seriesHashes(board);
  const legs = legsOf(intent).map(({ seriesHash, ratio }) => ({ slot: hashes.indexOf(seriesHash), ratio }));
  return { legs, units: intent.kind === "spread" ? size : abs(size) };
}

function laneWords(profile: Profile, { account, executions, debt }: LaneTrace): readonly bigint[] {
  const executed = executions.map(executedOf);
  const paid = -total(executed.filter(({ kind }) => kind === "withdraw").map(({ cash }) => cash));
  return [
    packAnyway(LAYOUT.lane, { account: BigInt(account), payout: paid, isWrittenOff: debt === 0n ? 0n : 1n }),
    ...Array.from({ length: profile.intents }, (_, at) => {
      const each = executed[at];
      return each ? executionWords(each) : [0n, 0n];
    }).flat(),
  ];
}

function executionWords({ kind, legs, units, cash, fee, nonce, isSet }: Executed): readonly bigint[] {
  const size = isSet ? 1n : units;
  const of = (at: number) => ({ slot: BigInt(Math.max(legs[at]?.slot ?? 0, 0)), ratio: legs[at]?.ratio ?? 0n });
  const fields = Object.fromEntries(
    [0, 1, 2, 3].flatMap((at) => Object.entries(of(at)).map(([name, value]) => [`${name}${at}`, value])),
  );
  return [
    packAnyway(LAYOUT.execution, { kind: BigInt(INTENT_KIND[kind]), size, cash, fee, nonce }),
    legs.length > 0 ? packAnyway(LAYOUT.legs, fields) : 0n,
  ];
}

function requestWords(request: Request): readonly bigint[] {
  const head = packAnyway(LAYOUT.request, {
    kind: BigInt(REQUEST_KIND[request.kind]),
    account: BigInt(request.account),
    amount: amountOf(request),
    place: request.kind === "key" ? BigInt(request.place) : 0n,
  });
  if (request.kind === "register") return [head, request.owner, request.b.x, request.b.y];
  if (request.kind === "key") return [head, packAnyway(LAYOUT.session, request.limits), request.b.x, request.b.y];
  return [head, 0n, 0n, 0n];
}
