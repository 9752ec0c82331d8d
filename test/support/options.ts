/**
 * Generators of option terms over the domain of the pricing functions, and an American option to try them on.
 * @module
 */
import fc from "fast-check";
import type { AmericanTerms } from "#protocol/american.ts";
import { halfStdev, isNearTheMoney } from "#protocol/black76.ts";
import { volShock } from "#protocol/functions.ts";
import { DOMAIN, FORWARD_BITS, MARK, STRIKE_BITS } from "#protocol/precision.ts";
import { shockedStdev, shockFactor } from "#protocol/scenarios.ts";
import { varianceBounds } from "#protocol/svi.ts";
import { prepareStdev, type Stdev } from "#protocol/time-value.ts";

const STEPS = 2 ** 31 - 1;
/** Evenly spread, unlike `fc.double`, most of whose values are next to 0. */
export const uniform = (min: number, max: number): fc.Arbitrary<number> =>
  fc.nat(STEPS).map((at) => min + ((max - min) * at) / STEPS);
/** Evenly spread over orders of magnitude. */
export const logUniform = (min: number, max: number): fc.Arbitrary<number> =>
  uniform(0, 1).map((at) => min * (max / min) ** at);

const integer = (value: number): bigint => BigInt(Math.max(1, Math.round(value)));

export type Money = { readonly forward: bigint; readonly strike: bigint };
/** Forward from 0.01 to 9e7 USDC; strike within the domain's ratio, often near the forward, sometimes equal to it. */
export const money: fc.Arbitrary<Money> = fc
  .record({
    forward: logUniform(1e6, 2 ** FORWARD_BITS - 2).map(integer),
    ratio: fc.oneof(logUniform(1 / 20, 20), logUniform(0.9, 1.1), logUniform(1 - 1e-6, 1 + 1e-6), fc.constant(1)),
  })
  .map(({ forward, ratio }) => ({ forward, strike: integer(Number(forward) * ratio) }))
  .filter(({ forward, strike }) => strike >> BigInt(STRIKE_BITS) === 0n && isNearTheMoney(forward, strike));

export type Time = {
  readonly seconds: bigint;
  /** Total, 2^-40. */
  readonly variance: bigint;
};
/** Any time and volatility of the domain, its corners among them. */
export const time: fc.Arbitrary<Time> = fc
  .record({
    seconds: fc.oneof(
      logUniform(Number(DOMAIN.minSeconds), Number(DOMAIN.maxSeconds)).map(integer),
      fc.constantFrom(DOMAIN.minSeconds, DOMAIN.maxSeconds),
    ),
    vol: fc.oneof(logUniform(0.01, 5), fc.constantFrom(0.01, 5)),
  })
  .map(({ seconds, vol }) => {
    const { min, max } = varianceBounds(seconds);
    const variance = integer(((vol * vol * Number(seconds)) / 31_536_000) * 2 ** 40);
    return { seconds, variance: variance < min ? min : variance > max ? max : variance };
  });

/** Standard deviations of marks. */
export const stdev: fc.Arbitrary<Stdev> = time.map(({ variance }) => prepareStdev(halfStdev(variance), MARK));
/** Those that a scenario makes of them, the smallest and the largest among them. */
export const shocked: fc.Arbitrary<Stdev> = fc
  .tuple(time, fc.constantFrom("up" as const, "down" as const))
  .map(([{ variance, seconds }, vol]) => {
    const half = halfStdev(variance);
    return shockedStdev(half, prepareStdev(half, MARK).inverse, shockFactor(volShock(seconds), vol));
  });

export const kind = fc.constantFrom("call" as const, "put" as const);
/** Discount factor, 2^-40. */
export const discount = fc.oneof(logUniform(0.5, 1), fc.constant(1)).map((value) => integer(value * 2 ** 40));

/** Terms over the domain of an American option's tree. */
export const americanTerms: fc.Arbitrary<AmericanTerms> = fc
  .record({
    spot: logUniform(1e6, 2 ** FORWARD_BITS - 2).map(integer),
    ratio: fc.oneof(logUniform(1 / 20, 20), logUniform(0.7, 1.4), fc.constant(1)),
    isPut: fc.boolean(),
    years: logUniform(1e-4, 12),
    stdev: fc.oneof(logUniform(2 ** -12 * 1.001, 1.49), uniform(0.05, 1)),
    carry: fc.tuple(
      fc.oneof(uniform(0, 1.1), uniform(0, 0.1), fc.constant(0)),
      fc.oneof(uniform(0, 1.1), uniform(0, 0.1), fc.constant(0)),
    ),
  })
  .map(({ spot, ratio, isPut, years, stdev: s, carry: [rate, dividend] }) => {
    const at40 = (value: number): bigint => BigInt(Math.round(value * 2 ** 40));
    return {
      spot,
      strike: integer(Number(spot) * ratio),
      isPut,
      years: BigInt(Math.round(years * 2 ** 48)) << 12n,
      vol: at40(s / Math.sqrt(years)),
      rate: at40(rate / years),
      yield: at40(dividend / years),
    };
  })
  .filter(
    ({ spot, strike, vol, rate, yield: dividend }) =>
      strike >> BigInt(FORWARD_BITS) === 0n &&
      isNearTheMoney(spot, strike) &&
      [vol, rate, dividend].every((value) => value >> 43n === 0n),
  );

/** A put whose converged price is 6.278682685. */
export const AMERICAN_QUERY = {
  spot: "100",
  strike: "95",
  years: "1",
  vol: "0.25",
  rate: "0.075",
  yield: "0.05",
  kind: "put",
} as const;
