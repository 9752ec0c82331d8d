/**
 * Reading JSON from strangers: what JSON.parse lets through in silence is refused here with a code.
 * @module
 */
import { type Refused, refused } from "../errors.ts";

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);
const MAX_DEPTH = 12;

/** Parses a body, or says why not: `MalformedJson`, `DuplicateKey`, `ForbiddenKey`. */
export function parseBody(text: string): { readonly value: unknown } | Refused {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused("MalformedJson", "the body is not JSON");
  }
  const tally = { keys: 0, forbidden: "", isDeep: false };
  walk(value, 0, tally);
  if (tally.isDeep) return refused("InvalidRequest", `the body nests deeper than ${MAX_DEPTH}`);
  if (tally.forbidden) return refused("ForbiddenKey", `"${tally.forbidden}" is not allowed as a key`);
  // Every member of an object has one colon outside strings; a key given twice is one member too few after parsing.
  const members = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, "").split(":").length - 1;
  return members === tally.keys ? { value } : refused("DuplicateKey", "an object of the body has the same key twice");
}

function walk(value: unknown, depth: number, tally: { keys: number; forbidden: string; isDeep: boolean }): void {
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) {
    tally.isDeep = true;
    return;
  }
  for (const key of Object.keys(value)) {
    if (!Array.isArray(value)) tally.keys++;
    if (FORBIDDEN.has(key)) tally.forbidden = key;
    walk((value as Record<string, unknown>)[key], depth + 1, tally);
  }
}
