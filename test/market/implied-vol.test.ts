import assert from "node:assert/strict";
import { Decimal } from "decimal.js";
import fc from "fast-check";
import { black76, impliedVariance, impliedVol, normalCdf } from "#market/implied-vol.ts";

/** Φ by its Taylor series around 0, at 60 digits. */
function exactCdf(x: number): Decimal {
  const D = Decimal.clone({ precision: 60 });
  const z = new D(x);
  let [term, sum] = [z, z];
  for (let n = 1; n < 500; n++) {
    term = term
      .times(z)
      .times(z)
      .times(-1)
      .div(2 * n);
    sum = sum.plus(term.div(2 * n + 1));
  }
  return sum.div(D.acos(-1).times(2).sqrt()).plus(0.5);
}

describe("implied volatility", () => {
  it("has a normal distribution that is good to 1e-15", () => {
    for (const x of [-8, -7.1, -5, -3.3, -1, -0.5, 0, 1e-9, 0.3, 1, 2.5, 4, 7, 7.2]) {
      const exact = exactCdf(x).toNumber();
      assert.ok(Math.abs(normalCdf(x) - exact) <= 1e-15 + 1e-13 * exact, `at ${x}: ${normalCdf(x)} for ${exact}`);
    }
  });

  it("prices Hull's example of a European option on a futures contract", () => {
    // Hull, Options, Futures and Other Derivatives: F 20, K 20, r 9 %, sigma 25 %, four months: a put of 1.12.
    const undiscounted = black76("put", 20, 20, (0.25 * 0.25 * 4) / 12);
    assert.equal((undiscounted * Math.exp((-0.09 * 4) / 12)).toFixed(2), "1.12");
  });

  it("inverts the price", () =>
    fc.assert(
      fc.property(
        fc.constantFrom("call" as const, "put" as const),
        fc.double({ min: 0.7, max: 1.4, noNaN: true }),
        fc.double({ min: 0.004, max: 2, noNaN: true }),
        (kind, ratio, variance) => {
          const found = impliedVariance(kind, 70_000, 70_000 * ratio, black76(kind, 70_000, 70_000 * ratio, variance));
          // Deep in the money the time value is a difference of large numbers: compare prices, not variances.
          assert.ok(
            found !== null &&
              Math.abs(black76(kind, 70_000, 70_000 * ratio, found) - black76(kind, 70_000, 70_000 * ratio, variance)) <
                1e-8,
          );
        },
      ),
    ));

  it("finds none below intrinsic value or above the forward", () => {
    assert.equal(impliedVol("call", 100, 90, 9.99, 1), null);
    assert.equal(impliedVol("call", 100, 90, 100, 1), null);
    assert.equal(impliedVol("put", 100, 90, 0, 1), null);
    assert.equal(impliedVol("put", 100, 90, Number.NaN, 1), null);
  });
});
