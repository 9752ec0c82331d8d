/**
 * What a set of `trade` steps exercised, read off their traces.
 * @module
 */
import { orderKey } from "#protocol/account.ts";
import { abs } from "#protocol/field.ts";
import { isStale, type LaneTrace } from "#protocol/lane.ts";
import type { TradeTrace } from "#protocol/trade.ts";

const isOrder = ({ execution }: LaneTrace["executions"][number]): boolean => execution.intent.kind === "order";
const kinds = (lane: LaneTrace, kind: string): boolean =>
  lane.executions.some(({ execution }) => execution.intent.kind === kind);
/** Equity less initial margin is at most 1 % of the latter, and not negative. */
function isNearMargin({ riskAfter: { surplus, maintenance } }: LaneTrace): boolean {
  return surplus >= 0n && maintenance > 0n && 100n * surplus <= 5n * maintenance;
}

/** Features of a lane, by name. */
const FEATURES: Readonly<Record<string, (lane: LaneTrace, trace: TradeTrace) => boolean>> = {
  "partial fill": (lane) =>
    lane.executions.some(({ execution, orderBefore }) => {
      const { intent, size } = execution;
      if (intent.kind !== "order") return false;
      const before = orderBefore.key === orderKey(intent.epoch, intent.nonce) ? orderBefore.filled : 0n;
      return before + abs(size) < intent.size;
    }),
  "partial fill continued": (lane) =>
    lane.executions.some(
      (trace) =>
        isOrder(trace) &&
        trace.orderBefore.key === orderKey(trace.execution.intent.epoch, trace.execution.intent.nonce),
    ),
  "order slot replaced": (lane) =>
    lane.executions.some(
      (trace) =>
        isOrder(trace) &&
        trace.orderBefore.key !== 0n &&
        trace.orderBefore.key !== orderKey(trace.execution.intent.epoch, trace.execution.intent.nonce),
    ),
  cancel: (lane) => kinds(lane, "cancel"),
  "cancel-all": (lane) => kinds(lane, "cancelAll"),
  withdrawal: (lane) => kinds(lane, "withdraw"),
  deposit: ({ request }) => request?.kind === "deposit",
  registration: ({ request }) => request?.kind === "register",
  fee: (lane) => lane.executions.some(({ execution }) => execution.fee > 0n),
  "self-trade": (lane, { lanes }) =>
    kinds(lane, "order") && lanes.filter(({ account }) => account === lane.account).length > 1,
  "within 1 % of initial margin": isNearMargin,
  "reducing below initial margin": (lane) => lane.isReducing && lane.executions.some(isOrder),
  "old marks": (_, { before, timestamp }) => isStale(before, 0, timestamp),
  "old marks, order executed": (lane, { before, timestamp }) => isStale(before, 0, timestamp) && kinds(lane, "order"),
  "padding lane": (_, { lanes, before }) => lanes.length < before.profile.lanes,
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
