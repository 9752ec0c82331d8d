/**
 * Random commands against the engine's invariants, and its acid test: whatever it accepts, the specification proves.
 */
import assert from "node:assert/strict";
import { orderSlotOf } from "#protocol/account.ts";
import { isCrossed } from "#rollup-node/engine/book.ts";
import type { Op } from "#rollup-node/engine/types.ts";
import { pack } from "#rollup-node/pipeline/pack.ts";
import { Twin } from "#rollup-node/pipeline/twin.ts";
import { type Random, randomFrom, runSeed } from "#test/support/random.ts";
import { NOW, PARAMETERS } from "#test/support/world.ts";
import { EngineRun, USD } from "./support/engine.ts";

const ACCOUNTS = 6;
const COMMANDS = 250;
const isTradeOp = (op: Op): op is Exclude<Op, { kind: "marks" }> => op.kind !== "marks";

/** One random command; most are orders around the mark. */
function step(run: EngineRun, random: Random, nonces: Map<number, bigint>): void {
  const account = random.int(ACCOUNTS);
  const nonce = (nonces.get(account) ?? 0n) + 1n + BigInt(random.int(3));
  nonces.set(account, nonce);
  const dice = random.int(100);
  if (dice < 3)
    return void run.must({
      type: "request",
      index: run.state.counters.request,
      request: { kind: "deposit", account, amount: random.amount(1n, 5_000n) * USD },
    });
  if (dice < 6) {
    run.must({ type: "time", timestamp: run.state.time + BigInt(1 + random.int(900)), block: 1 });
    run.marks(58_000n + BigInt(random.int(12_000)));
    return;
  }
  if (dice < 9) return void run.must({ type: "time", timestamp: run.state.time + BigInt(random.int(600)), block: 1 });
  if (dice < 14) return void run.submit(run.withdraw(account, nonce, random.amount(1n, 3_000n) * USD));
  if (dice < 18) return void run.submit(run.intent("cancel", account, nonce));
  if (dice < 20) return void run.submit(run.intent("cancelAll", account, nonce));
  const slot = random.int(run.state.board.length);
  const mark = (run.state.marks.slots[slot]?.mark ?? 0n) / 1_000_000n;
  const price = (mark + BigInt(random.int(80)) - 40n) * 100n;
  run.submit(
    run.order(account, nonce, {
      slot,
      side: random.chance(0.5) ? "buy" : "sell",
      size: random.amount(1n, 4_000n),
      price: price > 0n ? price : 100n,
      postOnly: random.chance(0.1),
      ioc: random.chance(0.1),
      validUntil: run.state.time + 50n + BigInt(random.int(2_000)),
    }),
  );
}

function checkInvariants(run: EngineRun): void {
  const { accounts, books, board, config } = run.state;
  const all = [...accounts.entries()].map(([, account]) => account);
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const deposits = run.events.flatMap((event) =>
    event.type === "queued" && event.op.kind === "request" ? [event.op.request.amount] : [],
  );
  const withdrawals = run.events.flatMap((event) =>
    event.type === "queued" && event.op.kind === "intent" && event.op.signed.intent.kind === "withdraw"
      ? [event.op.signed.intent.amount]
      : [],
  );
  const fees = run.events.flatMap((event) => (event.type === "traded" ? event.op.legs.map(({ fee }) => fee) : []));
  assert.equal(sum(all.map(({ cash }) => cash)) + sum(fees), sum(deposits) - sum(withdrawals), "cash is conserved");
  board.forEach(({ openLong, openShort }, slot) => {
    const sizes = all.map(({ sizes }) => sizes[slot] ?? 0n);
    assert.equal(sum(sizes), 0n, "positions net to zero");
    assert.equal(openLong, sum(sizes.filter((size) => size > 0n)));
    assert.equal(openShort, openLong);
  });
  for (const [slot, book] of books.entries()) {
    assert.equal(isCrossed(book), false, "no book is crossed");
    for (const {
      signed: { intent },
      key,
      remaining,
    } of [...book.bids, ...book.asks]) {
      const memory = accounts.get(intent.account)?.slots.get(orderSlotOf(config.profile, intent.nonce));
      assert.deepEqual([memory?.key, memory?.book, (memory?.filled ?? 0n) + remaining], [key, slot, intent.size]);
      assert.ok(remaining > 0n && intent.validUntil >= run.state.time + config.settlementSeconds);
    }
  }
}

