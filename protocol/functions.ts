/**
 * Logarithm, normal distribution and the exponential in binary fixed point: the executable twin of
 * `circuits/pricing/{ln,normal,shock}.circom`. Each states its bound, tested against arbitrary precision.
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { bitLength, piecewise, type Segment, segmentOf } from "./fixed-point.ts";
import { ARGUMENT_BITS, PIECES, PRECISION, SHOCK, STRIKE_BITS, VALUE_BITS } from "./precision.ts";
import { DENSITY, EXP, LN_THIRTY_DAYS, LN2, LN3, LOG, TAIL } from "./tables.ts";

/** Bits of the integer part that `ln` shifts its argument to. */
const MANTISSA = PRECISION.mantissa;

/**
 * Twin of `Ln`: ln(x) at 2^-48, rounded down, of an integer in [1, 2^54).
 * Error in (-1.4, 0.4) units: polynomial 0.34, truncated arguments 0.06, and the rounding.
 * Throws `OutOfRange`.
 */
export function ln(x: bigint): bigint {
  if (x < 1n || x >> BigInt(STRIKE_BITS) !== 0n) {
    throw new ProtocolError("OutOfRange", `logarithm of ${x}; it takes 1 to 2^${STRIKE_BITS} - 1`);
  }
  const exponent = bitLength(x) - 1;
  const fraction = (x << BigInt(MANTISSA - exponent)) - (1n << BigInt(MANTISSA));
  const unrounded =
    BigInt(exponent) * LN2 + piecewise(LOG, segmentOf(fraction, PIECES.log), PIECES.log.width, ARGUMENT_BITS.log);
  return unrounded >> BigInt(VALUE_BITS.log - PRECISION.log);
}

/** Twin of `NormalTail`: 1 - Φ(x) at 2^-164, unrounded, of a segment of x >= 0 at 2^-20. Error below 1.9e-13. */
export const normalTail = (x: Segment): bigint => piecewise(TAIL, x, PIECES.tail.width, ARGUMENT_BITS.tail);

/** Twin of `NormalDensity`: φ(x) at 2^-116, unrounded, of a segment of |x| at 2^-20. Error below 1.5e-9. */
export const normalDensity = (x: Segment): bigint => piecewise(DENSITY, x, PIECES.density.width, ARGUMENT_BITS.density);

/** Twin of `Exp`: exp(x) at 2^-156, unrounded, of x in [0, 1.125) at 2^-36. Error below 4e-11. */
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
