/** Every kind of order, and everything that happens to a position without an order. */
import assert from "node:assert/strict";
import { publicKey, registrationPoint } from "#protocol/signature.ts";
import { dueSocialisations } from "#rollup-node/engine/board.ts";
import { ENGINE_REFUSAL, type Refused } from "#rollup-node/engine/refusal.ts";
import { riskNow } from "#rollup-node/engine/risk.ts";
import type { Event, OpOf } from "#rollup-node/engine/types.ts";
import { EXPIRY, NOW } from "#test/support/world.ts";
import { type EngineOptions, EngineRun, isRefused, USD } from "./support/engine.ts";
import { Specification } from "./support/specification.ts";

const RICH = 1_000_000n * USD;
const PERP = 7;
const codeOf = (outcome: readonly Event[] | Refused): string | null => (isRefused(outcome) ? outcome.code : null);
const eventsOf = (outcome: readonly Event[] | Refused): readonly Event[] => (isRefused(outcome) ? [] : outcome);
const left = (outcome: readonly Event[] | Refused) =>
  eventsOf(outcome).flatMap((event) => (event.type === "left" ? [event.reason.code] : []));
const trades = (outcome: readonly Event[] | Refused): readonly OpOf<"trade">[] =>
  eventsOf(outcome).flatMap((event) => (event.type === "traded" ? [event.op] : []));

function venue(options: EngineOptions = {}): EngineRun {
  const run = new EngineRun({ profile: "devnet", accounts: [RICH, RICH, RICH, RICH, RICH], ...options });
  run.marks();
  return run;
}
/** What the run has emitted, applied by the specification. */
function proved(run: EngineRun): Specification {
  const specification = new Specification(run.genesis, false);
  for (const op of run.state.pending) specification.apply(op, (run.times.get(op.id) ?? 0n) + 60n);
  for (const [id, { cash, sizes }] of run.state.accounts.entries()) {
    const account = specification.account(id);
    assert.deepEqual([cash, sizes], [account?.cash, account?.positions.map(({ size }) => size)]);
  }
  return specification;
}

describe("engine: kinds of orders", () => {
  it("a market order is one with the worst price that its owner takes, at once", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    const outcome = run.submit(run.order(1, 1n, { price: 90_000_000n, size: 30n, ioc: true }));
    assert.deepEqual([trades(outcome).length, left(outcome), run.size(1)], [1, ["ImmediateOrCancel"], 10n]);
  });

  it("fill-or-kill takes from several makers in one operation, or nothing", () => {
    const run = venue();
    for (const maker of [0, 1]) run.submit(run.order(maker, 1n, { side: "sell", price: 400_000n, size: 10n }));
    const killed = run.submit(run.order(2, 1n, { price: 400_000n, size: 21n, fok: true }));
    assert.deepEqual([trades(killed).length, left(killed), run.size(2)], [0, ["FillOrKill"], 0n]);
    const filled = run.submit(run.order(2, 2n, { price: 400_000n, size: 20n, fok: true }));
    assert.deepEqual(
      trades(filled).map(({ fills }) => fills.length),
      [3],
    );
    assert.deepEqual(left(filled), []);
    proved(run);
  });

  it("a reduce-only order is cut to the position, as taker and as maker, and leaves with it", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { price: 400_000n, size: 10n }));
    assert.equal(codeOf(run.submit(run.order(1, 2n, { price: 400_000n, reduceOnly: true }))), "ReducingOnly");
    run.submit(run.order(1, 2n, { side: "sell", price: 400_000n, size: 50n, reduceOnly: true }));
    const outcome = run.submit(run.order(2, 1n, { price: 400_000n, size: 30n }));
    assert.deepEqual([run.size(1), run.size(2), left(outcome)], [0n, 10n, ["ReducingOnly"]]);
    proved(run);
  });

  it("a reduce-only account may reduce and nothing else, until its master key says otherwise", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 10n }));
    run.submit(run.order(1, 1n, { price: 400_000n, size: 10n }));
    run.submit(run.mode(1, 2n, true));
    assert.equal(codeOf(run.submit(run.order(1, 3n, { price: 300_000n }))), "ReducingOnly");
    assert.equal(codeOf(run.submit(run.order(1, 4n, { side: "sell", price: 500_000n, size: 5n }))), null);
    run.submit(run.mode(1, 5n, false));
    assert.equal(codeOf(run.submit(run.order(1, 6n, { price: 300_000n }))), null);
    proved(run);
  });

  it("an order cancelled on disconnect leaves, others stay", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { price: 300_000n }), { cancelOnDisconnect: true });
    run.submit(run.order(0, 2n, { price: 310_000n }));
    assert.deepEqual(left(run.must({ type: "disconnect", account: 0 })), ["Disconnected"]);
    assert.equal(run.state.books[0]?.bids.length, 1);
  });

  it("a mass quote replaces the one before; each order stands or is rejected alone; a kill switch empties an underlying", () => {
    const run = venue();
    const quotes = (nonce: bigint, prices: readonly bigint[]) =>
      run.must({
        type: "quotes",
        account: 0,
        orders: prices.map((price, at) => run.submission(run.order(0, nonce + BigInt(at), { price, postOnly: true }))),
      });
    quotes(1n, [300_000n, 310_000n]);
    const events = quotes(3n, [320_000n, 320_001n]);
    assert.deepEqual(left(events), ["Replaced", "Replaced"]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === "rejected" ? [event.refusal.code] : [])),
      ["OffTick"],
    );
    assert.deepEqual(left(run.must({ type: "kill", account: 0, underlying: 0, isOn: true })), ["Killed"]);
    assert.equal(codeOf(run.submit(run.order(0, 9n))), "Killed");
    run.must({ type: "kill", account: 0, underlying: 0, isOn: false });
    assert.equal(codeOf(run.submit(run.order(0, 9n))), null);
  });
});

