/**
 * The node's memory as the API shows it.
 * @module
 */

import { publicInputs } from "#protocol/binding.ts";
import { initialMargin, type MarginTerms, marginToCash } from "#protocol/margin.ts";
import { SCALE } from "#protocol/params.ts";
import { type Series, seriesHash, seriesName } from "#protocol/series.ts";
import { wireReport } from "../client.ts";
import { type Resting, sideOf } from "../engine/book.ts";
import { available, riskNow } from "../engine/risk.ts";
import type { EngineAccount, EngineState } from "../engine/types.ts";
import type { IntentRecord, TradeRecord } from "../history.ts";
import { idOf, intentId } from "../history.ts";
import { isAtLeast, type StepRecord } from "../pipeline/steps.ts";
import type { Sequencer } from "../sequencer.ts";
import type {
  AccountView,
  BookLevel,
  BookView,
  MarginView,
  MarksView,
  OrderStatus,
  OrderView,
  StepDetail,
  StepStatus,
  StepView,
  TradeView,
} from "../wire.ts";

const text = (value: bigint): string => value.toString();
const nameOf = (series: Series | null | undefined): string => (series ? seriesName(series) : "");
const hex = (value: bigint, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** Slot of the series of that name, -1 if the board has none. */
export const slotNamed = (state: EngineState, name: string): number =>
  state.board.findIndex(({ series }) => series && seriesName(series) === name);
const slotHashed = (state: EngineState, hash: bigint): number =>
  state.board.findIndex(({ series }) => series && seriesHash(series) === hash);

export function marginView(state: EngineState, terms: MarginTerms, free: bigint): MarginView {
  const risk = riskNow(state, terms);
  const down =
    risk.equity >= 0n
      ? risk.equity / SCALE.equityPerCash
      : -((-risk.equity + SCALE.equityPerCash - 1n) / SCALE.equityPerCash);
  return {
    cash: text(terms.cash),
    equity: text(down),
    maintenance: text(marginToCash(risk.maintenance)),
    initial: text(marginToCash(initialMargin(risk.maintenance))),
    available: text(free),
    isHealthy: risk.surplus >= 0n,
    worstScenario: risk.worst.map(({ scenario }) => scenario),
  };
}

export const accountMargin = (state: EngineState, account: EngineAccount): MarginView =>
  marginView(state, account, available(state, account));

/** The least advanced of the steps that carry `ops`; null if one of them is not sealed. */
function stepStatus({ history, steps }: Sequencer, ops: readonly number[]): StepStatus | null {
  let least: StepStatus = "final";
  for (const op of ops) {
    const number = history.stepOf(op);
    const status = number === undefined ? undefined : steps.get(number)?.status;
    if (!status) return null;
    if (isAtLeast(least, status)) least = status;
  }
  return least;
}

function orderStatus(node: Sequencer, record: IntentRecord): OrderStatus {
  const { intent, filled, resting, left, ops } = record;
  const isExecuted = intent.kind === "order" ? filled > 0n : ops.length > 0;
  if (record.quarantined) return "quarantined";
  if (isExecuted) return stepStatus(node, ops) ?? (intent.kind === "order" ? "matched" : "accepted");
  if (resting > 0n) return "open";
  if (!left) return "accepted";
  return left.code === "IntentExpired" || left.code === "SeriesExpiring" ? "expired" : "cancelled";
}

export function orderView(node: Sequencer, record: IntentRecord): OrderView {
  const { intent, history } = { intent: record.intent, history: node.history };
  const order = intent.kind === "order" ? intent : null;
  const slot = order ? slotHashed(node.engine, order.seriesHash) : -1;
  return {
    id: record.id,
    account: intent.account,
    kind: intent.kind,
    clientOrderId: record.clientOrderId,
    sequence: record.sequence,
    status: orderStatus(node, record),
    isOpen: record.resting > 0n,
    series: order ? nameOf(node.engine.board[slot]?.series) : null,
    side: order?.side ?? null,
    price: text(order?.price ?? 0n),
    size: text(order?.size ?? 0n),
    filled: text(record.filled),
    remaining: text(record.resting),
    cash: text(record.cash),
    fee: text(record.fee),
    amount: text(intent.kind === "withdraw" ? intent.amount : 0n),
    reason: record.quarantined ?? record.left,
    steps: [...new Set(record.ops.flatMap((op) => history.stepOf(op) ?? []))],
  };
}

export function tradeView(node: Sequencer, { op, price, time, isQuarantined }: TradeRecord): TradeView {
  const [maker, taker] = op.legs;
  const step = node.history.stepOf(op.id);
  const status = step === undefined ? undefined : node.steps.get(step)?.status;
  return {
    id: op.trade,
    series: nameOf(node.engine.board[op.slot]?.series),
    price: text(price),
    size: text(taker.size < 0n ? -taker.size : taker.size),
    takerSide: taker.signed.intent.side,
    maker: maker.signed.intent.account,
    taker: taker.signed.intent.account,
    makerOrder: idOf(maker.signed.intent),
    takerOrder: idOf(taker.signed.intent),
    makerFee: text(maker.fee),
    takerFee: text(taker.fee),
    timestamp: text(time),
    status: isQuarantined ? "quarantined" : (status ?? "matched"),
    step: step ?? null,
  };
}

export function accountView(node: Sequencer, id: number, account: EngineAccount): AccountView {
  const { engine, history } = node;
  const open = [...account.slots.values()].filter(({ book }) => book >= 0);
  return {
    account: id,
    owner: hex(account.owner, 40),
    key: [text(account.key.x), text(account.key.y)],
    epoch: text(account.epoch),
    margin: accountMargin(engine, account),
    positions: account.sizes.flatMap((size, slot) =>
      size === 0n
        ? []
        : [
            {
              series: nameOf(engine.board[slot]?.series),
              slot,
              size: text(size),
              mark: text(engine.marks.slots[slot]?.mark ?? 0n),
            },
          ],
    ),
    openOrders: open.flatMap(({ key }) => {
      const record = history.intent(intentId(id, key));
      return record ? [orderView(node, record)] : [];
    }),
  };
}

export function bookView(node: Sequencer, slot: number, depth: number): BookView {
  const book = node.engine.books[slot];
  const levels = (side: "buy" | "sell") => aggregate(book ? sideOf(book, side) : []).slice(0, depth);
  return {
    series: nameOf(node.engine.board[slot]?.series),
    sequence: node.height,
    bids: levels("buy"),
    asks: levels("sell"),
  };
}

/** Orders of one price as one level; they come in order of price. */
function aggregate(orders: readonly Resting[]): BookLevel[] {
  const levels: { price: bigint; size: bigint; orders: number }[] = [];
  for (const { signed, remaining } of orders) {
    const last = levels.at(-1);
    if (last?.price === signed.intent.price) {
      last.size += remaining;
      last.orders++;
    } else levels.push({ price: signed.intent.price, size: remaining, orders: 1 });
  }
  return levels.map(({ price, size, orders: count }) => ({ price: text(price), size: text(size), orders: count }));
}

export const marksView = ({ marks, board }: EngineState): MarksView => ({
  underlyings: marks.underlyings.map(({ timestamp, mode, spot }) => ({
    timestamp: text(timestamp),
    mode,
    spot: text(spot),
  })),
  expiries: marks.expiries.map(({ expiry, forward, discount }) => ({
    expiry: text(expiry),
    forward: text(forward),
    discount: text(discount),
  })),
  series: board.flatMap(({ series, status, openLong, openShort }, slot) =>
    series
      ? [
          {
            series: seriesName(series),
            slot,
            seriesHash: text(seriesHash(series)),
            status,
            mark: text(marks.slots[slot]?.mark ?? 0n),
            scenarioPrices: (marks.slots[slot]?.prices ?? []).map(text),
            openLong: text(openLong),
            openShort: text(openShort),
          },
        ]
      : [],
  ),
});

export function stepView({ number, sealed, status, trades, requests, proven, posted, sent }: StepRecord): StepView {
  return {
    number,
    kind: sealed.kind,
    status,
    timestamp: text(sealed.timestamp),
    oldRoot: text(sealed.oldRoot),
    newRoot: text(sealed.newRoot),
    trades,
    executions: sealed.executions,
    lanes: sealed.lanes,
    requests,
    timings: proven?.timings ?? null,
    transaction: posted?.hash ?? sent?.hash ?? null,
    block: posted?.block ?? null,
    gas: posted ? text(posted.gas) : null,
  };
}

export function stepDetail(step: StepRecord): StepDetail {
  const { c, z, y } = publicInputs(step.sealed.words);
  return {
    ...stepView(step),
    words: step.sealed.words.map(text),
    commitment: text(c),
    publicInputs: [c, z, y].map(text),
    proof: step.proven?.proof.map(text) ?? null,
    reports: step.ops.find((op) => op.kind === "marks")?.reports.map(wireReport) ?? null,
  };
}
