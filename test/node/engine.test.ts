import assert from "node:assert/strict";
import { isCrossed } from "#rollup-node/engine/book.ts";
import type { Refused } from "#rollup-node/engine/refusal.ts";
import type { Event } from "#rollup-node/engine/types.ts";
import { NOW, PARAMETERS } from "#test/support/world.ts";
import { EngineRun, isRefused, USD } from "./support/engine.ts";

const RICH = 1_000_000n * USD;
const traded = (events: readonly Event[] | Refused) =>
  isRefused(events) ? [] : events.filter((event) => event.type === "traded");
const left = (events: readonly Event[] | Refused) =>
  isRefused(events) ? [] : events.flatMap((event) => (event.type === "left" ? [event.reason.code] : []));
const codeOf = (outcome: readonly Event[] | Refused): string | null => (isRefused(outcome) ? outcome.code : null);

function venue(accounts: readonly bigint[] = [RICH, RICH, RICH, RICH], fees = {}) {
  const run = new EngineRun({ accounts, ...fees });
  run.marks();
  return run;
}

describe("engine: matching", () => {
  it("trades at the maker's price, the better price first and the earlier order first among equals", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { side: "sell", price: 390_000n, size: 10n }));
    run.submit(run.order(2, 1n, { side: "sell", price: 390_000n, size: 10n }));
    const trades = traded(run.submit(run.order(3, 1n, { price: 410_000n, size: 25n })));
    assert.deepEqual(
      trades.map(({ op, price }) => [op.fills[0]?.account, price, op.fills[1]?.execution.size]),
      [
        [1, 390_000n, 10n],
        [2, 390_000n, 10n],
        [0, 400_000n, 5n],
      ],
    );
    assert.equal(run.cash(3), RICH - 20n * 390_000n - 5n * 400_000n);
    assert.equal(run.cash(0), RICH + 5n * 400_000n);
    assert.deepEqual(
      [0, 1, 2, 3].map((id) => run.size(id)),
      [-5n, -10n, -10n, 25n],
    );
  });

  it("rests what is left at the limit, and an IOC order leaves", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { price: 400_000n, size: 30n }));
    assert.equal(run.state.books[0]?.bids[0]?.remaining, 20n);
    const events = run.submit(run.order(2, 1n, { side: "sell", price: 400_000n, size: 25n, ioc: true }));
    assert.equal(traded(events).length, 1);
    assert.deepEqual(left(events), ["ImmediateOrCancel"]);
    assert.deepEqual([run.state.books[0]?.bids, run.state.books[0]?.asks], [[], []]);
  });

  it("charges maker and taker their rates per lot", () => {
    const run = venue([RICH, RICH], { makerFee: 3n, takerFee: 7n });
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { price: 400_000n, size: 10n }));
    assert.equal(run.cash(0), RICH + 10n * 400_000n - 30n);
    assert.equal(run.cash(1), RICH - 10n * 400_000n - 70n);
  });

  it("never lets an account trade with itself: its resting order leaves", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 390_000n, size: 10n }));
    run.submit(run.order(1, 1n, { side: "sell", price: 400_000n, size: 10n }));
    const events = run.submit(run.order(0, 2n, { price: 410_000n, size: 10n }));
    assert.deepEqual(left(events), ["SelfTrade"]);
    assert.deepEqual(
      traded(events).map(({ op }) => op.fills[0]?.account),
      [1],
    );
  });

  it("a post-only order moves its owner's own crossing order aside and takes from nobody else", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 390_000n, size: 10n }));
    const events = run.submit(run.order(0, 2n, { price: 395_000n, size: 10n, postOnly: true }));
    assert.deepEqual(left(events), ["SelfTrade"]);
    assert.equal(traded(events).length, 0);
    assert.equal(
      codeOf(run.submit(run.order(1, 1n, { side: "sell", price: 395_000n, postOnly: true }))),
      "PostOnlyWouldCross",
    );
  });

  it("replaces by a larger nonce of the same order slot, without an operation to seal", () => {
    const run = venue();
    const slots = 4n;
    run.submit(run.order(0, 1n, { price: 300_000n }));
    const pending = run.state.pending.length;
    assert.deepEqual(left(run.submit(run.order(0, 1n + slots, { price: 310_000n }))), ["Replaced"]);
    assert.equal(run.state.pending.length, pending);
    assert.deepEqual(
      run.state.books[0]?.bids.map(({ signed }) => signed.intent.price),
      [310_000n],
    );
  });

  it("cancels one order by nonce and all by epoch, both to be sealed", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { price: 300_000n }));
    run.submit(run.order(0, 2n, { price: 310_000n }));
    run.submit(run.order(0, 3n, { price: 320_000n }));
    const pending = run.state.pending.length;
    assert.deepEqual(left(run.submit(run.intent("cancel", 0, 5n))), ["CancelledByOwner"]);
    assert.deepEqual(
      run.state.books[0]?.bids.map(({ signed }) => signed.intent.price),
      [320_000n, 310_000n],
    );
    assert.deepEqual(left(run.submit(run.intent("cancelAll", 0, 4n))), ["CancelledByOwner", "CancelledByOwner"]);
    assert.equal(run.state.pending.length, pending + 2);
    assert.equal(codeOf(run.submit({ ...run.order(0, 9n), epoch: 0n })), "WrongEpoch");
    assert.equal(codeOf(run.submit(run.order(0, 9n))), null);
  });

  it("cancels a maker whose order no longer passes, with the reason, and goes on", () => {
    const run = venue([2_000n * USD, RICH, RICH]);
    run.submit(run.order(0, 1n, { side: "sell", price: 450_000n, size: 1_000n }));
    run.submit(run.order(1, 1n, { side: "sell", price: 460_000n, size: 1_000n }));
    run.submit(run.withdraw(0, 2n, 1_990n * USD));
    const events = run.submit(run.order(2, 1n, { price: 470_000n, size: 1_000n }));
    assert.deepEqual(left(events), ["InsufficientMargin"]);
    assert.deepEqual(
      traded(events).map(({ op }) => op.fills[0]?.account),
      [1],
    );
  });

  it("lets orders go that could no longer be proved in time, and those of a series about to expire", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { validUntil: NOW + 100n }));
    assert.deepEqual(left(run.must({ type: "time", timestamp: NOW + 41n, block: 2 })), ["IntentExpired"]);
    run.submit(run.order(0, 2n, { validUntil: 1n << 39n }));
    const expiry = run.state.board[0]?.series?.expiry ?? 0n;
    assert.deepEqual(left(run.must({ type: "time", timestamp: expiry - PARAMETERS.expiryGuard - 60n, block: 3 })), [
      "SeriesExpiring",
    ]);
  });
});

