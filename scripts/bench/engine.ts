/**
 * The engine alone on one thread: mixed orders with risk checks, the margin check of one order, a table of marks.
 * Signatures, journal and API are apart. `npm run bench:engine [-- --json]`.
 * @module
 */
import { DEVNET_CAP, DEVNET_LEVERAGE_PPM, DEVNET_RISK, genesisState } from "#protocol/genesis.ts";
import type { Intent, Order } from "#protocol/intent.ts";
import { isPerpetualSlot, PROFILE, type Profile, underlyingOfSlot } from "#protocol/params.ts";
import { perpetual, type Series, seriesHash } from "#protocol/series.ts";
import { publicKey, registrationPoint } from "#protocol/signature.ts";
import { apply, engineStart } from "#rollup-node/engine/engine.ts";
import { checkChange, riskNow } from "#rollup-node/engine/risk.ts";
import type { Command, EngineAccount, EngineState, Table } from "#rollup-node/engine/types.ts";
import { type Row, report } from "./report.ts";

const PROFILE_OF = PROFILE.mainnet;
const ACCOUNTS = 500;
const ORDERS = 200_000;
/** Orders made at once, outside the measurement. */
const CHUNK = 1_000;
const CHECKS = 50_000;
const START = 1_770_326_940n;
const EXPIRY = START + 40n * 86_400n;
const USD = 1_000_000n;
const NO_SIGNATURE = { r8: { x: 0n, y: 1n }, s: 0n };
/** What a resting order costs at most: 1e-6 USDC per lot. */
const FEE = { maker: 2n, taker: 5n } as const;

/** mulberry32: the same orders every time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
const random = randomFrom(1);

const SPOT = [64_000n, 2_000n] as const;
/** Whole board: calls and puts around the spot, a perpetual per underlying. */
const seriesOf = (profile: Profile): readonly Series[] =>
  Array.from({ length: profile.series }, (_, slot) => {
    const underlying = underlyingOfSlot(profile, slot);
    if (isPerpetualSlot(profile, slot)) return perpetual(underlying);
    const strike = ((SPOT[underlying] ?? 1n) * BigInt(70 + 2 * (slot % 32)) * 100_000_000n) / 100n;
    return { underlying, kind: slot % 2 === 0 ? "call" : "put", strike, expiry: EXPIRY };
  });

/** Prices with the shape of options', 1e-6 USDC per unit: what the engine does with them does not depend on more. */
function priceOf({ kind, strike, underlying }: Series, percent: bigint): bigint {
  const spot = (SPOT[underlying] ?? 1n) * USD * percent;
  if (kind === "perpetual") return spot / 100n;
  const inner = (spot / 100n - strike / 100n) * (kind === "call" ? 1n : -1n);
  return (inner > 0n ? inner : 0n) + spot / 2_500n;
}

function tableAt(profile: Profile, series: readonly Series[], timestamp: bigint): Table {
  const spotOf = (underlying: number) => SPOT[underlying] ?? 1n;
  return {
    statuses: series.map(() => "live"),
    marks: {
      underlyings: Array.from({ length: profile.underlyings }, (_, underlying) => ({
        timestamp,
        mode: "open",
        spot: spotOf(underlying) * 100_000_000n,
        index: spotOf(underlying) * 100n + timestamp - START,
        fundingSum: 0n,
        candidate: null,
      })),
      expiries: Array.from({ length: profile.expiries }, () => ({ expiry: EXPIRY, forward: 0n, discount: 1n << 40n })),
      slots: series.map((each) => ({
        mark: priceOf(each, 100n),
        prices: profile.scenarios.map(({ forwardPercent }) => priceOf(each, BigInt(100 + forwardPercent))),
      })),
    },
  };
}

/** Processor time of this thread, µs: others on the machine do not count. */
function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

class Market {
  state: EngineState;
  readonly series = seriesOf(PROFILE_OF);
  readonly #nonces = new Map<number, bigint>();
  #commands = 0;

  constructor() {
    const key = publicKey(new Uint8Array(32).fill(1));
    const leveragePpm = Array.from({ length: PROFILE_OF.underlyings }, () => DEVNET_LEVERAGE_PPM);
    const parameters = { ...DEVNET_RISK, leveragePpm, oracles: [key] };
    const genesis = genesisState({ profile: "mainnet", series: this.series, cap: DEVNET_CAP, parameters }, 1n);
    this.state = engineStart(genesis, { makerFee: FEE.maker, takerFee: FEE.taker, settlementSeconds: 60n });
    this.do({ type: "time", timestamp: START, block: 1 });
    const b = registrationPoint(key);
    for (let account = 0; account < ACCOUNTS; account++) {
      const amount = 10_000_000n * USD;
      this.do({ type: "request", index: account, request: { kind: "register", account, owner: 1n, b, amount } });
    }
    this.reprice();
  }