/** Seals everything that is pending with the specification itself, nothing refused, each step as late as may be. */
function sealAll(run: EngineRun): { readonly twin: Twin; readonly steps: number } {
  const twin = new Twin(run.genesis);
  const { profile, settlementSeconds } = run.state.config;
  const timeOf = (op: Op | undefined): bigint => run.times.get(op?.id ?? 0) ?? 0n;
  let pending = [...run.state.pending];
  let steps = 0;
  let time = NOW;
  while (pending.length > 0) {
    const [first] = pending;
    if (first?.kind === "marks") {
      time = time > timeOf(first) ? time : timeOf(first);
      twin.apply({ kind: "marks", timestamp: time, reports: first.reports });
      pending = pending.slice(1);
    } else {
      const latest = timeOf(first) + settlementSeconds;
      const end = pending.findIndex((op) => op.kind === "marks" || timeOf(op) > latest);
      const { lanes, count } = pack(profile, pending.slice(0, end < 0 ? pending.length : end).filter(isTradeOp));
      time = latest;
      twin.apply({ kind: "trade", timestamp: time, lanes });
      pending = pending.slice(count);
    }
    steps++;
  }
  return { twin, steps };
}

describe("engine: random commands", () => {
  const seed = runSeed();
  for (const profile of ["tiny", "devnet"] as const) {
    it(`keeps its invariants and accepts only what the specification proves, ${profile} (PROVEGA_SEED=${seed})`, function () {
      this.timeout(300_000);
      const random = randomFrom(seed);
      const nonces = new Map<number, bigint>();
      // Short on purpose: many accounts live near initial margin.
      const run = new EngineRun({
        profile,
        accounts: Array.from({ length: ACCOUNTS }, () => random.amount(100n, 20_000n) * USD),
        makerFee: 2n,
        takerFee: 5n,
      });
      run.marks();
      for (let count = 0; count < COMMANDS; count++) {
        step(run, random, nonces);
        if (count % 10 === 0) checkInvariants(run);
      }
      checkInvariants(run);
      const { twin, steps } = sealAll(run);
      for (const [id, { cash, sizes, epoch }] of run.state.accounts.entries()) {
        const proved = twin.state.accounts.get(id);
        assert.deepEqual(
          [cash, sizes, epoch],
          [proved?.cash, proved?.positions.map(({ size }) => size), proved?.epoch],
        );
      }
      assert.deepEqual(twin.state.marks, run.state.marks);
      assert.deepEqual(twin.state.board, run.state.board);
      assert.ok(run.events.filter(({ type }) => type === "traded").length > 20, "too few trades to mean anything");
      assert.ok(steps > 10);
    });
  }

  it("gives the same state and events for the same commands", () => {
    const play = () => {
      const random = randomFrom(7);
      const run = new EngineRun({ accounts: Array.from({ length: ACCOUNTS }, () => 10_000n * USD) });
      run.marks();
      const nonces = new Map<number, bigint>();
      for (let count = 0; count < 80; count++) step(run, random, nonces);
      return run;
    };
    const [one, other] = [play(), play()];
    assert.deepEqual(one.events, other.events);
    assert.deepEqual(one.state, other.state);
  });

  it("marks older than their maximum age stop growth and nothing else", () => {
    const run = new EngineRun({ accounts: [10_000n * USD, 10_000n * USD] });
    run.marks();
    run.must({ type: "time", timestamp: NOW + PARAMETERS.maxMarksAge + 1n, block: 1 });
    const outcome = run.submit(run.order(0, 1n));
    assert.equal("code" in outcome ? outcome.code : null, "MarksStale");
    assert.deepEqual(run.state.pending.at(-1)?.kind, "marks");
  });
});
