/**
 * What is listed: options of a near and a far expiry around the spot, and the perpetual.
 * @module
 */
import { GRID, isPerpetualSlot, type Profile, SCALE } from "#protocol/params.ts";
import { perpetual, type Series } from "#protocol/series.ts";
import { DAY } from "./path.ts";

type Plan = { readonly kind: "call" | "put"; readonly percent: number; readonly term: "near" | "far" };
/** By slot: the strike in percent of the spot when it is listed. */
const PLAN: readonly Plan[] = [
  { kind: "put", percent: 90, term: "near" },
  { kind: "call", percent: 100, term: "near" },
  { kind: "put", percent: 100, term: "near" },
  { kind: "call", percent: 110, term: "near" },
  { kind: "put", percent: 80, term: "far" },
  { kind: "put", percent: 100, term: "far" },
  { kind: "call", percent: 120, term: "far" },
];
/** An expiry lies at least so far ahead when it is listed. */
const AHEAD = { near: 1.25 * DAY, far: 9 * DAY } as const;
/** Strikes per factor of ten, counted from the lower end. */
const STRIKES = 20;

/** The series for a slot at `time`, unix seconds, and `spot`, USD; null if it is left empty. */
export function seriesFor(profile: Profile, slot: number, time: number, spot: number): Series | null {
  if (isPerpetualSlot(profile, slot)) return perpetual(0);
  const plan = PLAN[slot];
  if (!plan || (plan.term === "far" && profile.expiries === 1)) return null;
  const step = Math.max(1, 10 ** Math.floor(Math.log10(spot)) / STRIKES);
  const strike = BigInt(Math.max(1, Math.round((spot * plan.percent) / 100 / step)) * step) * SCALE.spot;
  return { underlying: 0, kind: plan.kind, strike, expiry: expiryAfter(time + AHEAD[plan.term]) };
}

/** The first expiry of the grid at or after `time`. */
function expiryAfter(time: number): bigint {
  const { daySeconds, expirySecond } = GRID;
  const days = (BigInt(Math.ceil(time)) - expirySecond + daySeconds - 1n) / daySeconds;
  return days * daySeconds + expirySecond;
}

/** The board at the start. */
export const firstSeries = (profile: Profile, time: number, spot: number): readonly Series[] =>
  Array.from({ length: profile.series }, (_, slot) => seriesFor(profile, slot, time, spot)).filter(
    (series) => series !== null,
  );
