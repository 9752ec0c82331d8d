import assert from "node:assert/strict";
import fc from "fast-check";
import { halfStdev, isNearTheMoney, markOf, present, price } from "#protocol/black76.ts";
import { type FullPrice, fullPrice, GREEK_BITS, type Volatility } from "#protocol/greeks.ts";
import { hashList } from "#protocol/hash.ts";
import { PROFILE, TAG } from "#protocol/params.ts";
import { PRECISION, VALUE_BITS } from "#protocol/precision.ts";
import { scenarioMultipliers, slotMarks } from "#protocol/scenarios.ts";
import { gridHash } from "#protocol/state.ts";
import { isPricedAt, sviVariance, varianceBounds } from "#protocol/svi.ts";
import { black76, fixed, greeks, type Real, real } from "#scripts/reference.ts";
import { discount, kind, logUniform, money, time, uniform } from "#test/support/options.ts";
import { binary, SMILE } from "#test/support/surfaces.ts";

const RUNS = { numRuns: 2_000 };
/** Fractional bits of a value at 1e-10 USDC. */
const VALUE = VALUE_BITS.tail + PRECISION.present;
const UNIT = 100n << BigInt(VALUE);
/** To the unit of forward and strike, 1e-8 USDC. */
const inStrikes = (value: bigint, bits = VALUE): Real => fixed(value, bits).div(100);
const within = (actual: Real, expected: Real, bound: Real | number, what = "price") => {
  const error = actual.minus(expected).abs();
  assert.ok(
    error.lte(bound),
    `${what} is off by ${error.toExponential(3)}, bound ${real(bound.toString()).toExponential(3)}`,
  );
};
const termsOf = ({ forward, strike }: { forward: bigint; strike: bigint }, side: string) => ({
  forward: real(forward),
  strike: real(strike),
  isCall: side === "call",
});

