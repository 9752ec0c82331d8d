/**
 * Mark and scenario prices of one slot. The executable twin of `circuits/pricing/{shock,scenarios}.circom`.
 *
 * A scenario moves the forward by a percentage and the volatility by the expiry's shock, up or down, at a sticky strike:
 * the variance of a strike is multiplied by (1 ± v)², so its root by 1 ± v, and no second root is taken.
 * @module
 */
import { halfStdev, type OptionTerms, PERCENT, shockedPrice } from "./black76.ts";
import { ln, volShock } from "./functions.ts";
import type { SlotMarks } from "./marks.ts";
import type { Profile } from "./params.ts";
import { PRECISION } from "./precision.ts";
import { prepareStdev } from "./time-value.ts";

/** Forward in percent and direction of the volatility (1 up, 0 down) of every scenario: what the grid's hash covers. */
export const scenarioMultipliers = (profile: Profile): readonly bigint[] =>
  profile.scenarios.flatMap(({ forwardPercent, vol }) => [PERCENT + BigInt(forwardPercent), vol === "up" ? 1n : 0n]);

/** Twin of `ShockedHalf`: s/2 times 1 ± v, rounded down. */
export function shockedHalf(half: bigint, shock: bigint, vol: "up" | "down"): bigint {
  const one = 1n << BigInt(PRECISION.shock);
  return (half * (vol === "up" ? one + shock : one - shock)) >> BigInt(PRECISION.shock);
}

export type SlotTerms = OptionTerms & {
  /** 2^-40. */
  readonly discount: bigint;
  /** Total, 2^-40; 0 outside the domain: mark and prices are intrinsic. */
  readonly variance: bigint;
  /** From the marks' timestamp to expiry. */
  readonly seconds: bigint;
};

/** Twin of `SlotPrices`. */
export function slotMarks(profile: Profile, terms: SlotTerms): SlotMarks {
  const logMoneyness = ln(terms.strike) - ln(terms.forward);
  const shock = volShock(terms.seconds);
  const half = halfStdev(terms.variance);
  const stdevOf = (each: bigint) => (terms.variance === 0n ? null : prepareStdev(each));
  const stdev = {
    now: stdevOf(half),
    up: stdevOf(shockedHalf(half, shock, "up")),
    down: stdevOf(shockedHalf(half, shock, "down")),
  };
  return {
    mark: shockedPrice(terms, logMoneyness, stdev.now).mark,
    prices: profile.scenarios.map(
      ({ forwardPercent, vol }) => shockedPrice(terms, logMoneyness, stdev[vol], PERCENT + BigInt(forwardPercent)).mark,
    ),
  };
}
