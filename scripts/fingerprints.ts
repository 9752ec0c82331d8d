/**
 * `circuits/fingerprints.json`: constraints and public inputs of every instance, committed, so that a change shows in review.
 * A changed one means a new set-up and a new verifier. `npm run bench:circuits -- --update` writes it.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "#prover/compile.ts";

export type Fingerprint = { readonly nonLinear: number; readonly linear: number; readonly publicInputs: number };
export type Fingerprints = Readonly<Record<string, Fingerprint>>;
type Measured = {
  readonly name: string;
  readonly constraints: { readonly nonLinear: number; readonly linear: number };
};

const TABLE = join(REPOSITORY, "circuits", "fingerprints.json");

export const committed = (): Fingerprints => JSON.parse(readFileSync(TABLE, "utf8")) as Fingerprints;

export const fingerprint = ({ name, constraints: { nonLinear, linear } }: Measured): Fingerprint => ({
  nonLinear,
  linear,
  publicInputs: publicInputs(name),
});

/** Signals that the instance declares public. */
function publicInputs(name: string): number {
  const text = readFileSync(join(REPOSITORY, "circuits", "instances", `${name}.circom`), "utf8");
  const [, list = ""] = /component main \{\s*public \[([^\]]*)\]\s*\}/.exec(text) ?? [];
  return list.split(",").filter((signal) => signal.trim() !== "").length;
}

/** What the table says otherwise of these circuits, in words. */
export function differences(circuits: readonly Measured[]): readonly string[] {
  const table = committed();
  return circuits.flatMap((circuit) => {
    const [now, before] = [fingerprint(circuit), table[circuit.name]].map((each) => JSON.stringify(each));
    return now === before ? [] : [`${circuit.name} has ${now}; circuits/fingerprints.json says ${before}`];
  });
}

/** Writes the table with these circuits in it. */
export function update(circuits: readonly Measured[]): void {
  const table = { ...committed(), ...Object.fromEntries(circuits.map((each) => [each.name, fingerprint(each)])) };
  const sorted = Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(TABLE, `${JSON.stringify(sorted, null, 2)}\n`);
}
