/** `provega rfq ask|quote|list|take`: a taker asks, makers answer with signed quotes, one atomic execution. */
import { randomUUID } from "node:crypto";
import type { Order, Spread } from "#protocol/intent.ts";
import { submitParams } from "#rollup-node/client.ts";
import type { AskView } from "#rollup-node/wire.ts";
import { DIGITS, day, price as priceText, units } from "#scripts/format.ts";
import { table } from "#scripts/table.ts";
import { control } from "../control.ts";
import { parseCount, parseDecimal, parsePositive } from "../decimal.ts";
import { CliError, UsageError } from "../errors.ts";
import { headOf, readTerms, type TermsOptions, withTerms } from "../intents.ts";
import {
  declare,
  type NodeOptions,
  openSession,
  print,
  type Verb,
  type WalletOptions,
  withNode,
  withWallet,
} from "../verb.ts";
import { type NamedLeg, readLegs, withLegs } from "./spread.ts";

type AskOptions = WalletOptions & TermsOptions & { readonly for: string };
type QuoteOptions = WalletOptions & TermsOptions;

export const rfq: Verb = (program, context) => {
  const group = program.command("rfq").description("Requests for quote");
  const ask = declare(
    group,
    "ask",
    "Ask for quotes, and execute at the best of them when the time is over",
    "provega rfq ask 2 1500 +1:BTC-27FEB26-75000-C -1:BTC-27FEB26-85000-C --for 30",
  );
  withLegs(withTerms(withWallet(ask, context)), "ratio and series, e.g. +1:BTC-27FEB26-70000-C; one leg is an order")
    .option("--for <seconds>", "how long to wait for quotes, in L1 time", "30")
    .action(async (size: string, net: string, texts: readonly string[], options: AskOptions) => {
      const legs = readLegs(texts);
      const lots = parsePositive(size, DIGITS.lots, "the size");
      const price = parseDecimal(net, DIGITS.price, "the net price");
      const session = await openSession(context, options);
      const until = BigInt(session.status.chain.timestamp) + BigInt(parseCount(options.for, "--for"));
      const intent = intentOf(legs, { ...(await headOf(session, options)), ...readTerms(options), size: lots }, price);
      const result = await session.client.call("provega_ask", {
        ...submitParams(
          session.wallet.sign(session.domain, intent),
          options.id ?? randomUUID(),
          legs.map(({ series }) => series),
        ),
        until: until.toString(),
      });
      print(context, options, result, ({ ask }) => asksText([ask]));
    });
  withTerms(
    withWallet(
      declare(group, "quote", "Answer an ask with a signed quote: the opposite legs", "provega rfq quote 7 1480"),
      context,
    ),
  )
    .argument("<ask>", "number of the ask")
    .argument("<net>", "what the asker would pay per unit, in USDC; negative if it would be paid")
    .action(async (number: string, net: string, options: QuoteOptions) => {
      const ask = parseCount(number, "the ask");
      const price = parseDecimal(net, DIGITS.price, "the net price");
      const session = await openSession(context, options);
      const asked = (await session.client.call("provega_asks", {})).find(({ id }) => id === ask);
      if (!asked) throw new CliError("UnknownAsk", `no ask ${ask} waits for quotes`);
      const legs = readLegs(asked.legs.map(({ series, ratio }) => `${-BigInt(ratio)}:${series}`));
      const terms = { ...(await headOf(session, options)), ...readTerms(options), size: BigInt(asked.size) };
      // Who answers receives the opposite legs for the opposite price.
      const result = await session.client.call("provega_quote", {
        ...submitParams(
          session.wallet.sign(session.domain, intentOf(legs, terms, -price)),
          options.id ?? randomUUID(),
          legs.map(({ series }) => series),
        ),
        ask,
      });
      print(context, options, result, (answer) => (answer.ask ? asksText([answer.ask]) : "executed"));
    });
  withNode(declare(group, "list", "Asks that wait for quotes", "provega rfq list"), context).action(
    async (options: NodeOptions) =>
      print(context, options, await context.connect(options.node).call("provega_asks", {}), asksText),
  );
  withWallet(declare(group, "take", "Execute your ask at its best quote now", "provega rfq take 7"), context)
    .argument("<ask>", "number of the ask")
    .action(async (number: string, options: WalletOptions) => {
      const session = await openSession(context, options);
      const result = await control(session, "take", parseCount(number, "the ask"));
      print(context, options, result, ({ sequence }) => `journal entry ${sequence}`);
    });
};

type Rest = Omit<Spread, "kind" | "legs" | "price">;

/** One leg is an order, more are a spread. Throws `UsageError`. */
function intentOf(legs: readonly NamedLeg[], rest: Rest, price: bigint): Order | Spread {
  const [leg] = legs;
  if (!leg) throw new UsageError("name at least one leg");
  if (legs.length > 1)
    return { kind: "spread", ...rest, price, legs: legs.map(({ seriesHash, ratio }) => ({ seriesHash, ratio })) };
  if (leg.ratio !== 1n && leg.ratio !== -1n) throw new UsageError("the ratio of a single leg is +1 or -1");
  const isBuy = leg.ratio === 1n;
  if (isBuy ? price < 0n : price > 0n) throw new UsageError("who buys one series pays, who sells it is paid");
  return {
    kind: "order",
    ...rest,
    seriesHash: leg.seriesHash,
    side: isBuy ? "buy" : "sell",
    price: isBuy ? price : -price,
  };
}

const asksText = (asks: readonly AskView[]): string =>
  asks.length === 0
    ? "no ask waits for quotes"
    : table(
        [
          { title: "ask" },
          { title: "legs", align: "left" },
          { title: "units" },
          { title: "until", align: "left" },
          { title: "quotes" },
          { title: "best" },
        ],
        asks.map(({ id, legs, size, until, quotes }) => [
          String(id),
          legs.map(({ series, ratio }) => `${ratio}:${series}`).join(" "),
          units(size),
          day(until),
          String(quotes.length),
          quotes[0] ? priceText(quotes[0].price) : "",
        ]),
      );
