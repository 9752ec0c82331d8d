/**
 * The tick tape through the node's engine, without proofs: for every trade of the tape one account rests an order at its price
 * and another takes it. Price tables come from the trades' own volatility, with the twin's arithmetic.
 * @module
 */

import { IDENTITY } from "#protocol/babyjub.ts";
import { isNearTheMoney } from "#protocol/black76.ts";
import { EMPTY_SLOT } from "#protocol/board.ts";
import { DEVNET_CAP, devnetParameters, genesisState } from "#protocol/genesis.ts";
import type { Order } from "#protocol/intent.ts";
import { PROFILE, type Profile, SCALE, WIDTH } from "#protocol/params.ts";
import { slotMarks } from "#protocol/scenarios.ts";
import { type Series, seriesHash } from "#protocol/series.ts";
import { publicKey, registrationPoint } from "#protocol/signature.ts";
import { isPricedAt, varianceBounds } from "#protocol/svi.ts";
import { apply, engineStart } from "#rollup-node/engine/engine.ts";
import type { Command, EngineState, Event, Table } from "#rollup-node/engine/types.ts";
import { isRefused } from "#rollup-node/errors.ts";
import { unitsOf } from "#rollup-node/history.ts";
import { type TapeMarks, type TapeMatch, type TapeTrade, tapeEvents, tapeSeries } from "./tape.ts";

export type ReplayResult = {
  /** Distinct trades of the tape, and how many of them the engine made. */
  readonly tape: number;
  readonly trades: number;
  readonly orders: number;
  /** Refused orders by code. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly series: number;
  readonly tables: number;
  /** Lots traded, and 1e-6 USDC paid for them. */
  readonly lots: bigint;
  readonly premium: bigint;
  /** Accounts' cash after the replay equals what they brought in; positions of every series sum to zero. */
  readonly isConserved: boolean;
  /** Milliseconds in the engine per order, and for one price table. */
  readonly orderMs: number;
  readonly tableMs: number;
  readonly state: EngineState;
};

/** Composed: who rests and who takes turns, so that positions spread and partly close again. */
const PARTICIPANTS = 8;
const DEPOSIT = 100_000_000n * SCALE.cash;
const DAY = 86_400n;
/** More than all of them trade. */
const REPLAY_CAP = (1n << BigInt(WIDTH.size)) - 1n;

/** The scenarios of mainnet on a board as large as the tape needs, in whole pages. */
const replayProfile = (series: number, expiries: number): Profile => ({
  ...PROFILE.mainnet,
  series: Math.ceil(series / 8) * 8,
  underlyings: 1,
  expiries,
});

function startOf(series: readonly Series[], expiries: number): EngineState {
  const profile = replayProfile(series.length, expiries);
  // Trading goes on until the very expiry: nothing is proved, so nothing needs time to be.
  const parameters = { ...devnetParameters(PROFILE.mainnet, []), expiryGuard: 0n };
  const genesis = genesisState({ profile: "mainnet", series: [], cap: DEVNET_CAP, parameters }, 0n);
  const board = Array.from({ length: profile.series }, (_, slot) => {
    const listed = series[slot];
    return listed ? { ...EMPTY_SLOT, series: listed, status: "listed" as const, cap: REPLAY_CAP } : EMPTY_SLOT;
  });
  const settings = { makerFee: 0n, takerFee: 0n, settlementSeconds: 0n };
  return engineStart({ ...genesis, profile, board, parameters: { ...parameters, leveragePpm: [0n] } }, settings);
}

const secretOf = (account: number): Uint8Array => new Uint8Array(32).fill(account + 1);

/** What happens to the engine, and what it costs. */
class Replay {
  state: EngineState;
  tables = 0;
  tableMs = 0;
  orders = 0;
  orderMs = 0;
  trades = 0;
  lots = 0n;
  premium = 0n;
  readonly refusals: Record<string, number> = {};