  do(command: Command): void {
    const outcome = apply(this.state, command);
    if (!("refused" in outcome)) this.state = outcome.state;
  }
  reprice(): void {
    this.do({ type: "marks", reports: [], table: tableAt(PROFILE_OF, this.series, this.state.time) });
  }
  /** As the pipeline does, so that what is pending stays few. */
  seal(): void {
    const { pending, counters } = this.state;
    if (pending.length === 0) return;
    this.do({ type: "seal", number: counters.step, count: pending.length, timestamp: this.state.time, newRoot: 0n });
    this.do({ type: "final", number: counters.step });
  }
  nonce(account: number): bigint {
    const nonce = (this.#nonces.get(account) ?? 0n) + 1n;
    this.#nonces.set(account, nonce);
    return nonce;
  }
  order(account: number, slot: number, terms: Partial<Order> = {}): Order {
    const series = this.series[slot] as Series;
    return {
      kind: "order",
      account,
      epoch: 0n,
      nonce: this.nonce(account),
      validUntil: this.state.time + 100_000n,
      seriesHash: seriesHash(series),
      side: "buy",
      size: 10n,
      price: this.price(slot),
      feePerLot: FEE.taker,
      postOnly: false,
      ioc: false,
      fok: false,
      reduceOnly: false,
      ...terms,
    };
  }
  /** The mark of a slot on the tick. */
  price(slot: number, ticks = 0n): bigint {
    const price = (priceOf(this.series[slot] as Series, 100n) / 1_000_000n + ticks) * 100n;
    return price > 0n ? price : 100n;
  }
  submit(intent: Intent): void {
    this.#commands++;
    this.do({ type: "intent", intent, signature: NO_SIGNATURE, clientOrderId: String(this.#commands) });
  }
}

/** 60 % limit orders around the mark, 10 % post-only, 10 % market, 15 % cancels, 5 % spreads of two legs. */
function randomIntent(market: Market): Intent {
  const account = random(ACCOUNTS);
  const slot = random(PROFILE_OF.series);
  const side = random(2) === 0 ? "buy" : "sell";
  const dice = random(100);
  const size = BigInt(1 + random(100));
  const away = BigInt(random(60) - 10) * (side === "buy" ? -1n : 1n);
  if (dice < 60) return market.order(account, slot, { side, size, price: market.price(slot, away) });
  if (dice < 70)
    return market.order(account, slot, {
      side,
      size,
      postOnly: true,
      price: market.price(slot, side === "buy" ? -21n : 21n),
    });
  if (dice < 80)
    return market.order(account, slot, {
      side,
      size,
      ioc: true,
      price: market.price(slot, side === "buy" ? 30n : -30n),
    });
  const { epoch, validUntil } = market.order(account, slot);
  const common = { account, epoch, nonce: market.nonce(account), validUntil };
  if (dice < 95) return { ...common, kind: "cancel" };
  const legs = [slot, (slot + 1) % PROFILE_OF.series].map((at, leg) => ({
    seriesHash: seriesHash(market.series[at] as Series),
    ratio: leg === 0 ? 1n : -1n,
  }));
  const price = market.price(slot, 20n) - market.price((slot + 1) % PROFILE_OF.series);
  const flags = { postOnly: false, ioc: true, fok: false, reduceOnly: false };
  return { ...common, kind: "spread", size: 5n, feePerLot: FEE.taker, legs, price, ...flags };
}

function throughput(market: Market): Row {
  const trades = market.state.counters.trade;
  let spent = 0;
  for (let done = 0; done < ORDERS; done += CHUNK) {
    const intents = Array.from({ length: CHUNK }, () => randomIntent(market));
    const from = threadMicros();
    for (const intent of intents) market.submit(intent);
    spent += threadMicros() - from;
    market.seal();
  }
  const rate = (ORDERS * 1e6) / spent;
  const traded = market.state.counters.trade - trades;
  return {
    what: `mixed orders per second, ${ACCOUNTS} accounts, 64 series, ${traded.toLocaleString("en-US")} trades of ${ORDERS.toLocaleString("en-US")} orders`,
    value: Math.round(rate),
    target: ">= 100,000",
    ok: rate >= 100_000,
  };
}

/** An account that holds every series of the board. */
function fullAccount(market: Market): EngineAccount {
  for (let slot = 0; slot < PROFILE_OF.series; slot++) {
    const side = slot % 3 === 0 ? "sell" : "buy";
    market.submit(
      market.order(1, slot, {
        side: side === "buy" ? "sell" : "buy",
        size: 50n,
        price: market.price(slot, side === "buy" ? -900n : 900n),
        ioc: false,
      }),
    );
    market.submit(
      market.order(0, slot, { side, size: 50n, price: market.price(slot, side === "buy" ? 900n : -900n), ioc: true }),
    );
  }
  return market.state.accounts.get(0) as EngineAccount;
}

function micros(times: number, work: (count: number) => unknown): number {
  for (let count = 0; count < times / 10; count++) work(count);
  const from = threadMicros();
  for (let count = 0; count < times; count++) work(count);
  return (threadMicros() - from) / times;
}

function checks(): readonly Row[] {
  const market = new Market();
  const account = fullAccount(market);
  const held = account.sizes.filter((size) => size !== 0n).length;
  const check = micros(CHECKS, (count) => {
    const size = BigInt(1 + (count % 9));
    const slot = count % PROFILE_OF.series;
    const change = { legs: [{ slot, size }], cash: -market.price(slot) * size, fee: size, isHeld: false };
    if (checkChange(market.state, account, change)) throw new Error("a check that should pass did not");
  });
  const exact = micros(CHECKS / 50, () => riskNow(market.state, account));
  return [
    {
      what: `portfolio-margin check of one order, ${held} positions, 16 scenarios, µs`,
      value: Number(check.toFixed(2)),
      target: "< 20",
      ok: check < 20 && held === PROFILE_OF.series,
    },
    { what: "the same in the specification's integers, µs", value: Number(exact.toFixed(1)) },
  ];
}

function repricing(market: Market): Row {
  const cost = micros(50, () => market.reprice());
  return {
    what: `a new table of marks: accrual and search for the unhealthy, ${ACCOUNTS} accounts, ms`,
    value: Number((cost / 1000).toFixed(2)),
  };
}

const market = new Market();
throughput(new Market());
report("The engine on one thread", [throughput(market), ...checks(), repricing(market)]);
