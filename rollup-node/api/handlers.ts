/**
 * What each method of the API does.
 * @module
 */
import type { Intent } from "#protocol/intent.ts";
import { seriesHash } from "#protocol/series.ts";
import type { Admission } from "../admission.ts";
import { checkIntent, feeRate, worstFill } from "../engine/admit.ts";
import { nonceOf } from "../engine/ledger.ts";
import { changed } from "../engine/risk.ts";
import { isRefused, type Refused, refused } from "../errors.ts";
import type { ReportCollector } from "../oracles/collector.ts";
import type { Sequencer } from "../sequencer.ts";
import type { PreviewResult, StatusView } from "../wire.ts";
import type { Handlers } from "./rpc.ts";
import type { Params } from "./schemas.ts";
import {
  accountMargin,
  accountView,
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
  status(): StatusView;
  /** Reads L1's newest block, so that reports are judged at its time. */
  refreshTime(): Promise<void>;
};

const noSeries = (name: string): Refused => refused("UnknownSeries", `the board lists no series "${name}"`);
const noAccount = (id: number): Refused => refused("UnknownAccount", `account ${id} is not registered`);

export function createHandlers({ sequencer, admission, collector, status, refreshTime }: ApiContext): Handlers {
  return {
    provega_submitIntent: async ({ intent: wire, signature, clientOrderId }) => {
      const intent = intentOf(sequencer, wire);
      if (isRefused(intent)) return intent;
      const admitted = await admission.submit(intent, signature, clientOrderId);
      if (isRefused(admitted)) return admitted;
      const { receipt, record } = admitted;
      const trades = record.ops.flatMap((op) => sequencer.history.tradeOf(op) ?? []);
      return {
        receipt,
        order: orderView(sequencer, record),
        trades: trades.map((trade) => tradeView(sequencer, trade)),
      };
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
  if (wire.kind !== "order") return wire;
  const { series: name, reduceOnly, ...order } = wire;
  const series = engine.board[slotNamed(engine, name)]?.series;
  if (!series) return noSeries(name);
  if (reduceOnly) return refused("UnsupportedFlags", "reduce-only orders are not supported yet");
  return { ...order, seriesHash: seriesHash(series) };
}

/** What an order would do to its account's margin if it filled wholly at its limit. */
function preview(
  sequencer: Sequencer,
  { account: id, series: name, side, size, price, feePerLot }: Params["provega_previewOrder"],
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
  const order: Intent = {
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
  };
  const refusal = checkIntent(engine, order);
  const after = changed(account, worstFill(order, slot, rate));
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
  const slot = series === undefined ? null : slotNamed(sequencer.engine, series);
  if (slot !== null && slot < 0) return noSeries(series ?? "");
  const { trades } = sequencer.history;
  const views = [];
  for (let id = Math.min(before ?? Infinity, trades.length + 1) - 1; id > 0 && views.length < limit; id--) {
    const trade = trades[id - 1];
    if (!trade || (slot !== null && trade.op.slot !== slot)) continue;
    if (account !== undefined && !trade.op.legs.some(({ signed }) => signed.intent.account === account)) continue;
    views.push(tradeView(sequencer, trade));
  }
  return views;
}