  constructor(state: EngineState) {
    this.state = state;
    for (let account = 0; account < PARTICIPANTS; account++) {
      const b = registrationPoint(publicKey(secretOf(account)));
      this.#do({
        type: "request",
        index: account,
        request: { kind: "register", account, owner: 1n, b, amount: DEPOSIT },
      });
    }
  }

  marks(event: TapeMarks): void {
    const start = performance.now();
    const table = tableOf(this.state, event);
    this.tableMs += performance.now() - start;
    this.tables++;
    this.#do({ type: "time", timestamp: event.timestamp, block: 0 });
    this.#do({ type: "marks", reports: [], table });
  }

  match(event: TapeMatch, at: number): void {
    this.#do({ type: "time", timestamp: event.timestamp, block: 0 });
    const maker = at % PARTICIPANTS;
    const taker = (maker + 1 + (Math.floor(at / PARTICIPANTS) % (PARTICIPANTS - 1))) % PARTICIPANTS;
    this.#order(event, maker, event.takerSide === "buy" ? "sell" : "buy", at);
    this.#order(event, taker, event.takerSide, at);
  }

  #order({ id, slot, size, price, timestamp }: TapeMatch, account: number, side: Order["side"], at: number): void {
    const series = this.state.board[slot]?.series;
    if (!series) throw new Error(`slot ${slot} of the replay's board is empty`);
    const intent: Order = {
      kind: "order",
      account,
      epoch: 0n,
      nonce: BigInt(at + 1),
      validUntil: timestamp + DAY,
      seriesHash: seriesHash(series),
      side,
      size,
      price,
      feePerLot: 0n,
      postOnly: false,
      ioc: false,
      fok: false,
      reduceOnly: false,
    };
    // Signatures are admission's business, in front of the engine: nobody signed these.
    const signature = { r8: IDENTITY, s: 0n };
    const start = performance.now();
    this.#do({ type: "intent", intent, signature, clientOrderId: `${id}-${side}` });
    this.orderMs += performance.now() - start;
    this.orders++;
  }

  #do(command: Command): void {
    const outcome = apply(this.state, command);
    if (isRefused(outcome)) {
      if (command.type !== "intent") throw new Error(`${command.type}: ${outcome.code}: ${outcome.message}`);
      this.refusals[outcome.code] = (this.refusals[outcome.code] ?? 0) + 1;
      return;
    }
    this.state = outcome.state;
    outcome.events.forEach((event) => this.#count(event));
  }

  #count(event: Event): void {
    if (event.type !== "traded") return;
    const [maker] = event.op.fills;
    if (!maker) return;
    const lots = unitsOf(maker);
    this.trades++;
    this.lots += lots;
    this.premium += maker.execution.size < 0n ? lots * event.price : -lots * event.price;
  }
}

/** The twin's prices of every series at the tape's variances; outside the pricing domain, intrinsic value. Expired ones keep theirs. */
function tableOf(
  { config, board, marks: before }: EngineState,
  { timestamp, spot, expiries, variances }: TapeMarks,
): Table {
  const { profile } = config;
  const empty = { mark: 0n, prices: profile.scenarios.map(() => 0n) };
  const slots = board.map(({ series }, slot) => {
    const priced = expiries.find(({ expiry }) => expiry === series?.expiry);
    if (!series || !priced || series.kind === "perpetual") return empty;
    const seconds = series.expiry - timestamp;
    if (seconds <= 0n) return before.slots[slot] ?? empty;
    const { strike, kind } = series;
    const { forward, discount } = priced;
    const variance = variances[slot] ?? 0n;
    const { min, max } = varianceBounds(seconds);
    const isPriced = isPricedAt(seconds) && isNearTheMoney(forward, strike) && variance >= min && variance <= max;
    return slotMarks(profile, { strike, kind, forward, discount, seconds, variance: isPriced ? variance : 0n });
  });
  const underlyings = [{ timestamp, mode: "open" as const, spot, index: 0n, fundingSum: 0n, candidate: null }];
  return {
    marks: { underlyings, expiries, slots },
    statuses: board.map(({ series }) => (!series ? "empty" : series.expiry > timestamp ? "live" : "expired")),
  };
}

/** Runs the whole tape. `progress` is called after every event with trades done. */
export function replayTape(
  trades: readonly TapeTrade[],
  progress: (done: number, total: number) => void = () => {},
): ReplayResult {
  const series = tapeSeries(trades);
  const expiries = new Set(series.map(({ expiry }) => expiry)).size;
  const replay = new Replay(startOf(series, expiries));
  let at = 0;
  for (const event of tapeEvents(trades)) {
    if (event.act === "marks") replay.marks(event);
    else replay.match(event, at++);
    progress(at, trades.length);
  }
  const { tables, tableMs, orders, orderMs, refusals, lots, premium, state } = replay;
  return {
    tape: trades.length,
    trades: replay.trades,
    orders,
    refusals,
    series: series.length,
    tables,
    lots,
    premium,
    state,
    isConserved: isConserved(state),
    orderMs: orderMs / Math.max(orders, 1),
    tableMs: tableMs / Math.max(tables, 1),
  };
}

function isConserved({ accounts, board }: EngineState): boolean {
  const all = [...accounts.entries()].map(([, account]) => account);
  const cash = all.reduce((sum, account) => sum + account.cash, 0n);
  const nets = board.map((_, slot) => all.reduce((sum, { sizes }) => sum + (sizes[slot] ?? 0n), 0n));
  return cash === BigInt(PARTICIPANTS) * DEPOSIT && nets.every((net) => net === 0n);
}
