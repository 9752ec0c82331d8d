/**
 * A volatility surface for an hour: at the money between the short and the long volatility by time to expiry, away from it the
 * smile of a fixed shape (the surface of Gatheral and Jacquier), which has no arbitrage in strikes at any level.
 * @module
 */
import { SCALE, YEAR_SECONDS } from "#protocol/params.ts";
import type { Svi } from "#protocol/svi.ts";
import type { Hour } from "./path.ts";

/** Lean of the smile, and its curvature; eta (1 + |rho|) <= 2. */
const SHAPE = { rho: -0.35, eta: 0.9 } as const;
/** Years after which a shock of volatility has died down to 1/e. */
const CALM_YEARS = 12 / 365;

/** Of an expiry `seconds` ahead, at the money, per year. */
export function volOf({ vol: { short, long } }: Pick<Hour, "vol">, seconds: number): number {
  const periods = seconds / Number(YEAR_SECONDS) / CALM_YEARS;
  const weight = (1 - Math.exp(-periods)) / periods;
  return Math.sqrt(long ** 2 + (short ** 2 - long ** 2) * weight);
}

const fixed = (value: number): bigint => BigInt(Math.round(value * 2 ** SCALE.fractionBits));

/** Raw parameters of an expiry `seconds` ahead. */
export function sviOf(hour: Pick<Hour, "vol">, seconds: number): Svi {
  const { rho, eta } = SHAPE;
  const total = (volOf(hour, seconds) ** 2 * seconds) / Number(YEAR_SECONDS);
  const phi = eta / Math.sqrt(total);
  return {
    a: fixed((total / 2) * (1 - rho ** 2)),
    b: fixed((total * phi) / 2),
    rho: fixed(rho),
    m: fixed(-rho / phi),
    sigma: fixed(Math.sqrt(1 - rho ** 2) / phi),
  };
}
