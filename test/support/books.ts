/**
 * What no history may break: cash is only moved, contracts net to zero, open interest is what is held, and what accrual has
 * paid to some and not yet charged to others stands in `clearing`.
 * @module
 */
import assert from "node:assert/strict";
import type { Account } from "#protocol/account.ts";
import { accrue } from "#protocol/accrue.ts";
import type { State } from "#protocol/state.ts";

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

/** Throws `AssertionError` unless the books balance. */
export function assertBooks(state: State): void {
  const { accounts, board, globals } = state;
  const all: readonly Account[] = [...accounts.values()];
  const deficits = globals.deficit + sum(board.map(({ deficitLong, deficitShort }) => deficitLong + deficitShort));
  assert.equal(
    sum(all.map(({ cash }) => cash)) + globals.feePot + globals.insurance + globals.clearing - deficits,
    globals.totalCash,
    "cash is conserved",
  );
  board.forEach(({ openLong, openShort, status }, slot) => {
    const sizes = all.map(({ positions }) => positions[slot]?.size ?? 0n);
    assert.equal(sum(sizes.filter((size) => size > 0n)), openLong, `longs of slot ${slot}`);
    assert.equal(sum(sizes.filter((size) => size < 0n)), -openShort, `shorts of slot ${slot}`);
    if (status !== "settled") assert.equal(openLong, openShort, `slot ${slot} nets to zero`);
  });
  assert.equal(
    sum(all.map((account) => accrue(state, account).paid)),
    globals.clearing,
    "clearing is what accrual owes",
  );
}
