/**
 * What a dishonest prover would put before the circuit: a step carried out and traced whatever rule it breaks.
 * For an honest step it is exactly the twin's trace, which the tests check.
 * @module
 */
import {
  type Account,
  freshAccount,
  type OrderSlot,
  orderAt,
  orderKey,
  orderSlotOf,
  setOrder,
} from "#protocol/account.ts";
import { IDENTITY, isOnCurve } from "#protocol/babyjub.ts";
import { seriesHashes } from "#protocol/board.ts";
import { crypto } from "#protocol/crypto.ts";
import type { Execution, ExecutionTrace } from "#protocol/execute.ts";
import { abs, toField } from "#protocol/field.ts";
import { hash } from "#protocol/hash.ts";
import { type Intent, intentFields, type SignedIntent } from "#protocol/intent.ts";
import type { Lane, LaneTrace } from "#protocol/lane.ts";
import { LAYOUT } from "#protocol/layout.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import { FILLED_ALL, INTENT_KIND, type Profile, REQUEST_KIND, STEP_KIND, TAG, VERSION } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import { type Point, sign } from "#protocol/signature.ts";
import { type State, stateRoot, withAccounts } from "#protocol/state.ts";
import type { TradeStep, TradeTrace } from "#protocol/trade.ts";
import { trader } from "./world.ts";

type AnyLayout = {
  readonly fields: readonly {
    readonly name: string;
    readonly bits: number;
    readonly offset: number;
    readonly signed: boolean;
  }[];
};

/** Packs as the circuit does: a linear combination in the field, whatever the widths. */
const packAnyway = (of: AnyLayout, values: Readonly<Record<string, bigint>>): bigint =>
  toField(
    of.fields.reduce((word, { name, bits, offset, signed }) => {
      const value = values[name];
      if (value === undefined) throw new RangeError(`no value for ${name}`);
      return word + ((value + (signed ? 1n << BigInt(bits - 1) : 0n)) << BigInt(offset));
    }, 0n),
  );

/** Signs an intent whose fields may be out of range. */
export function signAnyway<I extends Intent>(
  state: State,
  intent: I,
  by = intent.account,
): SignedIntent & { readonly intent: I } {
  const fields = intentFields(intent);
  const message = hash(TAG.intent, [
    state.domain,
    packAnyway(LAYOUT.intentHead, fields),
    fields.seriesHash,
    packAnyway(LAYOUT.intentTerms, fields),
  ]);
  return { intent, signature: sign(trader(by).secret, message) };
}

