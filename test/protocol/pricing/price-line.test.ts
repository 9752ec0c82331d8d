import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { type PriceQuery, priceLine } from "#protocol/price-line.ts";
import {
  type CsvRow,
  column,
  csvRows,
  lineOf,
  ofHaug,
  ofVollib,
  type PrintedPrice,
  printedPrices,
} from "#scripts/printed-prices.ts";
import { black76, greeks, type Real, real } from "#scripts/reference.ts";
import { logUniform } from "#test/support/options.ts";

const QUERY: PriceQuery = { forward: "100", strike: "100", years: "1", vol: "0.2", kind: "call" };
const near = (actual: string, expected: Real | string, bound: Real | number, what: string) => {
  const error = real(actual).minus(expected).abs();
  assert.ok(error.lte(bound), `${what} is ${actual}, off by ${error.toExponential(3)}`);
};
/** Decimal text of `digits` significant digits. */
const decimal = (min: number, max: number, digits: number): fc.Arbitrary<string> =>
  logUniform(min, max).map((value) => real(value).toSignificantDigits(digits).toFixed());

describe("priceLine", () => {
  it("prices decimals of any magnitude like arbitrary precision", () =>
    fc.assert(
      fc.property(
        decimal(1e-6, 1e9, 15),
        decimal(0.051, 19.9, 12),
        decimal(2e-6, 1.99, 15),
        decimal(0.0101, 4.99, 8),
        fc.constantFrom("call" as const, "put" as const),
        (forward, ratio, years, vol, kind) => {
          const strike = real(forward).mul(ratio).toSignificantDigits(15).toFixed();
          const line = priceLine({ forward, strike, years, vol, kind });
          assert.equal(line.isInDomain, true);
          const [f, t, v] = [real(forward), real(years), real(vol)];
          const terms = { forward: f, strike: real(strike), isCall: kind === "call" };
          const exact = greeks(terms, v, t);
          const root = t.sqrt();
          near(line.mark, black76(terms, v.mul(root)), f.mul(2e-11), "mark");
          near(line.delta, exact.delta, 1e-8, "delta");
          near(line.gamma, exact.gamma, real(1e-8).div(f.mul(v).mul(root)).plus(1e-30), "gamma");
          near(line.vega, exact.vega, f.mul(root).mul(1e-8), "vega");
          near(line.theta, exact.theta, f.mul(v).div(root).mul(1e-8), "theta");
        },
      ),
      { numRuns: 500 },
    ));

  it("prints plain decimals", () => {
    const line = priceLine({ ...QUERY, kind: "put" });
    for (const text of [line.mark, line.delta, line.gamma, line.vega, line.theta])
      assert.match(text, /^-?\d+(\.\d+)?$/);
    assert.equal(line.mark.slice(0, 15), "7.9655674556561");
    assert.deepEqual(
      [priceLine({ ...QUERY, vol: "6" }).isInDomain, priceLine({ ...QUERY, strike: "2001" }).mark],
      [false, "0"],
    );
    assert.deepEqual(priceLine({ ...QUERY, strike: "2001", kind: "put" }), {
      mark: "1901",
      delta: "-1",
      gamma: "0",
      vega: "0",
      theta: "0",
      isInDomain: false,
    });
  });

  it("holds the edges of the domain inside", () => {
    const minute = real(60).div(31_536_000).toFixed(25);
    for (const change of [
      { years: minute },
      { years: "2" },
      { vol: "0.01" },
      { vol: "5" },
      { strike: "5" },
      { strike: "2000" },
    ]) {
      assert.equal(priceLine({ ...QUERY, ...change }).isInDomain, true, JSON.stringify(change));
    }
    for (const change of [
      { years: "0.0000019" },
      { years: "2.0001" },
      { vol: "0.0099" },
      { vol: "5.0001" },
      { strike: "4.99" },
    ]) {
      assert.equal(priceLine({ ...QUERY, ...change }).isInDomain, false, JSON.stringify(change));
    }
    for (const change of [
      { years: "1e30".replace("e30", "0".repeat(30)) },
      { vol: "1".repeat(30) },
      { strike: "9".repeat(40) },
    ]) {
      assert.equal(priceLine({ ...QUERY, ...change }).isInDomain, false);
    }
  });

  it("refuses what is no positive plain decimal", () => {
    for (const bad of ["", "0", "-1", "1e3", "0x10", ".5", "1.", " 1", "NaN", "0.000", "1".repeat(41)]) {
      for (const name of ["forward", "strike", "years", "vol"] as const) {
        assert.throws(
          () => priceLine({ ...QUERY, [name]: bad }),
          (error) => error instanceof ProtocolError && error.code === "OutOfRange" && error.message.includes(name),
        );
      }
    }
  });
});

const data = process.env["PROVEGA_DATA"];
if (data) {
  const rows = (file: string): CsvRow[] => csvRows(data, "pricing", file);
  /** What a source is called, and how many of its prices lie in the domain. */
  const SOURCES: Readonly<Record<string, readonly [string, number]>> = {
    "black76.csv": ["QuantLib and Derive for Black-76", 15],
    "european_haug.csv": ["Haug for European options", 43],
    "hull_textbook.csv": ["Hull for European options", 4],
    "pyvollib_bs_greeks.csv": ["py_vollib for prices", 202],
  };

  describe("printed references", () => {
    for (const [file, prices] of printedPrices(data)) {
      const [source, count] = SOURCES[file] ?? assert.fail(`${file} has no test`);
      it(`of ${source}`, () => {
        const priced = prices.map((each) => ({ each, line: lineOf(each) })).filter(({ line }) => line.isInDomain);
        for (const { each, line } of priced) {
          const mark = real(line.mark).mul(each.discount).toFixed();
          near(mark, each.expected, each.forward.mul(2e-11), JSON.stringify(each));
        }
        assert.equal(priced.length, count);
      });
    }

    it("of Haug for the Greeks", () => {
      // By spot: N(d1) e^(-qT), φ(d1) e^(-qT) / (S s), F φ(d1) √T e^(-rT).
      const factors: Readonly<Record<string, (row: CsvRow, each: PrintedPrice) => Real>> = {
        delta: (row, { years }) => column(row, "q").neg().mul(years).exp(),
        gamma: (row, { forward, discount }) => discount.mul(forward.div(column(row, "spot")).pow(2)),
        vega: (_row, { discount }) => discount,
      };
      let checked = 0;
      for (const row of rows("european_greeks.csv")) {
        const name = row["greek"] as "delta" | "gamma" | "vega";
        const factor = factors[name];
        if (!factor) continue;
        const each = ofHaug(row);
        const actual = real(lineOf(each)[name]).mul(factor(row, each)).toFixed();
        near(actual, each.expected, each.expected.abs().mul(1e-7), JSON.stringify(row));
        checked++;
      }
      assert.equal(checked, 6);
    });

    it("of py_vollib for the Greeks", () => {
      let checked = 0;
      for (const row of rows("pyvollib_bs_greeks.csv")) {
        const [call, put] = [lineOf(ofVollib(row, "call")), lineOf(ofVollib(row, "put"))];
        if (!call.isInDomain) continue;
        // The source prints about ten decimals.
        near(call.delta, column(row, "CD"), 1e-6, "delta");
        near(put.delta, column(row, "PD"), 1e-6, "delta");
        near(real(call.vega).mul(ofVollib(row, "call").discount).toFixed(), column(row, "CV"), 1e-5, "vega");
        checked++;
      }
      assert.equal(checked, 101);
    });
  });
}
