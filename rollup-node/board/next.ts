/**
 * What the board needs next, as a function of the engine's state and the sums heard: nobody decides any of it.
 * @module
 */
import { type BoardOperation, repayment } from "#protocol/board-step.ts";
import { isPerpetualSlot, quorum, SETTLEMENT, underlyingOfSlot } from "#protocol/params.ts";
import type { Series } from "#protocol/series.ts";
import { fallbackPayoff, payoff } from "#protocol/spot-sum.ts";
import type { BoardEffect, EngineState } from "../engine/types.ts";
import { type SumPool, unsettled } from "./sums.ts";

export type BoardWork = { readonly operation: BoardOperation; readonly effect: BoardEffect };

/** A settlement that is due, or a deficit that can be repaid; null if there is none. `graceSeconds`: a quorum waits so long for the rest. */
export function nextOperation(state: EngineState, sums: SumPool, graceSeconds: bigint): BoardWork | null {
  return dueSettlement(state, sums, graceSeconds) ?? dueRepayment(state);
}

function dueSettlement({ board, marks, time, config }: EngineState, sums: SumPool, grace: bigint): BoardWork | null {
  const { oracles } = config.parameters;
  for (const { slot, series } of unsettled(board)) {
    if (series.expiry > time) continue;
    const averages = sums.averages(series);
    const isComplete = averages.length === oracles.length || series.expiry + grace <= time;
    if (averages.length >= quorum(config.profile) && isComplete) {
      const growths = averages.map(({ start, end }) => ({ growth: end.spotSum.sum - start.spotSum.sum }));
      return {
        operation: { kind: "settle", slot, averages: averages.map(({ start, end }) => ({ start, end })) },
        effect: { kind: "settle", slot, payoff: payoff(series, growths) },
      };
    }
    if (series.expiry + SETTLEMENT.fallbackSeconds <= time)
      return {
        operation: { kind: "settle", slot, averages: null },
        effect: { kind: "settle", slot, payoff: fallbackPayoff(marks.slots[slot]?.mark ?? 0n) },
      };
  }
  return null;
}

/** A deficit that the insurance fund, or a whole unit of the loss index, can repay some of. */
function dueRepayment({ board, pots }: EngineState): BoardWork | null {
  const helps = (deficit: bigint, open: bigint): boolean => {
    const { paid, raise } = repayment(pots.insurance, deficit, open);
    return deficit > 0n && (paid > 0n || raise > 0n);
  };
  for (const [slot, { deficitLong, deficitShort, openLong, openShort }] of board.entries()) {
    for (const [side, deficit, open] of [
      ["long", deficitLong, openLong],
      ["short", deficitShort, openShort],
    ] as const) {
      if (helps(deficit, open))
        return {
          operation: { kind: "socialise", slot, side },
          effect: { kind: "socialise", slot, isShort: side === "short" },
        };
    }
  }
  return helps(pots.deficit, 0n)
    ? {
        operation: { kind: "socialise", slot: 0, side: "nobody" },
        effect: { kind: "socialise", slot: null, isShort: false },
      }
    : null;
}

/** The first slot that can take a series: empty, or settled and paid out wholly. -1 if there is none. */
export const slotFor = (
  { board, config }: EngineState,
  { underlying, kind }: Pick<Series, "underlying" | "kind">,
): number => {
  const fits = (at: number): boolean =>
    underlyingOfSlot(config.profile, at) === underlying &&
    isPerpetualSlot(config.profile, at) === (kind === "perpetual");
  const empty = board.findIndex(({ status }, at) => status === "empty" && fits(at));
  if (empty >= 0) return empty;
  return board.findIndex(
    ({ status, openLong, openShort, deficitLong, deficitShort }, at) =>
      status === "settled" && fits(at) && openLong + openShort + deficitLong + deficitShort === 0n,
  );
};
