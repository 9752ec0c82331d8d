import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { type PriceQuery, priceLine } from "#protocol/price-line.ts";
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
  type Row = Readonly<Record<string, string>>;
  const rows = (file: string): Row[] => parse(readFileSync(join(data, "pricing", file)), { columns: true });
  const column = (row: Row, name: string): Real => real(row[name] ?? assert.fail(`no column ${name}`));
  /** Spot, rates and carry to a forward price and a discount factor. */
  const carried = (row: Row, spot: string, years: Real) => ({
    forward: column(row, spot).mul(
      column(row, "r")
        .minus(row["q"] ?? "0")
        .mul(years)
        .exp(),
    ),
    discount: column(row, "r").neg().mul(years).exp(),
  });
  const quote = (forward: Real, row: Row, kind: string, years: Real, strike = "strike") =>
    priceLine({
      forward: forward.toSignificantDigits(30).toFixed(),
      strike: column(row, strike).toFixed(),
      years: years.toFixed(),
      vol: column(row, "vol").toFixed(),
      kind: kind === "call" ? "call" : "put",
    });

  describe("printed references", () => {
    it("of QuantLib and Derive for Black-76", () => {
      let priced = 0;
      for (const row of rows("black76.csv")) {
        const [stdev, strike] = [column(row, "total_stdev"), column(row, "strike")];
        if (strike.isZero() || stdev.isZero()) continue;
        const kind = row["type"] === "call" ? "call" : "put";
        const terms = { forward: column(row, "forward").toFixed(), strike: strike.toFixed(), kind } as const;
        const line = priceLine({ ...terms, years: "1", vol: stdev.toFixed() });
        if (!line.isInDomain) continue;
        priced++;
        const mark = real(line.mark).mul(column(row, "discount")).toFixed();
        near(mark, column(row, "mp_value_22d"), column(row, "forward").mul(2e-11), JSON.stringify(terms));
      }
      assert.equal(priced, 15);
    });

    it("of Haug and Hull for European options", () => {
      for (const row of rows("european_haug.csv")) {
        const years = column(row, "t_years");
        const { forward, discount } = carried(row, "spot", years);
        const { mark } = quote(forward, row, row["type"] ?? "", years);
        near(real(mark).mul(discount).toFixed(), column(row, "mp_value_22d"), forward.mul(2e-11), JSON.stringify(row));
      }
      for (const row of rows("hull_textbook.csv").filter(({ model }) => model === "bsm")) {
        const years = column(row, "t");
        const { forward, discount } = carried(row, "S_or_F", years);
        const { mark } = quote(forward, row, row["type"] ?? "", years, "K");
        near(real(mark).mul(discount).toFixed(), column(row, "mp_value_22d"), forward.mul(2e-11), JSON.stringify(row));
      }
    });

    it("of Haug for the Greeks", () => {
      const of: Readonly<Record<string, (row: Row) => [string, Real]>> = {
        // By spot: N(d1) e^(-qT), φ(d1) e^(-qT) / (S s), F φ(d1) √T e^(-rT).
        delta: (row) => spotGreek(row, "delta", (q, years) => q.neg().mul(years).exp()),
        gamma: (row) =>
          spotGreek(row, "gamma", (_q, _years, forward, discount) =>
            discount.mul(forward.div(column(row, "spot")).pow(2)),
          ),
        vega: (row) => spotGreek(row, "vega", (_q, _years, _forward, discount) => discount),
      };
      const spotGreek = (
        row: Row,
        name: "delta" | "gamma" | "vega",
        factor: (q: Real, years: Real, forward: Real, discount: Real) => Real,
      ): [string, Real] => {
        const years = column(row, "t_years");
        const { forward, discount } = carried(row, "spot", years);
        const line = quote(forward, row, row["type"] ?? "", years);
        return [
          real(line[name])
            .mul(factor(column(row, "q"), years, forward, discount))
            .toFixed(),
          column(row, "mp_value_22d"),
        ];
      };
      let checked = 0;
      for (const row of rows("european_greeks.csv")) {
        const greek = of[row["greek"] ?? ""];
        if (!greek) continue;
        const [actual, expected] = greek(row);
        near(actual, expected, expected.abs().mul(1e-7), JSON.stringify(row));
        checked++;
      }
      assert.equal(checked, 6);
    });

    it("of py_vollib for prices and Greeks", () => {
      let priced = 0;
      for (const row of rows("pyvollib_bs_greeks.csv")) {
        const [spot, strike, rate, years] = ["S", "K", "R", "t"].map((name) => column(row, name)) as [
          Real,
          Real,
          Real,
          Real,
        ];
        const forward = spot.mul(rate.mul(years).exp());
        const terms = {
          forward: forward.toSignificantDigits(30).toFixed(),
          strike: strike.toFixed(),
          years: years.toFixed(),
          vol: row["v"] ?? "",
        };
        const [call, put] = [priceLine({ ...terms, kind: "call" }), priceLine({ ...terms, kind: "put" })];
        if (!call.isInDomain) continue;
        priced++;
        const discount = rate.neg().mul(years).exp();
        near(
          real(call.mark).mul(discount).toFixed(),
          column(row, "mp_call_22d"),
          forward.mul(2e-11),
          JSON.stringify(row),
        );
        near(
          real(put.mark).mul(discount).toFixed(),
          column(row, "mp_put_22d"),
          forward.mul(2e-11),
          JSON.stringify(row),
        );
        // The source prints about ten decimals.
        near(call.delta, column(row, "CD"), 1e-6, "delta");
        near(put.delta, column(row, "PD"), 1e-6, "delta");
        near(real(call.vega).mul(discount).toFixed(), column(row, "CV"), 1e-5, "vega");
      }
      assert.ok(priced >= 90, `${priced} rows in the domain`);
    });
  });
}
