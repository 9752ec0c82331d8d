/**
 * What a position earned since its account was last visited: settlement, a perpetual's mark and funding, losses socialised.
 * The executable twin of `circuits/trade/accrue.circom`. Exactly zero-sum: both sides of a series move by the same index, whole
 * 1e-2 USDC per unit, which is 1e-6 USDC per lot; `clearing` holds what one side has had and the other not yet.
 * @module
 */
import type { Account, Position } from "./account.ts";
import { isPerpetualSlot, underlyingOfSlot } from "./params.ts";
import type { State } from "./state.ts";

/** 1e-2 USDC per unit: what a long, or a short, has earned since genesis. */
export function sideIndex({ profile, board, marks }: State, slot: number, isShort: boolean): bigint {
  const { index = 0n, lossLong = 0n, lossShort = 0n } = board[slot] ?? {};
  const moves = isPerpetualSlot(profile, slot)
    ? (marks.underlyings[underlyingOfSlot(profile, slot)]?.index ?? 0n)
    : index;
  return isShort ? moves + lossShort : moves - lossLong;
}

/** Settled to the index of the side that it is on; a position of 0 counts as long. */
export const settled = (state: State, size: bigint, slot: number): Position => ({
  size,
  index: sideIndex(state, slot, size < 0n),
});

/** Twin of `Accrue`: the account with everything paid and settled series gone, and what it was paid, 1e-6 USDC. */
export function accrue(state: State, account: Account): { readonly account: Account; readonly paid: bigint } {
  const paid = account.positions.reduce(
    (sum, { size, index }, slot) => sum + size * (sideIndex(state, slot, size < 0n) - index),
    0n,
  );
  const positions = account.positions.map(({ size }, slot) =>
    settled(state, state.board[slot]?.status === "settled" ? 0n : size, slot),
  );
  return { account: { ...account, cash: account.cash + paid, positions }, paid };
}
