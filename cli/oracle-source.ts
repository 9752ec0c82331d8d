/**
 * Files of option chains, as an oracle reads them.
 * @module
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "#market/chain.ts";
import { MarketError } from "#market/errors.ts";
import { parseChains } from "#market/venue-chain.ts";
import { CliError } from "./errors.ts";

/** Of a folder, the snapshots of the venue in it. */
const SNAPSHOT_FILE = /^deribit_options_snapshot_.*\.csv$/;

/** Snapshots of one symbol in files and folders, oldest first. Throws `FileMissing` or `BadQuotes`, naming the file. */
export function readSnapshots(paths: readonly string[], symbol: string): Snapshot[] {
  const snapshots = paths.flatMap(filesOf).flatMap((path) => parsed(path, symbol));
  return snapshots.toSorted((a, b) => a.time - b.time);
}

function filesOf(path: string): string[] {
  if (!attempt(path, () => statSync(path)).isDirectory()) return [path];
  const names = attempt(path, () => readdirSync(path)).filter((name) => SNAPSHOT_FILE.test(name));
  if (names.length === 0) throw new CliError("FileMissing", `no file deribit_options_snapshot_*.csv in ${path}`);
  return names.toSorted().map((name) => join(path, name));
}

function parsed(path: string, symbol: string): Snapshot[] {
  const text = attempt(path, () => readFileSync(path, "utf8"));
  try {
    return parseChains(text, symbol);
  } catch (cause) {
    if (!(cause instanceof MarketError)) throw cause;
    throw new CliError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CliError("FileMissing", `cannot read ${path}`, { cause });
  }
}
