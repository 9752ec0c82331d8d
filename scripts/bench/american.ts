/**
 * `npm run bench:american`: error of an American option's tree by its steps, and what it costs in constraints.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { american } from "#protocol/american.ts";
import { TREE } from "#protocol/precision.ts";
import { compile, REPOSITORY } from "#prover/compile.ts";
import { integers, references } from "../american-reference.ts";
import { americanInstance } from "../generate/circom.ts";
import { type Row, report } from "./report.ts";

const SIZES = [8, 16, 32, 64, 128, 256];
/** Relative, at `AT` steps. */
const TARGET = 1e-3;
const AT = 128;
const FOLDER = join(REPOSITORY, ".provega", "bench");

async function constraints(steps: number): Promise<number> {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `american-${steps}.circom`);
  writeFileSync(file, americanInstance(steps));
  const { nonLinear, linear } = (await compile(file, FOLDER)).constraints;
  return nonLinear + linear;
}

/** Two rows per size: the twin's error against converged values, and its circuit. */
export async function americanRows(sizes: readonly number[] = SIZES): Promise<readonly Row[]> {
  const known = references();
  const rows: Row[] = [];
  for (const steps of sizes) {
    const errors = known
      .map((each) => Math.abs(Number(american(integers(each), steps).price) / 1e10 / each.price - 1))
      .sort((a, b) => a - b);
    const at = (part: number): number => errors[Math.min(errors.length - 1, Math.floor(part * errors.length))] ?? 0;
    const what = `American, ${steps} steps, largest relative error of ${errors.length} (median ${at(0.5).toExponential(1)}, nine in ten below ${at(0.9).toExponential(1)})`;
    const value = at(1).toExponential(1);
    rows.push(steps === AT ? { what, value, target: `<= ${TARGET}`, ok: at(1) <= TARGET } : { what, value });
    if (steps <= TREE.maxCircuitSteps)
      rows.push({ what: `American, ${steps} steps, constraints`, value: await constraints(steps) });
  }
  return rows;
}

if (import.meta.main) report("American options: binomial tree on top of Black-76", await americanRows());
