/**
 * An oracle's sum of spot over time, from the snapshots that it has seen: each counts until the next one.
 * @module
 */
import { median, type Snapshot, toSpot } from "./chain.ts";

/** USD, a multiple of 1e-8: median of the index over the rows. */
export const spotOf = ({ quotes }: Snapshot): number =>
  Math.round(median(quotes.map(({ index }) => index)) * 1e8) / 1e8;

/** 1e-8 USDC seconds per unit, from the first snapshot until `time`, unix seconds; null if that is before it. Ascending snapshots. */
export function spotSum(snapshots: readonly Snapshot[], time: number): bigint | null {
  const [first] = snapshots;
  if (!first || time < first.time) return null;
  return snapshots.reduce((sum, snapshot, at) => {
    const until = Math.min(time, snapshots[at + 1]?.time ?? time);
    return until > snapshot.time ? sum + toSpot(spotOf(snapshot)) * BigInt(until - snapshot.time) : sum;
  }, 0n);
}
