/**
 * An engine for tests: genesis of a profile, funded accounts, marks of a spot. Signatures are not its business.
 * @module
 */
import assert from "node:assert/strict";
import { DEVNET_CAP, genesisState } from "#protocol/genesis.ts";
import type { Backstop, Intent, Order, Spread } from "#protocol/intent.ts";
import { PROFILE, type ProfileName } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import { seriesHash } from "#protocol/series.ts";
import type { Parameters, State } from "#protocol/state.ts";
import { apply, engineStart } from "#rollup-node/engine/engine.ts";
import type { Refused } from "#rollup-node/engine/refusal.ts";
import type { Command, EngineState, Event, Submission, Table } from "#rollup-node/engine/types.ts";
import { DOMAIN, marksAt, NOW, PARAMETERS, register, seriesList } from "#test/support/world.ts";

export const NO_SIGNATURE = { r8: { x: 0n, y: 1n }, s: 0n };
export const USD = 1_000_000n;
export const isRefused = (value: object): value is Refused => "refused" in value;

export type EngineOptions = {
  readonly profile?: ProfileName;
  readonly makerFee?: bigint;
  readonly takerFee?: bigint;
  readonly accounts?: readonly bigint[];
  readonly parameters?: Partial<Parameters>;
  readonly cap?: bigint;
};
type Terms<I> = Partial<Omit<I, "kind">>;

/** Applies commands one after the other and remembers what happened. */
export class EngineRun {
  readonly genesis: State;
  state: EngineState;
  readonly events: Event[] = [];
  /** When each operation happened. */
  readonly times = new Map<number, bigint>();
  #clients = 0;

  constructor({
    profile: name = "tiny",
    makerFee = 0n,
    takerFee = 0n,
    accounts = [],
    parameters,
    cap = DEVNET_CAP,
  }: EngineOptions = {}) {
    const profile = PROFILE[name];
    const leveragePpm = Array.from({ length: profile.underlyings }, () => 20_000n);
    this.genesis = genesisState(
      { profile: name, series: seriesList(profile), cap, parameters: { ...PARAMETERS, leveragePpm, ...parameters } },
      DOMAIN,
    );
    this.state = engineStart(this.genesis, { makerFee, takerFee, settlementSeconds: 60n });
    this.must({ type: "time", timestamp: NOW, block: 1 });
    for (const [id, cash] of accounts.entries()) this.request(register(id, cash));
  }

  try(command: Command): readonly Event[] | Refused {
    const outcome = apply(this.state, command);
    if (isRefused(outcome)) return outcome;
    this.state = outcome.state;
    this.events.push(...outcome.events);
    for (const event of outcome.events) if (event.type === "queued") this.times.set(event.op.id, outcome.state.time);
    return outcome.events;
  }
  must(command: Command): readonly Event[] {
    const outcome = this.try(command);
    if (isRefused(outcome)) assert.fail(`${command.type} refused: ${outcome.code}, ${outcome.message}`);
    return outcome;
  }
  request(request: Request): readonly Event[] {
    return this.must({ type: "request", index: this.state.counters.request, request });
  }
  pass(seconds: bigint): readonly Event[] {
    return this.must({ type: "time", timestamp: this.state.time + seconds, block: 1 });
  }

  /** Marks at `spotUsd` as of the engine's time; `funding`, 1e-2 USDC per unit, has been paid by longs since genesis. */
  tableAt(spotUsd: bigint, funding = 0n): Table {
    const { profile } = this.state.config;
    const { time, board } = this.state;
    const marks = marksAt(profile, spotUsd, time);
    const underlyings = marks.underlyings.map((each) => ({ ...each, index: each.index - funding }));
    const statuses = board.map(({ status, series }) => {
      if (status === "listed" || status === "live")
        return (series?.expiry ?? 0n) <= time ? ("expired" as const) : ("live" as const);
      return status;
    });
    const slots = marks.slots.map((row, slot) => {
      const held = this.state.marks.slots[slot];
      const isEnded = statuses[slot] === "expired" || statuses[slot] === "settled";
      return isEnded && held ? { mark: held.mark, prices: held.prices.map(() => held.mark) } : row;
    });
    return { marks: { ...marks, underlyings, slots }, statuses };
  }
  marks(spotUsd = 64_000n, funding = 0n): readonly Event[] {
    return this.must({ type: "marks", reports: [], table: this.tableAt(spotUsd, funding) });
  }

  submission(intent: Intent, rest: Partial<Submission> = {}): Submission {
    return { intent, signature: NO_SIGNATURE, clientOrderId: `c${++this.#clients}`, ...rest };
  }
  submit(intent: Intent, rest: Partial<Submission> = {}): readonly Event[] | Refused {
    return this.try({ type: "intent", ...this.submission(intent, rest) });
  }
  hash(slot: number): bigint {
    const series = this.state.board[slot]?.series;
    return series ? seriesHash(series) : 1n;
  }
  #common(account: number, nonce: bigint) {
    const epoch = this.state.accounts.get(account)?.epoch ?? 0n;
    return { account, epoch, nonce, validUntil: this.state.time + 3_600n };
  }
  #terms = { size: 100n, feePerLot: 1_000n, postOnly: false, ioc: false, fok: false, reduceOnly: false } as const;
  order(account: number, nonce: bigint, terms: Terms<Order> & { readonly slot?: number } = {}): Order {
    const { slot = 0, ...rest } = terms;
    const seriesOf = { seriesHash: this.hash(slot), side: "buy", price: 300_000n } as const;
    return { kind: "order", ...this.#common(account, nonce), ...this.#terms, ...seriesOf, ...rest };
  }
  /** `legs`: pairs of slot and ratio. */
  spread(
    account: number,
    nonce: bigint,
    legs: readonly (readonly [slot: number, ratio: bigint])[],
    terms: Terms<Spread> = {},
  ): Spread {
    return {
      kind: "spread",
      ...this.#common(account, nonce),
      ...this.#terms,
      ioc: true,
      price: 0n,
      legs: legs.map(([slot, ratio]) => ({ seriesHash: this.hash(slot), ratio })),
      ...terms,
    };
  }
  backstop(account: number, nonce: bigint, terms: Terms<Backstop> = {}): Backstop {
    const standing = { size: 1n << 30n, discountPpm: 2_000n, feePerLot: 0n } as const;
    return { kind: "backstop", ...this.#common(account, nonce), ...standing, ...terms };
  }
  intent(kind: "cancel" | "cancelAll", account: number, nonce: bigint): Intent {
    return { kind, ...this.#common(account, nonce) };
  }
  amount(kind: "withdraw" | "contribute" | "collect", account: number, nonce: bigint, amount: bigint): Intent {
    return { kind, ...this.#common(account, nonce), amount };
  }
  withdraw(account: number, nonce: bigint, amount: bigint): Intent {
    return this.amount("withdraw", account, nonce, amount);
  }
  mode(account: number, nonce: bigint, reduceOnly: boolean): Intent {
    return { kind: "mode", ...this.#common(account, nonce), reduceOnly };
  }
  cash = (id: number): bigint => this.state.accounts.get(id)?.cash ?? 0n;
  size = (id: number, slot = 0): bigint => this.state.accounts.get(id)?.sizes[slot] ?? 0n;
  /** The mark of a slot as an order price, 1e-2 USDC per unit, on the tick. */
  price = (slot: number, away = 0n): bigint => ((this.state.marks.slots[slot]?.mark ?? 0n) / 1_000_000n) * 100n + away;
}
