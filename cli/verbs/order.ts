/** `provega order buy BTC-27FEB26-70000-P 0.5 1380`: sign and submit a limit order, or preview its margin. */
import { randomUUID } from "node:crypto";
import { Argument } from "commander";
import type { Order } from "#protocol/intent.ts";
import { MARKET, SCALE } from "#protocol/params.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import type { PreviewResult, SubmitResult } from "#rollup-node/wire.ts";
import { DIGITS, formatDecimal } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { parseCount, parseDecimal, parsePositive } from "../decimal.ts";
import { CliError, UsageError } from "../errors.ts";
import { declare, openSession, print, type Session, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { marginFacts, orderText, tradesText } from "../views.ts";

type Options = WalletOptions & {
  readonly postOnly?: boolean;
  readonly ioc?: boolean;
  readonly validFor: string;
  readonly maxFee: string;
  readonly id?: string;
  readonly preview?: boolean;
};

export const order: Verb = (program, context) => {
  const command = declare(
    program,
    "order",
    "Submit a signed limit order",
    "provega order buy BTC-27FEB26-70000-P 0.5 1380\nprovega order sell BTC-27FEB26-85000-C 1 960 --preview",
  );
  withWallet(command, context)
    .addArgument(new Argument("<side>", "what to do").choices(["buy", "sell"]))
    .argument("<series>", "e.g. BTC-27FEB26-70000-P")
    .argument("<size>", "units of the underlying, at most four decimals")
    .argument("<price>", "limit in USDC per unit, a multiple of the tick")
    .option("--post-only", "refuse the order if it would trade at once")
    .option("--ioc", "cancel what does not trade at once")
    .option("--valid-for <seconds>", "of L1 time", "86400")
    .option("--max-fee <usdc>", "most to pay per unit of the underlying", "50")
    .option("--id <text>", "your own id of the order; the same id never submits twice")
    .option("--preview", "show margin before and after, submit nothing")
    .action(async (side: "buy" | "sell", series: string, size: string, limit: string, options: Options) => {
      const terms = readTerms(side, series, size, limit, options);
      const session = await openSession(context, options);
      if (options.preview)
        return preview(session, series, terms, (result) => print(context, options, result, previewText));
      const intent: Order = {
        kind: "order",
        account: session.account,
        epoch: BigInt((await session.client.call("provega_account", { account: session.account })).epoch),
        nonce: session.wallet.takeNonce(),
        validUntil: BigInt(session.status.chain.timestamp) + BigInt(parseCount(options.validFor, "--valid-for")),
        ...terms,
      };
      const result = await session.client.submit(
        session.wallet.sign(session.domain, intent),
        options.id ?? randomUUID(),
        series,
      );
      print(context, options, result, resultText);
    });
};

type Terms = Pick<Order, "seriesHash" | "side" | "size" | "price" | "feePerLot" | "postOnly" | "ioc">;

function readTerms(side: "buy" | "sell", series: string, size: string, limit: string, options: Options): Terms {
  if (options.postOnly && options.ioc) throw new UsageError("an order is --post-only or --ioc, not both");
  const price = parsePositive(limit, DIGITS.price, "the price");
  if (price % MARKET.tick !== 0n) {
    throw new CliError(
      "OffTick",
      `the price is ${limit}; it is a multiple of ${formatDecimal(MARKET.tick, DIGITS.price)} USDC`,
    );
  }
  return {
    seriesHash: seriesHash(parseSeries(series)),
    side,
    size: parsePositive(size, DIGITS.lots, "the size"),
    price,
    feePerLot: parseDecimal(options.maxFee, DIGITS.cash, "--max-fee") / SCALE.lotsPerUnit,
    postOnly: options.postOnly ?? false,
    ioc: options.ioc ?? false,
  };
}

async function preview(
  { client, account }: Session,
  series: string,
  terms: Terms,
  show: (result: PreviewResult) => void,
): Promise<void> {
  const { side, size, price, feePerLot } = terms;
  const result = await client.call("provega_previewOrder", {
    account,
    series,
    side,
    size: size.toString(),
    price: price.toString(),
    feePerLot: feePerLot.toString(),
  });
  show(result);
  if (result.refusal) throw new CliError(result.refusal.code, result.refusal.message);
}

const previewText = ({ before, after }: PreviewResult): string =>
  `before\n${facts(marginFacts(before))}\n\nafter, if all of it trades at the limit\n${facts(marginFacts(after))}`;

const resultText = ({ order: view, trades }: SubmitResult): string =>
  trades.length > 0 ? `${orderText(view)}\n\n${tradesText(trades)}` : orderText(view);
