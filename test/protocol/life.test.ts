import assert from "node:assert/strict";
import { orderAt } from "#protocol/account.ts";
import type { Lane } from "#protocol/lane.ts";
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import { FILLED_ALL } from "#protocol/params.ts";
import { accountOf, type State } from "#protocol/state.ts";
import { applyTrade } from "#protocol/trade.ts";
import { assertBooks } from "#test/support/books.ts";
import { randomFrom } from "#test/support/random.ts";
import {
  backstop,
  cancel,
  cancelAll,
  close,
  collect,
  contribute,
  fill,
  fillSpread,
  forced,
  insured,
  lane,
  markPrice,
  mode,
  NOW,
  order,
  remarked,
  run,
  SPOT_USD,
  setKey,
  signed,
  signedBySession,
  signedInBulk,
  spread,
  step,
  stop,
  taken,
  trade,
  USD_CASH,
  withAccount,
  withGlobals,
  withSession,
  withSlot,
  worldState,
  writtenOff,
} from "#test/support/world.ts";

const CALL = 2;
const PERPETUAL = 3;
const BTC = 10_000n;
const usd = (amount: bigint): bigint => amount * USD_CASH;
const world = (): State => worldState({ accounts: Array.from({ length: 4 }, () => ({ cash: usd(100_000n) })) });
const sinking = (cash = usd(12_000n)): State =>
  worldState({
    accounts: [
      { cash, positions: [0n, 0n, -BTC] },
      { cash: usd(100_000n), positions: [0n, 0n, BTC] },
      { cash: usd(100_000n) },
    ],
  });
const traced = (state: State, ...lanes: readonly Lane[]) => applyTrade(state, step(state, lanes));
/** Applies a step of `lanes` and checks the books. */
function applied(state: State, ...lanes: readonly Lane[]): State {
  const { state: after } = traced(state, ...lanes);
  assertBooks(after);
  return after;
}
const sizesOf = (state: State, id: number): readonly bigint[] => accountOf(state, id).positions.map(({ size }) => size);
const cashOf = (state: State, id: number): bigint => accountOf(state, id).cash;
/** A fresh order of account `id`, executed wholly. */
function executes(
  state: State,
  id: number,
  side: "buy" | "sell",
  lots: bigint,
  price: bigint,
  slot = CALL,
  nonce = 1n,
) {
  return lane(id, [fill(signed(state, order(state, id, nonce, { slot, side, size: lots, price })), lots, price)]);
}

describe("spreads", () => {
  const LEGS = [
    { slot: 0, ratio: 1n },
    { slot: CALL, ratio: -2n },
    { slot: PERPETUAL, ratio: 1n },
  ];
  const OPPOSITE = LEGS.map(({ slot, ratio }) => ({ slot, ratio: -ratio }));

  it("are executed in their ratio, over several steps, at their net limit or better", () => {
    const before = world();
    const net = LEGS.reduce((sum, { slot, ratio }) => sum + ratio * markPrice(before, slot), 0n);
    const buy = signed(before, spread(before, 0, 1n, { legs: LEGS, size: 30n, price: net }));
    let state = before;
    for (const [nonce, units, price] of [
      [1n, 10n, net],
      [2n, 20n, net - 7n],
    ] as const) {
      const sell = signed(state, spread(state, 1, nonce, { legs: OPPOSITE, size: units, price: -price }));
      state = applied(state, lane(0, [fillSpread(buy, units, price)]), lane(1, [fillSpread(sell, units, -price)]));
    }
    assert.deepEqual(sizesOf(state, 0), [30n, 0n, -60n, 30n]);
    assert.deepEqual(sizesOf(state, 1), [-30n, 0n, 60n, -30n]);
    assert.deepEqual(orderAt(accountOf(state, 0).orders, 1), { key: 1n, filled: 30n });
    // The perpetual is settled to its mark: what was paid net, less what it is worth there.
    assert.equal(cashOf(state, 0), usd(100_000n) - 30n * net + 140n + 30n * markPrice(state, PERPETUAL));
  });

  it("are margined by the net position: a vertical costs less than what it is short", () => {
    const state = withAccount(world(), 0, { cash: usd(4_000n) });
    const poor = withGlobals(state, { totalCash: state.globals.totalCash - usd(96_000n) });
    const legs = [
      { slot: 0, ratio: 1n },
      { slot: CALL, ratio: -1n },
    ];
    const price = markPrice(poor, 0) - markPrice(poor, CALL);
    const sides = [1n, -1n].map((sign, id) => {
      const own = legs.map(({ slot, ratio }) => ({ slot, ratio: sign * ratio }));
      const intent = signed(poor, spread(poor, id, 1n, { legs: own, size: BTC, price: sign * price }));
      return lane(id, [fillSpread(intent, BTC, sign * price)]);
    });
    applied(poor, ...sides);
    const naked = [
      executes(poor, 0, "sell", BTC, markPrice(poor, CALL)),
      executes(poor, 1, "buy", BTC, markPrice(poor, CALL)),
    ];
    assert.throws(() => traced(poor, ...naked), { code: "InsufficientMargin" });
  });

  it("may name one series twice, as they may be their own counterparty", () => {
    const state = world();
    const legs = [
      { slot: 0, ratio: 3n },
      { slot: 0, ratio: -3n },
    ];
    const intent = signed(state, spread(state, 0, 1n, { legs, size: 5n, price: 0n }));
    assert.deepEqual(sizesOf(applied(state, lane(0, [fillSpread(intent, 5n, 0n)])), 0), [0n, 0n, 0n, 0n]);
  });
});

