/**
 * One American option from plain decimals to plain decimals: what `provega price --american` prints.
 * @module
 */
import { type AmericanPrice, type AmericanTerms, american } from "./american.ts";
import type { OptionKind } from "./black76.ts";
import { PRECISION, TREE } from "./precision.ts";
import { cap, format, parse, scalePair, toBinary } from "./price-line.ts";

/** Decimal strings; `years` of 365 days, the rest per year with 1.00 for 100 %, `rate` and `yield` continuous. */
export type AmericanQuery = {
  readonly spot: string;
  readonly strike: string;
  readonly years: string;
  readonly vol: string;
  readonly rate: string;
  readonly yield: string;
  readonly kind: OptionKind;
};
/** Decimal strings in the unit of spot and strike. */
export type AmericanLine = { readonly price: string; readonly european: string; readonly premium: string };
/** A query in the circuit's integers. Spot and strike are multiplied by 10^`shift`: the price is homogeneous in both. */
export type AmericanInput = AmericanTerms & { readonly shift: number };

/** Throws `OutOfRange` on what is not a plain decimal. */
export function americanInput({ spot, strike, years, vol, rate, yield: dividend, kind }: AmericanQuery): AmericanInput {
  const { shift, first, second } = scalePair(parse("spot", spot), parse("strike", strike));
  const binary = (name: string, text: string, bits: number, whole: number, isZeroAllowed: boolean): bigint =>
    cap(toBinary(parse(name, text, isZeroAllowed), bits), bits + whole + 1);
  return {
    spot: first,
    strike: second,
    isPut: kind === "put",
    years: binary("years", years, TREE.years, 4, false),
    vol: binary("vol", vol, PRECISION.vol, 3, false),
    rate: binary("rate", rate, PRECISION.vol, 3, true),
    yield: binary("yield", dividend, PRECISION.vol, 3, true),
    shift,
  };
}

/** The decimals of a price, whether the twin's or a circuit's. */
export function formatAmerican({ price, european, premium }: AmericanPrice, shift: number): AmericanLine {
  const text = (value: bigint): string => format(value, 0, -10 - shift);
  return { price: text(price), european: text(european), premium: text(premium) };
}

/** Throws `OutOfRange` outside the domain of the tree. */
export function americanLine(query: AmericanQuery, steps: number): AmericanLine {
  const { shift, ...terms } = americanInput(query);
  return formatAmerican(american(terms, steps), shift);
}
