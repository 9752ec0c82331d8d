import assert from "node:assert/strict";
import { orderAt } from "#protocol/account.ts";
import { parseWords } from "#protocol/binding.ts";
import type { Lane } from "#protocol/lane.ts";
import { LAYOUT, unpack } from "#protocol/layout.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import { FILLED_ALL } from "#protocol/params.ts";
import { requestWords } from "#protocol/request.ts";
import { accountOf, type State, stateRoot } from "#protocol/state.ts";
import { applyTrade, type TradeStep } from "#protocol/trade.ts";
import { assertBooks } from "#test/support/books.ts";
import { randomFrom } from "#test/support/random.ts";
import {
  cancel,
  cancelAll,
  deposit,
  EXPIRY,
  fill,
  lane,
  markPrice,
  marksAt,
  NOW,
  order,
  PARAMETERS,
  register,
  run,
  SPOT_USD,
  signed,
  step,
  trade,
  USD_CASH,
  withdraw,
  worldState,
} from "#test/support/world.ts";

const CALL = 2;
const BTC = 10_000n;
const usd = (amount: bigint): bigint => amount * USD_CASH;
const world = (): State => worldState({ accounts: Array.from({ length: 4 }, () => ({ cash: usd(100_000n) })) });
const between = (
  state: State,
  buyer: number,
  seller: number,
  lots: bigint,
  price = markPrice(state, CALL),
): TradeStep => trade(state, { slot: CALL, lots, price, buyer, seller, nonce: 1n });
const applied = (state: State, ...lanes: readonly Lane[]): State => applyTrade(state, step(state, lanes)).state;

