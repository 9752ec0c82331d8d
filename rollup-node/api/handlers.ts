/**
 * What each method of the API does.
 * @module
 */
import { type Intent, type Order, type SpreadLeg, signedSize } from "#protocol/intent.ts";
import { seriesHash, seriesName } from "#protocol/series.ts";
import type { Admission, Admitted, Given } from "../admission.ts";
import type { BoardDriver } from "../board/driver.ts";
import type { Controls } from "../control.ts";
import { checkIntent, feeRate } from "../engine/admit.ts";
import { nonceOf } from "../engine/ledger.ts";
import { changed } from "../engine/risk.ts";
import type { Ask } from "../engine/types.ts";
import { isRefused, type Refused, refused } from "../errors.ts";
import type { ReportCollector } from "../oracles/collector.ts";
import type { Sequencer } from "../sequencer.ts";
import type { AskView, PreviewResult, StatusView, SubmitResult } from "../wire.ts";
import type { Handlers } from "./rpc.ts";
import type { Params } from "./schemas.ts";
import {
  accountMargin,
  accountView,
  askView,
  bookView,
  marginView,
  marksView,
  orderView,
  slotNamed,
  stepDetail,
  stepView,
  tradeView,
} from "./views.ts";

export type ApiContext = {
  readonly sequencer: Sequencer;
  readonly admission: Admission;
  readonly collector: ReportCollector;
  readonly controls: Controls;
  readonly board: BoardDriver;
  status(): StatusView;
  /** Reads L1's newest block, so that reports are judged at its time. */
  refreshTime(): Promise<void>;
};

const noSeries = (name: string): Refused => refused("UnknownSeries", `the board lists no series "${name}"`);
const noAccount = (id: number): Refused => refused("UnknownAccount", `account ${id} is not registered`);

export function createHandlers({
  sequencer,
  admission,
  collector,
  controls,
  board,
  status,
  refreshTime,
}: ApiContext): Handlers {
  return {
    provega_submitIntent: async (params) => {
      const given = givenOf(sequencer, params);
      if (isRefused(given)) return given;
      const admitted = await admission.submit(given);
      if (isRefused(admitted)) return admitted;
      if (params.cancelOnDisconnect) controls.expect(given.intent.account);
      return submitted(sequencer, admitted);
    },
    provega_massQuote: async ({ intents: wires, signature, clientOrderId }) => {
      const intents = [];
      for (const wire of wires) {
        const intent = intentOf(sequencer, wire);
        if (isRefused(intent)) return intent;
        intents.push(intent);
      }
      const all = await admission.submitAll(intents, signature, clientOrderId);
      if (isRefused(all)) return all;
      return all.map((each) =>
        isRefused(each)
          ? { result: null, refusal: { code: each.code, message: each.message } }
          : { result: submitted(sequencer, each), refusal: null },
      );
    },
    provega_control: ({ control, signature }) => controls.run(control, signature),
    provega_ask: async ({ until, ...params }) => {
      const given = givenOf(sequencer, params);
      if (isRefused(given)) return given;
      const admitted = await admission.submit(given, (submission) => ({ type: "ask", until, ...submission }));
      if (isRefused(admitted)) return admitted;
      const { account, nonce, epoch } = given.intent;
      const ask = [...sequencer.engine.asks.values()].find(({ resting: { signed } }) => {
        const { intent } = signed;
        return intent.account === account && intent.nonce === nonce && intent.epoch === epoch;
      });
      return ask
        ? { receipt: admitted.receipt, ask: askOf(sequencer, ask) }
        : refused("UnknownAsk", "the ask does not wait any more");
    },
    provega_quote: async ({ ask, ...params }) => {
      const given = givenOf(sequencer, params);
      if (isRefused(given)) return given;
      const admitted = await admission.submit(given, (submission) => ({ type: "quote", ask, ...submission }));
      if (isRefused(admitted)) return admitted;
      const waiting = sequencer.engine.asks.get(ask);
      return { receipt: admitted.receipt, ask: waiting ? askOf(sequencer, waiting) : null };
    },
    provega_asks: () => [...sequencer.engine.asks.values()].map((ask) => askOf(sequencer, ask)),
    provega_publishSums: async ({ sums }) => {
      await refreshTime();
      const settlements = await board.publish(sums);
      return isRefused(settlements) ? settlements : { settlements };
    },
    provega_board: async (params) => {
      await refreshTime();
      return board.command(params);
    },
    provega_previewOrder: (params) => preview(sequencer, params),
    provega_account: ({ account }) => {
      const found = sequencer.engine.accounts.get(account);
      return found ? accountView(sequencer, account, found) : noAccount(account);
    },
    provega_accounts: ({ from, limit }) => {
      const views = [];
      for (const [id, account] of sequencer.engine.accounts.entries()) {
        if (id >= from) views.push(accountView(sequencer, id, account));
        if (views.length === limit) break;
      }
      return views;
    },
    provega_book: ({ series, depth }) => {
      const slot = slotNamed(sequencer.engine, series);
      return slot < 0 ? noSeries(series) : bookView(sequencer, slot, depth);
    },
    provega_marks: () => marksView(sequencer.engine),
    provega_trades: (params) => tradesOf(sequencer, params),
    provega_steps: ({ before, limit }) => {
      const views = [];
      for (
        let number = Math.min(before ?? Infinity, sequencer.steps.height + 1) - 1;
        number > 0 && views.length < limit;
        number--
      ) {
        const step = sequencer.steps.get(number);
        if (step) views.push(stepView(step));
      }
      return views;
    },
    provega_step: ({ number }) => {
      const step = sequencer.steps.get(number);
      return step
        ? stepDetail(step)
        : refused("UnknownStep", `no step ${number}; the newest is ${sequencer.steps.height}`);
    },
    provega_order: (params) => {
      const record =
        "id" in params
          ? sequencer.history.intent(params.id)
          : sequencer.history.byClient(params.account, params.clientOrderId);
      return record ? orderView(sequencer, record) : refused("UnknownOrder", "no such intent was admitted");
    },
    provega_registration: async ({ key }) => {
      const b = await admission.registration(key);
      return isRefused(b) ? b : { b: [b.x.toString(), b.y.toString()] };
    },
    provega_publishMarks: async ({ reports }) => {
      await refreshTime();
      const published = await collector.publish(reports);
      if (isRefused(published)) return published;
      const { adopted, waiting } = published;
      if (!adopted) return { adopted, waiting };
      const { sequence, hash, candidates } = adopted;
      return { adopted: { sequence, journalHash: `0x${hash}`, candidates }, waiting };
    },
    provega_status: status,
  };
}