describe("engine: refusals change nothing", () => {
  const SIZE_LIMIT = (1n << 40n) - 1n;
  type Case = readonly [code: string, outcome: (run: EngineRun) => readonly Event[] | Refused];
  const cases: readonly Case[] = [
    ["UnknownAccount", (run) => run.submit({ ...run.order(0, 2n), account: 9 })],
    ["WrongEpoch", (run) => run.submit({ ...run.order(0, 2n), epoch: 1n })],
    ["IntentExpired", (run) => run.submit(run.order(0, 2n, { validUntil: NOW - 1n }))],
    ["ExpiresTooSoon", (run) => run.submit(run.order(0, 2n, { validUntil: NOW + 59n }))],
    ["SizeZero", (run) => run.submit(run.order(0, 2n, { size: 0n }))],
    ["OffTick", (run) => run.submit(run.order(0, 2n, { price: 300_001n }))],
    ["FeeBelowRate", (run) => run.submit(run.order(0, 2n, { feePerLot: 1n }))],
    ["UnsupportedFlags", (run) => run.submit(run.order(0, 2n, { postOnly: true, ioc: true }))],
    ["UnknownSeries", (run) => run.submit(run.order(0, 2n, { seriesHash: 5n }))],
    ["InsufficientMargin", (run) => run.submit(run.order(1, 1n, { side: "sell", size: 10_000n }))],
    ["OutOfRange", (run) => run.submit(run.order(2, 2n, { slot: 1, size: SIZE_LIMIT, price: 0n }))],
    ["NegativeCash", (run) => run.submit(run.withdraw(1, 1n, 11n * USD))],
    [
      "RequestOrder",
      (run) => run.try({ type: "request", index: 7, request: { kind: "deposit", account: 0, amount: 1n } }),
    ],
    [
      "RequestOrder",
      (run) => run.try({ type: "request", index: 3, request: { kind: "deposit", account: 9, amount: 1n } }),
    ],
    ["TimeRunsBackwards", (run) => run.try({ type: "time", timestamp: NOW - 1n, block: 9 })],
    ["UnknownStep", (run) => run.try({ type: "seal", number: 2, count: 1, timestamp: NOW, newRoot: 1n })],
    ["UnknownStep", (run) => run.try({ type: "unseal", from: 1 })],
    ["UnknownStep", (run) => run.try({ type: "final", number: 1 })],
    ["UnknownOperation", (run) => run.try({ type: "quarantine", ops: [99], code: "IntentExpired", message: "" })],
    ["RequestOrder", (run) => run.try({ type: "quarantine", ops: [1], code: "IntentExpired", message: "" })],
  ];
  for (const [code, provoke] of cases) {
    it(code, () => {
      const run = new EngineRun({ accounts: [RICH, 10n * USD, RICH], takerFee: 5n });
      run.marks();
      run.submit(run.order(0, 1n, { slot: 1, side: "sell", size: 1n }));
      run.submit(run.order(2, 1n, { slot: 1, size: 1n }));
      const before = run.state;
      assert.equal(codeOf(provoke(run)), code);
      assert.equal(run.state, before);
    });
  }

  it("Replayed and StaleNonce", () => {
    const run = venue();
    run.submit(run.order(0, 5n));
    assert.equal(codeOf(run.submit(run.order(0, 5n, { price: 310_000n }))), "Replayed");
    assert.equal(codeOf(run.submit(run.order(0, 1n))), "StaleNonce");
  });

  it("SeriesNotLive before the first marks, SeriesExpiring towards the end", () => {
    const run = new EngineRun({ accounts: [RICH] });
    assert.equal(codeOf(run.submit(run.order(0, 1n))), "SeriesNotLive");
    run.marks();
    const expiry = run.state.board[0]?.series?.expiry ?? 0n;
    run.must({ type: "time", timestamp: expiry - 1_861n, block: 2 });
    run.marks();
    assert.equal(codeOf(run.submit(run.order(0, 1n))), null);
    run.must({ type: "time", timestamp: expiry - 1_860n, block: 3 });
    assert.equal(codeOf(run.submit(run.order(0, 2n))), "SeriesExpiring");
  });

  it("MarksStale: no growth under old marks, yet reductions; withdrawals only without positions", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { price: 400_000n, size: 10n }));
    run.must({ type: "time", timestamp: NOW + PARAMETERS.maxMarksAge, block: 2 });
    assert.equal(codeOf(run.submit(run.order(2, 1n))), "MarksStale");
    assert.equal(codeOf(run.submit(run.withdraw(0, 3n, USD))), "MarksStale");
    assert.equal(codeOf(run.submit(run.withdraw(2, 3n, USD))), null);
    assert.equal(codeOf(run.submit(run.order(0, 2n, { price: 400_000n, size: 10n }))), null);
    assert.equal(traded(run.submit(run.order(1, 2n, { side: "sell", price: 400_000n, size: 10n }))).length, 1);
  });

  it("ReducingOnly and PriceBand below initial margin", () => {
    const run = venue([300n * USD, RICH, RICH]);
    run.submit(run.order(0, 1n, { side: "sell", price: 474_000n, size: 200n }));
    run.submit(run.order(1, 1n, { price: 474_000n, size: 200n }));
    assert.equal(run.size(0), -200n);
    run.must({ type: "time", timestamp: NOW + 10n, block: 2 });
    run.marks(70_000n);
    const mark = (run.state.marks.slots[0]?.mark ?? 0n) / 1_000_000n;
    const price = (usd: bigint) => usd * 100n;
    assert.equal(
      codeOf(run.submit(run.order(0, 2n, { side: "sell", price: price(mark + 2_000n), size: 10n, slot: 0 }))),
      "InsufficientMargin",
    );
    assert.equal(codeOf(run.submit(run.order(0, 2n, { slot: 1, price: 0n, size: 1n }))), "ReducingOnly");
    assert.equal(codeOf(run.submit(run.order(0, 2n, { price: price(mark + 800n), size: 1n }))), "PriceBand");
    assert.equal(codeOf(run.submit(run.order(0, 2n, { price: price(mark + 100n), size: 1n }))), null);
  });
});

