/**
 * Debts of bankrupt accounts: who pays them, and to whom the rest is charged.
 * @module
 */
import { enqueue, type Work } from "./ledger.ts";
import type { EngineAccount } from "./types.ts";

/** What a bankrupt account owes goes to the insurance fund as far as it reaches, and to the side of the slot that it is charged to. */
export function writeOff(work: Work, account: EngineAccount): void {
  const { state, events } = work;
  if (account.cash >= 0n || account.lots.some((size) => size !== 0)) return;
  const debt = -account.cash;
  const insured = debt < state.pots.insurance ? debt : state.pots.insurance;
  const { target } = account.liquidation;
  account.cash = 0n;
  state.pots.insurance -= insured;
  owe(work, target, debt - insured);
  events.push({ type: "bankrupt", account: account.id, debt, insured });
  enqueue(work, { kind: "writeOff", account: account.id, debt, insured, target });
}

/** Adds to a deficit: of a slot's longs or shorts, or of nobody. 1e-6 USDC, signed. */
export function owe({ state }: Work, target: bigint, amount: bigint): void {
  if (target === 0n) {
    state.pots.deficit += amount;
    return;
  }
  const slot = state.board[Number((target - 1n) / 2n)];
  if (!slot) return;
  const side = (target - 1n) % 2n === 0n ? "deficitLong" : "deficitShort";
  Object.assign(slot, { [side]: slot[side] + amount });
}
