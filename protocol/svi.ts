/**
 * Raw SVI: total implied variance of one expiry over log-moneyness. The executable twin of `circuits/pricing/svi.circom`.
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { floorSqrt } from "./fixed-point.ts";
import { layout, pack } from "./layout.ts";
import { SCALE, YEAR_SECONDS } from "./params.ts";
import { DOMAIN, PRECISION } from "./precision.ts";

/** w(k) = a + b (rho (k - m) + √((k - m)² + sigma²)); all at 2^-40. */
export type Svi = {
  readonly a: bigint;
  readonly b: bigint;
  readonly rho: bigint;
  readonly m: bigint;
  readonly sigma: bigint;
};

/** Ranges: |a| < 64, b < 16, rho in [-1, 1), m in [-8, 8), sigma < 16. */
export const SURFACE = layout("surface", {
  a: { signed: 47 },
  b: 44,
  rho: { signed: 41 },
  m: { signed: 44 },
  sigma: 44,
});

const FRACTION = BigInt(SCALE.fractionBits);
/** From the parameters' unit to that of a logarithm. */
const RAISE = BigInt(PRECISION.log) - FRACTION;

/**
 * Twin of `CheckSurface`: whether the least variance, a + b sigma √(1 - rho²), is not negative. The root is rounded down, so a
 * surface that touches 0 may be taken for one below it.
 */
export function isNonNegative({ a, b, rho, sigma }: Svi): boolean {
  const unit = 2n * FRACTION;
  return (a << unit) + b * sigma * floorSqrt((1n << unit) - rho * rho) >= 0n;
}

/** One word of a report. Throws `BadSurface` on parameters outside their ranges. */
export function packSurface(svi: Svi): bigint {
  try {
    return pack(SURFACE, svi);
  } catch (cause) {
    throw new ProtocolError("BadSurface", cause instanceof Error ? cause.message : String(cause));
  }
}

/**
 * Twin of `SviVariance`: total variance at 2^-40, rounded down.
 * The root is exact to 2^-48 and every product unrounded, so the one rounding is below 2^-40.
 */
export function sviVariance({ a, b, rho, m, sigma }: Svi, logMoneyness: bigint): bigint {
  const distance = logMoneyness - (m << RAISE);
  const root = floorSqrt(distance * distance + (sigma << RAISE) ** 2n);
  const unit = FRACTION + BigInt(PRECISION.log);
  return ((a << unit) + b * (rho * distance + (root << FRACTION))) >> unit;
}

/** Total variance at 1 % (rounded up) and at 500 % volatility (rounded down) over `seconds`, at 2^-40. */
export function varianceBounds(seconds: bigint): { readonly min: bigint; readonly max: bigint } {
  const perSecond = YEAR_SECONDS * 10_000n;
  const scaled = seconds << FRACTION;
  return {
    min: (scaled * DOMAIN.minVolPercent ** 2n + perSecond - 1n) / perSecond,
    max: (scaled * DOMAIN.maxVolPercent ** 2n) / perSecond,
  };
}

/** Whether options are priced at all so long before expiry. */
export const isPricedAt = (seconds: bigint): boolean => seconds >= DOMAIN.minSeconds && seconds <= DOMAIN.maxSeconds;