describe("perpetuals", () => {
  it("cost nothing at their mark and earn what it moves by, nothing more", () => {
    const state = world();
    const price = markPrice(state, PERPETUAL);
    const opened = applyTrade(
      state,
      trade(state, { slot: PERPETUAL, lots: BTC, price, buyer: 0, seller: 1, nonce: 1n }),
    ).state;
    assert.deepEqual([cashOf(opened, 0), cashOf(opened, 1)], [usd(100_000n), usd(100_000n)]);
    const moved = remarked(opened, SPOT_USD + 1_500n, NOW + 60n, 250n);
    const exit = markPrice(moved, PERPETUAL);
    const closed = applied(
      moved,
      executes(moved, 0, "sell", BTC, exit, PERPETUAL, 2n),
      executes(moved, 1, "buy", BTC, exit, PERPETUAL, 2n),
    );
    // 1,500 for the price, less 2.50 of funding.
    assert.equal(cashOf(closed, 0), usd(101_500n) - 2_500_000n);
    assert.equal(cashOf(closed, 1), usd(98_500n) + 2_500_000n);
    assert.equal(closed.globals.clearing, 0n);
  });

  it("make profit at once of a price better than the mark, and a loss of a worse one", () => {
    const state = world();
    const price = markPrice(state, PERPETUAL) - 1_000n;
    const after = applyTrade(
      state,
      trade(state, { slot: PERPETUAL, lots: BTC, price, buyer: 0, seller: 1, nonce: 1n }),
    ).state;
    assert.deepEqual([cashOf(after, 0), cashOf(after, 1)], [usd(100_010n), usd(99_990n)]);
  });

  it("leave nobody a unit richer by dust trades while mark and funding move (attack 44)", () => {
    let state = world();
    const random = randomFrom(44);
    const equity = (at: State) =>
      [...at.accounts.values()].reduce((sum, account) => {
        const { equity: own } = riskOf(at.profile, at.marks, at.parameters, marginTerms(account));
        return sum + own;
      }, 0n) +
      at.globals.clearing * 10_000n;
    const all = equity(state);
    for (let nonce = 1n; nonce <= 60n; nonce++) {
      const price = BigInt(random.int(12_800_000));
      const terms = { slot: PERPETUAL, lots: 1n, price, buyer: random.int(2), seller: 2 + random.int(2), nonce };
      state = applyTrade(state, trade(state, terms)).state;
      const { timestamp } = state.globals;
      state = remarked(state, SPOT_USD + BigInt(random.int(99)), timestamp + 1n, BigInt(random.int(99) - 49));
      state = withGlobals(state, { timestamp: timestamp + 1n });
      assertBooks(state);
      assert.equal(equity(state), all);
    }
  });
});

describe("backstops", () => {
  it("take either side of any series at exactly their discount, over several steps", () => {
    let state = world();
    const own = signed(state, backstop(state, 0, 9n, 30n, 5_000n));
    // 0.5 % of 64,000 USDC; the call's mark is a whole number of cents, the other's is not.
    const bid = markPrice(state, CALL) - 32_000n;
    state = applied(
      state,
      lane(0, [taken(own, { slot: CALL, size: 10n, price: bid })]),
      executes(state, 1, "sell", 10n, bid),
    );
    const offer = markPrice(state, 1) + 32_001n;
    state = applied(
      state,
      lane(0, [taken(own, { slot: 1, size: -20n, price: offer }, 20n * 100n)]),
      executes(state, 1, "buy", 20n, offer, 1, 2n),
    );
    assert.deepEqual(sizesOf(state, 0), [0n, -20n, 10n, 0n]);
    assert.deepEqual(orderAt(accountOf(state, 0).orders, 1), { key: 9n, filled: 30n });
    const more = () =>
      traced(
        state,
        lane(0, [taken(own, { slot: CALL, size: 1n, price: bid })]),
        executes(state, 1, "sell", 1n, bid, CALL, 3n),
      );
    assert.throws(more, { code: "Overfilled" });
  });
});

