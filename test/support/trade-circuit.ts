/**
 * The `trade` circuit of a profile under test.
 * @module
 */
import type { Profile } from "#protocol/params.ts";
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
export const lane = ({
  intents,
  series,
  scenarios,
  underlyings,
  accountDepth,
  orderDepth,
}: Profile): Promise<Circuit> =>
  circuit("trade/lane.circom", "Lane", [intents, series, scenarios.length, underlyings, accountDepth, orderDepth]);
