/**
 * What happened to every intent, trade and operation: a function of the engine's events, behind the API's reads.
 * @module
 */
import { orderKey } from "#protocol/account.ts";
import type { Board } from "#protocol/board.ts";
import { type Intent, legsOf, type SignedIntent } from "#protocol/intent.ts";
import { WIDTH } from "#protocol/params.ts";
import { seriesHash, seriesName } from "#protocol/series.ts";
import { nonceOf } from "./engine/ledger.ts";
import type { Reason } from "./engine/refusal.ts";
import type { Event, Fill, Op, TradeOp } from "./engine/types.ts";

/** The journal's entry that events come from, and the board behind it. */
export type HistoryEntry = { readonly sequence: number; readonly hash: string; readonly board: Board };

export type IntentRecord = {
  readonly id: string;
  readonly intent: Intent;
  readonly clientOrderId: string;
  readonly sequence: number;
  readonly journalHash: string;
  readonly signature: SignedIntent["signature"];
  /** Names of the series that it trades, leg by leg. */
  readonly series: readonly string[];
  filled: bigint;
  cash: bigint;
  fee: bigint;
  /** Lots in the book. */
  resting: bigint;
  /** Why it, or what was left of it, is in the book no more. */
  left: Reason | null;
  quarantined: Reason | null;
  /** Operations that execute it. */
  readonly ops: number[];
};
export type TradeRecord = {
  readonly op: TradeOp;
  /** Names of the board's slots by then. */
  readonly series: ReadonlyMap<number, string>;
  /** Net price of one unit of the taker, 1e-2 USDC. */
  readonly price: bigint;
  readonly time: bigint;
  isQuarantined: boolean;
};

/** account:epoch:nonce */
export const intentId = (account: number, key: bigint): string =>
  `${account}:${key >> BigInt(WIDTH.nonce)}:${nonceOf(key)}`;
export const idOf = ({ account, epoch, nonce }: Intent): string => intentId(account, orderKey(epoch, nonce));

export class History {
  readonly #intents = new Map<string, IntentRecord>();
  readonly #byClient = new Map<string, IntentRecord>();
  readonly #byAccount = new Map<number, IntentRecord[]>();
  readonly #stepOf = new Map<number, number>();
  readonly #tradeOf = new Map<number, TradeRecord>();
  /** In order; trade `id` is at `id - 1`. */
  readonly trades: TradeRecord[] = [];
  quarantined = 0;

  intent(id: string): IntentRecord | undefined {
    return this.#intents.get(id);
  }
  byClient(account: number, clientOrderId: string): IntentRecord | undefined {
    return this.#byClient.get(`${account}/${clientOrderId}`);
  }
  ofAccount(account: number): readonly IntentRecord[] {
    return this.#byAccount.get(account) ?? [];
  }
  /** The trade that an operation is, if it is one. */
  tradeOf(op: number): TradeRecord | undefined {
    return this.#tradeOf.get(op);
  }
  /** The step that carries an operation, if one does. */
  stepOf(op: number): number | undefined {
    return this.#stepOf.get(op);
  }

  apply(events: readonly Event[], entry: HistoryEntry): void {
    for (const event of events) this.#apply(event, entry);
  }

  #apply(event: Event, entry: HistoryEntry): void {
    switch (event.type) {
      case "accepted":
        this.#open(event, entry);
        return;
      case "rested":
        this.#change(event.account, event.key, (record) => Object.assign(record, { resting: event.remaining }));
        return;
      case "left":
        this.#change(event.account, event.key, (record) => Object.assign(record, { resting: 0n, left: event.reason }));
        return;
      case "traded":
        this.#addTrade({
          op: event.op,
          series: namesOf(event.op, entry.board),
          price: event.price,
          time: event.time,
          isQuarantined: false,
        });
        return;
      case "queued": {
        const { op } = event;
        if (op.kind === "intent") this.#intents.get(idOf(op.signed.intent))?.ops.push(op.id);
        return;
      }
      case "sealed":
        for (const { id } of event.ops) this.#stepOf.set(id, event.number);
        return;
      case "unsealed":
        for (const { id } of event.ops) this.#stepOf.delete(id);
        return;
      case "quarantined":
        this.#quarantine(event.op, event.reason);
        return;
      default:
        return;
    }
  }

  #open(
    { intent, signed: { signature }, clientOrderId }: Extract<Event, { type: "accepted" }>,
    { sequence, hash: journalHash, board }: HistoryEntry,
  ): void {
    const record: IntentRecord = {
      id: idOf(intent),
      intent,
      clientOrderId,
      sequence,
      journalHash,
      signature,
      series: legsOf(intent).map((leg) => {
        const found = board.find(({ series }) => series && seriesHash(series) === leg.seriesHash);
        return found?.series ? seriesName(found.series) : "";
      }),
      filled: 0n,
      cash: 0n,
      fee: 0n,
      resting: 0n,
      left: null,
      quarantined: null,
      ops: [],
    };
    this.#intents.set(record.id, record);
    this.#byClient.set(`${intent.account}/${clientOrderId}`, record);
    const all = this.#byAccount.get(intent.account);
    if (all) all.push(record);
    else this.#byAccount.set(intent.account, [record]);
  }

  #addTrade(trade: TradeRecord): void {
    this.trades.push(trade);
    this.#tradeOf.set(trade.op.id, trade);
    this.#trade(trade.op, 1n);
  }

  #trade(op: TradeOp, direction: 1n | -1n): void {
    for (const fill of op.fills) {
      const { intent, cash, fee } = fill.execution;
      const record = intent && this.#intents.get(idOf(intent));
      if (!record) continue;
      const lots = unitsOf(fill);
      record.filled += direction * lots;
      record.cash += direction * cash;
      record.fee += direction * fee;
      if (direction === 1n) record.ops.push(op.id);
      if (direction === 1n && record.resting > 0n) record.resting -= lots;
    }
  }

  #quarantine(op: Op, reason: Reason): void {
    this.quarantined++;
    const intents =
      op.kind === "trade"
        ? op.fills.flatMap(({ execution: { intent } }) => (intent ? [intent] : []))
        : op.kind === "intent"
          ? [op.signed.intent]
          : [];
    for (const intent of intents) {
      const record = this.#intents.get(idOf(intent));
      if (record) Object.assign(record, { quarantined: reason });
    }
    if (op.kind !== "trade") return;
    this.#trade(op, -1n);
    const trade = this.trades[op.trade - 1];
    if (trade) trade.isQuarantined = true;
  }

  #change(account: number, key: bigint, write: (record: IntentRecord) => void): void {
    const record = this.#intents.get(intentId(account, key));
    if (record) write(record);
  }
}

/** Lots, or units of a spread, that a fill executes. */
export const unitsOf = ({ execution: { intent, size } }: Pick<Fill, "execution">): bigint =>
  intent?.kind === "spread" || size >= 0n ? size : -size;

const namesOf = ({ fills }: TradeOp, board: Board): ReadonlyMap<number, string> =>
  new Map(
    fills.flatMap(({ legs }) =>
      legs.map(({ slot }): [number, string] => {
        const series = board[slot]?.series;
        return [slot, series ? seriesName(series) : ""];
      }),
    ),
  );
