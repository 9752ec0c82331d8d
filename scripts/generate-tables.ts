/**
 * Computes `protocol/tables.ts`: the polynomials of the pricing functions, by interpolation in Chebyshev nodes at 80 digits, and
 * with each a proved bound of its error. Run it after a change of `protocol/precision.ts`, then `npm run generate`.
 *
 * The bound of a segment is the sum of: the interpolation's remainder, sup |f^(n+1)| h^(n+1) / ((n+1)! 2^n); half a unit for every
 * rounded coefficient times its power of h; and for every step of Horner's rule that sees a truncated argument the unit it loses
 * times what it multiplies. Every summand is an upper bound on the whole segment. Besides, the integer polynomial is
 * evaluated exactly at the ends of the segment and around the extrema of the remainder, and the largest error seen stands beside.
 * @module
 */
import { writeFileSync } from "node:fs";
import { Decimal } from "decimal.js";
import { piecewise } from "#protocol/fixed-point.ts";
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

/** A function and, on [left, right], an upper bound of the magnitude of its n-th derivative, n >= 1. */
type Smooth = { readonly f: (x: Real) => Real; readonly derivative: (n: number, left: Real, right: Real) => Real };

const factorial = (n: number): Real => (n < 2 ? new D(1) : new D(n).mul(factorial(n - 1)));
/** |He_n(x)| φ(x) <= 1.0865 √n! e^(-x²/4) / √2π: Cramér's inequality for the n-th derivative of φ. */
const cramer = (n: number, left: Real): Real =>
  factorial(n).sqrt().mul("1.0865").mul(left.pow(2).div(-4).exp()).div(PI.mul(2).sqrt());

const TAIL_OF_NORMAL: Smooth = { f: tail, derivative: (n, left) => cramer(n - 1, left) };
const DENSITY_OF_NORMAL: Smooth = { f: density, derivative: cramer };
const SMOOTH: Readonly<Record<keyof typeof PIECES, Smooth>> = {
  tail: TAIL_OF_NORMAL,
  risk: TAIL_OF_NORMAL,
  density: DENSITY_OF_NORMAL,
  slope: DENSITY_OF_NORMAL,
  log: {
    f: (x) => x.plus(1).ln(),
    derivative: (n, left) => factorial(n - 1).div(left.plus(1).pow(n)),
  },
  exp: { f: (x) => x.exp(), derivative: (_n, _left, right) => right.exp() },
};

type Fitted = {
  readonly rows: readonly (readonly bigint[])[];
  /** Proved, and the largest seen: absolute errors. */
  readonly bound: Real;
  readonly seen: Real;
};

/** Row of integers per segment: coefficient i at the unit that Horner's rule has when it is added. */
function polynomials(name: keyof typeof PIECES): Fitted {
  const { count, width, degree } = PIECES[name];
  const argument: readonly number[] = ARGUMENT_BITS[name];
  const { f, derivative } = SMOOTH[name];
  const h = new D(2).pow(width - 1 - at(argument, 0));
  const units = Array.from({ length: degree + 1 }, (_, i) =>
    argument.slice(0, i).reduce((bits, lost) => bits - lost, VALUE_BITS[name]),
  );
  const segments = Array.from({ length: count }, (_, segment) => {
    const middle = h.mul(2 * segment + 1);
    const row = interpolate(f, middle, h, degree).map((c, i) => BigInt(scaled(c, at(units, i))));
    const remainder = derivative(degree + 1, middle.minus(h), middle.plus(h))
      .mul(h.pow(degree + 1))
      .div(factorial(degree + 1).mul(new D(2).pow(degree)));
    return { row, bound: remainder.plus(roundingOf(row, units, argument, h)), seen: seenOf(name, row, segment, f) };
  });
  return {
    rows: segments.map(({ row }) => row),
    bound: D.max(...segments.map(({ bound }) => bound)),
    seen: D.max(...segments.map(({ seen }) => seen)),
  };
}

