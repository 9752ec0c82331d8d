/**
 * What the specification makes of the engine's operations, each in a step of its own and as late as may be: whatever it
 * refuses, the engine should not have emitted. Steps are applied whole, or without hashing where they are many.
 * @module
 */
import assert from "node:assert/strict";
import type { Account } from "#protocol/account.ts";
import { accrue } from "#protocol/accrue.ts";
import { EMPTY_SLOT, type Slot } from "#protocol/board.ts";
import { type Execution, movedCash } from "#protocol/execute.ts";
import { applyLane, type Lane, type LaneTrace, visitOf } from "#protocol/lane.ts";
import type { State } from "#protocol/state.ts";
import { applyTrade, withVisits } from "#protocol/trade.ts";
import type { Tree } from "#protocol/tree.ts";
import type { BoardEffect, Op, OpOf, Table } from "#rollup-node/engine/types.ts";

/** A tree that remembers nothing: no lane looks at a root. */
const NO_TREE = { root: 0n, set: () => NO_TREE, path: () => [] } as unknown as Tree;

export class Specification {
  state: State;
  readonly #isHashed: boolean;

  constructor(genesis: State, isHashed: boolean) {
    this.state = isHashed ? genesis : { ...genesis, accountTree: NO_TREE };
    this.#isHashed = isHashed;
  }

  /** Throws `ProtocolError` on what no circuit would prove. */
  apply(op: Op, timestamp: bigint): void {
    if (op.kind === "marks") this.#reprice(op.table);
    else if (op.kind === "board") this.#operate(op.effect);
    else this.trade(lanesOf(this.state, op), timestamp);
  }

  /** An account with everything accrued. */
  account(id: number): Account | undefined {
    const account = this.state.accounts.get(id);
    return account && accrue(this.state, account).account;
  }

  /** A step of these lanes. */
  trade(lanes: readonly Lane[], timestamp: bigint): void {
    assert.ok(lanes.length <= this.state.profile.lanes, "an operation fits one step");
    this.state = this.#isHashed
      ? applyTrade(this.state, { kind: "trade", timestamp, lanes }, { checkSignatures: false }).state
      : withoutHashes(this.state, lanes, timestamp);
  }

  #reprice({ marks, statuses }: Table): void {
    const board = this.state.board.map((slot, at) => ({ ...slot, status: statuses[at] ?? slot.status }));
    this.state = { ...this.state, marks, board };
  }

  #write(at: number, change: Partial<Slot>): void {
    const board = this.state.board.with(at, { ...(this.state.board[at] as Slot), ...change });
    this.state = { ...this.state, board };
  }

  #operate(effect: BoardEffect): void {
    if (effect.kind === "list") {
      const { openLong, openShort, deficitLong, deficitShort } = this.state.board[effect.slot] as Slot;
      assert.deepEqual([openLong, openShort, deficitLong, deficitShort], [0n, 0n, 0n, 0n]);
      this.#write(effect.slot, { ...EMPTY_SLOT, series: effect.series, status: "listed", cap: effect.cap });
    } else if (effect.kind === "settle") this.#write(effect.slot, { status: "settled", index: effect.payoff });
    else if (effect.kind === "parameters") this.state = { ...this.state, parameters: effect.parameters };
    else this.#socialise(effect);
  }

  #socialise({ slot: at, isShort }: Extract<BoardEffect, { kind: "socialise" }>): void {
    const { globals, board } = this.state;
    const slot = at === null ? null : (board[at] as Slot);
    const deficit = slot ? (isShort ? slot.deficitShort : slot.deficitLong) : globals.deficit;
    const paid = deficit < globals.insurance ? deficit : globals.insurance;
    const open = slot ? (isShort ? slot.openShort : slot.openLong) : 0n;
    const raise = open > 0n ? (deficit - paid) / open : 0n;
    const rest = deficit - paid - raise * open;
    if (slot && at !== null) {
      const [owed, loss] = isShort ? (["deficitShort", "lossShort"] as const) : (["deficitLong", "lossLong"] as const);
      this.#write(at, { [owed]: rest, [loss]: slot[loss] + raise });
    }
    const insurance = globals.insurance - paid;
    const clearing = globals.clearing - raise * open;
    this.state = {
      ...this.state,
      globals: { ...globals, insurance, clearing, ...(at === null ? { deficit: rest } : {}) },
    };
  }
}

function lanesOf({ profile }: State, op: Exclude<Op, { kind: "marks" | "board" }>): readonly Lane[] {
  if (op.kind === "trade") return tradeLanes(profile.intents, op);
  if (op.kind === "request") return [{ account: op.request.account, request: op.request, executions: [] }];
  if (op.kind === "visit") return [{ account: op.account, request: null, executions: [] }];
  if (op.kind === "writeOff") return [{ account: op.account, request: null, executions: [], isWrittenOff: true }];
  const { signed } = op;
  const execution = { ...signed, size: 0n, cash: movedCash(signed.intent), fee: 0n };
  return [{ account: signed.intent.account, request: null, executions: [execution] }];
}

/** One account's executions stand in one lane as far as it holds them. */
function tradeLanes(intents: number, { fills }: OpOf<"trade">): readonly Lane[] {
  const byAccount = new Map<number, Execution[]>();
  for (const { account, execution } of fills) {
    const own = byAccount.get(account);
    if (own) own.push(execution);
    else byAccount.set(account, [execution]);
  }
  return [...byAccount].flatMap(([account, all]) =>
    Array.from({ length: Math.ceil(all.length / intents) }, (_, lane) => ({
      account,
      request: null,
      executions: all.slice(lane * intents, (lane + 1) * intents),
    })),
  );
}

/** `applyTrade` without trees and words. */
function withoutHashes(before: State, lanes: readonly Lane[], timestamp: bigint): State {
  assert.ok(timestamp >= before.globals.timestamp);
  let running = before;
  const traces: LaneTrace[] = [];
  for (const lane of lanes) {
    const trace = applyLane(running, lane, timestamp, { checkSignatures: false });
    const after = { ...trace.after, orders: { tree: NO_TREE, slots: trace.after.orders.slots } };
    running = { ...running, accounts: new Map(running.accounts).set(lane.account, after) };
    traces.push(trace);
  }
  checkLaws(before, traces);
  const header = { number: before.globals.number + 1n, timestamp };
  return withVisits(before, running, traces.map(visitOf), header);
}

function checkLaws({ board }: State, lanes: readonly LaneTrace[]): void {
  const trading = lanes.flatMap((lane) => lane.executions).filter(({ legs }) => legs.length > 0);
  for (const slot of board.keys()) {
    const moved = trading.flatMap(({ legs, units }) =>
      legs.flatMap((leg) => (leg.slot === slot ? leg.ratio * units : 0n)),
    );
    assert.equal(sum(moved), 0n, "sizes balance");
  }
  assert.equal(sum(trading.map(({ execution }) => execution.cash)), 0n, "cash balances");
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
