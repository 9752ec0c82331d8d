import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AmericanTerms,
  american,
  cubicPremium,
  exerciseLevel,
  expNearest,
  forwards,
  growths,
  isTreeSize,
  placeTree,
  spacingFactor,
  TREE_LN_TWO,
  TREE_LN2,
  treePremiums,
} from "#protocol/american.ts";
import { americanLine } from "#protocol/american-line.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { PRECISION, TREE } from "#protocol/precision.ts";
import { converged, integers, references } from "#scripts/american-reference.ts";
import { black76, fixed, type Real, real } from "#scripts/reference.ts";
import { AMERICAN_QUERY, americanTerms, logUniform, uniform } from "#test/support/options.ts";

const EXAMPLE: AmericanTerms = {
  spot: 10_000_000_000n,
  strike: 9_500_000_000n,
  isPut: true,
  years: 1n << 60n,
  vol: 1n << 38n,
  rate: 82_463_372_083n,
  yield: 54_975_581_389n,
};
const sizes = fc.integer({ min: 4, max: 20 }).map((half) => 2 * half);

/** Present values in arbitrary precision. */
function european({ spot, strike, isPut, years, vol, rate, yield: dividend }: AmericanTerms): Real {
  const [t, v] = [fixed(years, TREE.years), fixed(vol, PRECISION.vol)];
  const now = (value: bigint, per: bigint): Real =>
    real(value).mul(100).mul(fixed(per, PRECISION.vol).mul(t).neg().exp());
  return black76({ forward: now(spot, dividend), strike: now(strike, rate), isCall: !isPut }, v.mul(t.sqrt()));
}

