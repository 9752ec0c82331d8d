/**
 * Long lists of multiples of the generators, on all cores.
 * @module
 */
import { AFFINE, ELEMENT, type Group, toBytes } from "../bn254.ts";
import type { Progress } from "../progress.ts";
import { WorkerPool } from "../worker-pool.ts";
import { BATCH, windowBits } from "./fixed-base.ts";
import type { PointsJob } from "./points-worker.ts";

/** Plain scalars below r, 32 bytes each, in memory that the workers read in place. */
export type ScalarList = { readonly group: Group; readonly scalars: SharedArrayBuffer };

/** Rough cost of a point in G2 by that of one in G1, for the progress bar. */
const WEIGHT = { g1: 1, g2: 4 } as const;

export function pointsPool(): WorkerPool {
  return new WorkerPool(new URL("./points-worker.ts", import.meta.url));
}

/** The generator's multiple by every scalar of every list, affine and in Montgomery form. */
export async function multiples<Name extends string>(
  pool: WorkerPool,
  lists: Readonly<Record<Name, ScalarList>>,
  progress: Progress,
): Promise<Record<Name, Uint8Array>> {
  const entries = Object.entries<ScalarList>(lists);
  const count = ({ scalars }: ScalarList) => scalars.byteLength / ELEMENT;
  const inGroup = (of: Group) => entries.reduce((sum, [, list]) => sum + (list.group === of ? count(list) : 0), 0);
  const bits = { g1: windowBits(inGroup("g1")), g2: windowBits(inGroup("g2")) };
  const total = inGroup("g1") * WEIGHT.g1 + inGroup("g2") * WEIGHT.g2;
  let done = 0;
  const run = async (job: PointsJob) => {
    await pool.run(job);
    done += (job.to - job.from) * WEIGHT[job.group];
    progress("points", done, total);
  };
  const points = entries.map(async ([name, list]) => {
    const { group, scalars } = list;
    const points = new SharedArrayBuffer(count(list) * AFFINE[group]);
    const starts = Array.from({ length: Math.ceil(count(list) / BATCH) }, (_, i) => i * BATCH);
    const part = (from: number) => ({ from, to: Math.min(from + BATCH, count(list)) });
    await Promise.all(starts.map((from) => run({ group, bits: bits[group], scalars, points, ...part(from) })));
    return [name, new Uint8Array(points)] as const;
  });
  return Object.fromEntries(await Promise.all(points)) as Record<Name, Uint8Array>;
}

export function single(group: Group, scalar: bigint): ScalarList {
  const scalars = new SharedArrayBuffer(ELEMENT);
  new Uint8Array(scalars).set(toBytes(scalar));
  return { group, scalars };
}
