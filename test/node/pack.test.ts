import assert from "node:assert/strict";
import { PROFILE } from "#protocol/params.ts";
import type { Fill } from "#rollup-node/engine/types.ts";
import { type LaneOp, pack } from "#rollup-node/pipeline/pack.ts";

const forced = (account: number, slot: number): Fill => ({
  account,
  execution: { intent: null, slot, size: -10n, cash: 1_000n, fee: 1n },
  legs: [{ slot, size: -10n }],
  carries: [0n],
  role: "forced",
});
const trade = (id: number, ...fills: readonly Fill[]): LaneOp => ({
  id,
  kind: "trade",
  trade: id,
  cause: "liquidation",
  fills,
  liquidation: null,
});
/** Account and slots of every lane. */
const lanesOf = (...ops: readonly LaneOp[]) =>
  pack(PROFILE.devnet, ops).lanes.map(({ account, executions }) => [account, ...executions.map(({ slot }) => slot)]);

describe("packing of forced executions", () => {
  it("keeps what one operation forces in one lane: half of it may heal the account", () =>
    assert.deepEqual(lanesOf(trade(1, forced(5, 0), forced(5, 7))), [[5, 0, 7]]));

  it("gives every operation a lane of its own: each is judged by the account before it, and recorded", () =>
    assert.deepEqual(lanesOf(trade(1, forced(5, 0)), trade(2, forced(5, 7)), trade(3, forced(5, 7))), [
      [5, 0],
      [5, 7],
      [5, 7],
    ]));
});
