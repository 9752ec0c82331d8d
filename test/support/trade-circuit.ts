/**
 * The `trade` circuit of a profile under test.
 * @module
 */
import type { Profile } from "#protocol/params.ts";
import type { TradeTrace } from "#protocol/trade.ts";
import type { CircuitInput } from "#prover/calculator.ts";
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
  ]);

/** `Lane` alone, its inputs being one lane's of the step and what the step gives to all. */
export const laneOf = ({
  intents,
  series,
  scenarios,
  underlyings,
  accountDepth,
  orderDepth,
}: Profile): Promise<Circuit> =>
  circuit("trade/lane.circom", "Lane", [intents, series, scenarios.length, underlyings, accountDepth, orderDepth]);

/** Inputs that the step has once for every lane. */
const PER_LANE = [
  "isUsed",
  "accountBits",
  "accountChildren",
  "owner",
  "key",
  "cash",
  "size",
  "index",
  "epoch",
  "isRegister",
  "isDeposit",
  "amount",
  "b",
  "isOrder",
  "isWithdraw",
  "isCancel",
  "isCancelAll",
  "isSlot",
  "nonce",
  "validUntil",
  "isPostOnly",
  "isIoc",
  "isSell",
  "orderSize",
  "limit",
  "feePerLot",
  "withdrawal",
  "r8",
  "s",
  "lots",
  "orderCash",
  "fee",
  "isContinuing",
  "orderKey",
  "orderFilled",
  "orderChildren",
  "ordersRoot",
  "isShortBefore",
  "isShortAfter",
  "isLossBefore",
  "isLossAfter",
  "isReducing",
] as const;
const SHARED = ["domain", "timestamp", "spot", "seriesHash", "statusExpiry", "mark", "price"] as const;

/** Inputs of `Lane` for the first lane of a step. */
export function firstLane(trace: TradeTrace): Record<string, CircuitInput[string]> {
  const all = tradeInput(trace);
  const { before } = trace;
  const { parameters, marks } = before;
  const isClosed = marks.underlyings.map(({ mode, timestamp }) =>
    mode === "closeOnly" || trace.timestamp - timestamp > parameters.maxMarksAge ? 1n : 0n,
  );
  return {
    ...Object.fromEntries(SHARED.map((name) => [name, all[name] ?? []])),
    ...Object.fromEntries(PER_LANE.map((name) => [name, (all[name] as readonly CircuitInput[string][])[0] ?? []])),
    expiryGuard: parameters.expiryGuard,
    contingencyPpm: parameters.contingencyPpm,
    epsilonPpm: parameters.epsilonPpm,
    isClosed,
    bandAt: marks.underlyings.map(({ spot }) => spot * parameters.priceBandPpm),
    rootBefore: before.accountTree.root,
  };
}
