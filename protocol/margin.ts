/**
 * The risk engine: scenario portfolio margin, in integers, bit-exact with `circuits/trade/margin.circom`.
 * @module
 */
import type { Account } from "./account.ts";
import { abs } from "./field.ts";
import type { Marks } from "./marks.ts";
import { INITIAL_MARGIN, type Profile, SCALE, underlyingOfSlot } from "./params.ts";
import type { Parameters } from "./state.ts";

export type Risk = {
  /** 1e-10 USDC: cash plus options at the mark. */
  readonly equity: bigint;
  /** Per underlying: index of the worst scenario, or -1 if none loses, and its loss at 1e-10 USDC. */
  readonly worst: readonly { readonly scenario: number; readonly loss: bigint }[];
  /** 1e-18 USDC. */
  readonly maintenance: bigint;
  /** 1e-18 USDC times `INITIAL_MARGIN.denominator`: the account meets initial margin when this is not negative. */
  readonly surplus: bigint;
};

export type MarginTerms = { readonly cash: bigint; readonly sizes: readonly bigint[] };

/** Twin of `Margin`. Integers throughout: nothing is rounded. */
export function riskOf(profile: Profile, marks: Marks, parameters: Parameters, { cash, sizes }: MarginTerms): Risk {
  let equity = cash * SCALE.equityPerCash;
  let charge = 0n;
  const losses = marks.underlyings.map(() => profile.scenarios.map(() => 0n));
  sizes.forEach((size, slot) => {
    const row = marks.slots[slot];
    const underlying = underlyingOfSlot(profile, slot);
    const spot = marks.underlyings[underlying]?.spot ?? 0n;
    if (!row || size === 0n) return;
    equity += size * row.mark;
    charge += spot * (parameters.contingencyPpm * (size < 0n ? -size : 0n) + parameters.epsilonPpm * abs(size));
    const loss = losses[underlying];
    row.prices.forEach((price, scenario) => {
      if (loss) loss[scenario] = (loss[scenario] ?? 0n) + size * (row.mark - price);
    });
  });
  const worst = losses.map(worstLoss);
  const loss = worst.reduce((sum, { loss }) => sum + loss, 0n);
  const maintenance = loss * SCALE.marginPerEquity + charge;
  const surplus = INITIAL_MARGIN.denominator * equity * SCALE.marginPerEquity - INITIAL_MARGIN.numerator * maintenance;
  return { equity, worst, maintenance, surplus };
}

/** Twin of `WorstLoss`: the largest loss, the first one of equals; none if no scenario loses. */
export function worstLoss(losses: readonly bigint[]): { readonly scenario: number; readonly loss: bigint } {
  return losses.reduce((best, loss, scenario) => (loss > best.loss ? { scenario, loss } : best), {
    scenario: -1,
    loss: 0n,
  });
}

export const marginTerms = (account: Account): MarginTerms => ({
  cash: account.cash,
  sizes: account.positions.map(({ size }) => size),
});

/** Margin at 1e-18 USDC to whole 1e-6 USDC, rounded up: what a person is shown as required. */
export const marginToCash = (margin: bigint): bigint => {
  const unit = SCALE.marginPerEquity * SCALE.equityPerCash;
  return margin <= 0n ? margin / unit : (margin + unit - 1n) / unit;
};

/** Initial margin at 1e-18 USDC, rounded up. */
export const initialMargin = (maintenance: bigint): bigint =>
  (maintenance * INITIAL_MARGIN.numerator + INITIAL_MARGIN.denominator - 1n) / INITIAL_MARGIN.denominator;