describe("american", () => {
  it("is never below the European value, exercise and 0, and their sum is exact", () =>
    fc.assert(
      fc.property(americanTerms, sizes, (terms, steps) => {
        const { price, european, premium } = american(terms, steps);
        const now = (terms.isPut ? terms.strike - terms.spot : terms.spot - terms.strike) * 100n;
        assert.ok(european >= 0n && premium >= 0n);
        assert.equal(price, european + premium > now ? european + premium : now);
      }),
      { numRuns: 300 },
    ));

  it("has the European value of Black-76 within 2e-10 of the larger of spot and strike and three units", () =>
    fc.assert(
      fc.property(americanTerms, (terms) => {
        const error = real(american(terms, 8).european).minus(european(terms)).abs();
        const size = real(terms.spot > terms.strike ? terms.spot : terms.strike).mul(100);
        assert.ok(error.lte(size.mul(2e-10).plus(3)), `${error.div(size).toExponential(2)}`);
      }),
      { numRuns: 300 },
    ));

  it("gives a call without yield, and a put without interest, no premium at all", () =>
    fc.assert(
      fc.property(americanTerms, sizes, (terms, steps) => {
        const free = terms.isPut ? { ...terms, rate: 0n } : { ...terms, yield: 0n };
        assert.equal(american(free, steps).premium, 0n);
      }),
      { numRuns: 200 },
    ));

  it("prices a call as the put with spot and strike, rate and yield exchanged", () =>
    fc.assert(
      fc.property(americanTerms, sizes, (terms, steps) => {
        const { spot, strike, rate, yield: dividend, isPut } = terms;
        const mirror = { ...terms, spot: strike, strike: spot, rate: dividend, yield: rate, isPut: !isPut };
        assert.deepEqual(american(mirror, steps), american(terms, steps));
      }),
      { numRuns: 100 },
    ));

  it("rises with volatility, but for the cubic's own error next to where exercise is due", () => {
    const pair = (spot: number, vol: number, years: number, rate: number): [bigint, bigint] => {
      const at = (v: number) =>
        american(integers({ spot, strike: 100, years, vol: v, rate, yield: 0.02, kind: "put" }), 64).price;
      return [at(vol), at(vol * 1.1)];
    };
    const market = [uniform(0.1, 0.5), uniform(0.1, 2), uniform(0, 0.1)] as const;
    fc.assert(
      fc.property(uniform(100, 120), ...market, (...terms) => {
        const [calm, wild] = pair(...terms);
        assert.ok(wild >= calm, `${calm} and ${wild}`);
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(uniform(70, 100), ...market, (...terms) => {
        const [calm, wild] = pair(...terms);
        assert.ok(wild * 1_000n >= calm * 999n, `${calm} and ${wild}`);
      }),
      { numRuns: 100 },
    );
  });

  it("is within 1e-3 of the converged price at 128 steps", function () {
    this.timeout(120_000).slow(60_000);
    for (const each of references()) {
      const error = Number(american(integers(each), 128).price) / 1e10 / each.price - 1;
      assert.ok(Math.abs(error) <= 1e-3, `${JSON.stringify(each)} is off by ${error}`);
    }
  });

  it("has a reference that knows the integral method's five digits and the European limit", () => {
    const put = { spot: 100, strike: 95, years: 1, vol: 0.25, rate: 0.075, yield: 0.05, kind: "put" as const };
    assert.ok(Math.abs(converged(put) / 6.278682685 - 1) < 1e-5);
    const call = { spot: 100, strike: 100, years: 1, vol: 0.25, rate: 0.05, yield: 0, kind: "call" as const };
    assert.ok(Math.abs(converged(call) / 12.335998930368717 - 1) < 1e-6);
  });

  it("refuses by name what lies outside its domain", () => {
    const refused: readonly (readonly [Partial<AmericanTerms>, RegExp])[] = [
      [{ spot: 0n }, /spot is not/],
      [{ strike: 1n << 53n }, /strike is not/],
      [{ strike: 10_000_000_000n * 21n }, /factor of 20/],
      [{ years: 1n << 64n }, /years is not/],
      [{ years: -1n }, /years is not/],
      [{ vol: 1n << 43n }, /vol is not/],
      [{ vol: 1n }, /vol √years/],
      [{ vol: 3n << 39n }, /vol √years/],
      [{ years: 0n }, /vol √years/],
      [{ rate: -1n }, /rate is not/],
      [{ yield: 1n << 43n }, /yield is not/],
      [{ rate: 9n << 37n }, /rate times years/],
      [{ yield: 9n << 37n }, /yield times years/],
    ];
    for (const [change, message] of refused)
      assert.throws(
        () => american({ ...EXAMPLE, ...change }, 8),
        (error) => error instanceof ProtocolError && error.code === "OutOfRange" && message.test(error.message),
        String(message),
      );
    for (const steps of [0, 6, 9, 258, 8.5, Number.NaN]) {
      assert.equal(isTreeSize(steps), false);
      assert.throws(() => american(EXAMPLE, steps), /steps is not an even number from 8 to 256/);
    }
    for (const change of [{ rate: (9n << 37n) - 1n }, { strike: 500_000_000n }, { vol: (3n << 39n) - 1n }])
      assert.ok(american({ ...EXAMPLE, ...change }, 8).price >= 0n);
  });
});

describe("parts of the tree", () => {
  const step = uniform(0, 0.1).map((x) => expNearest(BigInt(Math.round(x * 2 ** 36)), TREE.growth));
  const tree = fc.record({
    steps: sizes,
    top: logUniform(0.01, 1000).map((value) => BigInt(Math.round(value * 2 ** TREE.unit))),
    fall: uniform(0.4, 0.9999).map((value) => BigInt(Math.round(value * 2 ** TREE.growth))),
    money: step,
    yield: step,
  });

  it("expNearest is 1 at 0 and within half a unit and its bound", () => {
    for (const bits of [32, 36]) assert.equal(expNearest(0n, bits), 1n << BigInt(bits));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (9n << 33n) - 1n }), (x) => {
        const error = fixed(expNearest(x, 48), 48).minus(fixed(x, 36).exp()).abs();
        assert.ok(error.lt(4.1e-11));
      }),
    );
  });

  it("one node per level separates exercise from waiting, and the larger is taken everywhere", () =>
    fc.assert(
      fc.property(tree, ({ steps, top, fall, money, yield: dividend }) => {
        const [owed, paid] = [growths(money, steps), growths(dividend, steps)];
        let forward = forwards(top, fall, steps + 4);
        let values = forward.map(() => 0n);
        const sums = (row: readonly bigint[]) => row.slice(1).map((value, j) => value + (row[j] ?? 0n));
        for (let left = 0; left <= steps; left++) {
          if (left > 0) [forward, values] = [sums(forward), sums(values)];
          const gains = forward.map(
            (each) => ((owed[left] ?? 0n) << BigInt(TREE.unit + left)) - each * (paid[left] ?? 0n),
          );
          const signs = gains.map((gain, j) => gain > (values[j] ?? 0n));
          assert.deepEqual(
            signs,
            signs.toSorted((a, b) => Number(b) - Number(a)),
            "one change of sign",
          );
          const level = exerciseLevel(gains, values);
          assert.equal(level.exercised, signs.filter(Boolean).length);
          values = values.map((held, j) => ((gains[j] ?? 0n) > held ? (gains[j] ?? 0n) : held));
          assert.deepEqual(level.values, values);
        }
      }),
      { numRuns: 300 },
    ));

  it("premiums of a tree without interest are 0", () =>
    fc.assert(
      fc.property(tree, (each) => {
        assert.deepEqual(treePremiums({ ...each, money: 1n << BigInt(TREE.growth) }), [0n, 0n, 0n, 0n]);
      }),
    ));

  it("the cubic goes through the premiums, is exact for cubics, and never negative", () => {
    const at = (x: bigint) => (x + 2n) ** 3n;
    const unit = BigInt(TREE.unit + TREE.growth);
    const premiums = [-1n, 0n, 1n, 2n].map((x) => at(x) << (unit - 7n));
    assert.equal(cubicPremium(premiums, 0n), at(0n) << BigInt(TREE.premium - 7));
    const half = cubicPremium(premiums, 1n << BigInt(TREE.place - 1));
    assert.equal(half, 125n << BigInt(TREE.premium - 10));
    assert.equal(cubicPremium([1n << unit, 0n, 0n, 0n], 1n << 29n), 0n);
  });

  it("the tree is placed around the spot, a quarter of a spacing off the strike", () =>
    fc.assert(
      fc.property(uniform(-3, 3), uniform(0.001, 1.4), sizes, (logForward, stdev, steps) => {
        const half = BigInt(Math.round(stdev * 2 ** 47));
        const spacing = (half * spacingFactor(steps)) >> 48n;
        const width = Number(spacing) / 2 ** 48;
        assert.ok(Math.abs(width / ((2 * stdev) / Math.sqrt(steps)) - 1) < 1e-9);
        const { top, fall, place } = placeTree(BigInt(Math.round(logForward * 2 ** 48)), spacing, steps);
        const log = Math.log(Number(top) / 2 ** TREE.unit);
        assert.ok(Math.abs(Number(fall) / 2 ** TREE.growth - Math.exp(-width)) < 1e-9);
        // The strike's logarithm is 0.
        const rank = log / width + 0.25;
        assert.ok(Math.abs(rank - Math.round(rank)) < 1e-6 / width, `${rank}`);
        const second = log + steps * Math.log((1 + Math.exp(-width)) / 2) - 2 * width;
        const spot = second + (Number(place) / 2 ** TREE.place) * width;
        assert.ok(Math.abs(spot - logForward) < 1e-6, `${spot} for ${logForward}`);
      }),
    ));

  it("has constants that are logarithms of 2", () => {
    assert.equal(TREE_LN2, BigInt(real(2).ln().mul(real(2).pow(50)).toFixed(0, 1)));
    assert.equal(TREE_LN_TWO, BigInt(real(2).ln().mul(33).mul(real(2).pow(48)).toFixed(0, 1)));
  });
});