describe("session keys", () => {
  it("trade to the edge of their limits", () => {
    const limits = { underlyings: 1n, validUntil: NOW + 600n, maxSize: 50n };
    const state = withSession(world(), 0, 3, limits);
    const price = markPrice(state, CALL);
    const terms = { slot: CALL, side: "buy", size: 50n, price } as const;
    const own = signedBySession(state, order(state, 0, (1n << 31n) - 1n, terms), 3);
    assert.deepEqual(
      sizesOf(applied(state, lane(0, [fill(own, 50n, price)]), executes(state, 1, "sell", 50n, price)), 0),
      [0n, 0n, 50n, 0n],
    );
  });

  it("cancel, stop and cannot take from the master key the last word", () => {
    const state = withSession(world(), 0, 1);
    const used = [0n, 1n, 2n, 3n].reduce(
      (so, at) => applied(so, lane(0, [run(signedBySession(so, cancel(so, 0, (1n << 31n) - 1n - at), 1))])),
      state,
    );
    assert.equal(accountOf(applied(used, lane(0, [run(signed(used, cancelAll(used, 0, 1n << 31n)))])), 0).epoch, 1n);
    const stopped = applied(state, lane(0, [run(signedBySession(state, mode(state, 0, 1n, true), 1))]));
    assert.equal(accountOf(stopped, 0).isReduceOnly, true);
  });

  it("are written by a request, and act in its lane", () => {
    const state = world();
    const keyed = lane(0, [run(signedBySession(state, cancel(state, 0, 1n), 2))], setKey(0, 2, { maxSize: 0n }));
    const after = applied(state, keyed);
    assert.equal(accountOf(after, 0).sessions[1]?.limits.maxSize, 0n);
    assert.equal(accountOf(after, 0).key, accountOf(state, 0).key);
    const own = applied(after, lane(0, [run(signed(after, cancel(after, 0, 2n), 7))], setKey(0, 0, {}, 7)));
    assert.throws(() => traced(own, lane(0, [run(signed(own, cancel(own, 0, 3n)))])), { code: "BadSignature" });
  });
});

describe("one signature for many quotes", () => {
  it("executes each by its path, in any order, and each can be cancelled", () => {
    let state = world();
    const price = markPrice(state, CALL);
    const quotes = signedInBulk(
      state,
      [1n, 2n, 3n, 4n].map((nonce) => order(state, 0, nonce, { slot: CALL, side: "buy", size: 10n * nonce, price })),
    );
    const hit = (so: State, at: number, lots: bigint, nonce: bigint) => {
      const quote = quotes[at];
      if (!quote) throw new RangeError(`no quote ${at}`);
      return [lane(0, [fill(quote, lots, price)]), executes(so, 1, "sell", lots, price, CALL, nonce)];
    };
    state = applied(state, ...hit(state, 3, 15n, 1n));
    state = applied(state, ...hit(state, 1, 20n, 2n));
    state = applied(state, ...hit(state, 3, 25n, 3n));
    assert.deepEqual(sizesOf(state, 0), [0n, 0n, 60n, 0n]);
    state = applied(state, lane(0, [run(signed(state, cancel(state, 0, 5n)))]));
    assert.throws(() => traced(state, ...hit(state, 0, 1n, 4n)), { code: "StaleNonce" });
    state = applied(state, lane(0, [run(signed(state, cancelAll(state, 0, 9n)))]));
    assert.throws(() => traced(state, ...hit(state, 2, 1n, 4n)), { code: "WrongEpoch" });
  });
});

describe("an account that is reduce-only", () => {
  it("may shrink to nothing, is stopped by one request, and is freed by its master key", () => {
    const state = sinking(usd(90_000n));
    const stopped = applied(state, lane(0, [], stop(0)));
    assert.deepEqual([accountOf(stopped, 0).isReduceOnly, accountOf(stopped, 0).epoch], [true, 1n]);
    const price = markPrice(stopped, CALL);
    const reduced = applied(stopped, executes(stopped, 0, "buy", BTC, price), executes(stopped, 1, "sell", BTC, price));
    assert.deepEqual(sizesOf(reduced, 0), [0n, 0n, 0n, 0n]);
    const freed = applied(reduced, lane(0, [run(signed(reduced, mode(reduced, 0, 2n, false)))]));
    assert.equal(accountOf(freed, 0).isReduceOnly, false);
    applied(freed, executes(freed, 0, "buy", 1n, price, CALL, 3n), executes(freed, 2, "sell", 1n, price));
  });
});

