import assert from "node:assert/strict";
import fc from "fast-check";
import { repayment } from "#protocol/board-step.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE, isFixedBut } from "#test/support/fixed.ts";

const MOST = (1n << 96n) - 1n;

describe("Repayment", () => {
  let repaid: Circuit;
  before(async () => {
    repaid = await circuit("board/socialise.circom", "Repayment", []);
  });
  const pot = fc.oneof(fc.bigInt({ min: 0n, max: MOST }), fc.bigInt({ min: 0n, max: 1_000n }));
  const lots = fc.oneof(fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }), fc.bigInt({ min: 0n, max: 3n }));

  it("equals the specification wherever an index can hold the charge", () =>
    fc.assert(
      fc.property(pot, pot, lots, (insurance, deficit, open) => {
        const expected = repayment(insurance, deficit, open);
        const input = { insurance, deficit, open };
        if (expected.raise >> 47n) repaid.rejects(input, "Divide/CheckDivide/Uint/CheckRange");
        else assert.deepEqual(repaid.read(input, ["paid", "raise", "charged"]), expected);
      }),
      {
        examples: [
          [0n, 0n, 0n],
          [MOST, MOST, 1n],
          [0n, MOST, 0n],
          [5n, 5n, 7n],
          [5n, 12n, 7n],
          [5n, 11n, 7n],
          [0n, (1n << 87n) - 1n, 1n << 39n],
        ],
      },
    ));

  it("has no witness for more lots than a side can have", () =>
    repaid.rejects({ insurance: 0n, deficit: 5n, open: 1n << 40n }, "Repayment/Uint/CheckRange"));

  it("leaves no signal free", () => {
    isFixedBut(
      repaid,
      INVERSE,
      { insurance: 7n, deficit: 1_000n, open: 31n },
      { insurance: 9n, deficit: 5n, open: 0n },
    );
  });
});
