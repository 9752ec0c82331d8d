/**
 * Pre-trade risk: the checks of a lane (`protocol/lane.ts`, phase 5) on an account as the engine sees it, against the
 * marks in force. Times are taken `settlementSeconds` ahead, so that what passes here still passes when it is posted.
 *
 * A step may collapse several trades that passed one by one into one lane. That lane passes too: surplus is concave in
 * cash and sizes (losses are a maximum, charges and the square of size are convex, a perpetual's booking is linear), an
 * account that meets initial margin cannot leave it by a trade that passes, and of one that does not, every trade only
 * reduced, inside the price band, which add up.
 *
 * The sign of surplus or health is taken from doubles where their error cannot change it, and from the specification's
 * integers otherwise: the answer is the specification's in every case.
 * @module
 */
import { abs } from "#protocol/field.ts";
import { type MarginTerms, type Risk, riskOf } from "#protocol/margin.ts";
import { INITIAL_MARGIN, SCALE, WIDTH } from "#protocol/params.ts";
import type { Grid } from "./grid.ts";
import { type Refused, refused } from "./refusal.ts";
import type { EngineAccount, EngineState, LegChange } from "./types.ts";

/** Changes of one account: `cash` of its executions before `fee`, 1e-6 USDC; what perpetuals are worth comes on top. */
export type Change = {
  readonly legs: readonly LegChange[];
  readonly cash: bigint;
  readonly fee: bigint;
  /** Whether an order of it is reduce-only. */
  readonly isHeld: boolean;
  /** Executions that each must lie inside the price band, where the account is short of margin; the whole if absent. */
  readonly parts?: readonly { readonly legs: readonly LegChange[]; readonly cash: bigint }[];
};

/** `Risk.surplus` per 1e-6 USDC. */
const SURPLUS_PER_CASH =
  INITIAL_MARGIN.denominator * SCALE.surplusPerMargin * SCALE.marginPerEquity * SCALE.equityPerCash;

/** The last second at which what is admitted now may have to be proved. */
export const horizon = ({ time, config }: Pick<EngineState, "time" | "config">): bigint =>
  time + config.settlementSeconds;

/** The specification's risk of `terms`, exactly. */
export const riskNow = (state: EngineState, terms: MarginTerms): Risk =>
  riskOf(state.config.profile, state.marks, state.config.parameters, terms);

/** What an account's cash moves by beside fee and execution cash: perpetuals are booked at their mark. */
export const bookedOf = ({ settledMarks }: Grid, legs: readonly LegChange[]): bigint =>
  legs.reduce((sum, { slot, size }) => sum + size * (settledMarks[slot] ?? 0n), 0n);

/** Cash and sizes after `change`. */
export function changed(
  { grid }: EngineState,
  { cash, sizes }: MarginTerms,
  change: Pick<Change, "legs" | "cash" | "fee">,
): MarginTerms {
  const after = [...sizes];
  for (const { slot, size } of change.legs) after[slot] = (after[slot] ?? 0n) + size;
  return { cash: cash + change.cash - change.fee + bookedOf(grid, change.legs), sizes: after };
}

/** Whether positions in `underlying` may not grow now, or will not before what is admitted now is posted. */
export const isClosed = (state: EngineState, underlying: number): boolean =>
  state.marks.underlyings[underlying]?.mode !== "open" || isStale(state, underlying);

/** Whether the marks are too old now, or will be before what is admitted now is posted. */
export const isStale = (state: EngineState, underlying: number): boolean =>
  horizon(state) - (state.marks.underlyings[underlying]?.timestamp ?? 0n) > state.config.parameters.maxMarksAge;

/** Whether `slot` trades now and until what is admitted now is posted. */
export function isTrading(state: EngineState, slot: number): boolean {
  const { status, series } = state.board[slot] ?? {};
  return status === "live" && !!series && horizon(state) + state.config.parameters.expiryGuard < series.expiry;
}

/** Surplus, health and maintenance margin at 1e-10 USDC as doubles, and a bound of their error. */
export type Estimate = { surplus: number; health: number; maintenance: number; error: number };
const estimated: Estimate = { surplus: 0, health: 0, maintenance: 0, error: 0 };
const UNIT = { equity: Number(SCALE.equityPerCash), margin: Number(SCALE.marginPerEquity) } as const;
const EXTRA = Number(SCALE.marginPerEquity * SCALE.surplusPerMargin);
const INITIAL = Number(INITIAL_MARGIN.numerator) / Number(INITIAL_MARGIN.denominator);
const scratch = new Float64Array(256);

