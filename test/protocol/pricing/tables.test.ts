/**
 * Every integer of `protocol/tables.ts` by other means than its generator's: binary fixed point instead of decimals, series
 * instead of a library's functions, and the discrete Chebyshev transform instead of divided differences.
 */
import assert from "node:assert/strict";
import { ARGUMENT_BITS, PIECES, PRECISION, VALUE_BITS } from "#protocol/precision.ts";
import { DENSITY, ERROR, EXP, LN_THIRTY_DAYS, LN2, LN3, LOG, RISK, SLOPE, TAIL, TAIL_ERROR } from "#protocol/tables.ts";

/** Reals are integers at 2^-`BITS`; an operation rounds down. */
const BITS = 400n;
const ONE = 1n << BITS;
const times = (a: bigint, b: bigint): bigint => (a * b) >> BITS;
const over = (a: bigint, b: bigint): bigint => (a << BITS) / b;

/** Sum of terms, each made of the one before, until they vanish. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint, weight = (_n: bigint) => 1n): bigint {
  let [term, sum] = [first, first];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = next(term, n);
    sum += term / weight(n);
  }
  return sum;
}
const odd = (n: bigint): bigint => 2n * n + 1n;
const atan = (inverse: bigint): bigint => series(ONE / inverse, (term) => -term / inverse ** 2n, odd);
const PI = 4n * (4n * atan(5n) - atan(239n));

/** Newton's integer root. */
function root(square: bigint): bigint {
  let x = 1n << BigInt(square.toString(2).length);
  for (let next = x; next <= x; next = (x + square / x) / 2n) {
    if (next === x && x * x <= square) return x;
    x = next;
  }
  return x;
}
const ROOT_TWO_PI = root((2n * PI) << BITS);

const HALVINGS = 8n;
function exp(x: bigint): bigint {
  const small = x >> HALVINGS;
  let value = series(ONE, (term, n) => times(term, small) / n);
  for (let halving = 0n; halving < HALVINGS; halving++) value = times(value, value);
  return value;
}
/** Twice the inverse hyperbolic tangent of (y - 1) / (y + 1). */
function ln(y: bigint): bigint {
  const z = over(y - ONE, y + ONE);
  const square = times(z, z);
  return 2n * series(z, (term) => times(term, square), odd);
}
const cos = (x: bigint): bigint => series(ONE, (term, n) => -times(times(term, x), x) / (2n * n * (2n * n - 1n)));
const density = (x: bigint): bigint => over(exp(-times(x, x) / 2n), ROOT_TWO_PI);
/** 1/2 - x (1 - x²/6 + x⁴/40 - …) / √2π: terms up to 2^40 cancel, which the precision has to spare. */
const tail = (x: bigint): bigint =>
  ONE / 2n -
  over(
    series(x, (term, n) => -times(times(term, x), x) / (2n * n), odd),
    ROOT_TWO_PI,
  );

/** Nearest integer to `value` 2^`bits`; so far from a tie that what the series lost, and the rule for ties, are no matter. */
function nearest(value: bigint, bits: bigint): bigint {
  const shift = BITS - bits;
  const floor = value >> shift;
  const rest = value - (floor << shift);
  const half = 1n << (shift - 1n);
  const gap = rest > half ? rest - half : half - rest;
  assert.ok(gap >> (shift - 40n) > 0n, "too near to a tie");
  return rest > half ? floor + 1n : floor;
}

/** Coefficients, lowest first, of Chebyshev's polynomials up to `degree`. */
function chebyshev(degree: number): bigint[][] {
  const rows = [[1n], [0n, 1n]];
  for (let j = 2; j <= degree; j++) {
    const [before, last] = [rows[j - 2] ?? [], rows[j - 1] ?? []];
    rows.push([0n, ...last].map((each, i) => 2n * each - (before[i] ?? 0n)));
  }
  return rows;
}

