/**
 * Files that people name.
 * @module
 */
import { readFileSync } from "node:fs";
import { CliError } from "./errors.ts";

/** Throws `CliError` FileMissing. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliError("FileMissing", `cannot read ${path}`, { cause });
  }
}