/**
 * The risk of `lots` with `cash`, in doubles. Inputs are exact but for single roundings; a result sums at most
 * (slots + 32) rounded terms, so it errs by less than (slots + 64) 2^-52 times the sum of their magnitudes; twice that is
 * taken. The result is overwritten by the next call.
 */
export function estimate({ grid, config }: EngineState, cash: number, lots: Float64Array): Estimate {
  const slots = lots.length;
  const scenarios = config.profile.scenarios.length;
  const { marks, losses, largest, isPerpetual, underlyingOf, charges } = grid;
  const held = cash * UNIT.equity;
  let equity = held;
  let magnitude = Math.abs(held);
  let maintenance = 0;
  let extra = 0;
  let most = 0;
  for (let slot = 0; slot < slots; ) {
    const underlying = underlyingOf[slot] as number;
    let all = 0;
    let short = 0;
    let perpetual = 0;
    for (let scenario = 0; scenario < scenarios; scenario++) scratch[scenario] = 0;
    for (; slot < slots && underlyingOf[slot] === underlying; slot++) {
      const size = lots[slot] as number;
      if (size === 0) continue;
      const unsigned = Math.abs(size);
      all += unsigned;
      if (isPerpetual[slot]) perpetual += unsigned;
      else {
        const value = size * (marks[slot] as number);
        equity += value;
        magnitude += Math.abs(value);
        if (size < 0) short += unsigned;
      }
      most += unsigned * (largest[slot] as number);
      const base = slot * scenarios;
      for (let scenario = 0; scenario < scenarios; scenario++)
        (scratch[scenario] as number) += size * (losses[base + scenario] as number);
    }
    let worst = 0;
    for (let scenario = 0; scenario < scenarios; scenario++) worst = Math.max(worst, scratch[scenario] as number);
    const charge = charges[underlying];
    if (!charge || all === 0) continue;
    const charged = (charge.contingency * short + charge.epsilon * all) / UNIT.margin;
    maintenance += worst + charged;
    most += charged;
    extra += (charge.size * all * all) / EXTRA + (charge.leverage * perpetual) / UNIT.margin;
  }
  estimated.surplus = equity - INITIAL * maintenance - extra;
  estimated.health = equity - maintenance;
  estimated.maintenance = maintenance;
  estimated.error = (magnitude + INITIAL * most + extra) * (slots + 64) * 2 ** -51;
  return estimated;
}

/** Sign of the account's surplus after `legs` and with `cash`: 1 not negative, -1 negative, 0 that doubles cannot tell. */
function surplusSign(state: EngineState, { lots }: EngineAccount, legs: readonly LegChange[], cash: bigint): number {
  for (const { slot, size } of legs) (lots[slot] as number) += Number(size);
  const { surplus, error } = estimate(state, Number(cash), lots);
  for (const { slot, size } of legs) (lots[slot] as number) -= Number(size);
  return surplus > error ? 1 : surplus < -error ? -1 : 0;
}

/** Whether the account is below maintenance margin. */
export function isUnhealthy(state: EngineState, account: EngineAccount): boolean {
  const { health, error } = estimate(state, Number(account.cash), account.lots);
  if (Math.abs(health) > error) return health < 0;
  return riskNow(state, account).health < 0n;
}

/** The lane check of one trade's part; null if it passes. */
export function checkChange(state: EngineState, account: EngineAccount, change: Change): Refused | null {
  const { legs, cash, fee } = change;
  const growing = growthOf(account, legs);
  if (growing >= 0) {
    const refusal = checkGrowth(state, account, change, growing);
    if (refusal) return refusal;
  }
  const after = account.cash + cash - fee + bookedOf(state.grid, legs);
  if (abs(after) >> BigInt(WIDTH.cash - 1) !== 0n)
    return refused("OutOfRange", `cash of ${after} is beyond ${WIDTH.cash} bits`);
  if (abs(cash) >> BigInt(WIDTH.tradeCash - 1) !== 0n || fee >> BigInt(WIDTH.fee) !== 0n)
    return refused("OutOfRange", `cash of ${cash} or a fee of ${fee} is beyond what an execution may move`);
  if (surplusSign(state, account, legs, after) > 0) return null;
  const riskAfter = riskNow(state, changed(state, account, change));
  if (riskAfter.surplus >= 0n) return null;
  if (riskAfter.surplus < riskNow(state, account).surplus) return refused("InsufficientMargin", shortfall(riskAfter));
  if (growing >= 0)
    return refused(
      "ReducingOnly",
      `the account is below initial margin: its position may only shrink. ${shortfall(riskAfter)}`,
    );
  return (change.parts ?? [change]).every((part) => part.legs.length === 0 || isInBand(state, part.legs, part.cash))
    ? null
    : refused(
        "PriceBand",
        "the account is below initial margin: it may trade only inside the price band around the mark",
      );
}