describe("engine: quarantine", () => {
  it("takes a trade back from both sides and leaves everything else", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { price: 400_000n, size: 4n }));
    const [op] = run.state.pending.filter(({ kind }) => kind === "trade");
    assert.ok(op);
    const events = run.must({ type: "quarantine", ops: [op.id], code: "IntentExpired", message: "too late" });
    assert.deepEqual([run.cash(0), run.cash(1), run.size(0), run.size(1)], [RICH, RICH, 0n, 0n]);
    assert.deepEqual([run.state.board[0]?.openLong, run.state.board[0]?.openShort], [0n, 0n]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["quarantined", "left"],
    );
    assert.ok(run.state.books.every((book) => !isCrossed(book)));
  });

  it("takes a withdrawal, a cancel-all and a table of marks back", () => {
    const run = venue();
    const first = run.state.marks;
    run.submit(run.withdraw(0, 1n, USD));
    run.submit(run.intent("cancelAll", 1, 1n));
    run.submit(run.order(1, 2n));
    run.must({ type: "time", timestamp: NOW + 10n, block: 2 });
    run.marks(70_000n);
    const ops = run.state.pending
      .filter(({ kind }) => kind !== "request")
      .slice(1)
      .map(({ id }) => id);
    run.must({ type: "quarantine", ops, code: "IntentExpired", message: "too late" });
    assert.equal(run.cash(0), RICH);
    assert.equal(run.state.accounts.get(1)?.epoch, 0n);
    // An order of the epoch that is not to be rests no more.
    assert.deepEqual(run.state.books[0]?.bids, []);
    assert.deepEqual(run.state.marks, first);
  });
});
