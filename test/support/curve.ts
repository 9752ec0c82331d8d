/**
 * Points of Baby Jubjub outside the prime subgroup, for tests.
 * @module
 */
import fc from "fast-check";
import { addPoints, multiplyBase, multiplyPoint, type Point, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import { uintOf } from "./arbitrary.ts";

/** circomlib's generator of the whole curve. */
export const GENERATOR: Point = {
  x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
  y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
};

/** The points of small order: `SMALL[i]` is i times `SMALL[1]`, of order 8; `SMALL[0]` is the identity. */
export const SMALL: readonly Point[] = Array.from({ length: 8 }, (_, i) =>
  multiplyPoint(GENERATOR, BigInt(i) * SUBGROUP_ORDER),
);

/** Of order l. */
export const primePoint: fc.Arbitrary<Point> = uintOf(250)
  .filter((k) => k > 0n)
  .map(multiplyBase);

/** Any point of the curve, those of small order among them. */
export const anyPoint: fc.Arbitrary<Point> = fc.oneof(
  fc.constantFrom(...SMALL),
  fc.tuple(primePoint, fc.constantFrom(...SMALL)).map(([p, small]) => addPoints(p, small)),
);
