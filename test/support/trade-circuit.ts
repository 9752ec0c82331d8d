/**
 * The `trade` circuit of a profile under test.
 * @module
 */
import { sideIndex } from "#protocol/accrue.ts";
import { toField } from "#protocol/field.ts";
import { isStale } from "#protocol/lane.ts";
import { tableId } from "#protocol/marks.ts";
import { type Profile, underlyingOfSlot } from "#protocol/params.ts";
import type { TradeTrace } from "#protocol/trade.ts";
import type { CircuitInput, SignalValue } from "#prover/calculator.ts";
import { bit } from "#prover/state-input.ts";
import { tradeInput } from "#prover/trade-input.ts";
import { type Circuit, circuit } from "./circuit.ts";

/** Parameters of `TradeStep` in the circuit of a profile, as in circuits/instances. */
export const tradeStep = ({
  code,
  lanes,
  intents,
  series,
  scenarios,
  underlyings,
  accountDepth,
  orderDepth,
  bulkDepth,
}: Profile): Promise<Circuit> =>
  circuit("trade/step.circom", "TradeStep", [
    code,
    lanes,
    intents,
    series,
    scenarios.length,
    underlyings,
    accountDepth,
    orderDepth,
    bulkDepth,
  ]);

/** `Lane` alone. */
export const laneOf = ({
  intents,
  series,
  scenarios,
  underlyings,
  accountDepth,
  orderDepth,
  bulkDepth,
}: Profile): Promise<Circuit> =>
  circuit("trade/lane.circom", "Lane", [
    intents,
    series,
    scenarios.length,
    underlyings,
    accountDepth,
    orderDepth,
    bulkDepth,
  ]);

type Bus = { readonly [field: string]: SignalValue };

/** What a step gives to all of its lanes. */
export function sharedInput(trace: TradeTrace) {
  const { before, timestamp } = trace;
  const all = tradeInput(trace);
  const { profile, marks, parameters, board, domain } = before;
  const { underlyings, slots } = marks;
  const closed = underlyings.map(({ mode }, at) => mode === "closeOnly" || isStale(before, at, timestamp));
  const charge = (ppm: bigint) => underlyings.map(({ spot }) => spot * ppm);
  return {
    venue: {
      timestamp,
      domain,
      feeAccount: parameters.feeAccount,
      priceBandPpm: parameters.priceBandPpm,
      isClosed: closed.map(bit),
      spot: underlyings.map(({ spot }) => spot),
      isTrading: all["isTrading"] ?? [],
      seriesHash: all["seriesHash"] ?? [],
      mark: slots.map(({ mark }) => mark),
    },
    prices: { mark: slots.map(({ mark }) => mark), price: slots.map(({ prices }) => prices) },
    side: {
      long: board.map((_, slot) => toField(sideIndex(before, slot, false))),
      short: board.map((_, slot) => toField(sideIndex(before, slot, true))),
      isSettled: board.map(({ status }) => bit(status === "settled")),
    },
    rules: {
      penaltyPpm: parameters.penaltyPpm,
      liquidationCap: parameters.liquidationCap,
      tableId: tableId(marks),
      isFixed: board.map(({ status }, slot) =>
        bit(status === "expired" || closed[underlyingOfSlot(profile, slot)] === true),
      ),
      charges: {
        contingency: charge(parameters.contingencyPpm),
        epsilon: charge(parameters.epsilonPpm),
        size: charge(parameters.sizePpm),
        leverage: underlyings.map(({ spot }, at) => spot * (parameters.leveragePpm[at] ?? 0n)),
      },
    },
  } satisfies Record<string, Bus>;
}

/** Inputs of `Lane` for the first lane of a step. */
export function firstLane(trace: TradeTrace): Record<string, SignalValue> {
  const [visit = {}] = tradeInput(trace)["visit"] as readonly CircuitInput[];
  return { ...sharedInput(trace), visit, rootBefore: trace.before.accountTree.root };
}