/** The trace of `step` with every check left out. */
export function forgeTrade(state: State, step: TradeStep): TradeTrace {
  let running = state;
  const lanes: LaneTrace[] = [];
  for (const lane of step.lanes) {
    const trace = forgeLane(running, lane);
    running = withAccounts(running, new Map([[lane.account, trace.after]]));
    lanes.push(trace);
  }
  const executions = lanes.flatMap((lane) => lane.executions.map(({ execution }) => execution));
  const requests = lanes.flatMap(({ request }) => request ?? []);
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const long = (size: bigint) => (size > 0n ? size : 0n);
  const change = (slot: number, sign: bigint) =>
    sum(
      lanes.map(
        ({ before, after }) =>
          long(sign * (after.positions[slot]?.size ?? 0n)) - long(sign * (before.positions[slot]?.size ?? 0n)),
      ),
    );
  const { globals } = state;
  const after: State = {
    ...running,
    board: state.board.map((slot, at) => ({
      ...slot,
      openLong: toField(slot.openLong + change(at, 1n)),
      openShort: toField(slot.openShort + change(at, -1n)),
    })),
    globals: {
      ...globals,
      number: globals.number + 1n,
      timestamp: step.timestamp,
      feePot: toField(globals.feePot + sum(executions.map(({ fee }) => fee))),
      totalCash: toField(globals.totalCash + sum(requests.map(({ amount }) => amount)) - sum(executions.map(payoutOf))),
      requestCursor: globals.requestCursor + BigInt(requests.length),
    },
  };
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

function forgeLane(state: State, { account: id, request, executions }: Lane): LaneTrace {
  const { profile, marks, parameters } = state;
  const before = open(state, id, request);
  const requested = { ...before, cash: before.cash + (request?.amount ?? 0n) };
  let account = requested;
  const traces = executions.map((execution) => {
    const { trace, next } = forgeExecution(state, account, execution);
    account = next;
    return trace;
  });
  const raises = executions.filter(({ intent }) => intent.kind === "cancelAll").length;
  account = { ...account, epoch: before.epoch + BigInt(raises) };
  const riskAfter = riskOf(profile, marks, parameters, marginTerms(account));
  return {
    account: id,
    request,
    before,
    after: account,
    path: state.accountTree.path(BigInt(id)),
    executions: traces,
    riskBefore: riskOf(profile, marks, parameters, marginTerms(requested)),
    riskAfter,
    isReducing: riskAfter.surplus < 0n,
  };
}

/** Any account for an unregistered place; for a registration a fresh one, with the key 8 b if b is on the curve. */
function open(state: State, id: number, request: Request | null): Account {
  if (request?.kind !== "register") return state.accounts.get(id) ?? freshAccount(state.profile, 1n, trader(id).key);
  const key: Point = isOnCurve(request.b) ? crypto().multiplyPoint(request.b, 8n) : IDENTITY;
  return freshAccount(state.profile, request.owner, key);
}

function forgeExecution(
  state: State,
  account: Account,
  execution: Execution,
): { trace: ExecutionTrace; next: Account } {
  const { intent, size, cash, fee } = execution;
  const slot = intent.kind === "order" ? seriesHashes(state.board).indexOf(intent.seriesHash) : -1;
  const orderSlot = orderSlotOf(state.profile, intent.nonce);
  const orderBefore = orderAt(account.orders, orderSlot);
  const positions = account.positions.map((position, at) =>
    at === slot ? { ...position, size: position.size + size } : position,
  );
  return {
    trace: { execution, slot, orderBefore, orderPath: account.orders.tree.path(BigInt(orderSlot)) },
    next: {
      ...account,
      cash: account.cash + cash - fee,
      positions,
      orders: setOrder(account.orders, orderSlot, orderSlotAfter(intent, orderBefore, abs(size))),
    },
  };
}

function orderSlotAfter(intent: Intent, before: OrderSlot, lots: bigint): OrderSlot {
  const key = orderKey(intent.epoch, intent.nonce);
  if (intent.kind !== "order") return { key, filled: FILLED_ALL };
  return { key, filled: (key === before.key ? before.filled : 0n) + lots };
}

const payoutOf = ({ intent }: Execution): bigint => (intent.kind === "withdraw" ? intent.amount : 0n);

const laneWords = (profile: Profile, { account, executions }: LaneTrace): readonly bigint[] => [
  packAnyway(LAYOUT.lane, {
    account: BigInt(account),
    payout: executions.reduce((sum, { execution }) => sum + payoutOf(execution), 0n),
  }),
  ...Array.from({ length: profile.intents }, (_, at) => {
    const trace = executions[at];
    if (!trace) return 0n;
    const { intent, size, cash, fee } = trace.execution;
    const kind = BigInt(INTENT_KIND[intent.kind]);
    return packAnyway(LAYOUT.execution, {
      kind,
      slot: BigInt(Math.max(trace.slot, 0)),
      size,
      cash,
      fee,
      nonce: intent.nonce,
    });
  }),
];

function requestWords(request: Request): readonly bigint[] {
  const head = packAnyway(LAYOUT.request, {
    kind: BigInt(REQUEST_KIND[request.kind]),
    account: BigInt(request.account),
    amount: request.amount,
  });
  return request.kind === "register" ? [head, request.owner, request.b.x, request.b.y] : [head, 0n, 0n, 0n];
}