describe("engine: spreads and quotes", () => {
  it("takes every leg in the ratio, within the net limit, and margin sees the net position", () => {
    const run = venue({ accounts: [RICH, RICH, 3_000n * USD] });
    run.submit(run.order(0, 1n, { slot: 0, side: "sell", price: run.price(0, 1_000n), size: 100n }));
    run.submit(run.order(1, 1n, { slot: PERP, side: "buy", price: run.price(PERP, -1_000n), size: 30n }));
    const legs = [
      [0, 2n],
      [PERP, -1n],
    ] as const;
    const fair = 2n * run.price(0) - run.price(PERP);
    assert.deepEqual(left(run.submit(run.spread(2, 1n, legs, { size: 10n, price: fair + 2_999n }))), [
      "ImmediateOrCancel",
    ]);
    const outcome = run.submit(run.spread(2, 2n, legs, { size: 40n, price: fair + 3_000n }));
    assert.deepEqual([run.size(2, 0), run.size(2, PERP), left(outcome)], [60n, -30n, ["ImmediateOrCancel"]]);
    assert.equal(trades(outcome).length, 1);
    proved(run);
  });

  it("executes an ask at the best quote, in one operation, when its time has come", () => {
    const run = venue();
    const legs = [
      [0, 1n],
      [2, -1n],
    ] as const;
    const opposite = [
      [0, -1n],
      [2, 1n],
    ] as const;
    run.must({
      type: "ask",
      ...run.submission(run.spread(0, 1n, legs, { size: 50n, price: 200_000n })),
      until: NOW + 30n,
    });
    const answer = (maker: number, price: bigint, size = 50n) =>
      run.try({ type: "quote", ask: 1, ...run.submission(run.spread(maker, 1n, opposite, { size, price: -price })) });
    assert.equal(codeOf(answer(1, 200_100n)), "QuoteMismatch");
    assert.equal(codeOf(answer(1, 190_000n, 49n)), "QuoteMismatch");
    assert.equal(codeOf(answer(0, 190_000n)), "Replayed");
    assert.equal(codeOf(answer(1, 190_000n)), null);
    assert.equal(codeOf(answer(2, 180_000n)), null);
    const outcome = run.pass(30n);
    assert.deepEqual(
      trades(outcome).map(({ cause, fills }) => [cause, fills.map(({ account }) => account)]),
      [["quote", [2, 0]]],
    );
    assert.equal(run.cash(0), RICH - 50n * 180_000n);
    assert.deepEqual([left(outcome), run.state.asks.size], [["AskEnded"], 0]);
    proved(run);
  });

  it("an ask can be taken early, leaves without quotes, and ends with its owner's cancel", () => {
    const run = venue();
    const submit = (nonce: bigint) =>
      run.try({ type: "ask", ...run.submission(run.order(0, nonce, { price: 400_000n })), until: NOW + 30n });
    submit(1n);
    assert.equal(codeOf(run.try({ type: "take", ask: 1 })), "UnknownAsk");
    assert.equal(codeOf(run.try({ type: "take", ask: 9 })), "UnknownAsk");
    const quote = run.submission(run.order(1, 1n, { side: "sell", price: 350_000n }));
    run.must({ type: "quote", ask: 1, ...quote });
    assert.equal(trades(run.must({ type: "take", ask: 1 })).length, 1);
    submit(2n);
    assert.deepEqual(left(run.submit(run.intent("cancel", 0, 1_026n))), ["CancelledByOwner"]);
    submit(3n);
    assert.deepEqual(left(run.pass(30n)), ["NoQuote"]);
    const late = run.submission(run.order(0, 4n));
    assert.equal(codeOf(run.try({ type: "ask", ...late, until: NOW + 4_000n })), "AskTooLong");
  });

  it("refuses legs that are none", () => {
    const run = venue();
    const code = (legs: readonly (readonly [number, bigint])[], terms = {}) =>
      codeOf(run.submit(run.spread(0, 1n, legs, { size: 1n, ...terms })));
    assert.equal(code([]), "BadLegs");
    assert.equal(code([[0, 0n]]), "BadLegs");
    assert.equal(code([[0, 2_048n]]), "BadLegs");
    assert.equal(
      code([
        [0, 1n],
        [0, 1n],
      ]),
      "BadLegs",
    );
    assert.equal(code([[0, 1n]], { ioc: false }), "UnsupportedFlags");
  });
});

