/** `provega spread 1 1200 +1:BTC-27FEB26-70000-C -1:BTC-27FEB26-75000-C`: several series in one signature, wholly or not at all. */
import type { Command } from "commander";
import type { Spread, SpreadLeg } from "#protocol/intent.ts";
import { LEGS } from "#protocol/params.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { DIGITS } from "#scripts/format.ts";
import { parseDecimal, parsePositive } from "../decimal.ts";
import { UsageError } from "../errors.ts";
import { readTerms, submitOne, type TermsOptions, withTerms } from "../intents.ts";
import { declare, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { resultText } from "../views.ts";

type Options = WalletOptions & TermsOptions;
export type NamedLeg = SpreadLeg & { readonly series: string };

export const spread: Verb = (program, context) => {
  const command = declare(
    program,
    "spread",
    "Submit a signed spread: up to four series in one ratio, executed wholly in it or not at all",
    `provega spread 0.5 900 +1:BTC-27FEB26-75000-C -1:BTC-27FEB26-85000-C
provega spread 1 -150 -1:BTC-27FEB26-70000-P +2:BTC-27FEB26-60000-P --wallet alice.json`,
  );
  withLegs(withTerms(withWallet(command, context)), "ratio and series, e.g. +1:BTC-27FEB26-70000-C").action(
    async (size: string, net: string, texts: readonly string[], options: Options) => {
      const legs = readLegs(texts);
      if (legs.length < 2) throw new UsageError("a spread has two to four legs; an order has one");
      const wanted = {
        legs: legs.map(({ seriesHash: hash, ratio }) => ({ seriesHash: hash, ratio })),
        size: parsePositive(size, DIGITS.lots, "the size"),
        price: parseDecimal(net, DIGITS.price, "the net price"),
        ...readTerms(options),
      };
      const result = await submitOne(
        context,
        options,
        (head): Spread => ({ kind: "spread", ...head, ...wanted }),
        legs.map(({ series }) => series),
      );
      print(context, options, result, resultText);
    },
  );
};

/** Size, net price and legs; a leg may begin with a minus, which is no option then. */
export const withLegs = (command: Command, legs: string): Command =>
  command
    .argument("<size>", "units, in units of the underlying: at most four decimals")
    .argument("<net>", "most that one unit may cost, in USDC; negative if it has to bring something")
    .argument("<legs...>", legs)
    .allowUnknownOption();

/** Legs as people write them. Throws `UsageError`. */
export function readLegs(texts: readonly string[]): readonly NamedLeg[] {
  const option = texts.find((text) => text.startsWith("--"));
  if (option) throw new UsageError(`unknown option ${option}`);
  if (texts.length > LEGS) throw new UsageError(`${texts.length} legs; there are at most ${LEGS}`);
  return texts.map((text) => {
    const [, ratio = "", series = ""] = /^([+-]?\d{1,4}):(.+)$/.exec(text) ?? [];
    if (ratio === "" || Number(ratio) === 0)
      throw new UsageError(`the leg "${text}" is not a ratio and a series, e.g. +1:BTC-27FEB26-70000-C`);
    return { series, seriesHash: seriesHash(parseSeries(series)), ratio: BigInt(ratio.replace("+", "")) };
  });
}