/** A slot whose position would grow or change sides, -1 if there is none. */
function growthOf({ sizes }: EngineAccount, legs: readonly LegChange[]): number {
  for (const { slot, size } of legs) {
    const held = sizes[slot] ?? 0n;
    // A change against the position reduces until it is gone.
    if (held > 0n ? size > 0n || size < -held : held < 0n ? size < 0n || size > -held : size !== 0n) return slot;
  }
  return -1;
}

function checkGrowth(
  state: EngineState,
  account: EngineAccount,
  { legs, isHeld }: Change,
  growing: number,
): Refused | null {
  for (const { slot, size } of legs) {
    const holds = abs((account.sizes[slot] ?? 0n) + size);
    if (holds >> BigInt(WIDTH.size) !== 0n)
      return refused("OutOfRange", `a position of ${holds} lots is beyond the ${WIDTH.size} bits of a size`);
  }
  if (isHeld || account.isReduceOnly || account.isClosing)
    return refused("ReducingOnly", `only reductions are allowed here; the position in slot ${growing} would grow`);
  const closed = legs.some(
    (leg) => growthOf(account, [leg]) >= 0 && isClosed(state, state.grid.underlyingOf[leg.slot] ?? 0),
  );
  return closed ? refused("MarksStale", "the marks are old or close-only: positions may only shrink") : null;
}

/** Whether execution cash for `legs` is no worse than the mark less the price band. */
function isInBand({ marks, grid, config }: EngineState, legs: readonly LegChange[], cash: bigint): boolean {
  let gain = cash * SCALE.equityPerCash;
  let notional = 0n;
  for (const { slot, size } of legs) {
    gain += size * (marks.slots[slot]?.mark ?? 0n);
    notional += abs(size) * (marks.underlyings[grid.underlyingOf[slot] ?? 0]?.spot ?? 0n);
  }
  return gain * SCALE.marginPerEquity + notional * config.parameters.priceBandPpm >= 0n;
}

/** The lane check of a withdrawal; null if it passes. */
export function checkWithdrawal(state: EngineState, account: EngineAccount, amount: bigint): Refused | null {
  const after = { cash: account.cash - amount, sizes: account.sizes };
  if (after.cash < 0n)
    return refused("NegativeCash", `the account has ${account.cash} of cash; the withdrawal is of ${amount}`);
  const stuck = stuckSlot(state, account);
  if (stuck >= 0)
    return refused(
      "MarksStale",
      `the marks are old or close-only, or the series awaits settlement, and slot ${stuck} holds a position`,
    );
  const risk = riskNow(state, after);
  return risk.surplus < 0n ? refused("InsufficientMargin", shortfall(risk)) : null;
}

/** A slot whose position keeps the account from withdrawing, -1 if there is none. */
const stuckSlot = (state: EngineState, { sizes }: EngineAccount): number =>
  sizes.findIndex(
    (size, slot) =>
      size !== 0n && (isClosed(state, state.grid.underlyingOf[slot] ?? 0) || state.board[slot]?.status === "expired"),
  );

/** What the account would lack, rounded up to 1e-6 USDC. */
function shortfall({ surplus }: Risk): string {
  const lacking = (-surplus + SURPLUS_PER_CASH - 1n) / SURPLUS_PER_CASH;
  return `initial margin would be short of ${lacking / SCALE.cash}.${(lacking % SCALE.cash).toString().padStart(6, "0")} USDC`;
}

/** Most that could be withdrawn, 1e-6 USDC, rounded down; 0 if nothing. */
export function available(state: EngineState, account: EngineAccount): bigint {
  if (stuckSlot(state, account) >= 0) return 0n;
  const { surplus } = riskNow(state, account);
  const free = surplus / SURPLUS_PER_CASH;
  const most = free < account.cash ? free : account.cash;
  return most > 0n ? most : 0n;
}
