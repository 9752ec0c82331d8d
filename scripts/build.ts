/**
 * `npm run build [-- --profile tiny|devnet|mainnet] [--no-keys]`: compiles the circuits of a profile and makes its dev keys.
 * @module
 */
import { parseArgs } from "node:util";
import { BOUND_KINDS } from "#protocol/binding.ts";
import { PROFILE } from "#protocol/params.ts";
import { compileCircuits, prepareCircuits } from "#prover/artifacts.ts";
import { differences } from "./fingerprints.ts";

const { values } = parseArgs({
  options: { profile: { type: "string", default: "devnet" }, keys: { type: "boolean", default: true } },
  allowNegative: true,
});
const { profile, keys } = values;
if (!Object.hasOwn(PROFILE, profile)) {
  console.error(`no profile ${profile}; there are ${Object.keys(PROFILE).join(", ")}`);
  process.exit(2);
}
const names = BOUND_KINDS.map((kind) => `${kind}-${profile}`);
let last = "";
const progress = (phase: string, done: number, total: number): void => {
  const line = `${phase}${total > 1 ? ` ${Math.floor((100 * done) / total)} %` : ""}`;
  if (line !== last) process.stderr.write(`${line}\n`);
  last = line;
};
const circuits = keys
  ? Object.values(await prepareCircuits(names, { progress }))
  : await compileCircuits(names, { progress });
for (const difference of differences(circuits)) console.error(difference);
for (const { name, constraints, wires } of circuits) {
  console.log(`${name}: ${constraints.nonLinear} + ${constraints.linear} linear constraints, ${wires} wires`);
}
