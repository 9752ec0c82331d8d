/**
 * Signed spot sums, until the settlement that they are for. No clock and no I/O: what has been checked comes in, the averages
 * of a quorum come out.
 * @module
 */
import type { Board } from "#protocol/board.ts";
import { type Profile, quorum, SETTLEMENT } from "#protocol/params.ts";
import { type Series, seriesName } from "#protocol/series.ts";
import type { SignedAverage, SignedSpotSum, SpotSum } from "#protocol/spot-sum.ts";
import { type Refused, refused } from "../errors.ts";
import type { SettlementView } from "../wire.ts";

/** `oracle`: index in the set of the one that signed it. */
export type AttributedSum = SignedSpotSum & { readonly oracle: number };

/** Moments of which a settlement takes sums: where its average begins, and its expiry. */
export const momentsOf = ({ expiry }: Pick<Series, "expiry">): readonly [bigint, bigint] => [
  expiry - SETTLEMENT.averageSeconds,
  expiry,
];
/** Options that are not settled. */
export const unsettled = (board: Board): readonly { readonly slot: number; readonly series: Series }[] =>
  board.flatMap(({ series, status }, slot) =>
    series && series.kind !== "perpetual" && status !== "settled" && status !== "empty" ? [{ slot, series }] : [],
  );

const keyOf = ({ underlying, timestamp }: Pick<SpotSum, "underlying" | "timestamp">): string =>
  `${underlying}:${timestamp}`;

export class SumPool {
  readonly #profile: Profile;
  /** By underlying and moment, then by oracle. */
  readonly #held = new Map<string, Map<number, SignedSpotSum>>();

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** Whether a settlement of the board will take such a sum: `UnwantedSum` if none, `FutureReport` ahead of L1's time. */
  checkWanted(board: Board, time: bigint, { underlying, timestamp }: SpotSum): Refused | null {
    const isWanted = unsettled(board).some(
      ({ series }) => series.underlying === underlying && momentsOf(series).includes(timestamp),
    );
    if (!isWanted)
      return refused(
        "UnwantedSum",
        `no series on underlying ${underlying} settles at ${timestamp} or ${SETTLEMENT.averageSeconds} s later`,
      );
    return timestamp > time
      ? refused("FutureReport", `the spot sum of ${timestamp} is ahead of L1's time, ${time}`)
      : null;
  }

  /** `DuplicateSum` if its oracle has signed another of the same moment, or one that does not grow. */
  check({ oracle, spotSum }: AttributedSum): Refused | null {
    const before = this.#held.get(keyOf(spotSum))?.get(oracle);
    return before && before.spotSum.sum !== spotSum.sum
      ? refused("DuplicateSum", `oracle ${oracle} has signed another spot sum of ${spotSum.timestamp}`)
      : null;
  }

  add({ oracle, spotSum, signature }: AttributedSum): void {
    const key = keyOf(spotSum);
    const held = this.#held.get(key) ?? new Map<number, SignedSpotSum>();
    this.#held.set(key, held.set(oracle, { spotSum, signature }));
  }

  /** Averages of the oracles that have signed both sums of a series, by ascending oracle. */
  averages({ underlying, expiry }: Series): readonly (SignedAverage & { readonly oracle: number })[] {
    const [begin, end] = momentsOf({ expiry }).map((timestamp) => this.#held.get(keyOf({ underlying, timestamp })));
    return [...(begin ?? [])]
      .flatMap(([oracle, start]) => {
        const last = end?.get(oracle);
        return last && last.spotSum.sum >= start.spotSum.sum ? [{ oracle, start, end: last }] : [];
      })
      .toSorted((a, b) => a.oracle - b.oracle);
  }

  /** Series that have expired at `time` and are not settled: how far their quorum is. */
  waiting(board: Board, time: bigint): readonly SettlementView[] {
    return unsettled(board)
      .filter(({ series }) => series.expiry <= time)
      .map(({ series }) => {
        const oracles = this.averages(series).map(({ oracle }) => oracle);
        return {
          series: seriesName(series),
          expiry: series.expiry.toString(),
          oracles,
          needed: Math.max(0, quorum(this.#profile) - oracles.length),
        };
      });
  }

  clear(): void {
    this.#held.clear();
  }

  /** Forgets what no settlement of the board takes any more. */
  prune(board: Board): void {
    const wanted = new Set(
      unsettled(board).flatMap(({ series: { underlying, expiry } }) =>
        momentsOf({ expiry }).map((timestamp) => keyOf({ underlying, timestamp })),
      ),
    );
    for (const key of this.#held.keys()) if (!wanted.has(key)) this.#held.delete(key);
  }
}
