/**
 * What an oracle signs at an expiry: its sums of spot where the average begins, and at the expiry itself.
 * @module
 */
import type { Snapshot } from "#market/chain.ts";
import { spotSum } from "#market/spot-sum.ts";
import { parseSeries, UNDERLYING } from "#protocol/series.ts";
import { momentsOf } from "#rollup-node/board/sums.ts";
import { indexInSet } from "./oracle-key.ts";
import type { Publisher } from "./oracle-publish.ts";

/** Signs and publishes the sums of every expired series that waits for them and that the snapshots reach back to; says which. */
export async function publishSums(
  { client, keys, symbol }: Publisher,
  snapshots: readonly Snapshot[],
): Promise<readonly string[]> {
  const status = await client.call("provega_status", {});
  const underlying = UNDERLYING.indexOf(symbol);
  const own = new Set(keys.map((key) => indexInSet(key, status)));
  const published: string[] = [];
  const moments = new Set<bigint>();
  for (const { series: name, oracles } of status.settlements) {
    const series = parseSeries(name);
    if (series.underlying !== underlying || [...own].every((oracle) => oracles.includes(oracle))) continue;
    const sums = momentsOf(series).flatMap((timestamp) => {
      const sum = spotSum(snapshots, Number(timestamp));
      return sum === null ? [] : [{ underlying, timestamp, sum }];
    });
    // Without its beginning an average is none.
    if (sums.length < 2) continue;
    published.push(name);
    if (moments.has(series.expiry)) continue;
    moments.add(series.expiry);
    const domain = BigInt(status.domain);
    await client.publishSums(keys.flatMap((key) => sums.map((sum) => key.signSpotSum(domain, sum))));
  }
  return published;
}
