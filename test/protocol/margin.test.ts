import assert from "node:assert/strict";
import fc from "fast-check";
import { initialMargin, marginToCash, riskOf, worstLoss } from "#protocol/margin.ts";
import type { Marks } from "#protocol/marks.ts";
import { PROFILE } from "#protocol/params.ts";
import { marksAt, NOW, PARAMETERS, USD_CASH } from "#test/support/world.ts";

const TINY = PROFILE.tiny;
const usd = (amount: bigint): bigint => amount * USD_CASH;
/** One USDC at 1e-10 and at 1e-18 USDC. */
const EQUITY = 10n ** 10n;
const MARGIN = 10n ** 18n;
const BTC = 10_000n;

/** Spot 60,000; slot 0 is worth 3,000 USDC, 500 when the market falls and 9,000 when it rises; slot 1 2,000, 8,000 and 100. */
const MARKS: Marks = {
  ...marksAt(TINY, 60_000n, NOW),
  slots: [
    { mark: usd(3_000n), prices: [usd(500n), usd(9_000n)] },
    { mark: usd(2_000n), prices: [usd(8_000n), usd(100n)] },
    { mark: 0n, prices: [0n, 0n] },
    { mark: 0n, prices: [0n, 0n] },
  ],
};
const risk = (cash: bigint, sizes: readonly bigint[]) => riskOf(TINY, MARKS, PARAMETERS, { cash, sizes });

describe("margin", () => {
  it("is, for a straddle sold, what one works out by hand", () => {
    // Short 1 unit of each: worth 5,000. Falling costs 6,000 - 2,500 = 3,500, rising 6,000 - 1,900 = 4,100.
    // Contingency 0.75 % of 60,000 per unit short: 900. Pricing error 1e-6 of it: 0.12. MM = 5,000.12, IM = 6,250.15.
    const { equity, worst, maintenance, surplus } = risk(usd(11_250n), [-BTC, -BTC, 0n, 0n]);
    assert.equal(equity, 6_250n * EQUITY);
    assert.deepEqual(worst, [{ scenario: 1, loss: 4_100n * EQUITY }]);
    assert.equal(maintenance, (500_012n * MARGIN) / 100n);
    assert.equal(marginToCash(initialMargin(maintenance)), 6_250_150_000n);
    // 15 cents short of initial margin, in quarters.
    assert.equal(surplus, (-60n * MARGIN) / 100n);
    assert.equal(risk(usd(11_250n) + 150_000n, [-BTC, -BTC, 0n, 0n]).surplus, 0n);
  });

  it("asks nothing for contingency of what is held long", () => {
    const { equity, worst, maintenance } = risk(0n, [BTC, 0n, 0n, 0n]);
    assert.equal(equity, 3_000n * EQUITY);
    assert.deepEqual(worst, [{ scenario: 0, loss: 2_500n * EQUITY }]);
    assert.equal(maintenance, (250_006n * MARGIN) / 100n);
  });

  it("lets a hedge count within an underlying", () => {
    const naked = risk(0n, [-BTC, 0n, 0n, 0n]).worst[0]?.loss ?? 0n;
    assert.equal(naked, 6_000n * EQUITY);
    assert.deepEqual(risk(0n, [-BTC, -3n * BTC, 0n, 0n]).worst, [{ scenario: 0, loss: 15_500n * EQUITY }]);
    assert.deepEqual(risk(0n, [-BTC, 3n * BTC, 0n, 0n]).worst, [{ scenario: 1, loss: 11_700n * EQUITY }]);
  });

  it("adds up over underlyings, hedged or not", () => {
    const profile = { ...TINY, underlyings: 2 };
    const [first] = MARKS.underlyings;
    if (!first) throw new RangeError("no underlying");
    const slots = [MARKS.slots[0], MARKS.slots[1], MARKS.slots[0], MARKS.slots[1]].flatMap((slot) => slot ?? []);
    const marks = { ...MARKS, underlyings: [first, { ...first, spot: first.spot / 2n }], slots };
    const { worst, maintenance } = riskOf(profile, marks, PARAMETERS, { cash: 0n, sizes: [BTC, 0n, -BTC, 0n] });
    assert.deepEqual(worst, [
      { scenario: 0, loss: 2_500n * EQUITY },
      { scenario: 1, loss: 6_000n * EQUITY },
    ]);
    // 2,500 + 6,000, contingency 0.75 % of 30,000, errors 0.06 and 0.03.
    assert.equal(maintenance, (872_509n * MARGIN) / 100n);
  });

  it("is nothing without positions", () => {
    assert.deepEqual(risk(-1n, [0n, 0n, 0n, 0n]), {
      equity: -10_000n,
      worst: [{ scenario: -1, loss: 0n }],
      maintenance: 0n,
      surplus: -4n * 10n ** 12n,
    });
  });

  it("scales with the portfolio, and never falls below any scenario", () => {
    const size = fc.bigInt({ min: -(1n << 39n), max: 1n << 39n });
    const sizes = fc.tuple(size, size, size, size);
    fc.assert(
      fc.property(sizes, fc.bigInt({ min: -(1n << 90n), max: 1n << 90n }), (held, cash) => {
        const once = risk(cash, held);
        const twice = risk(
          2n * cash,
          held.map((lots) => 2n * lots),
        );
        assert.deepEqual(
          [twice.equity, twice.maintenance, twice.surplus],
          [2n * once.equity, 2n * once.maintenance, 2n * once.surplus],
        );
        for (let scenario = 0; scenario < TINY.scenarios.length; scenario++) {
          const after = held.reduce(
            (sum, lots, slot) => sum + lots * (MARKS.slots[slot]?.prices[scenario] ?? 0n),
            cash * 10_000n,
          );
          assert(once.equity - after <= (once.worst[0]?.loss ?? 0n));
        }
        assert.equal(once.surplus, 4n * once.equity * 10n ** 8n - 5n * once.maintenance);
      }),
    );
  });
});

describe("worstLoss", () => {
  it("is the first of the largest, and none if no scenario loses", () => {
    assert.deepEqual(worstLoss([3n, 7n, 7n]), { scenario: 1, loss: 7n });
    assert.deepEqual(worstLoss([0n, -5n]), { scenario: -1, loss: 0n });
    assert.deepEqual(worstLoss([]), { scenario: -1, loss: 0n });
  });
});

describe("margin as shown to people", () => {
  it("is rounded up", () => {
    assert.equal(marginToCash(0n), 0n);
    assert.equal(marginToCash(1n), 1n);
    assert.equal(marginToCash(10n ** 12n), 1n);
    assert.equal(marginToCash(10n ** 12n + 1n), 2n);
    assert.equal(marginToCash(-1n), 0n);
    assert.equal(marginToCash(-(10n ** 12n)), -1n);
    assert.equal(initialMargin(4n), 5n);
    assert.equal(initialMargin(1n), 2n);
  });
});
