/**
 * Quantities as people read them.
 * @module
 */

/** Decimals of the units in params.ts that people see. */
export const DIGITS = { lots: 4, price: 2, cash: 6, mark: 6, spot: 8 } as const;

/** `value` in units of 10^-digits with `shown` decimals, rounded half away from zero; thousands separated. */
export function formatDecimal(value: bigint, digits: number, shown = digits): string {
  const magnitude = value < 0n ? -value : value;
  const drop = 10n ** BigInt(digits - Math.min(shown, digits));
  const rounded = ((magnitude + drop / 2n) / drop).toString().padStart(shown + 1, "0");
  const whole = rounded.slice(0, rounded.length - shown).replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = value < 0n && /[1-9]/.test(rounded) ? "-" : "";
  return shown > 0 ? `${sign}${whole}.${rounded.slice(-shown)}` : `${sign}${whole}`;
}

export const usdc = (cash: string | bigint): string => `${formatDecimal(BigInt(cash), DIGITS.cash, 2)} USDC`;
export const units = (lots: string | bigint): string => formatDecimal(BigInt(lots), DIGITS.lots);
export const price = (value: string | bigint): string => formatDecimal(BigInt(value), DIGITS.price);
export const mark = (value: string | bigint): string => formatDecimal(BigInt(value), DIGITS.mark, 2);
export const spot = (value: string | bigint): string => formatDecimal(BigInt(value), DIGITS.spot, 2);
export const day = (seconds: string | bigint): string =>
  new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