describe("applyTrade", () => {
  it("moves lots and cash between two accounts, fees to the pot", () => {
    const state = world();
    const price = markPrice(state, CALL);
    const sides = (["buy", "sell"] as const).map((side, id) =>
      lane(id, [
        fill(
          signed(state, order(state, id, 1n, { slot: CALL, side, size: BTC, price })),
          BTC,
          price,
          BigInt(id + 1) * 100n,
        ),
      ]),
    );
    const after = applied(state, ...sides);
    assert.equal(accountOf(after, 0).cash, usd(100_000n) - price * BTC - 100n);
    assert.equal(accountOf(after, 1).cash, usd(100_000n) + price * BTC - 200n);
    assert.deepEqual(
      [0, 1].map((id) => accountOf(after, id).positions[CALL]?.size),
      [BTC, -BTC],
    );
    assert.deepEqual([after.globals.feePot, after.globals.number, after.globals.timestamp], [300n, 8n, NOW + 1n]);
    assertBooks(after);
  });

  it("writes words that say what was executed, between the two roots", () => {
    const state = world();
    const lanes = [lane(4, [], register(4, 5n)), lane(0, [run(signed(state, withdraw(state, 0, 3n, 7n)))])];
    const { state: after, trace } = applyTrade(state, step(state, lanes));
    const { header, entries } = parseWords(trace.words);
    assert.deepEqual(header, {
      kind: "trade",
      timestamp: NOW + 1n,
      number: 8n,
      oldRoot: stateRoot(state),
      newRoot: stateRoot(after),
      domain: state.domain,
    });
    const [laneWords = [], requests = []] = entries;
    assert.deepEqual(
      laneWords.map(([head = 0n]) => unpack(LAYOUT.lane, head)),
      [
        { account: 4n, payout: 0n, isWrittenOff: 0n },
        { account: 0n, payout: 7n, isWrittenOff: 0n },
      ],
    );
    assert.equal(laneWords[0]?.[1], 0n);
    assert.deepEqual(unpack(LAYOUT.execution, laneWords[1]?.[1] ?? 0n), {
      kind: 2n,
      size: 0n,
      cash: -7n,
      fee: 0n,
      nonce: 3n,
    });
    assert.deepEqual(requests, [requestWords(register(4, 5n))]);
    assert.equal(after.globals.requestCursor, 1n);
    assertBooks(after);
  });

  it("fills an order over several steps, to its size and no further", () => {
    let state = world();
    const price = markPrice(state, CALL);
    const buy = signed(state, order(state, 0, 1n, { slot: CALL, side: "buy", size: 30n, price }));
    for (const [nonce, lots] of [
      [1n, 10n],
      [2n, 20n],
    ] as const) {
      const sell = signed(state, order(state, 1, nonce, { slot: CALL, side: "sell", size: lots, price }));
      state = applied(state, lane(0, [fill(buy, lots, price)]), lane(1, [fill(sell, lots, price)]));
    }
    assert.deepEqual(orderAt(accountOf(state, 0).orders, 1), { key: 1n, filled: 30n });
    assertBooks(state);
  });

  it("kills every order by cancel-all, one by cancel, and leaves the others", () => {
    const state = world();
    const after = applied(
      state,
      lane(0, [run(signed(state, cancelAll(state, 0, 1n)))]),
      lane(1, [run(signed(state, cancel(state, 1, 6n)))]),
    );
    assert.deepEqual([accountOf(after, 0).epoch, accountOf(after, 1).epoch], [1n, 0n]);
    assert.deepEqual(orderAt(accountOf(after, 1).orders, 2), { key: 6n, filled: FILLED_ALL });
    // A nonce may be used again in the new epoch.
    applyTrade(after, between(after, 0, 1, 1n));
  });

  it("registers and serves the account in the same lane", () => {
    const state = world();
    const after = applied(state, lane(9, [run(signed(state, withdraw(state, 9, 1n, 3n)))], register(9, 5n)));
    assert.equal(accountOf(after, 9).cash, 2n);
    assert.equal(after.globals.totalCash, state.globals.totalCash + 2n);
    assertBooks(after);
    // Without a deposit too.
    assert.equal(accountOf(applied(state, lane(9, [], register(9, 0n))), 9).cash, 0n);
  });

  it("credits every deposit, whatever the account's margin (attack 35)", () => {
    const poor = worldState({
      accounts: [
        { cash: -usd(5n), positions: [-BTC] },
        { cash: usd(50_000n), positions: [BTC] },
      ],
    });
    assert.equal(accountOf(applied(poor, lane(0, [], deposit(0, 1n))), 0).cash, 1n - usd(5n));
  });

  it("visits an account for nothing, and changes nothing but the step's number and time (attack 34)", () => {
    const state = world();
    const after = applied(state, lane(0, []), lane(0, []));
    assert.equal(after.accountTree.root, state.accountTree.root);
    assert.deepEqual(after.globals, { ...state.globals, number: 8n, timestamp: NOW + 1n });
  });

  it("lets an account trade with itself for nothing but fees (attack 23)", () => {
    const state = world();
    const price = markPrice(state, CALL);
    const both = (["buy", "sell"] as const).map((side, at) =>
      lane(0, [
        fill(signed(state, order(state, 0, BigInt(at + 1), { slot: CALL, side, size: BTC, price })), BTC, price, 10n),
      ]),
    );
    const after = applied(state, ...both);
    assert.deepEqual(accountOf(after, 0).positions, accountOf(state, 0).positions);
    assert.equal(accountOf(after, 0).cash, usd(100_000n) - 20n);
    assertBooks(after);
  });

  it("trusts signatures that were checked before, if told so, and no other rule", () => {
    const state = world();
    const honest = between(state, 0, 1, 1n);
    const unsigned = {
      ...honest,
      lanes: honest.lanes.map((each) => ({
        ...each,
        executions: each.executions.map((one) => ({ ...one, signature: { r8: { x: 0n, y: 1n }, s: 0n } })),
      })),
    };
    assert.throws(() => applyTrade(state, unsigned), { code: "BadSignature" });
    assert.equal(
      stateRoot(applyTrade(state, unsigned, { checkSignatures: false }).state),
      stateRoot(applyTrade(state, honest).state),
    );
    const late = { ...unsigned, timestamp: NOW + 601n };
    assert.throws(() => applyTrade(state, late, { checkSignatures: false }), { code: "IntentExpired" });
  });
});