describe("open interest", () => {
  it("may reach its cap, and shrink or change hands above it (attack 55)", () => {
    const state = withSlot(world(), CALL, { cap: 10n });
    const price = markPrice(state, CALL);
    const full = applied(state, executes(state, 0, "buy", 10n, price), executes(state, 1, "sell", 10n, price));
    const above = withSlot(full, CALL, { cap: 5n });
    const handed = applied(
      above,
      executes(above, 2, "buy", 10n, price),
      executes(above, 0, "sell", 10n, price, CALL, 2n),
    );
    const shrunk = applied(
      handed,
      executes(handed, 2, "sell", 1n, price, CALL, 2n),
      executes(handed, 1, "buy", 1n, price, CALL, 2n),
    );
    assert.equal(shrunk.board[CALL]?.openLong, 9n);
  });
});

describe("liquidation", () => {
  it("takes to the cap, at the edge of band and penalty, and records what and whom", () => {
    // 100 lots are 640 USDC: 0.5 % of them are 3.20, 1 % of 64,000 is 640.
    const state = { ...sinking(), parameters: { ...sinking().parameters, liquidationCap: 640n } };
    const price = markPrice(state, CALL) + 64_000n;
    const { state: after, trace } = traced(
      state,
      lane(0, [forced(CALL, 100n, price, 3_200_000n)]),
      executes(state, 2, "sell", 100n, price),
    );
    assertBooks(after);
    assert.equal(trace.lanes[0]?.isLiquidating, true);
    assert.equal(after.globals.insurance, 3_200_000n);
    assert.equal(after.globals.feePot, 0n);
    assert.equal(cashOf(after, 0), usd(12_000n) - 100n * price - 3_200_000n);
    // It was short: the longs have had what it lost, and would be charged.
    assert.deepEqual(accountOf(after, 0).liquidation, {
      table: NOW,
      amount: 640n * USDC_NOTIONAL,
      target: 1n + 2n * 2n,
    });
    const again = (so: State) => [lane(0, [forced(CALL, 1n, price)]), executes(so, 2, "sell", 1n, price, CALL, 2n)];
    assert.throws(() => traced(after, ...again(after)), { code: "LiquidationCap" });
    // A new table allows as much again.
    const later = remarked(after, SPOT_USD, NOW + 1n);
    assert.equal(accountOf(applied(later, ...again(later)), 0).liquidation.amount, (64n * USDC_NOTIONAL) / 10n);
  });

  it("ends with the backstop, which is paid its discount", () => {
    const state = sinking();
    const own = signed(state, backstop(state, 2, 1n, BTC, 9_000n));
    const price = markPrice(state, CALL) + 57_600n;
    const after = applied(
      state,
      lane(0, [forced(CALL, BTC, price)]),
      lane(2, [taken(own, { slot: CALL, size: -BTC, price })]),
    );
    assert.deepEqual(sizesOf(after, 0), [0n, 0n, 0n, 0n]);
    assert.deepEqual(sizesOf(after, 2), [0n, 0n, -BTC, 0n]);
  });

  it("of two unhealthy accounts may set one against the other", () => {
    const state = worldState({
      accounts: [
        { cash: usd(12_000n), positions: [0n, 0n, -BTC] },
        { cash: -usd(2_000n), positions: [0n, 0n, BTC] },
      ],
    });
    const price = markPrice(state, CALL);
    const after = applied(state, lane(0, [forced(CALL, BTC, price)]), lane(1, [forced(CALL, -BTC, price)]));
    assert.deepEqual([sizesOf(after, 0), sizesOf(after, 1)], [Array(4).fill(0n), Array(4).fill(0n)]);
    assert.equal(accountOf(after, 1).liquidation.target, 2n + 2n * 2n);
  });

  it("needs a lane of its own, and a lane changes mode and epoch once", () => {
    const accounts = [
      { cash: usd(12_000n), positions: [0n, 0n, -BTC] },
      { cash: usd(90_000n), positions: [0n, 0n, BTC] },
    ];
    const state = worldState({ profile: "devnet", accounts });
    const twice = (first: Lane["executions"][number], second: Lane["executions"][number]) => () =>
      traced(state, lane(0, [first, second]));
    const own = (nonce: bigint) => run(signed(state, cancel(state, 0, nonce)));
    const all = (nonce: bigint) => run(signed(state, cancelAll(state, 0, nonce)));
    const stops = (nonce: bigint) => run(signed(state, mode(state, 0, nonce, true)));
    const liquidated = forced(CALL, 1n, markPrice(state, CALL));
    assert.throws(twice(liquidated, own(1n)), { code: "NotLiquidatable" });
    assert.throws(twice(own(1n), liquidated), { code: "NotLiquidatable" });
    assert.throws(twice(all(1n), all(2n)), { code: "WrongEpoch" });
    assert.throws(twice(stops(1n), stops(2n)), { code: "TooManyIntents" });
    traced(state, lane(0, [own(1n), stops(2n)]));
  });
});

