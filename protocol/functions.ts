/**
 * Logarithm, normal distribution and the exponential in binary fixed point: the executable twin of
 * `circuits/pricing/{ln,normal,shock}.circom`. Each states its bound, tested against arbitrary precision.
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { bitLength, piecewise, type Segment, segmentOf } from "./fixed-point.ts";
import { ARGUMENT_BITS, PIECES, PRECISION, SHOCK, STRIKE_BITS, VALUE_BITS } from "./precision.ts";
import { DENSITY, EXP, LN_THIRTY_DAYS, LN2, LN3, LOG, RISK, SLOPE, TAIL } from "./tables.ts";

/** Bits of the integer part that `ln` shifts its argument to. */
const MANTISSA = PRECISION.mantissa;

/**
 * Twin of `Ln`: ln(x) at 2^-200, unrounded, of an integer in [1, 2^54). Error: `ERROR.log`, below 0.75 units of 2^-48.
 * Throws `OutOfRange`.
 */
export function lnUnrounded(x: bigint): bigint {
  if (x < 1n || x >> BigInt(STRIKE_BITS) !== 0n) {
    throw new ProtocolError("OutOfRange", `logarithm of ${x}; it takes 1 to 2^${STRIKE_BITS} - 1`);
  }
  const exponent = bitLength(x) - 1;
  const fraction = (x << BigInt(MANTISSA - exponent)) - (1n << BigInt(MANTISSA));
  return BigInt(exponent) * LN2 + piecewise(LOG, segmentOf(fraction, PIECES.log), PIECES.log.width, ARGUMENT_BITS.log);
}

const LOG_DROPPED = BigInt(VALUE_BITS.log - PRECISION.log);
/** ln(x) at 2^-48, rounded down: of constants and of times. */
export const ln = (x: bigint): bigint => lnUnrounded(x) >> LOG_DROPPED;
/** Twin of `LogMoneyness`: ln(strike / forward) at 2^-48, rounded down once. Error in (-2.5, 1.5) units. */
export const logMoneyness = (forward: bigint, strike: bigint): bigint =>
  (lnUnrounded(strike) - lnUnrounded(forward)) >> LOG_DROPPED;

/** Twin of `NormalTail`: 1 - Φ(x) at 2^-164, unrounded, of a segment of x >= 0 at 2^-20. Error: `ERROR.tail`. */
export const normalTail = (x: Segment): bigint => piecewise(TAIL, x, PIECES.tail.width, ARGUMENT_BITS.tail);

/** Twin of `RiskTail`: 1 - Φ(x) at 2^-125, unrounded, of a segment of x >= 0 at 2^-25. Error: `ERROR.risk`. */
export const riskTail = (x: Segment): bigint => piecewise(RISK, x, PIECES.risk.width, ARGUMENT_BITS.risk);

/** Twin of `NormalDensity`: φ(x) at 2^-156, unrounded, of a segment of |x| at 2^-20. Error: `ERROR.density`. */
export const normalDensity = (x: Segment): bigint => piecewise(DENSITY, x, PIECES.density.width, ARGUMENT_BITS.density);

/** Twin of `NormalSlope`: φ(x) at 2^-116, for corrections to first order. Error: `ERROR.slope`. */
export const normalSlope = (x: Segment): bigint => piecewise(SLOPE, x, PIECES.slope.width, ARGUMENT_BITS.slope);

/** Twin of `Exp`: exp(x) at 2^-172, unrounded, of x in [0, 1.125) at 2^-36. Error: `ERROR.exp`. */
export const exp = (x: bigint): bigint => piecewise(EXP, segmentOf(x, PIECES.exp), PIECES.exp.width, ARGUMENT_BITS.exp);

/**
 * Twin of `VolShock`: relative shock of the volatility at 2^-32, rounded down: 25 % from 30 days to expiry on,
 * 25 % (30 days / seconds)^0.3 below, 75 % at most (from 18.5 hours down). The exponent is that of a large option venue's
 * portfolio margin; the cap keeps the down-shocked volatility above a quarter, so that it never reaches zero.
 */
export function volShock(seconds: bigint): bigint {
  return exp(shockExponent(seconds)) >> BigInt(VALUE_BITS.exp + 2 - PRECISION.shock);
}

/** ln of four times the shock, at the argument of `exp`. */
function shockExponent(seconds: bigint): bigint {
  if (seconds >= SHOCK.longSeconds) return 0n;
  if (seconds <= SHOCK.shortSeconds) return LN3;
  const ratio = LN_THIRTY_DAYS - ln(seconds);
  return (ratio * SHOCK.exponentTenths) / (10n << BigInt(PRECISION.log - PRECISION.exponent));
}
