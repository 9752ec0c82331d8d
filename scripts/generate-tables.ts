/**
 * Computes `protocol/tables.ts`: the polynomials of the pricing functions, by interpolation in Chebyshev nodes at 60 digits.
 * Run it after a change of `protocol/precision.ts`, then `npm run generate`.
 * @module
 */
import { writeFileSync } from "node:fs";
import { Decimal } from "decimal.js";
import { ARGUMENT_BITS, PIECES, PRECISION, VALUE_BITS } from "#protocol/precision.ts";

const D = Decimal.clone({ precision: 80, toExpNeg: -1000, toExpPos: 1000 });
const PI = D.acos(-1);
type Real = InstanceType<typeof D>;

const density = (x: Real): Real => x.pow(2).div(-2).exp().div(PI.mul(2).sqrt());

/** 1/2 - density(x) (x + x^3/3 + x^5/15 + …): all terms positive, so nothing cancels inside the sum. */
function tail(x: Real): Real {
  let term = x;
  let sum = x;
  for (let n = 3; term.gt("1e-75"); n += 2) {
    term = term.mul(x).mul(x).div(n);
    sum = sum.plus(term);
  }
  return new D("0.5").minus(density(x).mul(sum));
}

/** Coefficients, lowest first, in t = x - middle of the polynomial through the values at `degree` + 1 Chebyshev nodes. */
function interpolate(f: (x: Real) => Real, middle: Real, halfWidth: Real, degree: number): Real[] {
  const nodes = Array.from({ length: degree + 1 }, (_, k) =>
    D.cos(PI.mul(2 * k + 1).div(2 * degree + 2)).mul(halfWidth),
  );
  const divided = nodes.map((t) => f(middle.plus(t)));
  for (let order = 1; order <= degree; order++) {
    for (let k = degree; k >= order; k--) {
      divided[k] = at(divided, k)
        .minus(at(divided, k - 1))
        .div(at(nodes, k).minus(at(nodes, k - order)));
    }
  }
  let polynomial: Real[] = [new D(0)];
  for (let k = degree; k >= 0; k--) {
    const shifted = [new D(0), ...polynomial];
    polynomial = shifted.map((c, i) => c.minus((polynomial[i] ?? new D(0)).mul(at(nodes, k))));
    polynomial[0] = at(polynomial, 0).plus(at(divided, k));
  }
  return polynomial.slice(0, degree + 1);
}

const at = <T>(values: readonly T[], index: number): T => {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no entry ${index}`);
  return value;
};
const scaled = (value: Real, bits: number): string => value.mul(new D(2).pow(bits)).toFixed(0, Decimal.ROUND_HALF_EVEN);

/** One row of integers per segment: coefficient i at the unit that Horner's rule has when it is added. */
function rows(name: keyof typeof PIECES, f: (x: Real) => Real): string[] {
  const { count, width, degree } = PIECES[name];
  const argument: readonly number[] = ARGUMENT_BITS[name];
  const halfWidth = new D(2).pow(width - 1 - at(argument, 0));
  return Array.from({ length: count }, (_, segment) => {
    const coefficients = interpolate(f, halfWidth.mul(2 * segment + 1), halfWidth, degree);
    let bits: number = VALUE_BITS[name];
    const row = coefficients.map((c, i) => {
      const integer = scaled(c, bits);
      bits -= argument[i] ?? 0;
      return `${integer}n`;
    });
    return `  [${row.join(", ")}],`;
  });
}

const table = (name: string, comment: string, lines: readonly string[]): string =>
  [
    `/** ${comment} */`,
    "// biome-ignore format: one row per segment",
    `export const ${name}: readonly (readonly bigint[])[] = [`,
    ...lines,
    "];",
    "",
  ].join("\n");

/** The module's text. */
export const tables = (): string =>
  [
    "/**",
    " * Written by `scripts/generate-tables.ts`. Do not edit.",
    " * Row i holds the coefficients, lowest first, of segment i in the distance from its middle.",
    " * @module",
    " */",
    "",
    table("TAIL", "1 - Φ(x) for x in [0, 8).", rows("tail", tail)),
    table("DENSITY", "φ(x) for x in [0, 8).", rows("density", density)),
    table(
      "LOG",
      "ln(1 + x) for x in [0, 1).",
      rows("log", (x) => x.plus(1).ln()),
    ),
    table(
      "EXP",
      "exp(x) for x in [0, 1.125).",
      rows("exp", (x) => x.exp()),
    ),
    "/** ln 2 at the unit of `LOG`. */",
    `export const LN2 = ${scaled(new D(2).ln(), VALUE_BITS.log)}n;`,
    "/** ln 3 at the argument of `EXP`, rounded down: the largest exponent of the volatility shock. */",
    `export const LN3 = ${new D(3)
      .ln()
      .mul(new D(2).pow(at(ARGUMENT_BITS.exp, 0)))
      .toFixed(0, Decimal.ROUND_DOWN)}n;`,
    "/** ln of 30 days in seconds, at `PRECISION.log`. */",
    `export const LN_THIRTY_DAYS = ${scaled(new D(30 * 86_400).ln(), PRECISION.log)}n;`,
    "",
  ].join("\n");

if (import.meta.main) writeFileSync("protocol/tables.ts", tables());
