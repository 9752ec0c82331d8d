/**
 * The node's views as text for people.
 * @module
 */
import { UNDERLYING } from "#protocol/series.ts";
import type { AccountView, MarginView, OrderView, SubmitResult, TradeView } from "#rollup-node/wire.ts";
import { mark, price, units, usdc } from "#scripts/format.ts";
import { facts, table } from "#scripts/table.ts";

export const marginFacts = (margin: MarginView): readonly (readonly [string, string])[] => [
  ["cash", usdc(margin.cash)],
  ["equity", usdc(margin.equity)],
  ["initial margin", usdc(margin.initial)],
  ["maintenance margin", usdc(margin.maintenance)],
  ["health", usdc(margin.health)],
  ["available", usdc(margin.available)],
  ["state", stateText(margin)],
];

function stateText({ isHealthy, health }: MarginView): string {
  if (isHealthy) return "healthy";
  return BigInt(health) < 0n
    ? "below maintenance margin: being liquidated"
    : "below initial margin: positions may only shrink";
}

/** Modes and keys that bind an account; none is the usual case. */
function modeFacts({ modes, sessions }: AccountView): readonly (readonly [string, string])[] {
  const words = [
    ...(modes.reduceOnly ? ["reduce-only until `provega resume`"] : []),
    ...(modes.closing ? ["closing: anyone may close its positions inside the price band"] : []),
    ...modes.killed.map((each) => `no orders in ${UNDERLYING[each] ?? each} until released`),
  ];
  return [
    ...(words.length > 0 ? [["modes", words.join("; ")] as const] : []),
    ...(sessions.length > 0 ? [["session keys", String(sessions.length)] as const] : []),
  ];
}

export function accountText(view: AccountView): string {
  const positions = table(
    [{ title: "position", align: "left" }, { title: "size" }, { title: "mark" }, { title: "funding since genesis" }],
    view.positions.map(({ series, size, mark: at, funding }) => [
      series,
      units(size),
      mark(at),
      funding === null ? "" : usdc(funding),
    ]),
  );
  const parts = [
    facts([
      ["account", String(view.account)],
      ["L1 owner", view.owner],
      ...modeFacts(view),
      ...marginFacts(view.margin),
    ]),
  ];
  if (view.positions.length > 0) parts.push(positions);
  if (view.openOrders.length > 0) parts.push(ordersText(view.openOrders));
  return parts.join("\n\n");
}

const ordersText = (orders: readonly OrderView[]): string =>
  table(
    [
      { title: "order", align: "left" },
      { title: "status", align: "left" },
      { title: "series", align: "left" },
      { title: "side", align: "left" },
      { title: "size" },
      { title: "filled" },
      { title: "price" },
    ],
    orders.map((order) => [
      order.id,
      order.status,
      order.series ?? order.kind,
      order.side ?? order.ratios.join(":"),
      units(order.size),
      units(order.filled),
      price(order.price),
    ]),
  );

const tradesText = (trades: readonly TradeView[]): string =>
  table(
    [
      { title: "trade", align: "left" },
      { title: "series", align: "left" },
      { title: "size" },
      { title: "price" },
      { title: "status", align: "left" },
    ],
    trades.map((trade) => [String(trade.id), trade.series, units(trade.size), price(trade.price), trade.status]),
  );

export function orderText(order: OrderView): string {
  const terms: readonly (readonly [string, string])[] =
    order.kind === "order"
      ? [
          ["series", `${order.side} ${order.series}`],
          ["size", `${units(order.size)}, of it filled ${units(order.filled)}`],
          ["limit", price(order.price)],
          ["cash", usdc(order.cash)],
          ["fee", usdc(order.fee)],
        ]
      : order.kind === "spread"
        ? [
            ["spread", `${order.ratios.join(":")} of ${order.series}`],
            ["size", `${units(order.size)}, of it filled ${units(order.filled)}`],
            ["net limit", price(order.price)],
            ["cash", usdc(order.cash)],
            ["fee", usdc(order.fee)],
          ]
        : order.amount !== "0"
          ? [["amount", usdc(order.amount)]]
          : [];
  const reason: readonly (readonly [string, string])[] = order.reason
    ? [["reason", `${order.reason.code}: ${order.reason.message}`]]
    : [];
  return facts([
    [order.kind, order.id],
    ["client id", order.clientOrderId],
    ["status", order.status],
    ...terms,
    ...reason,
  ]);
}

/** What became of a submitted intent. */
export const resultText = ({ order, trades }: SubmitResult): string =>
  trades.length > 0 ? `${orderText(order)}\n\n${tradesText(trades)}` : orderText(order);
