/**
 * Mark and scenario prices of one slot. The executable twin of `circuits/pricing/{shock,scenarios}.circom`.
 *
 * A scenario moves the forward by a percentage and the volatility by the expiry's shock, up or down, at a sticky strike:
 * the variance of a strike is multiplied by (1 ± v)², so its root by 1 ± v, and no second root is taken. Scenario prices serve
 * risk only and are less accurate than marks: docs/pricing.md. A perpetual moves with the forward, exactly, whatever the volatility.
 * @module
 */
import { halfStdev, markPrice, type OptionTerms, orderPair, PERCENT, riskPrice, sidesOf } from "./black76.ts";
import { volShock } from "./functions.ts";
import type { SlotMarks } from "./marks.ts";
import { type Profile, SCALE } from "./params.ts";
import { MARK, PRECISION, RISK_PRICE } from "./precision.ts";
import { prepareStdev, type Stdev } from "./time-value.ts";

/** Forward in percent and direction of the volatility (1 up, 0 down) of every scenario: what the grid's hash covers. */
export const scenarioMultipliers = (profile: Profile): readonly bigint[] =>
  profile.scenarios.flatMap(({ forwardPercent, vol }) => [PERCENT + BigInt(forwardPercent), vol === "up" ? 1n : 0n]);

/** A volatility shock as a factor and its reciprocal, rounded down, at 2^-32. */
export type ShockFactor = { readonly factor: bigint; readonly reciprocal: bigint };

/** Twin of `ShockFactors`: once per expiry. `shock` at 2^-32. */
export function shockFactor(shock: bigint, vol: "up" | "down"): ShockFactor {
  const one = 1n << BigInt(PRECISION.shock);
  const factor = vol === "up" ? one + shock : one - shock;
  return { factor, reciprocal: (one * one) / factor };
}

/** Twin of `ShockedStdev`: s shocked, from s/2 at 2^-48 and the 1/s of a mark. */
export function shockedStdev(half: bigint, inverse: bigint, { factor, reciprocal }: ShockFactor): Stdev {
  const bits = BigInt(PRECISION.stdev + PRECISION.shock - RISK_PRICE.grid);
  return {
    coarse: (half * factor + (1n << (bits - 1n))) >> bits,
    fine: 0n,
    inverse: (inverse * reciprocal) >> BigInt(MARK.inverse + PRECISION.shock - RISK_PRICE.inverse),
  };
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
  const sides = sidesOf(terms.forward, terms.strike, terms.discount);
  const shock = volShock(terms.seconds);
  const half = halfStdev(terms.variance);
  const now = terms.variance === 0n ? null : prepareStdev(half, MARK);
  const shocked = {
    up: now && shockedStdev(half, now.inverse, shockFactor(shock, "up")),
    down: now && shockedStdev(half, now.inverse, shockFactor(shock, "down")),
  };
  return {
    mark: markPrice(terms.kind, orderPair(sides), now).mark,
    prices: profile.scenarios.map(({ forwardPercent, vol }) =>
      riskPrice(terms.kind, orderPair(sides, PERCENT + BigInt(forwardPercent)), shocked[vol]),
    ),
  };
}

/** Twin of `CheckPerpetualSlot`: mark and scenario prices of a perpetual from its mark at 1e-2 USDC per unit. Exact. */
export const perpetualMarks = (profile: Profile, mark: bigint): SlotMarks => {
  const percent = (SCALE.mark / SCALE.price / PERCENT) * mark;
  return {
    mark: percent * PERCENT,
    prices: profile.scenarios.map(({ forwardPercent }) => percent * (PERCENT + BigInt(forwardPercent))),
  };
};

/** Twin of `CheckMarksSlot` on a series that has expired: it stays at its mark, and no scenario moves it. */
export const frozenMarks = (profile: Profile, mark: bigint): SlotMarks => ({
  mark,
  prices: profile.scenarios.map(() => mark),
});
