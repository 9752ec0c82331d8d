/**
 * Reads the committed extract.
 * @module
 */
import { readFileSync } from "node:fs";
import { parseExtract, type Snapshot } from "./chain.ts";

const FILE = new URL("./btc-selloff-2026-02.csv", import.meta.url);

export const loadExtract = (): Snapshot[] => parseExtract(readFileSync(FILE, "utf8"));