describe("price", () => {
  it("is within 2e-11 of the forward of arbitrary precision over the whole domain", () =>
    fc.assert(
      fc.property(money, time, kind, (terms, { variance }, side) => {
        const { value } = price({ ...terms, kind: side, discount: 1n << 40n, variance });
        const expected = black76(termsOf(terms, side), fixed(variance, 40).sqrt());
        within(inStrikes(value), expected, real(terms.forward).mul(2e-11));
      }),
      RUNS,
    ));

  it("is marked at most 1e-6 USDC below its value, and never more than 8e-11 above", () =>
    fc.assert(
      fc.property(money, time, kind, discount, (terms, { variance }, side, factor) => {
        const { mark, value } = price({ ...terms, kind: side, discount: factor, variance });
        const below = inStrikes(value).div(100).minus(real(mark));
        assert.ok(below.gte(-7.9e-5) && below.lt(1), below.toString());
        assert.equal(mark, markOf(value, VALUE_BITS.tail));
      }),
    ));

  it("is discounted to within 1.6e-10 USDC", () =>
    fc.assert(
      fc.property(money, time, kind, discount, (terms, { variance }, side, factor) => {
        const [now, later] = [factor, 1n << 40n].map((each) =>
          inStrikes(price({ ...terms, kind: side, discount: each, variance }).value),
        );
        within(now ?? real(0), (later ?? real(0)).mul(fixed(factor, 40)), 0.0157);
      }),
    ));

  it("is never negative, below intrinsic value or above the bound of the forward or the strike", () =>
    fc.assert(
      fc.property(money, time, kind, (terms, { variance }, side) => {
        const { value } = price({ ...terms, kind: side, discount: 1n << 40n, variance });
        const gap = (side === "call" ? 1n : -1n) * (terms.forward - terms.strike);
        const upper = side === "call" ? terms.forward : terms.strike;
        assert.ok(value >= 0n && value >= gap * UNIT && value <= upper * UNIT);
      }),
      RUNS,
    ));

  it("rises with the forward at the resolution of the grid, and never falls by more than twice its error", () =>
    fc.assert(
      fc.property(money, time, uniform(0, 6), (terms, { variance }, size) => {
        const at = (forward: bigint) => price({ ...terms, forward, kind: "call", discount: 1n << 40n, variance }).value;
        const next = terms.forward + 1n + BigInt(Math.floor(Number(terms.forward) * 10 ** (size - 12)));
        if (!isNearTheMoney(next, terms.strike) || next >> 53n !== 0n) return;
        const fall = at(terms.forward) - at(next);
        assert.ok(inStrikes(fall).lte(real(next).mul(4e-11)), inStrikes(fall).toString());
        // A step of the grid is s 2^-20 of the forward: there the rise shows wherever delta does.
        const step = terms.forward + 1n + (terms.forward * halfStdev(variance)) / (1n << 66n);
        const delta = inStrikes(at(step) - at(terms.forward)).div(real(step - terms.forward));
        const slack = real(4e-11)
          .mul(real(step))
          .div(real(step - terms.forward));
        assert.ok(delta.gte(slack.neg()), delta.toString());
      }),
      RUNS,
    ));

  it("obeys put-call parity exactly", () =>
    fc.assert(
      fc.property(money, time, (terms, { variance }) => {
        const [call, put] = (["call", "put"] as const).map(
          (side) => price({ ...terms, kind: side, discount: 1n << 40n, variance }).value,
        );
        assert.equal((call ?? 0n) - (put ?? 0n), (terms.forward - terms.strike) * UNIT);
      }),
    ));

  it("is intrinsic value where the variance is 0", () =>
    fc.assert(
      fc.property(money, kind, (terms, side) => {
        const gap = side === "call" ? terms.forward - terms.strike : terms.strike - terms.forward;
        const { value } = price({ ...terms, kind: side, discount: 1n << 40n, variance: 0n });
        assert.equal(value, gap > 0n ? gap * UNIT : 0n);
        assert.equal(present(terms.forward, 1n << 40n), terms.forward << 7n);
      }),
    ));

  it("takes strikes within a factor of 20 of the forward", () => {
    const cases: readonly [bigint, bigint, boolean][] = [
      [20n, 400n, true],
      [20n, 401n, false],
      [400n, 20n, true],
      [401n, 20n, false],
    ];
    for (const [forward, strike, isNear] of cases) assert.equal(isNearTheMoney(forward, strike), isNear);
  });
});

describe("Greeks", () => {
  const volatility: fc.Arbitrary<Volatility> = fc.record({
    years: logUniform(2e-6, 1.999).map((years) => BigInt(Math.round(years * 2 ** 50))),
    vol: logUniform(0.0101, 4.99).map((vol) => BigInt(Math.round(vol * 2 ** 40))),
  });
  const usdc = (value: bigint, bits: number): Real => fixed(value, bits).div(1e8);

  it("are within 5e-10 (delta) and 2e-9 (others) of their scale over the whole domain", () =>
    fc.assert(
      fc.property(money, volatility, kind, (terms, when, side) => {
        const full: FullPrice = fullPrice({ ...terms, ...when, kind: side });
        assert.ok(full.isInDomain);
        const [years, vol] = [fixed(when.years, PRECISION.years), fixed(when.vol, PRECISION.vol)];
        const exact = termsOf(terms, side);
        const usd = { ...exact, forward: exact.forward.div(1e8), strike: exact.strike.div(1e8) };
        const expected = greeks(usd, vol, years);
        const root = years.sqrt();
        within(inStrikes(full.value, GREEK_BITS.value), black76(exact, vol.mul(root)), exact.forward.mul(2e-11));
        within(fixed(full.delta, GREEK_BITS.delta), expected.delta, 5e-10, "delta");
        const scale = real(2e-9);
        within(fixed(full.gamma, GREEK_BITS.gamma), expected.gamma, scale.div(usd.forward.mul(vol).mul(root)), "gamma");
        within(usdc(full.vega, GREEK_BITS.vega), expected.vega, scale.mul(usd.forward).mul(root), "vega");
        within(usdc(full.theta, GREEK_BITS.theta), expected.theta, scale.mul(usd.forward).mul(vol).div(root), "theta");
      }),
      RUNS,
    ));
});

