/** `provega order buy BTC-27FEB26-70000-P 0.5 1380`: sign and submit a limit order, or preview its margin. */
import { randomUUID } from "node:crypto";
import { Argument } from "commander";
import type { Order } from "#protocol/intent.ts";
import { MARKET } from "#protocol/params.ts";
import { seriesHash as hashOf, parseSeries } from "#protocol/series.ts";
import { submitParams } from "#rollup-node/client.ts";
import type { PreviewResult } from "#rollup-node/wire.ts";
import { DIGITS, formatDecimal } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { parseDecimal, parsePositive } from "../decimal.ts";
import { CliError, UsageError } from "../errors.ts";
import { headOf, readTerms, type Terms, type TermsOptions, withTerms } from "../intents.ts";
import { declare, openSession, print, type Session, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { marginFacts, resultText } from "../views.ts";

type Options = WalletOptions &
  TermsOptions & {
    readonly market?: boolean;
    readonly slippage: string;
    readonly cancelOnDisconnect?: boolean;
    readonly preview?: boolean;
  };
type Side = Order["side"];

export const order: Verb = (program, context) => {
  const command = declare(
    program,
    "order",
    "Submit a signed order",
    `provega order buy BTC-27FEB26-70000-P 0.5 1380
provega order sell BTC-27FEB26-85000-C 1 960 --preview
provega order buy BTC-PERP 0.2 --market --slippage 0.5
provega order buy BTC-PERP 0.2 63000 --cancel-on-disconnect`,
  );
  withTerms(withWallet(command, context))
    .addArgument(new Argument("<side>", "what to do").choices(["buy", "sell"]))
    .argument("<series>", "e.g. BTC-27FEB26-70000-P or BTC-PERP")
    .argument("<size>", "units of the underlying, at most four decimals")
    .argument("[price]", "limit in USDC per unit, a multiple of the tick; of a market order the worst price")
    .option("--market", "trade at once at the best prices there are; without a price, within --slippage of the best")
    .option("--slippage <percent>", "how far beyond the best price a market order may trade", "1")
    .option("--cancel-on-disconnect", "take it out of the book when `provega keep-alive` is not heard for too long")
    .option("--preview", "show margin before and after, submit nothing")
    .action(async (side: Side, series: string, size: string, limit: string | undefined, options: Options) => {
      const { market: isMarket = false } = options;
      if (isMarket && options.postOnly) throw new UsageError("a market order takes: it cannot be --post-only");
      if (options.cancelOnDisconnect && (isMarket || options.ioc || options.fok))
        throw new UsageError("an order that never waits in the book cannot be --cancel-on-disconnect");
      if (!isMarket && limit === undefined) throw new UsageError("name a price, or say --market");
      const terms = readTerms(isMarket && !options.fok ? { ...options, ioc: true } : options);
      const lots = parsePositive(size, DIGITS.lots, "the size");
      const named = limit === undefined ? null : readPrice(limit);
      const seriesHash = hashOf(parseSeries(series));
      const session = await openSession(context, options);
      const price = named ?? (await worstPrice(session, side, series, options.slippage));
      const wanted = { seriesHash, side, size: lots, price, ...terms };
      if (options.preview)
        return preview(session, series, wanted, (result) => print(context, options, result, previewText));
      const intent: Order = { kind: "order", ...(await headOf(session, options)), ...wanted };
      const result = await session.client.call("provega_submitIntent", {
        ...submitParams(session.wallet.sign(session.domain, intent), options.id ?? randomUUID(), series),
        ...(options.cancelOnDisconnect ? { cancelOnDisconnect: true } : {}),
      });
      print(context, options, result, resultText);
    });
};

type Wanted = Terms & Pick<Order, "seriesHash" | "side" | "size" | "price">;

function readPrice(limit: string): bigint {
  const price = parsePositive(limit, DIGITS.price, "the price");
  if (price % MARKET.tick === 0n) return price;
  throw new CliError(
    "OffTick",
    `the price is ${limit}; it is a multiple of ${formatDecimal(MARKET.tick, DIGITS.price)} USDC`,
  );
}

/** The best price of the other side, moved against the owner by `slippage` percent, to the next tick. */
async function worstPrice({ client }: Session, side: Side, series: string, slippage: string): Promise<bigint> {
  const { bids, asks } = await client.call("provega_book", { series, depth: 1 });
  const [best] = side === "buy" ? asks : bids;
  if (!best) throw new CliError("EmptyBook", `nobody ${side === "buy" ? "sells" : "buys"} ${series} now`);
  const moved = BigInt(best.price) * parseDecimal(slippage, 2, "--slippage");
  const away = (moved + PERCENT - 1n) / PERCENT;
  const price = side === "buy" ? BigInt(best.price) + away : BigInt(best.price) - away;
  const ticks = side === "buy" ? (price + MARKET.tick - 1n) / MARKET.tick : price / MARKET.tick;
  return ticks > 0n ? ticks * MARKET.tick : MARKET.tick;
}
/** One, in hundredths of a percent. */
const PERCENT = 10_000n;

async function preview(
  { client, account }: Session,
  series: string,
  terms: Wanted,
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
