/**
 * Decimals as people write them, to integers of a unit. Exact: a digit too many is an error, never rounded away.
 * @module
 */
import { UsageError } from "./errors.ts";

/** Integer of `text` in units of 10^-digits. Throws `UsageError` naming `what`. */
export function parseDecimal(text: string, digits: number, what: string): bigint {
  const match = /^(-?)(\d{1,30})(?:\.(\d+))?$/.exec(text);
  const fraction = match?.[3] ?? "";
  if (!match || fraction.length > digits) {
    throw new UsageError(
      `${what} is "${text}"; it is a decimal number with at most ${digits} decimals, e.g. ${digits > 0 ? "12.5" : "12"}`,
    );
  }
  const magnitude = BigInt(`${match[2]}${fraction.padEnd(digits, "0")}`);
  return match[1] ? -magnitude : magnitude;
}

/** As `parseDecimal`, above zero. */
export function parsePositive(text: string, digits: number, what: string): bigint {
  const value = parseDecimal(text, digits, what);
  if (value <= 0n) throw new UsageError(`${what} is ${text}; it is above 0`);
  return value;
}

/** A count or an id. */
export function parseCount(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${what} is "${text}"; it is a whole number, e.g. 12`);
  return Number(text);
}
