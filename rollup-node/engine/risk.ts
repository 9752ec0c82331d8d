/**
 * Pre-trade risk: the checks of a lane (`protocol/trade.ts`, phase 5) on an account as the engine sees it, against the
 * marks in force. Times are taken `settlementSeconds` ahead, so that what passes here still passes when it is posted.
 *
 * A step may collapse several trades that passed one by one into one lane. That lane passes too: surplus is concave in
 * cash and sizes, an account that meets initial margin cannot leave it by a trade that passes, and of one that does not,
 * every trade only reduced, inside the price band, which add up.
 * @module
 */
import { type MarginTerms, type Risk, riskOf } from "#protocol/margin.ts";
import { INITIAL_MARGIN, SCALE, underlyingOfSlot, WIDTH } from "#protocol/params.ts";
import { type Refused, refused } from "./refusal.ts";
import type { EngineAccount, EngineState } from "./types.ts";

/** Changes of one account. `size` in lots, signed; `cash` before `fee`, 1e-6 USDC. */
export type Change = { readonly slot: number; readonly size: bigint; readonly cash: bigint; readonly fee: bigint };

/** `Risk.surplus` per 1e-6 USDC. */
const SURPLUS_PER_CASH = INITIAL_MARGIN.denominator * SCALE.marginPerEquity * SCALE.equityPerCash;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** The last second at which what is admitted now may have to be proved. */
export const horizon = ({ time, config }: EngineState): bigint => time + config.settlementSeconds;

export const riskNow = (state: EngineState, terms: MarginTerms): Risk =>
  riskOf(state.config.profile, state.marks, state.config.parameters, terms);

/** Cash and sizes after `change`. */
export const changed = ({ cash, sizes }: MarginTerms, change: Change): MarginTerms => ({
  cash: cash + change.cash - change.fee,
  sizes: sizes.with(change.slot, (sizes[change.slot] ?? 0n) + change.size),
});

/** Whether positions in `underlying` may not grow now, or will not before what is admitted now is posted. */
const isClosed = (state: EngineState, underlying: number): boolean =>
  state.marks.underlyings[underlying]?.mode !== "open" || isStale(state, underlying);

/** Whether the marks are too old now, or will be before what is admitted now is posted. */
export const isStale = (state: EngineState, underlying: number): boolean =>
  horizon(state) - (state.marks.underlyings[underlying]?.timestamp ?? 0n) > state.config.parameters.maxMarksAge;

/** The lane check of one execution; null if it passes. */
export function checkChange(state: EngineState, account: EngineAccount, change: Change): Refused | null {
  const { profile, parameters } = state.config;
  const { slot, size, cash } = change;
  const after = changed(account, change);
  const [held, holds] = [abs(account.sizes[slot] ?? 0n), abs(after.sizes[slot] ?? 0n)];
  const underlying = underlyingOfSlot(profile, slot);
  if (holds >> BigInt(WIDTH.size) !== 0n)
    return refused("OutOfRange", `a position of ${holds} lots is beyond the ${WIDTH.size} bits of a size`);
  if (abs(after.cash) >> BigInt(WIDTH.cash - 1) !== 0n)
    return refused("OutOfRange", `cash of ${after.cash} is beyond ${WIDTH.cash} bits`);
  if (holds > held && isClosed(state, underlying)) {
    return refused("MarksStale", "the marks are old or close-only: positions may only shrink");
  }
  const riskAfter = riskNow(state, after);
  if (riskAfter.surplus >= 0n) return null;
  const riskBefore = riskNow(state, account);
  if (riskBefore.surplus >= 0n || riskAfter.surplus < riskBefore.surplus) {
    return refused("InsufficientMargin", shortfall(riskAfter));
  }
  if (holds > held)
    return refused(
      "ReducingOnly",
      `the account is below initial margin: its position may only shrink. ${shortfall(riskAfter)}`,
    );
  const spot = state.marks.underlyings[underlying]?.spot ?? 0n;
  const gain = (cash * SCALE.equityPerCash + size * (state.marks.slots[slot]?.mark ?? 0n)) * SCALE.marginPerEquity;
  if (gain + abs(size) * spot * parameters.priceBandPpm < 0n) {
    return refused(
      "PriceBand",
      "the account is below initial margin: it may trade only inside the price band around the mark",
    );
  }
  return null;
}

/** The lane check of a withdrawal; null if it passes. */
export function checkWithdrawal(state: EngineState, account: EngineAccount, amount: bigint): Refused | null {
  const after = { cash: account.cash - amount, sizes: account.sizes };
  if (after.cash < 0n)
    return refused("NegativeCash", `the account has ${account.cash} of cash; the withdrawal is of ${amount}`);
  const stuck = account.sizes.findIndex(
    (size, slot) => size !== 0n && isClosed(state, underlyingOfSlot(state.config.profile, slot)),
  );
  if (stuck >= 0) return refused("MarksStale", `the marks are old or close-only and slot ${stuck} holds a position`);
  const risk = riskNow(state, after);
  return risk.surplus < 0n ? refused("InsufficientMargin", shortfall(risk)) : null;
}

/** What the account would lack, rounded up to 1e-6 USDC. */
function shortfall({ surplus }: Risk): string {
  const lacking = (-surplus + SURPLUS_PER_CASH - 1n) / SURPLUS_PER_CASH;
  return `initial margin would be short of ${lacking / SCALE.cash}.${(lacking % SCALE.cash).toString().padStart(6, "0")} USDC`;
}

/** Most that could be withdrawn, 1e-6 USDC, rounded down; 0 if nothing. */
export function available(state: EngineState, account: EngineAccount): bigint {
  if (account.sizes.some((size, slot) => size !== 0n && isClosed(state, underlyingOfSlot(state.config.profile, slot))))
    return 0n;
  const { surplus } = riskNow(state, account);
  const free = surplus / SURPLUS_PER_CASH;
  const most = free < account.cash ? free : account.cash;
  return most > 0n ? most : 0n;
}