describe("a forced close", () => {
  it("needs nobody's signature until no position is left, at any health", () => {
    const state = sinking(usd(90_000n));
    const asked = applied(state, lane(0, [], close(0)));
    assert.equal(accountOf(asked, 0).isClosing, true);
    const price = markPrice(asked, CALL) + 64_000n;
    const half = applied(asked, lane(0, [forced(CALL, BTC / 2n, price)]), executes(asked, 1, "sell", BTC / 2n, price));
    assert.equal(accountOf(half, 0).isClosing, true);
    const done = applied(
      half,
      lane(0, [forced(CALL, BTC / 2n, price)]),
      executes(half, 1, "sell", BTC / 2n, price, CALL, 2n),
    );
    assert.equal(accountOf(done, 0).isClosing, false);
    assert.deepEqual(sizesOf(done, 0), [0n, 0n, 0n, 0n]);
    // Should it owe something now, the longs would be charged, as after a liquidation.
    assert.equal(accountOf(done, 0).liquidation.target, 5n);
  });

  it("ends at once if there is nothing to close", () => {
    assert.equal(accountOf(applied(world(), lane(0, [], close(0))), 0).isClosing, false);
  });
});

describe("a debt", () => {
  const owing = (target: bigint): State =>
    withAccount(
      worldState({
        accounts: [
          { cash: -usd(50n) },
          { cash: usd(90_000n), positions: [0n, 0n, BTC] },
          { cash: usd(90_000n), positions: [0n, 0n, -BTC] },
        ],
      }),
      0,
      { liquidation: { table: 1n, amount: 2n, target } },
    );

  it("is paid by the insurance fund as far as it reaches (attack 57)", () => {
    const after = applied(insured(owing(5n), usd(50n)), writtenOff(0));
    assert.deepEqual([cashOf(after, 0), after.globals.insurance, after.board[CALL]?.deficitLong], [0n, 0n, 0n]);
  });

  it("is charged beyond that to the side that gained what was lost (attack 58)", () => {
    const longs = applied(insured(owing(5n), usd(20n)), writtenOff(0));
    assert.deepEqual(
      [longs.globals.insurance, longs.board[CALL]?.deficitLong, longs.board[CALL]?.deficitShort],
      [0n, usd(30n), 0n],
    );
    const shorts = applied(owing(6n), writtenOff(0));
    assert.deepEqual([shorts.board[CALL]?.deficitLong, shorts.board[CALL]?.deficitShort], [0n, usd(50n)]);
  });

  it("that no forced execution led to waits for the insurance fund", () => {
    const after = applied(owing(0n), writtenOff(0));
    assert.equal(after.globals.deficit, usd(50n));
    assert(after.board.every(({ deficitLong, deficitShort }) => deficitLong + deficitShort === 0n));
  });

  it("can be written off in the lane that takes the last position", () => {
    const state = sinking(-usd(1n));
    const price = markPrice(state, CALL);
    const last = { ...writtenOff(0, [forced(CALL, BTC, price)]) };
    const after = applied(state, last, executes(state, 1, "sell", BTC, price));
    assert.deepEqual([cashOf(after, 0), after.board[CALL]?.deficitLong], [0n, usd(3_361n)]);
  });
});

describe("fees and the insurance fund", () => {
  it("go to the pot, and from there to the fee account and nobody else (attack 45)", () => {
    const state = withGlobals(world(), { feePot: usd(3n), totalCash: usd(400_003n) });
    const after = applied(state, lane(0, [run(signed(state, collect(state, 0, 1n, usd(3n))))]));
    assert.deepEqual([after.globals.feePot, cashOf(after, 0)], [0n, usd(100_003n)]);
  });

  it("takes contributions", () => {
    const state = world();
    const after = applied(state, lane(1, [run(signed(state, contribute(state, 1, 1n, usd(7n))))]));
    assert.deepEqual([after.globals.insurance, cashOf(after, 1)], [usd(7n), usd(99_993n)]);
    assert.deepEqual(orderAt(accountOf(after, 1).orders, 1), { key: 1n, filled: FILLED_ALL });
  });
});
