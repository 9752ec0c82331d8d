/**
 * Black-76 in arbitrary precision: what the pricing functions are held against. It shares no formula with the tables'
 * generator: the distribution is the alternating Maclaurin series of erf near 0 and Laplace's continued fraction far out.
 * @module
 */
import { Decimal } from "decimal.js";

const D = Decimal.clone({ precision: 60, toExpNeg: -400, toExpPos: 400 });
export type Real = InstanceType<typeof D>;
const PI = D.acos(-1);

export const real = (value: bigint | number | string): Real => new D(value.toString());
/** `value` at 2^-`bits`. */
export const fixed = (value: bigint, bits: number): Real => real(value).div(new D(2).pow(bits));

export const density = (x: Real): Real => x.pow(2).div(-2).exp().div(PI.mul(2).sqrt());

/** Φ(x) to 40 digits. */
export function cdf(x: Real): Real {
  if (x.abs().lt(6)) {
    const square = x.pow(2).div(2);
    let power = x;
    let sum = x;
    for (let n = 1; power.abs().gt("1e-50"); n++) {
      power = power.mul(square).div(-n);
      sum = sum.plus(power.div(2 * n + 1));
    }
    return sum.div(PI.mul(2).sqrt()).plus("0.5");
  }
  if (x.isPositive()) return real(1).minus(cdf(x.neg()));
  const size = x.neg();
  let fraction = size;
  for (let n = 400; n >= 1; n--) fraction = size.plus(real(n).div(fraction));
  return density(x).div(fraction);
}

export type Terms = { readonly forward: Real; readonly strike: Real; readonly isCall: boolean };

const d1 = ({ forward, strike }: Terms, stdev: Real): Real => forward.div(strike).ln().div(stdev).plus(stdev.div(2));

/** Undiscounted price for a total standard deviation. */
export function black76(terms: Terms, stdev: Real): Real {
  const up = d1(terms, stdev);
  const call = terms.forward.mul(cdf(up)).minus(terms.strike.mul(cdf(up.minus(stdev))));
  return terms.isCall ? call : call.minus(terms.forward).plus(terms.strike);
}

/** The Greeks in the conventions of `protocol/greeks.ts`. */
export function greeks(terms: Terms, vol: Real, years: Real): Record<"delta" | "gamma" | "vega" | "theta", Real> {
  const stdev = vol.mul(years.sqrt());
  const up = d1(terms, stdev);
  const slope = terms.forward.mul(density(up));
  return {
    delta: terms.isCall ? cdf(up) : cdf(up).minus(1),
    gamma: density(up).div(terms.forward.mul(stdev)),
    vega: slope.mul(years.sqrt()),
    theta: slope.mul(vol).div(years.sqrt().mul(-2)),
  };
}
