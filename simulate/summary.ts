/**
 * A simulation in numbers, for people and machines; money in USDC.
 * @module
 */
import { SCALE } from "#protocol/params.ts";
import { deficitsOf } from "./checks.ts";
import type { Simulation } from "./simulation.ts";

export type Summary = ReturnType<typeof summaryOf>;

export function summaryOf({ recorder, state, violations, participants }: Simulation) {
  const { samples, steps } = recorder;
  const [first, last] = [samples[0], samples.at(-1)];
  const spots = samples.map(({ spot }) => spot);
  return {
    from: date(first?.time),
    to: date(last?.time),
    hours: samples.length,
    accounts: participants.length,
    price: { first: spots[0] ?? 0, lowest: Math.min(...spots), last: spots.at(-1) ?? 0 },
    steps: steps.marks + steps.trade + steps.board,
    marksSteps: steps.marks,
    tradeSteps: steps.trade,
    boardSteps: steps.board,
    orders: recorder.orders,
    refused: Object.values(recorder.refusals).reduce((sum, count) => sum + count, 0),
    refusals: recorder.refusals,
    trades: recorder.trades,
    spreads: recorder.spreads,
    /** Each counted once, not on both sides. */
    lots: Number(recorder.volume / 2n),
    settled: recorder.settled,
    liquidations: recorder.liquidations,
    liquidatedAccounts: recorder.liquidated.size,
    backstopLots: Number(recorder.backstopped),
    bankruptcies: recorder.bankrupt,
    badDebt: usdc(recorder.badDebt),
    socialised: usdc(recorder.socialised),
    deficit: usdc(deficitsOf(state)),
    insuranceFund: usdc(state.globals.insurance),
    equity: usdc(Object.values(last?.equity ?? {}).reduce((sum, equity) => sum + equity, 0n)),
    underwater: last?.underwater ?? 0,
    violations: violations.length,
    firstViolations: violations.slice(0, 5),
  };
}

const usdc = (cash: bigint): number => Number(cash) / Number(SCALE.cash);
const date = (time = 0): string => new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ");
