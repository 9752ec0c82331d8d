import assert from "node:assert/strict";
import fc from "fast-check";
import { initialMargin, marginToCash, type Risk, riskOf, worstLoss } from "#protocol/margin.ts";
import type { Marks } from "#protocol/marks.ts";
import { PROFILE } from "#protocol/params.ts";
import { marksAt, NOW, PARAMETERS, USD_CASH } from "#test/support/world.ts";

const TINY = PROFILE.tiny;
const usd = (amount: bigint): bigint => amount * USD_CASH;
/** One USDC at 1e-10, at 1e-18 and at a quarter of 1e-22 USDC. */
const EQUITY = 10n ** 10n;
const MARGIN = 10n ** 18n;
const SURPLUS = 4n * 10n ** 22n;
const BTC = 10_000n;

/** Spot 60,000; slot 0 is worth 3,000 USDC, 500 when the market falls and 9,000 when it rises; slot 1 2,000, 8,000 and 100. */
const MARKS: Marks = {
  ...marksAt(TINY, 60_000n, NOW),
  slots: [
    { mark: usd(3_000n), prices: [usd(500n), usd(9_000n)] },
    { mark: usd(2_000n), prices: [usd(8_000n), usd(100n)] },
    { mark: 0n, prices: [0n, 0n] },
    { mark: usd(60_000n), prices: [usd(50_400n), usd(69_600n)] },
  ],
};
/** Without what rises with size, which the first tests are not about. */
const LINEAR = { ...PARAMETERS, sizePpm: 0n };
const risk = (cash: bigint, sizes: readonly bigint[], parameters = LINEAR) =>
  riskOf(TINY, MARKS, parameters, { cash, sizes });

