/**
 * `npm run generate` writes everything that is derived from protocol/; `npm run generate -- --check` fails on drift.
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { circomConstants, circomInstances } from "./generate/circom.ts";

type Generated = { readonly path: string; readonly text: string };

export const generated = (): readonly Generated[] => [
  { path: "circuits/generated/constants.circom", text: circomConstants() },
  ...circomInstances(),
];

/** Paths whose committed text differs from what protocol/ says. */
export const drifted = (files: readonly Generated[] = generated()): readonly string[] =>
  files.filter(({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text).map(({ path }) => path);

if (import.meta.main) {
  const stale = drifted();
  if (process.argv.includes("--check")) {
    for (const path of stale) console.error(`${path} differs from protocol/: run \`npm run generate\``);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    for (const { path, text } of generated()) writeFileSync(path, text);
    console.error(`${generated().length} files, ${stale.length} changed`);
  }
}
