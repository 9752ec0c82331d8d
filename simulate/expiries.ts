/**
 * What happens to the board in the course of time: series that expired are settled at the average of the real prices, empty
 * places are listed anew, and what bankrupt accounts owe is repaid by the insurance fund, then by the side that gained.
 * @module
 */
import type { BoardOperation } from "#protocol/board-step.ts";
import { quorum, SCALE, SETTLEMENT } from "#protocol/params.ts";
import { seriesHash } from "#protocol/series.ts";
import { type SignedAverage, signSpotSum } from "#protocol/spot-sum.ts";
import type { State } from "#protocol/state.ts";
import { seriesFor } from "./listing.ts";
import { oracleSecrets } from "./oracles.ts";
import type { Hour } from "./path.ts";

const HOUR = 3_600;

/** Settlements that are due. */
export function settlements(state: State, path: readonly Hour[]): readonly BoardOperation[] {
  return state.board.flatMap(({ status, series }, slot): BoardOperation[] =>
    status === "expired" && series ? [{ kind: "settle", slot, averages: averagesOf(state, series.expiry, path) }] : [],
  );
}

/** Each oracle's sums of spot, which moves in a straight line within an hour. */
function averagesOf({ profile, domain }: State, expiry: bigint, path: readonly Hour[]): readonly SignedAverage[] {
  return oracleSecrets(quorum(profile)).map((secret, at) => {
    const signed = (timestamp: bigint) => {
      // Oracles began to add up at different times.
      const sum = spotSum(path, Number(timestamp)) + BigInt(at) * SCALE.spot;
      return signSpotSum(domain, { underlying: 0, timestamp, sum }, secret);
    };
    return { start: signed(expiry - SETTLEMENT.averageSeconds), end: signed(expiry) };
  });
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
export function listing(state: State, { time, spot }: Hour, cap: bigint): BoardOperation | null {
  for (const [slot, { status, openLong, openShort, deficitLong, deficitShort }] of state.board.entries()) {
    const isDone = openLong + openShort + deficitLong + deficitShort === 0n;
    if (status !== "empty" && !(status === "settled" && isDone)) continue;
    const series = seriesFor(state.profile, slot, time, spot);
    const isListed =
      series && state.board.some((other) => other.series && seriesHash(other.series) === seriesHash(series));
    if (series && !isListed) return { kind: "list", slot, series, cap };
  }
  return null;
}

/** Debts that the insurance fund can repay, or somebody be charged for. */
export function repayments(state: State): readonly BoardOperation[] {
  const { board, globals } = state;
  const isPossible = (deficit: bigint, open: bigint): boolean =>
    deficit > 0n && (globals.insurance > 0n || (deficit >= open && open > 0n));
  return [
    ...(isPossible(globals.deficit, 0n) ? [{ kind: "socialise", slot: 0, side: "nobody" } as const] : []),
    ...board.flatMap(({ deficitLong, deficitShort, openLong, openShort }, slot): BoardOperation[] => [
      ...(isPossible(deficitLong, openLong) ? [{ kind: "socialise", slot, side: "long" } as const] : []),
      ...(isPossible(deficitShort, openShort) ? [{ kind: "socialise", slot, side: "short" } as const] : []),
    ]),
  ];
}
