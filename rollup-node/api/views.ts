/**
 * The node's memory as the API shows it.
 * @module
 */

import { publicInputs } from "#protocol/binding.ts";
import { legsOf } from "#protocol/intent.ts";
import { initialMargin, type MarginTerms, marginToCash } from "#protocol/margin.ts";
import { FUNDING, isPerpetualSlot, SCALE, underlyingOfSlot } from "#protocol/params.ts";
import { type Series, seriesHash, seriesName } from "#protocol/series.ts";
import { wireReport } from "../client.ts";
import type { RestingOrder } from "../engine/book.ts";
import { available, riskNow } from "../engine/risk.ts";
import type { Ask, EngineAccount, EngineState, Fill } from "../engine/types.ts";
import { type IntentRecord, idOf, intentId, type TradeRecord, unitsOf } from "../history.ts";
import { isAtLeast, type StepRecord } from "../pipeline/steps.ts";
import type { Sequencer } from "../sequencer.ts";
import type {
  AccountView,
  AskView,
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

export function marginView(state: EngineState, terms: MarginTerms, free: bigint): MarginView {
  const risk = riskNow(state, terms);
  const down =
    risk.equity >= 0n
      ? risk.equity / SCALE.equityPerCash
      : -((-risk.equity + SCALE.equityPerCash - 1n) / SCALE.equityPerCash);
  return {
    cash: text(terms.cash),
    equity: text(down),
    health: text(down - marginToCash(risk.maintenance)),
    maintenance: text(marginToCash(risk.maintenance)),
    initial: text(marginToCash(initialMargin(risk))),
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
  const isTrading = "feePerLot" in intent;
  const isExecuted = isTrading ? filled > 0n : ops.length > 0;
  if (record.quarantined) return "quarantined";
  if (isExecuted) return stepStatus(node, ops) ?? (isTrading ? "matched" : "accepted");
  if (resting > 0n) return "open";
  if (!left) return "accepted";
  return left.code === "IntentExpired" || left.code === "SeriesExpiring" ? "expired" : "cancelled";
}

export function orderView(node: Sequencer, record: IntentRecord): OrderView {
  const { intent } = record;
  const { history } = node;
  return {
    id: record.id,
    account: intent.account,
    kind: intent.kind,
    clientOrderId: record.clientOrderId,
    sequence: record.sequence,
    status: orderStatus(node, record),
    isOpen: record.resting > 0n,
    series: record.series.length > 0 ? record.series.join("+") : null,
    side: intent.kind === "order" ? intent.side : null,
    ratios: legsOf(intent).map(({ ratio }) => text(ratio)),
    price: text("price" in intent ? intent.price : 0n),
    size: text("size" in intent ? intent.size : 0n),
    filled: text(record.filled),
    remaining: text(record.resting),
    cash: text(record.cash),
    fee: text(record.fee),
    amount: text("amount" in intent ? intent.amount : 0n),
    reason: record.quarantined ?? record.left,
    steps: [...new Set(record.ops.flatMap((op) => history.stepOf(op) ?? []))],
  };
}

export function tradeView(node: Sequencer, { op, series, price, time, isQuarantined }: TradeRecord): TradeView {
  const step = node.history.stepOf(op.id);
  const status = step === undefined ? undefined : node.steps.get(step)?.status;
  const taker = op.fills.findLast(({ role }) => role !== "maker") ?? op.fills.at(-1);
  const maker = op.fills.find((fill) => fill !== taker);
  const orderOf = (fill: Fill | undefined) => (fill?.execution.intent ? idOf(fill.execution.intent) : null);
  const feesOf = (roles: readonly Fill["role"][]) =>
    op.fills.reduce((sum, { role, execution }) => sum + (roles.includes(role) ? execution.fee : 0n), 0n);
  const isSold = taker?.execution.intent?.kind !== "spread" && (taker?.execution.size ?? 0n) < 0n;
  return {
    id: op.trade,
    cause: op.cause,
    series: (taker?.legs ?? []).map(({ slot }) => series.get(slot) ?? "").join("+"),
    price: text(isSold ? -price : price),
    size: text(taker ? unitsOf(taker) : 0n),
    takerSide: isSold ? "sell" : "buy",
    maker: maker?.account ?? 0,
    taker: taker?.account ?? 0,
    makerOrder: orderOf(maker) ?? "",
    takerOrder: orderOf(taker),
    fills: op.fills.map((fill) => ({
      account: fill.account,
      role: fill.role,
      order: orderOf(fill),
      legs: fill.legs.map(({ slot, size }) => ({ series: series.get(slot) ?? "", size: text(size) })),
      cash: text(fill.execution.cash),
      fee: text(fill.execution.fee),
    })),
    makerFee: text(feesOf(["maker"])),
    takerFee: text(feesOf(["taker", "forced"])),
    timestamp: text(time),
    status: isQuarantined ? "quarantined" : (status ?? "matched"),
    step: step ?? null,
  };
}

export function accountView(node: Sequencer, id: number, account: EngineAccount): AccountView {
  const { engine, history } = node;
  const { profile } = engine.config;
  const underlyings = engine.marks.underlyings.map((_, underlying) => underlying);
  const isIn = (mask: bigint) => (underlying: number) => ((mask >> BigInt(underlying)) & 1n) === 1n;
  const open = [...account.slots.values()].filter(({ resting }) => resting !== null);
  return {
    account: id,
    owner: hex(account.owner, 40),
    key: [text(account.key.x), text(account.key.y)],
    epoch: text(account.epoch),
    modes: {
      reduceOnly: account.isReduceOnly,
      closing: account.isClosing,
      killed: underlyings.filter(isIn(BigInt(account.killed))),
    },
    sessions: account.sessions.flatMap(({ key, limits }, at) =>
      limits.validUntil === 0n
        ? []
        : [
            {
              place: at + 1,
              key: [text(key.x), text(key.y)] as const,
              underlyings: underlyings.filter(isIn(limits.underlyings)),
              validUntil: text(limits.validUntil),
              maxSize: text(limits.maxSize),
            },
          ],
    ),
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
              index: text(account.indices[slot] ?? 0n),
              funding: isPerpetualSlot(profile, slot)
                ? text(-size * fundingPerUnit(engine, underlyingOfSlot(profile, slot)))
                : null,
            },
          ],
    ),
    openOrders: open.flatMap(({ key }) => {
      const record = history.intent(intentId(id, key));
      return record ? [orderView(node, record)] : [];
    }),
  };
}

