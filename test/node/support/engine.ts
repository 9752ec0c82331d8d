/**
 * An engine for tests: genesis of a profile, funded accounts, marks priced from a report. Signatures are not its business.
 * @module
 */
import assert from "node:assert/strict";
import { genesisState } from "#protocol/genesis.ts";
import type { Intent, Order } from "#protocol/intent.ts";
import { applyMarks } from "#protocol/marks-step.ts";
import { PROFILE, type ProfileName } from "#protocol/params.ts";
import { seriesHash } from "#protocol/series.ts";
import type { State } from "#protocol/state.ts";
import { apply, engineStart } from "#rollup-node/engine/engine.ts";
import type { Command, EngineState, Event } from "#rollup-node/engine/types.ts";
import { isRefused, type Refused } from "#rollup-node/errors.ts";
import { DOMAIN, NOW, PARAMETERS, register, seriesList } from "#test/support/world.ts";
import { quorumReports } from "./venue.ts";

const NO_SIGNATURE = { r8: { x: 0n, y: 1n }, s: 0n };
export const USD = 1_000_000n;

export type EngineOptions = {
  readonly profile?: ProfileName;
  readonly makerFee?: bigint;
  readonly takerFee?: bigint;
  readonly accounts?: readonly bigint[];
};

/** Applies commands one after the other and remembers what happened. */
export class EngineRun {
  readonly genesis: State;
  readonly profile: ProfileName;
  state: EngineState;
  readonly events: Event[] = [];
  /** When each operation happened. */
  readonly times = new Map<number, bigint>();
  #clients = 0;

  constructor({ profile = "tiny", makerFee = 0n, takerFee = 0n, accounts = [] }: EngineOptions = {}) {
    this.profile = profile;
    this.genesis = genesisState({ profile, series: seriesList(PROFILE[profile]), parameters: PARAMETERS }, DOMAIN);
    this.state = engineStart(this.genesis, { makerFee, takerFee, settlementSeconds: 60n });
    this.must({ type: "time", timestamp: NOW, block: 1 });
    for (const [id, cash] of accounts.entries()) this.must({ type: "request", index: id, request: register(id, cash) });
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
  /** Prices at `spotUsd`, as of the engine's time. */
  marks(spotUsd = 64_000n): readonly Event[] {
    const { time, board, marks } = this.state;
    const reports = [quorumReports(this.profile, time, spotUsd)];
    const { state } = applyMarks({ ...this.genesis, board, marks }, { kind: "marks", timestamp: time, reports });
    return this.must({
      type: "marks",
      reports,
      table: { marks: state.marks, statuses: state.board.map(({ status }) => status) },
    });
  }
  submit(intent: Intent): readonly Event[] | Refused {
    return this.try({ type: "intent", intent, signature: NO_SIGNATURE, clientOrderId: `c${++this.#clients}` });
  }
  order(account: number, nonce: bigint, terms: Partial<Order> & { readonly slot?: number } = {}): Order {
    const { slot = 0, ...rest } = terms;
    const series = this.state.board[slot]?.series;
    return {
      kind: "order",
      account,
      epoch: this.state.accounts.get(account)?.epoch ?? 0n,
      nonce,
      validUntil: this.state.time + 3_600n,
      seriesHash: series ? seriesHash(series) : 1n,
      side: "buy",
      size: 100n,
      price: 300_000n,
      feePerLot: 1_000n,
      postOnly: false,
      ioc: false,
      ...rest,
    };
  }
  intent(kind: "cancel" | "cancelAll", account: number, nonce: bigint): Intent {
    return {
      kind,
      account,
      epoch: this.state.accounts.get(account)?.epoch ?? 0n,
      nonce,
      validUntil: this.state.time + 3_600n,
    };
  }
  withdraw(account: number, nonce: bigint, amount: bigint): Intent {
    return { ...this.intent("cancel", account, nonce), kind: "withdraw", amount };
  }
  cash = (id: number): bigint => this.state.accounts.get(id)?.cash ?? 0n;
  size = (id: number, slot = 0): bigint => this.state.accounts.get(id)?.sizes[slot] ?? 0n;
}