/** Coefficients, lowest first, in t / h of the polynomial through f(middle + t) at the Chebyshev nodes of [-h, h]. */
function interpolated(f: (x: bigint) => bigint, middle: bigint, h: bigint, degree: number): bigint[] {
  const size = degree + 1;
  const cosine = (part: number): bigint => COSINES(size)[part % (4 * size)] ?? assert.fail("no such angle");
  const places = Array.from({ length: size }, (_, k) => 2 * k + 1);
  const values = places.map((place) => f(middle + times(h, cosine(place))));
  const weights = places.map((_, j) => {
    const sum = values.reduce((all, value, k) => all + times(value, cosine(j * (places[k] ?? 0))), 0n);
    return (j === 0 ? sum : 2n * sum) / BigInt(size);
  });
  const polynomials = chebyshev(degree);
  return places.map((_, i) => weights.reduce((sum, weight, j) => sum + weight * (polynomials[j]?.[i] ?? 0n), 0n));
}
/** Cosines of the multiples of π / 2 `size`, once around. */
const COSINES = (() => {
  const known = new Map<number, readonly bigint[]>();
  return (size: number): readonly bigint[] => {
    const found =
      known.get(size) ??
      Array.from({ length: 4 * size }, (_, part) => {
        const turned = Math.min(part, 4 * size - part);
        return cos((PI * BigInt(turned)) / BigInt(2 * size));
      });
    known.set(size, found);
    return found;
  };
})();

type Name = keyof typeof PIECES;
function table(name: Name, f: (x: bigint) => bigint): bigint[][] {
  const { count, width, degree } = PIECES[name];
  const argument = ARGUMENT_BITS[name].map(BigInt);
  /** Of half a segment: h = 2^-fall. */
  const fall = (argument[0] ?? 0n) - BigInt(width) + 1n;
  return Array.from({ length: count }, (_, segment) => {
    const h = ONE >> fall;
    let unit = BigInt(VALUE_BITS[name]);
    return interpolated(f, h * BigInt(2 * segment + 1), h, degree).map((coefficient, i) => {
      const integer = nearest(coefficient, unit + BigInt(i) * fall);
      unit -= argument[i] ?? 0n;
      return integer;
    });
  });
}

describe("tables by other means", () => {
  const functions: Readonly<Record<Name, readonly [typeof TAIL, (x: bigint) => bigint]>> = {
    tail: [TAIL, tail],
    risk: [RISK, tail],
    density: [DENSITY, density],
    slope: [SLOPE, density],
    log: [LOG, (x) => ln(ONE + x)],
    exp: [EXP, exp],
  };
  for (const name of Object.keys(functions) as Name[])
    it(`every coefficient of ${name}`, () => {
      const [rows, f] = functions[name];
      assert.deepEqual(rows, table(name, f));
    });

  it("logarithms of 2, 3 and 30 days", () => {
    const ln2 = ln(2n * ONE);
    const ln3 = ln2 + ln((3n * ONE) / 2n);
    const ln5 = 2n * ln2 + ln((5n * ONE) / 4n);
    assert.equal(2n ** 8n * 3n ** 4n * 5n ** 3n, 30n * 86_400n);
    assert.equal(LN2, nearest(ln2, BigInt(VALUE_BITS.log)));
    assert.equal(LN3, ln3 >> (BITS - BigInt(PRECISION.exponent)));
    assert.equal(LN_THIRTY_DAYS, nearest(8n * ln2 + 4n * ln3 + 3n * ln5, BigInt(PRECISION.log)));
  });

  it("proved errors at their units, which two digits round up", () => {
    for (const name of ["tail", "risk"] as const) {
      const [digits, exponent] = ERROR[name].proved.toExponential(1).split("e-");
      assert.equal(Number(`${digits}e-${exponent}`), ERROR[name].proved);
      const tenths = BigInt(digits?.replace(".", "") ?? "");
      const scale = 10n ** (BigInt(exponent ?? "") + 1n);
      const scaled = TAIL_ERROR[name] * scale;
      const unit = 1n << BigInt(VALUE_BITS[name]);
      assert.ok(scaled > (tenths - 1n) * unit && scaled < tenths * unit + scale, name);
    }
  });
});
