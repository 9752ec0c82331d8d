/** `provega book [SERIES]`: the order book of a series, or every series with its mark. */
import type { BookView, MarksView } from "#rollup-node/wire.ts";
import { day, mark, price, spot, units } from "#scripts/format.ts";
import { table } from "#scripts/table.ts";
import { parseCount } from "../decimal.ts";
import { declare, type NodeOptions, print, type Verb, withNode } from "../verb.ts";

type Options = NodeOptions & { readonly depth: string };

export const book: Verb = (program, context) => {
  const command = declare(
    program,
    "book",
    "Order book of a series; without one, all series and their marks",
    "provega book BTC-27FEB26-70000-P",
  );
  withNode(command, context)
    .argument("[series]", "e.g. BTC-27FEB26-70000-P")
    .option("--depth <levels>", "price levels per side", "10")
    .action(async (series: string | undefined, options: Options) => {
      const client = context.connect(options.node);
      const depth = parseCount(options.depth, "--depth");
      if (series === undefined) print(context, options, await client.call("provega_marks", {}), marksText);
      else print(context, options, await client.call("provega_book", { series, depth }), bookText);
    });
};

function bookText({ series, bids, asks }: BookView): string {
  const rows = Array.from({ length: Math.max(bids.length, asks.length) }, (_, at) => {
    const [bid, ask] = [bids[at], asks[at]];
    return [
      bid ? units(bid.size) : "",
      bid ? price(bid.price) : "",
      ask ? price(ask.price) : "",
      ask ? units(ask.size) : "",
    ];
  });
  return `${series}\n${table([{ title: "size" }, { title: "bid" }, { title: "ask" }, { title: "size" }], rows)}`;
}

function marksText({ underlyings, expiries, series }: MarksView): string {
  const heads = underlyings.map(({ timestamp, mode, spot: at }) => `spot ${spot(at)} at ${day(timestamp)}, ${mode}`);
  const forwards = expiries
    .filter(({ expiry }) => expiry !== "0")
    .map(({ expiry, forward }) => `forward ${spot(forward)} for ${day(expiry)}`);
  const rows = series
    .filter(({ status }) => status !== "empty")
    .map((each) => [each.series, each.status, mark(each.mark), units(each.openLong)]);
  const columns = [
    { title: "series", align: "left" as const },
    { title: "status", align: "left" as const },
    { title: "mark" },
    { title: "open interest" },
  ];
  return [...heads, ...forwards, "", table(columns, rows)].join("\n");
}