/** The intent that a client means: its series by hash. */
function intentOf({ engine }: Sequencer, wire: Params["provega_submitIntent"]["intent"]): Intent | Refused {
  const hashOf = (name: string): bigint | null => {
    const series = engine.board[slotNamed(engine, name)]?.series;
    return series ? seriesHash(series) : null;
  };
  if (wire.kind === "order") {
    const { series, ...order } = wire;
    const hash = hashOf(series);
    return hash === null ? noSeries(series) : { ...order, seriesHash: hash };
  }
  if (wire.kind !== "spread") return wire;
  const legs: SpreadLeg[] = [];
  for (const { series, ratio } of wire.legs) {
    const hash = hashOf(series);
    if (hash === null) return noSeries(series);
    legs.push({ seriesHash: hash, ratio });
  }
  return { ...wire, legs };
}

type Signed = Pick<Params["provega_submitIntent"], "intent" | "signature" | "bulk" | "clientOrderId"> & {
  readonly cancelOnDisconnect?: boolean;
};
function givenOf(
  sequencer: Sequencer,
  { intent: wire, signature, bulk, clientOrderId, cancelOnDisconnect = false }: Signed,
): Given | Refused {
  const intent = intentOf(sequencer, wire);
  if (isRefused(intent)) return intent;
  return {
    intent,
    signature,
    clientOrderId,
    ...(bulk ? { bulk } : {}),
    ...(cancelOnDisconnect ? { cancelOnDisconnect } : {}),
  };
}

function submitted(sequencer: Sequencer, { receipt, record }: Admitted): SubmitResult {
  const trades = record.ops.flatMap((op) => sequencer.history.tradeOf(op) ?? []);
  return {
    receipt,
    order: orderView(sequencer, record),
    trades: trades.map((trade) => tradeView(sequencer, trade)),
  };
}

const askOf = ({ engine }: Sequencer, ask: Ask): AskView =>
  askView(ask, (hash) => {
    const series = engine.board.find((slot) => slot.series && seriesHash(slot.series) === hash)?.series;
    return series ? seriesName(series) : "";
  });

/** What an order would do to its account's margin if it filled wholly at its limit. */
function preview(
  sequencer: Sequencer,
  { account: id, series: name, side, size, price, feePerLot, reduceOnly }: Params["provega_previewOrder"],
): PreviewResult | Refused {
  const { engine } = sequencer;
  const account = engine.accounts.get(id);
  const slot = slotNamed(engine, name);
  const series = engine.board[slot]?.series;
  if (!account) return noAccount(id);
  if (!series) return noSeries(name);
  const { settlementSeconds } = engine.config;
  const rate = feeRate(engine.config, { postOnly: false });
  const used = [...account.slots.values()].reduce((most, { key }) => (key > most ? key : most), 0n);
  const order: Order = {
    kind: "order",
    account: id,
    epoch: account.epoch,
    nonce: nonceOf(used) + 1n,
    validUntil: engine.time + settlementSeconds,
    seriesHash: seriesHash(series),
    side,
    size,
    price,
    feePerLot: feePerLot ?? rate,
    postOnly: false,
    ioc: false,
    fok: false,
    reduceOnly,
  };
  const refusal = checkIntent(engine, { intent: order });
  const lots = signedSize(side, size);
  const after = changed(engine, account, { legs: [{ slot, size: lots }], cash: -price * lots, fee: rate * size });
  const afterView = marginView(engine, after, 0n);
  return {
    before: accountMargin(engine, account),
    after: { ...afterView, available: afterView.isHealthy ? spare(afterView) : "0" },
    refusal: refusal && { code: refusal.code, message: refusal.message },
  };
}

/** What exceeds initial margin, at most the cash. */
function spare({ cash, equity, initial }: PreviewResult["after"]): string {
  const free = BigInt(equity) - BigInt(initial);
  const most = free < BigInt(cash) ? free : BigInt(cash);
  return (most > 0n ? most : 0n).toString();
}

function tradesOf(sequencer: Sequencer, { series, account, before, limit }: Params["provega_trades"]) {
  if (series !== undefined && slotNamed(sequencer.engine, series) < 0) return noSeries(series);
  const { trades } = sequencer.history;
  const views = [];
  for (let id = Math.min(before ?? Infinity, trades.length + 1) - 1; id > 0 && views.length < limit; id--) {
    const trade = trades[id - 1];
    if (!trade || (series !== undefined && ![...trade.series.values()].includes(series))) continue;
    if (account !== undefined && !trade.op.fills.some((fill) => fill.account === account)) continue;
    views.push(tradeView(sequencer, trade));
  }
  return views;
}
