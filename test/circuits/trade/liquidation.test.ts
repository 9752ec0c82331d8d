import assert from "node:assert/strict";
import fc from "fast-check";
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

describe("LiquidationRecord", () => {
  const CAP = 1_000n;
  const TABLE = 1_770_000_000n;
  let record: Circuit;
  const range = (max: bigint) => fc.bigInt({ min: 0n, max });
  const input = (before: readonly bigint[], taken: bigint, isForced = 1n, isLiquidating = isForced) => ({
    isForced,
    isLiquidating,
    before,
    table: TABLE,
    taken,
    target: 6n,
    cap: CAP,
  });
  before(async () => {
    record = await circuit("trade/liquidation.circom", "LiquidationRecord", []);
  });

  it("adds up what is taken under one table, up to the cap and no further", () =>
    fc.assert(
      fc.property(range(CAP * USDC_NOTIONAL), fc.boolean(), fc.bigInt({ min: -1n, max: 1n }), (kept, isSame, more) => {
        const room = CAP * USDC_NOTIONAL - (isSame ? kept : 0n);
        fc.pre(room + more >= 0n);
        const each = input([isSame ? TABLE : TABLE - 60n, kept, 3n], room + more);
        if (more > 0n) record.rejects(each, "LiquidationRecord/Uint/CheckRange");
        else assert.deepEqual(record.read(each, ["after"]).after, [TABLE, (isSame ? kept : 0n) + room + more, 6n]);
      }),
    ));
  it("records a forced close without a cap, and leaves everything else as it is", () => {
    const taken = 2n * CAP * USDC_NOTIONAL;
    assert.deepEqual(record.read(input([TABLE, 5n, 3n], taken, 1n, 0n), ["after"]).after, [TABLE, 5n + taken, 6n]);
    for (const table of [TABLE, 0n])
      assert.deepEqual(record.read(input([table, 5n, 3n], 0n, 0n), ["after"]).after, [table, 5n, 3n]);
  });
  it("leaves no signal free", () => {
    // Of equal tables the inverse of their difference decides nothing.
    const free = record.movable(input([TABLE, 5n, 3n], 9n)).filter((name) => !name.endsWith("inverse"));
    assert.deepEqual(free, []);
    assert.deepEqual(record.movable(input([TABLE - 1n, 5n, 3n], 9n)), []);
  });
});