describe("surface", () => {
  it("is within 2^-39 of arbitrary precision, rounded down", () =>
    fc.assert(
      fc.property(
        fc.record({
          a: uniform(-0.1, 2),
          b: uniform(0, 2),
          rho: uniform(-0.99, 0.99),
          m: uniform(-1, 1),
          sigma: uniform(0, 2),
        }),
        uniform(-3, 3),
        ({ a, b, rho, m, sigma }, moneyness) => {
          const svi = { a: binary(a), b: binary(b), rho: binary(rho), m: binary(m), sigma: binary(sigma) };
          const k = BigInt(Math.round(moneyness * 2 ** 48));
          const at = (value: bigint) => fixed(value, 40);
          const distance = fixed(k, 48).minus(at(svi.m));
          const wing = at(svi.rho)
            .mul(distance)
            .plus(distance.pow(2).plus(at(svi.sigma).pow(2)).sqrt());
          const below = at(svi.a)
            .plus(at(svi.b).mul(wing))
            .minus(at(sviVariance(svi, k)));
          assert.ok(below.gte(0) && below.lt(2 ** -39), below.toString());
        },
      ),
      RUNS,
    ));

  it("is bounded by 1 % and 500 % volatility over 60 s to 2 years", () => {
    assert.deepEqual(varianceBounds(31_536_000n), { min: 109_951_163n, max: 25n << 40n });
    assert.deepEqual(varianceBounds(60n), { min: 210n, max: 52_297_927n });
    assert.deepEqual([59n, 60n, 63_072_000n, 63_072_001n].map(isPricedAt), [false, true, true, false]);
  });
});

describe("scenarios", () => {
  const profile = PROFILE.mainnet;
  const multipliers = scenarioMultipliers(profile);

  it("are within 1e-7 of the forward and one unit of arbitrary precision", () =>
    fc.assert(
      fc.property(money, time, kind, discount, (terms, { variance, seconds }, side, factor) => {
        const { prices } = slotMarks(profile, { ...terms, kind: side, discount: factor, variance, seconds });
        const ratio = real(2_592_000).div(real(seconds));
        const power = ratio.lt(1) ? real(1) : ratio.pow("0.3");
        const shock = (power.gt(3) ? real(3) : power).div(4);
        prices.forEach((actual, scenario) => {
          const forward = real(terms.forward)
            .mul(real(multipliers[2 * scenario] ?? 0n))
            .div(100);
          const move = multipliers[2 * scenario + 1] === 1n ? shock : shock.neg();
          const deviation = fixed(variance, 40).sqrt().mul(move.plus(1));
          const value = black76({ ...termsOf(terms, side), forward }, deviation)
            .mul(fixed(factor, 40))
            .div(100);
          // The shock is known to 3e-10, and a price moves by at most 0.4 of the forward with the deviation.
          const bound = real(terms.forward).div(100).mul(deviation.mul(2e-10).plus(9.5e-8)).plus(1.0001);
          within(real(actual), value, bound, `scenario ${scenario}`);
        });
      }),
      { numRuns: 150 },
    ));

  it("are what the state's grid hash covers", () => {
    for (const each of Object.values(PROFILE))
      assert.equal(gridHash(each), hashList(TAG.grid, scenarioMultipliers(each)));
  });

  it("move the mark of a smile as they should", () => {
    const terms = { forward: 6_400_000_000_000n, strike: 6_400_000_000_000n, discount: 1n << 40n, seconds: 1_850_000n };
    const variance = sviVariance(SMILE, 0n);
    const { mark, prices } = slotMarks(PROFILE.tiny, { ...terms, kind: "call", variance });
    const [down = 0n, up = 0n] = prices;
    assert.ok(0n < down && down < mark && mark < up);
  });
});