/** 1e-2 USDC per unit that a long has paid since genesis, rounded as the index has it. */
const fundingPerUnit = ({ marks }: EngineState, underlying: number): bigint => {
  const unit = FUNDING.periodSeconds * (SCALE.spot / SCALE.price);
  const sum = marks.underlyings[underlying]?.fundingSum ?? 0n;
  return sum >= 0n ? sum / unit : -((-sum + unit - 1n) / unit);
};

export const askView = ({ id, resting, until, quotes }: Ask, nameOfHash: (hash: bigint) => string): AskView => ({
  id,
  legs: legsOf(resting.signed.intent).map(({ seriesHash: hash, ratio }) => ({
    series: nameOfHash(hash),
    ratio: text(ratio),
  })),
  size: text(resting.remaining),
  until: text(until),
  quotes: quotes
    .toSorted((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0))
    .map((quote) => ({
      account: quote.resting.signed.intent.account,
      price: text(quote.price),
      size: text(quote.resting.remaining),
    })),
});

export function bookView(node: Sequencer, slot: number, depth: number): BookView {
  const book = node.engine.books[slot];
  const levels = (side: "buy" | "sell") => aggregate(book?.orders(side) ?? []).slice(0, depth);
  return {
    series: nameOf(node.engine.board[slot]?.series),
    sequence: node.height,
    bids: levels("buy"),
    asks: levels("sell"),
  };
}

/** Orders of one price as one level; they come in order of price. */
function aggregate(orders: readonly RestingOrder[]): BookLevel[] {
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
  underlyings: marks.underlyings.map(({ timestamp, mode, spot, index, fundingSum }) => ({
    timestamp: text(timestamp),
    mode,
    spot: text(spot),
    index: text(index),
    fundingSum: text(fundingSum),
  })),
  expiries: marks.expiries.map(({ expiry, forward, discount }) => ({
    expiry: text(expiry),
    forward: text(forward),
    discount: text(discount),
  })),
  series: board.flatMap(({ series, status, openLong, openShort, cap, index, deficitLong, deficitShort }, slot) =>
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
            cap: text(cap),
            payoff: text(index),
            deficitLong: text(deficitLong),
            deficitShort: text(deficitShort),
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
    reports: step.ops.find((op) => op.kind === "marks")?.reports.map((each) => each.map(wireReport)) ?? null,
  };
}