describe("margin", () => {
  it("is, for a straddle sold, what one works out by hand", () => {
    // Short 1 unit of each: worth 5,000. Falling costs 6,000 - 2,500 = 3,500, rising 6,000 - 1,900 = 4,100.
    // Contingency 0.75 % of 60,000 per unit short: 900. Pricing error 1e-6 of it: 0.12. MM = 5,000.12, IM = 6,250.15.
    const sold = risk(usd(11_250n), [-BTC, -BTC, 0n, 0n]);
    const { equity, worst, maintenance, surplus } = sold;
    assert.equal(equity, 6_250n * EQUITY);
    assert.deepEqual(worst, [{ scenario: 1, loss: 4_100n * EQUITY }]);
    assert.equal(maintenance, (500_012n * MARGIN) / 100n);
    assert.equal(marginToCash(initialMargin(sold)), 6_250_150_000n);
    // 15 cents short of initial margin, and 1,249.88 above maintenance.
    assert.equal(surplus, (-15n * SURPLUS) / 100n);
    assert.equal(sold.health, (124_988n * MARGIN) / 100n);
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
    const { worst, maintenance } = riskOf(profile, marks, LINEAR, { cash: 0n, sizes: [BTC, 0n, -BTC, 0n] });
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
      health: -(10n ** 12n),
      initial: 0n,
      surplus: -4n * 10n ** 16n,
    });
  });

  it("counts a perpetual in scenarios and leverage, not in equity: it is settled to its mark", () => {
    // 16 % of 60,000, pricing error 0.06; leverage of 50 at most: 2 % of 60,000 on top of 5/4 of both.
    const { equity, worst, maintenance, initial } = risk(usd(1n), [0n, 0n, 0n, BTC]);
    assert.equal(equity, EQUITY);
    assert.deepEqual(worst, [{ scenario: 0, loss: 9_600n * EQUITY }]);
    assert.equal(maintenance, (960_006n * MARGIN) / 100n);
    assert.equal(initial, (1_320_0075n * SURPLUS) / 1_000n);
    // Short it is no option: no contingency.
    assert.equal(risk(0n, [0n, 0n, 0n, -BTC]).maintenance, maintenance);
  });

  it("asks for leverage however a perpetual is hedged", () => {
    const flat = { ...MARKS, slots: MARKS.slots.map(({ mark }) => ({ mark, prices: [mark, mark] })) };
    const { worst, initial } = riskOf(
      TINY,
      flat,
      { ...LINEAR, epsilonPpm: 0n },
      { cash: 0n, sizes: [0n, 0n, 0n, -BTC] },
    );
    assert.deepEqual(worst, [{ scenario: -1, loss: 0n }]);
    assert.equal(initial, 1_200n * SURPLUS);
  });

  it("rises with the square of what is held in an underlying, long or short, in initial margin alone", () => {
    // 50 ppm of 60,000 USDC are 3: per unit held, on every unit held.
    const extra = (sizes: readonly bigint[]) => {
      const [with_, without] = [risk(0n, sizes, PARAMETERS), risk(0n, sizes)];
      assert.equal(with_.maintenance, without.maintenance);
      return with_.initial - without.initial;
    };
    assert.equal(extra([BTC, 0n, 0n, 0n]), 3n * SURPLUS);
    assert.equal(extra([10n * BTC, 0n, 0n, 0n]), 300n * SURPLUS);
    assert.equal(extra([4n * BTC, -5n * BTC, 0n, -BTC]), 300n * SURPLUS);
  });

  const size = fc.bigInt({ min: -(1n << 39n), max: 1n << 39n });
  const sizes = fc.tuple(size, size, size, size);
  const anyCash = fc.bigInt({ min: -(1n << 90n), max: 1n << 90n });

  it("scales with the portfolio but for its size, and never falls below any scenario", () =>
    fc.assert(
      fc.property(sizes, anyCash, (held, cash) => {
        const once = risk(cash, held);
        const doubled = held.map((lots) => 2n * lots);
        const twice = risk(2n * cash, doubled);
        assert.deepEqual(
          [twice.equity, twice.maintenance, twice.surplus],
          [2n * once.equity, 2n * once.maintenance, 2n * once.surplus],
        );
        for (let scenario = 0; scenario < TINY.scenarios.length; scenario++) {
          const lost = held.reduce((sum, lots, slot) => {
            const { mark = 0n, prices = [] } = MARKS.slots[slot] ?? {};
            return sum + lots * (mark - (prices[scenario] ?? 0n));
          }, 0n);
          assert(lost <= (once.worst[0]?.loss ?? 0n));
        }
        assert.equal(once.health, once.equity * 10n ** 8n - once.maintenance);
        assert.equal(once.surplus, 4n * once.equity * 10n ** 12n - once.initial);
      }),
    ));

  it("is concave in cash and sizes, surplus and health alike: what the engine searches by", () =>
    fc.assert(
      fc.property(sizes, anyCash, sizes, anyCash, fc.bigInt({ min: 0n, max: 16n }), (a, cashA, b, cashB, k) => {
        // At k/16 from b to a, everything times 16, so that nothing is rounded: size-dependence is of degree two.
        const mix = (x: bigint, y: bigint) => k * x + (16n - k) * y;
        const between = riskOf(
          TINY,
          MARKS,
          { ...PARAMETERS, sizePpm: 1_000n },
          {
            cash: mix(cashA, cashB),
            sizes: a.map((lots, at) => mix(lots, b[at] ?? 0n)),
          },
        );
        const scaled = (cash: bigint, held: readonly bigint[]) =>
          riskOf(TINY, MARKS, { ...PARAMETERS, sizePpm: 16_000n }, { cash, sizes: held });
        const least = (of: (risk: Risk) => bigint) => mix(of(scaled(cashA, a)), of(scaled(cashB, b)));
        assert(between.surplus >= least(({ surplus }) => surplus));
        assert(between.health >= least(({ health }) => health));
      }),
    ));
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
    // Five fourths of 1e-18 USDC, at 1e-22 USDC in quarters.
    const asked = (initial: bigint) => initialMargin({ ...risk(0n, []), initial });
    assert.equal(asked(50_000n), 2n);
    assert.equal(asked(40_000n), 1n);
    assert.equal(asked(40_001n), 2n);
  });
});
