/**
 * One option from plain decimals to plain decimals, undiscounted: what `provega price` prints.
 * @module
 */

import type { OptionKind, OptionTerms } from "./black76.ts";
import { refuse } from "./errors.ts";
import { type FullPrice, fullPrice, GREEK_BITS, type Volatility } from "./greeks.ts";
import { FORWARD_BITS, PRECISION } from "./precision.ts";

/** Decimal strings; `years` of 365 days, `vol` 1.00 for 100 %. */
export type PriceQuery = {
  readonly forward: string;
  readonly strike: string;
  readonly years: string;
  readonly vol: string;
  readonly kind: OptionKind;
};
/** Decimal strings; units in `greeks.ts`, mark in the unit of forward and strike. */
export type PriceLine = {
  readonly mark: string;
  readonly delta: string;
  readonly gamma: string;
  readonly vega: string;
  readonly theta: string;
  /** False outside the domain: the mark is the intrinsic value. */
  readonly isInDomain: boolean;
};
/** A query in the circuit's integers. Forward and strike are multiplied by 10^`shift`: the price is homogeneous in both. */
export type PriceInput = OptionTerms & Volatility & { readonly shift: number };

/** Decimals printed. */
const DIGITS = 30;

export type Decimal = { readonly digits: bigint; readonly scale: number };

/** A plain decimal, above 0 unless `isZeroAllowed`. Throws `OutOfRange`. */
export function parse(name: string, text: string, isZeroAllowed = false): Decimal {
  const match = /^(\d{1,40})(?:\.(\d{1,60}))?$/.exec(text);
  const [, whole = "", fraction = ""] = match ?? [];
  const digits = BigInt(whole + fraction || "0");
  return match && (digits > 0n || isZeroAllowed)
    ? { digits, scale: fraction.length }
    : refuse("OutOfRange", `${name} is "${text}"; it is a plain decimal ${isZeroAllowed ? "of at least" : "above"} 0`);
}

const power = (exponent: number): bigint => 10n ** BigInt(exponent);
/** `value` times 10^`shift`, rounded to the nearest integer. */
export function scaleBy({ digits, scale }: Decimal, shift: number): bigint {
  const exponent = shift - scale;
  return exponent >= 0 ? digits * power(exponent) : (2n * digits + power(-exponent)) / (2n * power(-exponent));
}
export const toBinary = ({ digits, scale }: Decimal, bits: number): bigint => (digits << BigInt(bits)) / power(scale);

/** Exponent of the largest power of ten that keeps forward and strike in the circuit's range. */
function shiftOf(larger: Decimal): number {
  let shift = 40;
  while (scaleBy(larger, shift) >> BigInt(FORWARD_BITS) !== 0n) shift--;
  return shift - 8;
}

/** Two amounts at 1e-8 USDC, multiplied by 10^`shift` so that the larger one fills its bits. */
export function scalePair(
  one: Decimal,
  other: Decimal,
): { readonly shift: number; readonly first: bigint; readonly second: bigint } {
  const shift = shiftOf(one.digits * power(other.scale) > other.digits * power(one.scale) ? one : other);
  const atLeastOne = (value: bigint) => (value < 1n ? 1n : value);
  return { shift, first: atLeastOne(scaleBy(one, shift + 8)), second: atLeastOne(scaleBy(other, shift + 8)) };
}

/** Throws `OutOfRange` on what is not a positive plain decimal. */
export function priceInput({ forward, strike, years, vol, kind }: PriceQuery): PriceInput {
  const [f, k, t, v] = [parse("forward", forward), parse("strike", strike), parse("years", years), parse("vol", vol)];
  const { shift, first, second } = scalePair(f, k);
  return {
    forward: first,
    strike: second,
    years: cap(toBinary(t, PRECISION.years), PRECISION.years + 2),
    vol: cap(toBinary(v, PRECISION.vol), PRECISION.vol + 3),
    kind,
    shift,
  };
}
/** Largest value of `bits` for what is beyond: it lies outside the domain all the same. */
export const cap = (value: bigint, bits: number): bigint => (value >> BigInt(bits) ? (1n << BigInt(bits)) - 1n : value);

/** `numerator / 2^bits * 10^exponent` as a plain decimal, cut towards zero after 30 decimals. */
export function format(numerator: bigint, bits: number, exponent: number): string {
  const size = numerator < 0n ? -numerator : numerator;
  const shifted = DIGITS + exponent >= 0 ? size * power(DIGITS + exponent) : size / power(-DIGITS - exponent);
  const digits = (shifted >> BigInt(bits)).toString().padStart(DIGITS + 1, "0");
  const fraction = digits.slice(-DIGITS).replace(/0+$/, "");
  const text = digits.slice(0, -DIGITS) + (fraction ? `.${fraction}` : "");
  return numerator < 0n && text !== "0" ? `-${text}` : text;
}

/** The decimals of a full price, whether the twin's or a circuit's. */
export function formatPrice({ isInDomain, value, delta, gamma, vega, theta }: FullPrice, shift: number): PriceLine {
  return {
    mark: format(value, GREEK_BITS.value, -10 - shift),
    delta: format(delta, GREEK_BITS.delta, 0),
    gamma: format(gamma, GREEK_BITS.gamma, shift),
    vega: format(vega, GREEK_BITS.vega, -8 - shift),
    theta: format(theta, GREEK_BITS.theta, -8 - shift),
    isInDomain,
  };
}

export function priceLine(query: PriceQuery): PriceLine {
  const input = priceInput(query);
  return formatPrice(fullPrice(input), input.shift);
}
