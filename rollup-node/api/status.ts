/**
 * Where the node stands, in one answer.
 * @module
 */
import { MARKET, quorum } from "#protocol/params.ts";
import { UNDERLYING } from "#protocol/series.ts";
import { isStale } from "../engine/risk.ts";
import type { EngineState } from "../engine/types.ts";
import type { L1Block } from "../l1/l1.ts";
import type { ReportCollector } from "../oracles/collector.ts";
import type { Sequencer } from "../sequencer.ts";
import type { MarksStatusView, SettlementView, StatusView } from "../wire.ts";

export const VERSION = "0.1.0";

export type StatusInput = {
  readonly sequencer: Sequencer;
  readonly collector: ReportCollector;
  readonly settlements: readonly SettlementView[];
  readonly operator: string;
  readonly head: L1Block | null;
  readonly confirmations: number;
  /** By loop. */
  readonly problems: ReadonlyMap<string, string>;
};

export function statusView({
  sequencer,
  collector,
  settlements,
  operator,
  head,
  confirmations,
  problems,
}: StatusInput): StatusView {
  const { deployment, engine, steps, history, genesis, failure } = sequencer;
  const { oracles } = engine.config.parameters;
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
    pots: {
      fees: engine.pots.feePot.toString(),
      insurance: engine.pots.insurance.toString(),
      clearing: engine.pots.clearing.toString(),
      deficit: engine.pots.deficit.toString(),
      totalCash: engine.pots.totalCash.toString(),
    },
    settlements,
    marks: marksStatus(engine),
    oracles: {
      needed: quorum(genesis.profile),
      set: oracles.map(({ x, y }, at) => ({
        key: [x.toString(), y.toString()],
        heard: (collector.heard[at] ?? []).map((time) => time?.toString() ?? null),
      })),
      waiting: collector.waiting,
    },
    tick: MARKET.tick.toString(),
    fees: { maker: engine.config.makerFee.toString(), taker: engine.config.takerFee.toString() },
    settlementSeconds: engine.config.settlementSeconds.toString(),
  };
}

/** Age and mode of the prices in force. Marks that are too old imply close-only, whatever the table says. */
const marksStatus = (engine: EngineState): MarksStatusView[] =>
  engine.marks.underlyings.map(({ timestamp, mode }, underlying) => {
    const reason = mode === "closeOnly" ? "candidate" : isStale(engine, underlying) ? "age" : null;
    return {
      underlying: UNDERLYING[underlying] ?? `U${underlying}`,
      timestamp: timestamp.toString(),
      age: (engine.time - timestamp).toString(),
      mode: reason ? "closeOnly" : "open",
      reason,
    };
  });