describe("engine: keys, modes, pots", () => {
  const limits = { underlyings: 1n, validUntil: NOW + 10_000n, maxSize: 100n };
  const key = registrationPoint(publicKey(new Uint8Array(32).fill(9)));

  it("a session key trades within its limits and cannot withdraw; what it signed leaves when it is replaced", () => {
    const run = venue();
    run.request({ kind: "key", account: 0, place: 1, b: key, limits });
    const submit = (nonce: bigint, terms = {}) => run.submit(run.order(0, nonce, terms), { signer: 1 });
    assert.equal(codeOf(submit(1n)), null);
    assert.equal(codeOf(submit(2n, { size: 101n })), "SessionLimit");
    assert.equal(codeOf(submit(2n, { validUntil: NOW + 10_001n })), "SessionLimit");
    assert.equal(codeOf(run.submit(run.withdraw(0, 2n, USD), { signer: 1 })), "SessionLimit");
    assert.equal(codeOf(run.submit(run.mode(0, 2n, false), { signer: 1 })), "SessionLimit");
    assert.equal(codeOf(run.submit(run.order(0, 2n), { signer: 2 })), "SessionLimit");
    const none = { ...limits, validUntil: 0n };
    assert.deepEqual(left(run.request({ kind: "key", account: 0, place: 1, b: key, limits: none })), ["KeyReplaced"]);
    proved(run);
  });

  it("a stop on L1 ends every order and makes the account reduce-only", () => {
    const run = venue();
    run.submit(run.order(0, 1n));
    assert.deepEqual(left(run.request({ kind: "stop", account: 0 })), ["Stopped"]);
    assert.equal(codeOf(run.submit({ ...run.order(0, 2n), epoch: 0n })), "WrongEpoch");
    assert.equal(codeOf(run.submit(run.order(0, 2n))), "ReducingOnly");
    proved(run);
  });

  it("fees are collected by the fee account, as far as the pot reaches; anybody may give to the insurance fund", () => {
    const run = venue({ makerFee: 2n, takerFee: 5n });
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n }));
    run.submit(run.order(1, 1n, { price: 400_000n }));
    assert.equal(run.state.pots.feePot, 700n);
    assert.equal(codeOf(run.submit(run.amount("collect", 1, 2n, 700n))), "NotFeeAccount");
    assert.equal(codeOf(run.submit(run.amount("collect", 0, 2n, 701n))), "PotTooSmall");
    assert.equal(codeOf(run.submit(run.amount("collect", 0, 2n, 700n))), null);
    assert.equal(codeOf(run.submit(run.amount("contribute", 1, 2n, 5n))), null);
    assert.deepEqual([run.state.pots.feePot, run.state.pots.insurance], [0n, 5n]);
    proved(run);
  });

  it("no trade opens more than the cap", () => {
    const run = venue({ cap: 50n });
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, size: 60n }));
    assert.deepEqual(left(run.submit(run.order(1, 1n, { price: 400_000n, size: 60n }))), ["OpenInterestCap"]);
    assert.equal(trades(run.submit(run.order(1, 2n, { price: 400_000n, size: 50n }))).length, 1);
    proved(run);
  });
});