/** What rounded coefficients and truncated arguments may add on a segment of half-width h. */
function roundingOf(row: readonly bigint[], units: readonly number[], argument: readonly number[], h: Real): Real {
  const real = (i: number) => new D(at(row, i).toString()).div(new D(2).pow(at(units, i)));
  const coefficients = units.reduce((sum, unit, i) => sum.plus(h.pow(i).div(new D(2).pow(unit + 1))), new D(0));
  return argument.reduce((sum, bits, step) => {
    if (bits === argument[0]) return sum;
    const multiplied = row
      .map((_, i) =>
        i > step
          ? real(i)
              .abs()
              .mul(h.pow(i - step - 1))
          : new D(0),
      )
      .reduce((all, each) => all.plus(each));
    return sum.plus(multiplied.mul(h.pow(step)).div(new D(2).pow(bits)));
  }, coefficients);
}

/** Largest error of the integer polynomial at the segment's ends and around the extrema of the interpolation's remainder. */
function seenOf(name: keyof typeof PIECES, row: readonly bigint[], segment: number, f: Smooth["f"]): Real {
  const { width, degree } = PIECES[name];
  const argument: readonly number[] = ARGUMENT_BITS[name];
  const size = 2 ** width;
  const offsets = Array.from({ length: degree + 2 }, (_, k) =>
    Math.min(size - 1, Math.max(0, Math.round(((1 - Math.cos((Math.PI * k) / (degree + 1))) * size) / 2))),
  );
  const places = [...offsets, ...offsets.map((each) => (each === 0 ? 1 : each - 1))];
  return D.max(
    ...places.flatMap((place) =>
      [0n, 1n].map((nudge) => {
        const offset = BigInt(place);
        const x = new D(((BigInt(segment) << BigInt(width)) + offset + nudge).toString()).div(
          new D(2).pow(at(argument, 0)),
        );
        const value = new D(piecewise([row], { index: 0, offset, nudge }, width, argument).toString());
        return value.div(new D(2).pow(VALUE_BITS[name])).minus(f(x)).abs();
      }),
    ),
  );
}

const table = (name: string, comment: string, { rows }: Fitted): string =>
  [
    `/** ${comment} */`,
    "// biome-ignore format: one row per segment",
    `export const ${name}: readonly (readonly bigint[])[] = [`,
    ...rows.map((row) => `  [${row.map((c) => `${c}n`).join(", ")}],`),
    "];",
    "",
  ].join("\n");

/** Two digits, rounded up. */
const rounded = (value: Real): string => value.toSignificantDigits(2, Decimal.ROUND_UP).toExponential();

/** The module's text. Throws if a polynomial is seen beyond its proved bound. */
export function tables(): string {
  const names = ["tail", "density", "slope", "risk", "log", "exp"] as const;
  const fitted = Object.fromEntries(names.map((name) => [name, polynomials(name)])) as Record<
    (typeof names)[number],
    Fitted
  >;
  for (const name of names) {
    const { bound, seen } = fitted[name];
    if (seen.gt(bound)) throw new RangeError(`${name}: ${seen} seen, ${bound} proved`);
  }
  return [
    "/**",
    " * Written by `scripts/generate-tables.ts`. Do not edit.",
    " * Row i holds the coefficients, lowest first, of segment i in the distance from its middle.",
    " * @module",
    " */",
    "",
    table("TAIL", "1 - Φ(x) for x in [0, 8): marks.", fitted.tail),
    table("RISK", "1 - Φ(x) for x in [0, 6.5): scenario prices.", fitted.risk),
    table("DENSITY", "φ(x) for x in [0, 8): Greeks.", fitted.density),
    table("SLOPE", "φ(x) for x in [0, 8): first-order corrections of what lies below the grid.", fitted.slope),
    table("LOG", "ln(1 + x) for x in [0, 1).", fitted.log),
    table("EXP", "exp(x) for x in [0, 1.125).", fitted.exp),
    "/** Of every table its proved largest error, and the largest seen at ends and extrema of its segments, both rounded up. */",
    "export const ERROR = {",
    ...names.map(
      (name) => `  ${name}: { proved: ${rounded(fitted[name].bound)}, seen: ${rounded(fitted[name].seen)} },`,
    ),
    "} as const;",
    "",
    "/** The proved errors of the two tails at their own units, rounded up. */",
    "export const TAIL_ERROR = {",
    ...(["tail", "risk"] as const).map(
      (name) => `  ${name}: ${fitted[name].bound.mul(new D(2).pow(VALUE_BITS[name])).toFixed(0, Decimal.ROUND_UP)}n,`,
    ),
    "} as const;",
    "",
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
}

if (import.meta.main) writeFileSync("protocol/tables.ts", tables());
