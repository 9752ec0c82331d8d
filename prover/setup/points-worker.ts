/**
 * Worker thread: multiples of the generators, read from and written to shared memory.
 * @module
 */
import { parentPort } from "node:worker_threads";
import { AFFINE, ELEMENT, type Group } from "../bn254.ts";
import { Bn254 } from "../bn254-wasm.ts";
import { FixedBase } from "./fixed-base.ts";

export type PointsJob = {
  readonly group: Group;
  readonly bits: number;
  readonly scalars: SharedArrayBuffer;
  readonly points: SharedArrayBuffer;
  readonly from: number;
  readonly to: number;
};

const curve = new Bn254();
const tables = new Map<string, FixedBase>();

parentPort?.on("message", ({ group, bits, scalars, points, from, to }: PointsJob) => {
  const key = `${group}/${bits}`;
  const table = tables.get(key) ?? new FixedBase(curve, group, bits);
  tables.set(key, table);
  table.multiply(
    new Uint8Array(scalars, from * ELEMENT, (to - from) * ELEMENT),
    new Uint8Array(points, from * AFFINE[group], (to - from) * AFFINE[group]),
  );
  parentPort?.postMessage("done");
});
