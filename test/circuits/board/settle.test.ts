import assert from "node:assert/strict";
import fc from "fast-check";
import { SETTLEMENT } from "#protocol/params.ts";
import { fallbackPayoff, GROWTH_BITS, payoff } from "#protocol/spot-sum.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { EXPIRY } from "#test/support/world.ts";

const strike = fc.bigInt({ min: 1n, max: (1n << 54n) - 1n });
const growth = fc.bigInt({ min: 0n, max: (1n << BigInt(GROWTH_BITS)) - 1n });

describe("Payoff", () => {
  let paid: Circuit;
  before(async () => {
    paid = await circuit("board/settle.circom", "Payoff", []);
  });
  const read = (isPut: boolean, at: bigint, grown: bigint) =>
    paid.read({ isPut: isPut ? 1n : 0n, strike: at, growth: grown }, ["out"]).out;
  const twin = (isPut: boolean, at: bigint, grown: bigint) =>
    payoff({ underlying: 0, kind: isPut ? "put" : "call", strike: at, expiry: EXPIRY }, [{ growth: grown }]);

  it("equals the specification over its whole domain", () =>
    fc.assert(
      fc.property(fc.boolean(), strike, growth, (isPut, at, grown) => {
        assert.equal(read(isPut, at, grown), twin(isPut, at, grown));
      }),
      {
        examples: [
          [false, 1n, (1n << BigInt(GROWTH_BITS)) - 1n],
          [true, (1n << 54n) - 1n, 0n],
          [false, (1n << 54n) - 1n, (1n << BigInt(GROWTH_BITS)) - 1n],
        ],
      },
    ));

  it("changes by one where a unit is full, and pays nothing at the strike", () => {
    const at = 64_000n * 100_000_000n;
    const unit = SETTLEMENT.averageSeconds * 1_000_000n;
    for (const [isPut, sign] of [
      [false, 1n],
      [true, -1n],
    ] as const) {
      const money = (gain: bigint) => read(isPut, at, at * SETTLEMENT.averageSeconds + sign * gain);
      assert.deepEqual([-unit, -1n, 0n, unit - 1n, unit, 2n * unit - 1n].map(money), [0n, 0n, 0n, 0n, 1n, 1n]);
    }
  });

  it("leaves no signal free", () => {
    isFixed(paid, { isPut: 0n, strike: 5n, growth: 123_456_789_012n }, { isPut: 1n, strike: 5n, growth: 9n });
  });
});

describe("FallbackPayoff", () => {
  it("equals the specification, and leaves no signal free", async () => {
    const paid = await circuit("board/settle.circom", "FallbackPayoff", []);
    const mark = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n });
    fc.assert(
      fc.property(mark, (each) => assert.equal(paid.read({ mark: each }, ["out"]).out, fallbackPayoff(each))),
      { examples: [[0n], [9_999n], [10_000n], [(1n << 48n) - 1n]] },
    );
    isFixed(paid, { mark: 123_456n });
  });
});

describe("CheckSettlement", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit("board/settle.circom", "CheckSettlement", []);
  });
  const input = (change: Record<string, bigint> = {}) => ({
    isSettle: 1n,
    isFallback: 0n,
    isDue: 1n,
    expiry: EXPIRY,
    timestamp: EXPIRY,
    ...change,
  });

  it("accepts a due slot from its expiry on, and without a quorum a day later", () => {
    const late = EXPIRY + SETTLEMENT.fallbackSeconds;
    check.witness(input());
    check.witness(input({ isFallback: 1n, timestamp: late }));
    check.rejects(input({ timestamp: EXPIRY - 1n }), "CheckSettlement/Uint/CheckRange");
    check.rejects(input({ isFallback: 1n, timestamp: late - 1n }), "CheckSettlement/Uint/CheckRange");
    check.rejects(input({ isDue: 0n }), "CheckSettlement");
  });

  it("asks nothing of a step that settles nothing, which has no fallback", () => {
    check.witness(input({ isSettle: 0n, isDue: 0n, timestamp: 0n }));
    check.rejects(input({ isSettle: 0n, isFallback: 1n, timestamp: EXPIRY + 999_999n }), "CheckSettlement");
  });

  it("leaves no signal free", () => isFixed(check, input({ timestamp: EXPIRY + 77n })));
});