describe("applyTrade accepts to the edge", () => {
  it("of an intent's validity and of the step before", () => {
    const state = world();
    applyTrade(state, { ...between(state, 0, 1, 1n), timestamp: NOW + 600n });
    applyTrade(state, { ...between(state, 0, 1, 1n), timestamp: NOW });
  });

  it("of trading before expiry", () => {
    const last = EXPIRY - PARAMETERS.expiryGuard - 1n;
    const state = world();
    const late = {
      ...state,
      marks: marksAt(state.profile, SPOT_USD, last),
      globals: { ...state.globals, timestamp: last },
    };
    applyTrade(late, { ...between(late, 0, 1, 1n), timestamp: last });
  });

  it("of limit and fee", () => {
    const state = world();
    const price = markPrice(state, CALL);
    const sides = (["buy", "sell"] as const).map((side, id) => {
      const limit = side === "buy" ? price + 7n : price - 7n;
      return lane(id, [
        fill(signed(state, order(state, id, 1n, { slot: CALL, side, size: 5n, price: limit })), 5n, price, 500n),
      ]);
    });
    assertBooks(applied(state, ...sides));
  });

  it("of margin: all but the last unit above it can be withdrawn, and an order may use it up", () => {
    const state = worldState({
      accounts: [
        { cash: usd(50_000n), positions: [0n, 0n, -BTC] },
        { cash: usd(50_000n), positions: [0n, 0n, BTC] },
      ],
    });
    const { surplus } = riskOf(state.profile, state.marks, state.parameters, marginTerms(accountOf(state, 0)));
    const most = surplus / (4n * 10n ** 16n);
    const withdrawing = (amount: bigint) =>
      step(state, [lane(0, [run(signed(state, withdraw(state, 0, 1n, amount)))])]);
    const { trace } = applyTrade(state, withdrawing(most));
    assert(trace.lanes[0] && trace.lanes[0].riskAfter.surplus < 4n * 10n ** 16n && !trace.lanes[0].isReducing);
    assert.throws(() => applyTrade(state, withdrawing(most + 1n)), { code: "InsufficientMargin" });
  });

  it("of cash: a withdrawal may leave nothing", () => {
    const state = world();
    assert.equal(
      accountOf(applied(state, lane(0, [run(signed(state, withdraw(state, 0, 1n, usd(100_000n))))])), 0).cash,
      0n,
    );
  });

  it("of the price band, for a sinking account that reduces", () => {
    const state = worldState({
      accounts: [
        { cash: usd(12_000n), positions: [0n, 0n, -BTC] },
        { cash: usd(90_000n), positions: [0n, 0n, BTC] },
      ],
    });
    // 1 % of the spot, 64,000 cents, above the mark; the mark itself is finer than a cent.
    const edge = markPrice(state, CALL) + 64_000n;
    const { trace } = applyTrade(state, between(state, 0, 1, 1_000n, edge));
    assert.equal(trace.lanes[0]?.isReducing, true);
    assert.throws(() => applyTrade(state, between(state, 0, 1, 1_000n, edge + 1n)), { code: "PriceBand" });
    // At or above initial margin no band holds anybody.
    const rich = worldState({ accounts: [{ cash: usd(90_000n) }, { cash: usd(90_000n) }] });
    applyTrade(rich, between(rich, 0, 1, 1_000n, edge + 100_000n));
  });

  it("of old marks: positions may shrink, orders die, money come and, without positions, go (attack 53)", () => {
    const held = worldState({
      accounts: [
        { cash: usd(50_000n), positions: [0n, 0n, -BTC] },
        { cash: usd(50_000n), positions: [0n, 0n, BTC] },
        { cash: usd(5n) },
      ],
    });
    const fresh = { ...held, globals: { ...held.globals, timestamp: NOW + PARAMETERS.maxMarksAge - 1n } };
    // At the age allowed they are not old yet.
    applyTrade(fresh, between(fresh, 1, 0, 1n));
    const old = { ...held, globals: { ...held.globals, timestamp: NOW + PARAMETERS.maxMarksAge } };
    assert.throws(() => applyTrade(old, between(old, 1, 0, 1n)), { code: "MarksStale" });
    assertBooks(applyTrade(old, between(old, 0, 1, BTC)).state);
    applied(
      old,
      lane(0, [run(signed(old, cancel(old, 0, 1n)))], deposit(0, 1n)),
      lane(2, [run(signed(old, withdraw(old, 2, 1n, usd(5n))))]),
    );
  });

  it("of no price at all: dust trades at any price leave nobody a unit richer (attack 44)", () => {
    let state = world();
    const random = randomFrom(44);
    for (let nonce = 1n; nonce <= 25n; nonce++) {
      const price = BigInt(random.int(1_000_000));
      state = applyTrade(
        state,
        trade(state, { slot: random.int(4), lots: 1n, price, buyer: random.int(2), seller: 2 + random.int(2), nonce }),
      ).state;
      assertBooks(state);
    }
    assert.equal(state.globals.totalCash, usd(400_000n));
  });
});
