/** `provega quote FILE`: many quotes under one signature; the next file replaces them. */
import { randomUUID } from "node:crypto";
import { parse } from "csv-parse/sync";
import type { Order } from "#protocol/intent.ts";
import { MARKET, PROFILE, type ProfileName, SCALE } from "#protocol/params.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { wireIntent, wireSignature } from "#rollup-node/client.ts";
import type { MassQuoteResult } from "#rollup-node/wire.ts";
import { DIGITS, price as priceText, units } from "#scripts/format.ts";
import { table } from "#scripts/table.ts";
import { parseDecimal, parsePositive } from "../decimal.ts";
import { CliError } from "../errors.ts";
import { readText } from "../files.ts";
import { epochOf, readValidUntil, type TimeOptions, withTime } from "../intents.ts";
import { declare, openSession, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";

type Options = WalletOptions &
  TimeOptions & { readonly maxFee: string; readonly id?: string; readonly taking?: boolean };

export const quote: Verb = (program, context) => {
  const command = declare(
    program,
    "quote",
    "Mass quote: a CSV of series, side, size and price under one signature; replaces the quotes before",
    "provega quote quotes.csv --valid-for 600",
  );
  withTime(withWallet(command, context))
    .argument("<file>", "CSV with the columns series, side, size, price")
    .option("--max-fee <usdc>", "most to pay per unit of the underlying", "50")
    .option("--taking", "let a quote trade at once; without it such a quote is refused")
    .option("--id <text>", "your own id of the mass quote; quote n has this, a dot and n")
    .action(async (file: string, options: Options) => {
      const feePerLot = parseDecimal(options.maxFee, DIGITS.cash, "--max-fee") / SCALE.lotsPerUnit;
      const rows = readQuotes(readText(file), file);
      const session = await openSession(context, options);
      const { account, wallet, domain, client, status } = session;
      const head = { account, epoch: await epochOf(session), validUntil: readValidUntil(options, session) };
      const nonces = wallet.takeQuoteNonces(rows.length);
      const intents = rows.map(
        ({ series, ...terms }, at): Order => ({
          kind: "order",
          ...head,
          nonce: nonces[at] ?? 0n,
          seriesHash: seriesHash(parseSeries(series)),
          ...terms,
          feePerLot,
          postOnly: options.taking !== true,
          ioc: false,
          fok: false,
          reduceOnly: false,
        }),
      );
      const [first] = wallet.signAll(PROFILE[status.profile as ProfileName], domain, intents);
      if (!first) return;
      const result = await client.call("provega_massQuote", {
        intents: intents.map((intent, at) => wireIntent(intent, () => rows[at]?.series ?? "")),
        signature: wireSignature(first.signature),
        clientOrderId: options.id ?? randomUUID(),
      });
      print(context, options, result, (all) => quotesText(all, rows));
    });
};

type Row = Pick<Order, "side" | "size" | "price"> & { readonly series: string };

/** Throws `CliError` BadQuotes naming the line. */
function readQuotes(text: string, file: string): readonly Row[] {
  const bad = (line: number, what: string): never => {
    throw new CliError("BadQuotes", `${file}, quote ${line}: ${what}`);
  };
  let rows: readonly Record<string, string>[] = [];
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true, trim: true, comment: "#" });
  } catch (cause) {
    throw new CliError("BadQuotes", `${file} is no CSV: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (rows.length === 0) bad(1, "there is none");
  return rows.map(({ series = "", side = "", size = "", price = "" }, at) => {
    if (side !== "buy" && side !== "sell") return bad(at + 1, `side is "${side}"; it is buy or sell`);
    try {
      parseSeries(series);
      const limit = parsePositive(price, DIGITS.price, "the price");
      if (limit % MARKET.tick !== 0n) throw new Error(`the price ${price} is off the tick`);
      return { series, side, size: parsePositive(size, DIGITS.lots, "the size"), price: limit };
    } catch (error) {
      return bad(at + 1, error instanceof Error ? error.message : String(error));
    }
  });
}

const quotesText = (all: MassQuoteResult, rows: readonly Row[]): string =>
  table(
    [
      { title: "series", align: "left" },
      { title: "side", align: "left" },
      { title: "size" },
      { title: "price" },
      { title: "status", align: "left" },
    ],
    all.map(({ result, refusal }, at) => {
      const row = rows[at];
      const status = refusal ? `${refusal.code}: ${refusal.message}` : (result?.order.status ?? "");
      return [row?.series ?? "", row?.side ?? "", units(row?.size ?? 0n), priceText(row?.price ?? 0n), status];
    }),
  );
