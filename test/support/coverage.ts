/**
 * What a set of `trade` steps exercised, read off their traces.
 * @module
 */
import { orderKey } from "#protocol/account.ts";
import type { ExecutionTrace } from "#protocol/execute.ts";
import { isStale, type LaneTrace } from "#protocol/lane.ts";
import { INITIAL_MARGIN, isPerpetualSlot, SCALE } from "#protocol/params.ts";
import type { TradeTrace } from "#protocol/trade.ts";

type Shows = (lane: LaneTrace, trace: TradeTrace) => boolean;
const isTrade = ({ execution: { intent }, legs }: ExecutionTrace): boolean => intent !== null && legs.length > 0;
const isContinued = ({ execution: { intent }, orderBefore, legs }: ExecutionTrace): boolean =>
  intent !== null && legs.length > 0 && orderBefore.key === orderKey(intent.epoch, intent.nonce);
const kind =
  (name: string): Shows =>
  ({ executions }) =>
    executions.some(({ execution: { intent } }) => intent?.kind === name);
const request =
  (name: string): Shows =>
  (lane) =>
    lane.request?.kind === name;
const any =
  (shows: (execution: ExecutionTrace, lane: LaneTrace, trace: TradeTrace) => boolean): Shows =>
  (lane, trace) =>
    lane.executions.some((each) => shows(each, lane, trace));

/** Equity less initial margin is at most 1 % of the latter, and not negative. */
function isNearMargin({ riskAfter: { surplus, initial } }: LaneTrace): boolean {
  return surplus >= 0n && initial > 0n && 100n * surplus <= initial;
}
/** The size-dependent part makes more than a hundredth of initial margin. */
function isLarge({ riskAfter: { initial, maintenance } }: LaneTrace): boolean {
  return initial > 0n && 100n * (initial - INITIAL_MARGIN.numerator * maintenance * SCALE.surplusPerMargin) > initial;
}

/** Features of a lane, by name. */
const FEATURES: Readonly<Record<string, Shows>> = {
  "partial fill": any(({ execution: { intent }, orderBefore, legs, units }) => {
    if (intent === null || legs.length === 0 || !("size" in intent)) return false;
    const before = orderBefore.key === orderKey(intent.epoch, intent.nonce) ? orderBefore.filled : 0n;
    return before + units < intent.size;
  }),
  "partial fill continued": any(isContinued),
  "order slot replaced": any((trace) => isTrade(trace) && trace.orderBefore.key !== 0n && !isContinued(trace)),
  spread: kind("spread"),
  "spread of four legs": any(({ legs }) => legs.length === 4),
  backstop: kind("backstop"),
  "reduce-only order": any(({ execution: { intent } }) => intent?.kind === "order" && intent.reduceOnly),
  "perpetual traded": any(({ legs }, _, { before }) => legs.some(({ slot }) => isPerpetualSlot(before.profile, slot))),
  "session key": any(({ execution }) => execution.intent !== null && (execution.signer ?? 0) > 0),
  bulk: any(({ execution }) => execution.intent !== null && execution.bulk !== undefined),
  "bulk by a session key": any(
    ({ execution }) => execution.intent !== null && execution.bulk !== undefined && (execution.signer ?? 0) > 0,
  ),
  cancel: kind("cancel"),
  "cancel-all": kind("cancelAll"),
  mode: kind("mode"),
  contribution: kind("contribute"),
  "fees collected": kind("collect"),
  withdrawal: kind("withdraw"),
  deposit: request("deposit"),
  registration: request("register"),
  stop: request("stop"),
  "close requested": request("close"),
  "key set": request("key"),
  fee: any(({ execution: { intent, fee } }) => intent !== null && fee > 0n),
  liquidation: ({ isLiquidating }) => isLiquidating,
  penalty: any(({ execution: { intent, fee } }) => intent === null && fee > 0n),
  "second liquidation under a table": ({ isLiquidating, before, after }) =>
    isLiquidating && before.liquidation.table === after.liquidation.table,
  "liquidation taken by a backstop": (lane, { lanes }) =>
    lane.isLiquidating &&
    lanes.some(({ executions }) => executions.some(({ execution: { intent } }) => intent?.kind === "backstop")),
  "forced close": (lane) => !lane.isLiquidating && lane.executions.some(({ execution }) => execution.intent === null),
  "closing ends": ({ before, after, request: asked }) =>
    (before.isClosing || asked?.kind === "close") && !after.isClosing,
  "debt written off": ({ debt }) => debt > 0n,
  "debt beyond the insurance fund": ({ debt, account }, { before, after, lanes }) =>
    debt > 0n &&
    lanes.some((each) => each.account === account) &&
    before.board.some(
      ({ deficitLong, deficitShort }, at) =>
        (after.board[at]?.deficitLong ?? 0n) > deficitLong || (after.board[at]?.deficitShort ?? 0n) > deficitShort,
    ),
  "accrual paid": ({ accrued }) => accrued > 0n,
  "accrual charged": ({ accrued }) => accrued < 0n,
  "settled series left": ({ before }, { before: { board } }) =>
    before.positions.some(({ size }, at) => size !== 0n && board[at]?.status === "settled"),
  "expired series held": ({ before }, { before: { board } }) =>
    before.positions.some(({ size }, at) => size !== 0n && board[at]?.status === "expired"),
  "loss socialised": ({ before }, { before: { board } }) =>
    before.positions.some(({ size }, at) => {
      const { lossLong = 0n, lossShort = 0n } = board[at] ?? {};
      return (size > 0n && lossLong > 0n) || (size < 0n && lossShort > 0n);
    }),
  "open interest within a tenth of its cap": (_, { after: { board } }) =>
    board.some(({ openLong, cap }) => openLong <= cap && 10n * openLong >= 9n * cap),
  "self-trade": (lane, { lanes }) =>
    lane.executions.some(isTrade) && lanes.filter(({ account }) => account === lane.account).length > 1,
  "reducing only by mode": ({ before, executions }) => before.isReduceOnly && executions.some(isTrade),
  "within 1 % of initial margin": isNearMargin,
  "margin of size": isLarge,
  "reducing below initial margin": (lane) => lane.isReducing && lane.executions.some(isTrade),
  "old marks": (_, { before, timestamp }) => isStale(before, 0, timestamp),
  "old marks, order executed": (lane, { before, timestamp }) =>
    isStale(before, 0, timestamp) && lane.executions.some(isTrade),
  "padding lane": (_, { lanes, before }) => lanes.length < before.profile.lanes,
  "visit for nothing": ({ executions, request: asked }) => executions.length === 0 && asked === null,
};

export class Coverage {
  readonly #counts = new Map(Object.keys(FEATURES).map((name) => [name, 0]));

  add(trace: TradeTrace): void {
    for (const [name, shows] of Object.entries(FEATURES)) {
      if (trace.lanes.some((lane) => shows(lane, trace))) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
  }
  /** Features that fewer than `least` steps showed. */
  below(least: number): readonly string[] {
    return [...this.#counts].filter(([, count]) => count < least).map(([name]) => name);
  }
  toString(): string {
    return [...this.#counts].map(([name, count]) => `${count} ${name}`).join(", ");
  }
}
