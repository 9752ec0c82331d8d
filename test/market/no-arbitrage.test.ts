import assert from "node:assert/strict";
import fc from "fast-check";
import { black76 } from "#market/implied-vol.ts";
import { checkNoArbitrage, durrleman, leastDensity, leastGrowth, type QuotedSlice } from "#market/no-arbitrage.ts";
import { type Svi, sviVariance } from "#market/svi-fit.ts";

const RANGE = { low: -0.35, high: 0.35 };
const slice = (svi: Partial<Svi> = {}, expiry = 1_772_179_200): QuotedSlice => ({
  expiry,
  svi: { a: 0.01, b: 0.12, rho: -0.2, m: 0.02, sigma: 0.15, ...svi },
  range: RANGE,
});
/** Axel Vogt's slice, the literature's example of a surface with a butterfly below zero, near ln K/F = 0.8. */
const VOGT: Svi = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };
const codeOf = (slices: readonly QuotedSlice[]): string | null => {
  try {
    checkNoArbitrage(slices);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("butterfly arbitrage", () => {
  it("finds none in a flat surface and the known one in Vogt's", () => {
    const flat = slice({ a: 0.04, b: 0 });
    assert.equal(leastDensity(flat).value, 1);
    const { value, k } = leastDensity({ ...slice(VOGT), range: { low: -1.5, high: 1.5 } });
    assert.ok(value < -0.01 && Math.abs(k - 0.8) < 0.15, `${value} at ${k}`);
    assert.equal(codeOf([{ ...slice(VOGT), range: { low: -1.5, high: 1.5 } }]), "ButterflyArbitrage");
    assert.equal(codeOf([slice(VOGT)]), null, "none over the strikes that were quoted");
  });

  it("has the sign of a butterfly's price, by Black-76 itself", () => {
    const unit = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({ b: unit(0.01, 0.6), rho: unit(-0.9, 0.9), m: unit(-0.2, 0.2), sigma: unit(0.02, 0.5) }),
        unit(0.001, 0.2),
        unit(-0.5, 0.5),
        (shape, floor, k) => {
          const svi = { ...shape, a: floor - shape.b * shape.sigma * Math.sqrt(1 - shape.rho ** 2) };
          const g = durrleman(svi, k);
          fc.pre(Math.abs(g) > 0.05);
          // Second difference of the call price over strikes near K: the density times the step squared.
          const h = 1e-4;
          const call = (strike: number) => black76("call", 1, strike, sviVariance(svi, Math.log(strike)));
          const strike = Math.exp(k);
          const w = sviVariance(svi, k);
          const d2 = -k / Math.sqrt(w) - Math.sqrt(w) / 2;
          const lognormal = Math.exp((-d2 * d2) / 2) / (strike * Math.sqrt(2 * Math.PI * w));
          const butterfly = (call(strike - h) - 2 * call(strike) + call(strike + h)) / (h * h);
          fc.pre(lognormal > 1e-3);
          assert.ok(
            Math.abs(butterfly / lognormal - g) < 0.02 * Math.max(1, Math.abs(g)),
            `${butterfly / lognormal} for ${g}`,
          );
        },
      ),
    );
  });

  it("is what a negative variance is refused for", () => {
    assert.equal(codeOf([slice({ a: -1 })]), "ButterflyArbitrage");
  });
});

describe("calendar arbitrage", () => {
  it("is total variance that falls with expiry, beyond the tolerance, over common strikes", () => {
    const near = slice();
    const far = (scale: number) => slice({ a: 0.01 * scale, b: 0.12 * scale }, near.expiry + 2_419_200);
    assert.ok(Math.abs(leastGrowth(near, far(1.5)).value - 0.5) < 1e-9);
    assert.equal(codeOf([near, far(1.5)]), null);
    assert.equal(codeOf([near, far(0.9995)]), null);
    assert.equal(codeOf([near, far(0.998)]), "CalendarArbitrage");
    // Crosses at high strikes only, which the nearer expiry does not quote.
    const crossing = slice({ rho: -0.9, a: 0.03 }, near.expiry + 2_419_200);
    assert.equal(codeOf([near, crossing]), "CalendarArbitrage");
    assert.equal(codeOf([{ ...near, range: { low: -0.35, high: 0 } }, crossing]), null);
  });
});