describe("americanLine", () => {
  it("prices decimals of any magnitude alike", () => {
    const { price, european, premium } = americanLine(AMERICAN_QUERY, 64);
    assert.ok(Math.abs(Number(price) / 6.278682685 - 1) < 1e-3);
    assert.ok(Math.abs(Number(european) + Number(premium) - Number(price)) < 1e-12);
    const small = americanLine({ ...AMERICAN_QUERY, spot: "0.0000100", strike: "0.0000095" }, 64);
    assert.ok(Math.abs(Number(small.price) / Number(price) - 1e-7) < 1e-16);
    for (const text of [price, european, premium]) assert.match(text, /^\d+(\.\d+)?$/);
  });

  it("allows a rate and a yield of 0 and refuses what is no plain decimal", () => {
    assert.equal(americanLine({ ...AMERICAN_QUERY, rate: "0" }, 8).premium, "0");
    for (const name of ["spot", "strike", "years", "vol", "rate", "yield"] as const)
      for (const bad of ["", "-1", "1e3", "x", ".5"])
        assert.throws(
          () => americanLine({ ...AMERICAN_QUERY, [name]: bad }, 8),
          (error) => error instanceof ProtocolError && error.code === "OutOfRange" && error.message.includes(name),
        );
    for (const [name, bad] of [
      ["years", "0"],
      ["years", "1".repeat(30)],
      ["vol", "99"],
      ["rate", "9"],
      ["strike", "4.9"],
    ] as const)
      assert.throws(() => americanLine({ ...AMERICAN_QUERY, [name]: bad }, 8), { code: "OutOfRange" });
  });
});
