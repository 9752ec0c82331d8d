/**
 * Lies about selectors and the bits that go with them, each of which one constraint alone refuses: what `CheckMantissa` and
 * `CheckSegmentOf` would accept of a prover if that constraint were missing.
 * @module
 */
import { invert, toField } from "#protocol/field.ts";
import type { CircuitInput } from "#prover/calculator.ts";

/** `value` at some places, 0 elsewhere. */
const at = (count: number, places: Readonly<Record<number, bigint>>): bigint[] =>
  Array.from({ length: count }, (_, place) => places[place] ?? 0n);
const each = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);
const sum = (values: readonly bigint[], weight: (place: number) => bigint): bigint =>
  values.reduce((total, value, place) => total + value * weight(place), 0n);
/** -1 at `place`, 1 at two others: a sum of 1, and only one place that is not boolean. */
const minusOne = (count: number, place: number, others: readonly number[]): bigint[] => {
  const [first = 0, second = 0] = others.filter((other) => other !== place);
  return at(count, { [place]: -1n, [first]: 1n, [second]: 1n });
};

/** For `CheckMantissa(N, COUNT, WIDTH)`; N, COUNT > 2. */
export function mantissaLies(N: number, COUNT: number, WIDTH: number): CircuitInput[] {
  const M = WIDTH + Math.log2(COUNT);
  const whole = at(N, { [N - 1]: 1n });
  /** The argument that fits everything else. */
  const lie = (isExponent: bigint[], isIn: bigint[], low: bigint[], rest = 0n): CircuitInput => {
    const scale = sum(isExponent, (e) => 1n << BigInt(M - e));
    const mantissa = sum(isIn, (i) => BigInt(i) << BigInt(WIDTH)) + sum(low, (j) => 1n << BigInt(j)) + rest;
    const x = toField(((1n << BigInt(M)) + mantissa) * invert(toField(scale)));
    return { x, isExponent: isExponent.map(toField), isIn: isIn.map(toField), low };
  };
  const none = at(WIDTH - 1, {});
  const first = at(COUNT, { 0: 1n });
  return [
    ...each(N).map((e) => lie(minusOne(N, e, each(N)), first, none)),
    lie(at(N, { 0: 1n, 1: 1n }), first, none),
    lie(whole, minusOne(COUNT, 0, each(COUNT)), none),
    // Bits that the least exponent does not allow.
    ...each(COUNT).map((i) => lie(at(N, { 0: 1n }), at(COUNT, { [i]: 1n }), none)),
    ...each(WIDTH - 1).map((j) => lie(at(N, { 0: 1n }), first, at(WIDTH - 1, { [j]: 1n }))),
    lie(whole, at(COUNT, {}), none),
    lie(whole, first, none, 3n),
    { ...lie(whole, first, none), x: 5n },
  ];
}

/** For `CheckSegmentOf(COUNT, WIDTH, BITS)`; COUNT > 2. */
export function segmentLies(COUNT: number, WIDTH: number, BITS: number): CircuitInput[] {
  const lie = (isIn: bigint[], low: bigint[], rest = 0n): CircuitInput => {
    const isBeyond = 1n - sum(isIn, () => 1n);
    const index = sum(isIn, BigInt) + isBeyond * BigInt(COUNT);
    const x = toField((index << BigInt(WIDTH)) + sum(low, (j) => 1n << BigInt(j)) + rest);
    return { x, isIn: isIn.map(toField), low };
  };
  const none = at(BITS - 1, {});
  // Within the last segment where nothing is beyond it.
  const last = at(COUNT, BITS === WIDTH ? { [COUNT - 1]: 1n } : {});
  return [
    ...each(COUNT).map((i) => lie(minusOne(COUNT, i, each(COUNT)), none)),
    ...each(BITS - 1).map((j) => lie(last, at(BITS - 1, { [j]: 2n }))),
    lie(last, none, 3n),
    lie(at(COUNT, {}), none),
    lie(at(COUNT, { 0: 1n, 1: 1n }), none),
    ...each(BITS - 1).map((j) => lie(at(COUNT, { 0: 1n }), at(BITS - 1, { [j]: 1n }))),
    lie(at(COUNT, { 0: 1n }), none, 1n << BigInt(BITS - 1)),
  ];
}
