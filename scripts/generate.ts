/**
 * `npm run generate` writes everything that is derived from protocol/; `npm run generate -- --check` fails on drift.
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ABI_PATH, rollupAbi } from "./generate/abi.ts";
import { circomConstants, circomInstances } from "./generate/circom.ts";
import { solidityConstants } from "./generate/solidity.ts";
import { circomTables } from "./generate/tables.ts";

type Generated = { readonly path: string; readonly text: string };

/** Texts that follow from protocol/ alone. */
const fromProtocol = (): readonly Generated[] => [
  { path: "circuits/generated/constants.circom", text: circomConstants() },
  { path: "circuits/generated/tables.circom", text: circomTables() },
  { path: "contracts/generated/Constants.sol", text: solidityConstants() },
  ...circomInstances(),
];
/** The interface follows from the contracts, which are compiled with the constants above. */
const fromContracts = async (): Promise<readonly Generated[]> => [{ path: ABI_PATH, text: await rollupAbi() }];

const differs = ({ path, text }: Generated): boolean => !existsSync(path) || readFileSync(path, "utf8") !== text;

const isCheck = process.argv.includes("--check");
let stale = 0;
for (const part of [fromProtocol, fromContracts]) {
  for (const file of (await part()).filter(differs)) {
    stale++;
    if (isCheck) console.error(`${file.path} differs from what it is generated from: run \`npm run generate\``);
    else writeFileSync(file.path, file.text);
  }
}
if (!isCheck) console.error(`${stale} files changed`);
else if (stale > 0) process.exitCode = 1;
