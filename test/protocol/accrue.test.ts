import assert from "node:assert/strict";
import fc from "fast-check";
import { accrue, sideIndex } from "#protocol/accrue.ts";
import { accountOf, type State, withAccounts } from "#protocol/state.ts";
import { applyTrade } from "#protocol/trade.ts";
import { assertBooks } from "#test/support/books.ts";
import {
  lane,
  markPrice,
  remarked,
  SPOT_USD,
  settledAt,
  socialised,
  step,
  trade,
  USD_CASH,
  worldState,
} from "#test/support/world.ts";

const BTC = 10_000n;
const CALL = 2;
const PERPETUAL = 3;
const usd = (amount: bigint): bigint => amount * USD_CASH;
const held = (slot: number, ...sizes: readonly bigint[]): State =>
  worldState({
    accounts: sizes.map((size) => ({
      cash: usd(100_000n),
      positions: Array.from({ length: 4 }, (_, at) => (at === slot ? size : 0n)),
    })),
  });
const paid = (state: State, id: number): bigint => accrue(state, accountOf(state, id)).paid;
const visited = (state: State, id: number): State => applyTrade(state, step(state, [lane(id, [])], 0n)).state;
const cashOf = (state: State, id: number): bigint => accountOf(state, id).cash;

describe("accrue", () => {
  it("settles a perpetual to its mark: what one side gains the other loses", () => {
    const state = remarked(held(PERPETUAL, BTC, -BTC), SPOT_USD + 1_000n);
    assert.deepEqual([paid(state, 0), paid(state, 1)], [usd(1_000n), -usd(1_000n)]);
  });

  it("takes funding from longs and gives it to shorts, or the other way round", () => {
    // 5 USDC per unit, on 3 units.
    const state = held(PERPETUAL, 3n * BTC, -3n * BTC);
    const longsPay = remarked(state, SPOT_USD, undefined, 500n);
    assert.deepEqual([paid(longsPay, 0), paid(longsPay, 1)], [-usd(15n), usd(15n)]);
    const shortsPay = remarked(state, SPOT_USD, undefined, -500n);
    assert.deepEqual([paid(shortsPay, 0), paid(shortsPay, 1)], [usd(15n), -usd(15n)]);
  });

  it("pays a settled option and takes the position away, once (attack 40)", () => {
    const state = settledAt(held(CALL, 2n * BTC, -2n * BTC), CALL, 123_456n);
    const once = visited(visited(state, 0), 1);
    const amount = 2n * 1_234_560_000n;
    assert.deepEqual([cashOf(once, 0), cashOf(once, 1)], [usd(100_000n) + amount, usd(100_000n) - amount]);
    assert.deepEqual([accountOf(once, 0).positions[CALL]?.size, accountOf(once, 1).positions[CALL]?.size], [0n, 0n]);
    assert.deepEqual([once.board[CALL]?.openLong, once.board[CALL]?.openShort, once.globals.clearing], [0n, 0n, 0n]);
    assert.equal(cashOf(visited(once, 0), 0), cashOf(once, 0));
  });

  it("keeps in clearing what one side has had and the other not yet (attack 43)", () => {
    const state = settledAt(held(CALL, BTC, -BTC), CALL, 100n);
    const half = visited(state, 0);
    assert.equal(half.globals.clearing, -usd(1n));
    assert.deepEqual([half.board[CALL]?.openLong, half.board[CALL]?.openShort], [0n, BTC]);
    assertBooks(half);
    assert.equal(visited(half, 1).globals.clearing, 0n);
  });

  it("charges a socialised loss to everybody on one side by size, and to nobody on the other", () => {
    const state = socialised(held(PERPETUAL, BTC, 3n * BTC, -4n * BTC), PERPETUAL, "long", 7n);
    assert.deepEqual(
      [0, 1, 2].map((id) => paid(state, id)),
      [-70_000n, -210_000n, 0n],
    );
    const short = socialised(held(PERPETUAL, BTC, 3n * BTC, -4n * BTC), PERPETUAL, "short", 7n);
    assert.deepEqual(
      [0, 1, 2].map((id) => paid(short, id)),
      [0n, 0n, -280_000n],
    );
  });

  it("gives nothing of the past to who comes later, nor to who changes sides", () => {
    const moved = remarked(held(PERPETUAL, BTC, -BTC, 0n), SPOT_USD + 1_000n, undefined, 300n);
    const charged = socialised(moved, PERPETUAL, "short", 11n);
    const price = markPrice(charged, PERPETUAL);
    // Account 0 sells twice what it holds, account 2 opens.
    const { state } = applyTrade(
      charged,
      trade(charged, { slot: PERPETUAL, lots: 2n * BTC, price, buyer: 2, seller: 0, nonce: 1n }),
    );
    assert.equal(accountOf(state, 0).positions[PERPETUAL]?.index, sideIndex(state, PERPETUAL, true));
    assert.equal(accountOf(state, 2).positions[PERPETUAL]?.index, sideIndex(state, PERPETUAL, false));
    assert.deepEqual([paid(state, 0), paid(state, 2)], [0n, 0n]);
    assert.equal(cashOf(state, 0), usd(100_000n + 1_000n - 3n));
    assert.equal(cashOf(state, 2), usd(100_000n));
    assertBooks(state);
  });

  const size = fc.bigInt({ min: -(1n << 40n), max: (1n << 40n) - 1n });
  const index = fc.bigInt({ min: -(1n << 46n), max: 1n << 46n });
  const loss = fc.bigInt({ min: 0n, max: 1n << 46n });

  it("is zero-sum to the unit: over all accounts nothing but the losses charged", () =>
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 6 }), index, loss, loss, (sizes, payoff, long, short) => {
        const all = [...sizes, -sizes.reduce((sum, each) => sum + each, 0n)];
        const empty = worldState({ accounts: [{ cash: 0n }] });
        const board = empty.board.map((slot) => ({ ...slot, index: payoff, lossLong: long, lossShort: short }));
        const state = { ...empty, board };
        const fresh = accountOf(empty, 0);
        const total = all.reduce((sum, lots) => {
          const account = { ...fresh, positions: fresh.positions.with(CALL, { size: lots, index: 0n }) };
          return sum + accrue(state, account).paid;
        }, 0n);
        const open = all.reduce((sum, lots) => (lots > 0n ? sum + lots : sum), 0n);
        assert.equal(total, -open * (long + short));
      }),
    ));

  it("pays the same however often an account is visited: nothing is rounded (attack 44)", () =>
    fc.assert(
      fc.property(size, fc.array(index, { minLength: 1, maxLength: 8 }), (lots, path) => {
        const state = worldState({ accounts: [{ cash: 0n, positions: [0n, 0n, 0n, lots] }] });
        const at = (moved: bigint) => ({
          ...state,
          marks: { ...state.marks, underlyings: state.marks.underlyings.map((each) => ({ ...each, index: moved })) },
        });
        const often = path.reduce((account, moved) => accrue(at(moved), account).account, accountOf(state, 0));
        const once = accrue(at(path.at(-1) ?? 0n), accountOf(state, 0)).account;
        assert.deepEqual(often, once);
      }),
    ));

  it("does nothing to an account without positions, whatever has happened", () => {
    const state = settledAt(socialised(held(CALL, 0n, BTC, -BTC), CALL, "long", 3n), CALL, 5n);
    const { account, paid: nothing } = accrue(state, accountOf(state, 0));
    assert.equal(nothing, 0n);
    assert.equal(account.cash, usd(100_000n));
    assertBooks(withAccounts(state, new Map([[0, account]])));
  });
});