/** Account 0 is long a perpetual, and account 1 short of it. */
function leveraged(cash: bigint, options: EngineOptions = {}): EngineRun {
  const run = venue({ accounts: [cash, RICH, RICH, RICH], ...options });
  run.submit(run.order(1, 1n, { slot: PERP, side: "sell", price: run.price(PERP), size: 10_000n }));
  run.submit(run.order(0, 1n, { slot: PERP, price: run.price(PERP), size: 10_000n }));
  assert.equal(run.size(0, PERP), 10_000n);
  return run;
}

describe("engine: what nobody signs", () => {
  it("settles perpetuals to the mark and pays funding, one side exactly to the other", () => {
    const run = leveraged(30_000n * USD);
    run.pass(60n);
    run.marks(65_000n, 1_500n);
    assert.equal(run.cash(0), 30_000n * USD + 1_000n * USD - 15n * USD);
    assert.equal(run.cash(1), RICH - 1_000n * USD + 15n * USD);
    assert.equal(run.state.pots.clearing, 0n);
    proved(run);
  });

  it("liquidates through the book inside the band as little as restores initial margin, and fills the insurance fund", () => {
    const run = leveraged(15_000n * USD);
    run.pass(60n);
    run.submit(run.order(2, 1n, { slot: PERP, price: 5_780_000n, size: 10_000n }));
    run.submit(run.order(3, 1n, { slot: PERP, price: 5_700_000n, size: 10_000n }));
    const events = run.marks(58_000n);
    const [op] = trades(events);
    assert.equal(op?.cause, "liquidation");
    const size = run.size(0, PERP);
    assert.ok(size > 0n && size < 10_000n);
    const account = run.state.accounts.get(0);
    assert.ok(account && riskNow(run.state, account).surplus >= 0n, "initial margin is met again");
    assert.equal(run.size(3, PERP), 0n);
    assert.equal(run.state.pots.insurance, ((10_000n - size) * 58_000n * 5_000n) / 10_000n);
    proved(run);
  });

  it("leaves the healthy alone", () => {
    const run = leveraged(30_000n * USD);
    run.pass(60n);
    assert.equal(
      run.marks(60_000n).some(({ type }) => type === "liquidating"),
      false,
    );
  });

  it("what the book cannot take goes to the backstop of the least discount", () => {
    const run = leveraged(15_000n * USD);
    run.submit(run.backstop(2, 1n, { discountPpm: 4_000n }));
    run.submit(run.backstop(3, 1n, { discountPpm: 3_000n }));
    run.pass(60n);
    const [op] = trades(run.marks(58_000n));
    assert.deepEqual([op?.cause, op?.fills.map(({ account }) => account)], ["backstop", [3, 0]]);
    assert.ok(run.size(3, PERP) > 0n);
    proved(run);
  });

  it("takes no more of an account than the cap under one table, and goes on under the next", () => {
    const run = leveraged(15_000n * USD, { parameters: { liquidationCap: 5_700n } });
    run.submit(run.backstop(2, 1n));
    run.pass(60n);
    run.marks(57_000n);
    assert.equal(run.size(0, PERP), 9_000n);
    run.pass(60n);
    run.marks(57_000n);
    assert.equal(run.size(0, PERP), 8_000n);
    proved(run);
  });

  it("a bankrupt account's debt is paid by the insurance fund, the rest charged to the other side by a board operation", () => {
    const run = leveraged(16_000n * USD);
    run.submit(run.amount("contribute", 2, 1n, 500n * USD));
    run.submit(run.backstop(2, 2n));
    run.pass(60n);
    const events = run.marks(47_000n);
    const bankrupt = events.find((event) => event.type === "bankrupt");
    assert.ok(bankrupt && bankrupt.insured === 500n * USD && bankrupt.debt > bankrupt.insured);
    assert.deepEqual([run.cash(0), run.size(0, PERP), run.state.pots.insurance], [0n, 0n, 0n]);
    const [due] = dueSocialisations(run.state);
    assert.deepEqual(due, { kind: "socialise", slot: PERP, isShort: true });
    const before = run.cash(1);
    run.must({
      type: "board",
      operation: { kind: "socialise", slot: PERP, side: "short" },
      effect: due ?? assert.fail(),
    });
    const charged = before - run.cash(1);
    assert.ok(charged > 0n && bankrupt.debt - bankrupt.insured - charged < 10_000n);
    proved(run);
  });

  it("closes what an account asked L1 to close, without a penalty", () => {
    const run = leveraged(30_000n * USD);
    run.submit(run.order(2, 1n, { slot: PERP, price: run.price(PERP, -1_000n), size: 10_000n }));
    const events = run.request({ kind: "close", account: 0 });
    assert.deepEqual(
      trades(events).map(({ cause }) => cause),
      ["close"],
    );
    assert.deepEqual(
      [run.size(0, PERP), run.cash(0), run.state.accounts.get(0)?.isClosing],
      [0n, 29_990n * USD, false],
    );
    proved(run);
  });

  it("an expired series settles once: positions become cash, their holders are visited, the slot is free again", () => {
    const run = venue();
    run.submit(run.order(0, 1n, { side: "sell", price: 400_000n, validUntil: EXPIRY }));
    run.submit(run.order(1, 1n, { price: 400_000n }));
    const settle = () =>
      run.try({
        type: "board",
        operation: { kind: "settle", slot: 0, averages: null },
        effect: { kind: "settle", slot: 0, payoff: 123_456n },
      });
    assert.equal(codeOf(settle()), "BoardConflict");
    run.must({ type: "time", timestamp: EXPIRY + 1n, block: 3 });
    run.marks();
    assert.equal(run.state.board[0]?.status, "expired");
    assert.equal(codeOf(run.submit(run.withdraw(1, 2n, USD))), "MarksStale");
    assert.equal(codeOf(run.submit(run.order(1, 2n))), "SeriesNotLive");
    settle();
    assert.deepEqual(
      [run.cash(0), run.cash(1)],
      [RICH + 100n * (400_000n - 123_456n), RICH - 100n * (400_000n - 123_456n)],
    );
    assert.deepEqual([run.size(0), run.state.board[0]?.openLong], [0n, 0n]);
    const series = { underlying: 0, kind: "call", strike: 1n, expiry: EXPIRY + 86_400n } as const;
    const list = { kind: "list", slot: 0, series, cap: 5n } as const;
    run.must({ type: "board", operation: list, effect: list });
    assert.equal(codeOf(run.try({ type: "board", operation: list, effect: list })), "BoardConflict");
    assert.equal(codeOf(settle()), "BoardConflict");
    proved(run);
  });

  it("a trade given up after new marks leaves both sides as if it had not been", () => {
    const run = leveraged(30_000n * USD);
    const op = run.state.pending.find(({ kind }) => kind === "trade");
    run.pass(60n);
    run.marks(65_000n, 1_500n);
    run.must({ type: "quarantine", ops: [op?.id ?? 0], code: "IntentExpired", message: "too late" });
    assert.deepEqual([run.cash(0), run.cash(1), run.size(0, PERP)], [30_000n * USD, RICH, 0n]);
    assert.equal(run.state.board[PERP]?.openLong, 0n);
  });
});

describe("engine: refusal codes", () => {
  it("has a number of its own for each", () => {
    const numbers = Object.values(ENGINE_REFUSAL);
    assert.equal(new Set(numbers).size, numbers.length);
  });
});
