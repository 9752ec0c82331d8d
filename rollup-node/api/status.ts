/**
 * Where the node stands, in one answer.
 * @module
 */
import { MARKET } from "#protocol/params.ts";
import type { L1Block } from "../l1/l1.ts";
import type { Sequencer } from "../sequencer.ts";
import type { StatusView } from "../wire.ts";

export const VERSION = "0.1.0";

export type StatusInput = {
  readonly sequencer: Sequencer;
  readonly operator: string;
  readonly head: L1Block | null;
  readonly confirmations: number;
  /** By loop. */
  readonly problems: ReadonlyMap<string, string>;
};

export function statusView({ sequencer, operator, head, confirmations, problems }: StatusInput): StatusView {
  const { deployment, engine, steps, history, genesis, failure } = sequencer;
  const [problem] = problems.values();
  const heights = {
    journal: sequencer.height,
    sealed: steps.height,
    proven: steps.heightOf("proven"),
    posted: steps.heightOf("posted"),
    final: steps.heightOf("final"),
  };
  const rootAt = (number: number): string => (steps.get(number)?.sealed.newRoot ?? sequencer.genesisRoot).toString();
  const requestsSealed = engine.counters.request - engine.pending.filter(({ kind }) => kind === "request").length;
  return {
    version: VERSION,
    profile: genesis.profile.name,
    health: failure ? "stopped" : problem ? "degraded" : "ok",
    reason: failure?.message ?? problem ?? null,
    domain: deployment.domain.toString(),
    operator,
    chain: { id: deployment.chainId, block: head?.number ?? 0, timestamp: engine.time.toString(), confirmations },
    addresses: { rollup: deployment.rollup, token: deployment.token },
    verifyingKeys: deployment.verifyingKeys,
    heights,
    roots: {
      sealed: rootAt(heights.sealed),
      proven: rootAt(heights.proven),
      posted: rootAt(heights.posted),
      final: rootAt(heights.final),
    },
    requests: { seen: engine.counters.request, sealed: requestsSealed },
    pending: engine.pending.length,
    quarantined: history.quarantined,
    accounts: engine.accounts.size,
    trades: history.trades.length,
    tick: MARKET.tick.toString(),
    fees: { maker: engine.config.makerFee.toString(), taker: engine.config.takerFee.toString() },
    settlementSeconds: engine.config.settlementSeconds.toString(),
  };
}
