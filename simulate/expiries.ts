/**
 * What the board needs in the course of time beside what the node does by itself: the oracles' sums of spot, from which expired
 * series are settled at the average of the real prices, and new series in places that are free.
 * @module
 */
import { SCALE } from "#protocol/params.ts";
import { seriesHash } from "#protocol/series.ts";
import { signSpotSum } from "#protocol/spot-sum.ts";
import type { State } from "#protocol/state.ts";
import type { BoardWork } from "#rollup-node/board/next.ts";
import { momentsOf, type SumPool, unsettled } from "#rollup-node/board/sums.ts";
import { seriesFor } from "./listing.ts";
import { oracleSecrets } from "./oracles.ts";
import type { Hour } from "./path.ts";

const HOUR = 3_600;

/** Every oracle signs the sums that series which expired by `time` settle from. */
export function addSums({ profile, domain, board }: State, path: readonly Hour[], time: bigint, sums: SumPool): void {
  for (const { series } of unsettled(board)) {
    if (series.expiry > time) continue;
    for (const [oracle, secret] of oracleSecrets(profile.oracles).entries()) {
      for (const timestamp of momentsOf(series)) {
        // Oracles began to add up at different times.
        const sum = spotSum(path, Number(timestamp)) + BigInt(oracle) * SCALE.spot;
        sums.add({ oracle, ...signSpotSum(domain, { underlying: 0, timestamp, sum }, secret) });
      }
    }
  }
}

/** Spot added up from the path's beginning to `time`, 1e-8 USD seconds. */
export function spotSum(path: readonly Hour[], time: number): bigint {
  let sum = 0;
  for (const [at, { time: start, spot }] of path.entries()) {
    const next = path[at + 1];
    if (!next || start >= time) break;
    const part = Math.min(1, (time - start) / HOUR);
    sum += part * HOUR * (spot + ((next.spot - spot) * part) / 2);
  }
  return BigInt(Math.round(sum * 1e4)) * (SCALE.spot / 10_000n);
}

/** The next place that can be listed again. */
export function listing(state: State, { time, spot }: Hour, cap: bigint): BoardWork | null {
  for (const [slot, { status, openLong, openShort, deficitLong, deficitShort }] of state.board.entries()) {
    const isDone = openLong + openShort + deficitLong + deficitShort === 0n;
    if (status !== "empty" && !(status === "settled" && isDone)) continue;
    const series = seriesFor(state.profile, slot, time, spot);
    const isListed =
      series && state.board.some((other) => other.series && seriesHash(other.series) === seriesHash(series));
    const listed = { kind: "list", slot, series, cap } as const;
    if (series && !isListed) return { operation: { ...listed, series }, effect: { ...listed, series } };
  }
  return null;
}
