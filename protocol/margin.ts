/**
 * The risk engine: scenario portfolio margin, in integers, bit-exact with `circuits/trade/margin.circom`.
 * @module
 */
import type { Account } from "./account.ts";
import { abs } from "./field.ts";
import type { Marks } from "./marks.ts";
import { INITIAL_MARGIN, isPerpetualSlot, type Profile, SCALE, underlyingOfSlot } from "./params.ts";
import type { Parameters } from "./state.ts";

export type Risk = {
  /** 1e-10 USDC: cash plus options at the mark. Perpetuals are settled to theirs. */
  readonly equity: bigint;
  /** Per underlying: index of the worst scenario, or -1 if none loses, and its loss at 1e-10 USDC. */
  readonly worst: readonly { readonly scenario: number; readonly loss: bigint }[];
  /** 1e-18 USDC. */
  readonly maintenance: bigint;
  /** Equity less maintenance margin, 1e-18 USDC: an account of less than 0 can be liquidated. */
  readonly health: bigint;
  /** Initial margin, 1e-22 USDC times `INITIAL_MARGIN.denominator`. */
  readonly initial: bigint;
  /** Equity less initial margin, in the same unit: the account meets initial margin when this is not negative. */
  readonly surplus: bigint;
};

export type MarginTerms = { readonly cash: bigint; readonly sizes: readonly bigint[] };

/** Twin of `Risk`. Integers throughout: nothing is rounded. */
export function riskOf(profile: Profile, marks: Marks, parameters: Parameters, { cash, sizes }: MarginTerms): Risk {
  let equity = cash * SCALE.equityPerCash;
  const held = marks.underlyings.map(() => ({ all: 0n, short: 0n, perpetual: 0n }));
  const losses = marks.underlyings.map(() => profile.scenarios.map(() => 0n));
  sizes.forEach((size, slot) => {
    const row = marks.slots[slot];
    const underlying = underlyingOfSlot(profile, slot);
    const [sums, loss] = [held[underlying], losses[underlying]];
    if (!row || !sums || !loss || size === 0n) return;
    sums.all += abs(size);
    if (isPerpetualSlot(profile, slot)) {
      sums.perpetual += abs(size);
    } else {
      equity += size * row.mark;
      if (size < 0n) sums.short -= size;
    }
    row.prices.forEach((price, scenario) => {
      loss[scenario] = (loss[scenario] ?? 0n) + size * (row.mark - price);
    });
  });
  const worst = losses.map(worstLoss);
  const { contingencyPpm, epsilonPpm, sizePpm, leveragePpm } = parameters;
  let maintenance = worst.reduce((sum, { loss }) => sum + loss, 0n) * SCALE.marginPerEquity;
  let extra = 0n;
  held.forEach(({ all, short, perpetual }, underlying) => {
    const spot = marks.underlyings[underlying]?.spot ?? 0n;
    maintenance += spot * (contingencyPpm * short + epsilonPpm * all);
    extra += spot * (sizePpm * all * all + (leveragePpm[underlying] ?? 0n) * perpetual * SCALE.surplusPerMargin);
  });
  const { numerator, denominator } = INITIAL_MARGIN;
  const initial = numerator * maintenance * SCALE.surplusPerMargin + denominator * extra;
  const value = equity * SCALE.marginPerEquity;
  const surplus = denominator * value * SCALE.surplusPerMargin - initial;
  return { equity, worst, maintenance, health: value - maintenance, initial, surplus };
}

/** Twin of `CheckWorstLoss`: the largest loss, the first one of equals; none if no scenario loses. */
export function worstLoss(losses: readonly bigint[]): { readonly scenario: number; readonly loss: bigint } {
  return losses.reduce((best, loss, scenario) => (loss > best.loss ? { scenario, loss } : best), {
    scenario: -1,
    loss: 0n,
  });
}

export const marginTerms = (account: Pick<Account, "cash" | "positions">): MarginTerms => ({
  cash: account.cash,
  sizes: account.positions.map(({ size }) => size),
});

/** Margin at 1e-18 USDC to whole 1e-6 USDC, rounded up: what a person is shown as required. */
export const marginToCash = (margin: bigint): bigint => {
  const unit = SCALE.marginPerEquity * SCALE.equityPerCash;
  return margin <= 0n ? margin / unit : (margin + unit - 1n) / unit;
};

/** `Risk.initial` or `surplus` per 1e-18 USDC. */
const INITIAL_PER_MARGIN = INITIAL_MARGIN.denominator * SCALE.surplusPerMargin;
/** Initial margin at 1e-18 USDC, rounded up. */
export const initialMargin = ({ initial }: Risk): bigint => (initial + INITIAL_PER_MARGIN - 1n) / INITIAL_PER_MARGIN;
