/**
 * What a simulation leaves behind: counts, and a sample per hour.
 * @module
 */
import { accrue } from "#protocol/accrue.ts";
import { lotsOf } from "#protocol/executed.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import { SCALE } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import type { StepTrace } from "#protocol/transition.ts";
import type { Event } from "#rollup-node/engine/types.ts";
import { deficitsOf } from "./checks.ts";
import type { Hour } from "./path.ts";
import { GROUPS, type Group, type Participant } from "./population.ts";

/** Cash in 1e-6 USDC. */
export type Sample = {
  readonly time: number;
  readonly spot: number;
  readonly vol: number;
  /** Whether a table of this hour waited to be confirmed. */
  readonly wasCloseOnly: boolean;
  /** Equity at the marks, and that less what the group brought in. */
  readonly equity: Readonly<Record<Group, bigint>>;
  readonly profit: Readonly<Record<Group, bigint>>;
  readonly insurance: bigint;
  /** Since the start. */
  readonly badDebt: bigint;
  readonly deficit: bigint;
  /** Of this hour: accounts liquidated, and lots taken over all series. */
  readonly liquidated: number;
  readonly lots: bigint;
  /** Accounts whose positions are worth less than they owe. */
  readonly underwater: number;
};

export class Recorder {
  readonly samples: Sample[] = [];
  /** By kind of step. */
  readonly steps = { marks: 0, trade: 0, board: 0 };
  readonly refusals: { [code: string]: number } = {};
  orders = 0;
  trades = 0;
  spreads = 0;
  /** Forced lanes of accounts below maintenance, and how many accounts they were of. */
  liquidations = 0;
  readonly liquidated = new Set<number>();
  /** What the backstop took, lots. */
  backstopped = 0n;
  /** Lots that changed hands. */
  volume = 0n;
  badDebt = 0n;
  bankrupt = 0;
  /** Charged to those on the other side, 1e-6 USDC. */
  socialised = 0n;
  settled = 0;
  #hour = nothing();

  step(trace: StepTrace): void {
    this.steps[trace.kind]++;
    if (trace.kind === "marks" && trace.after.marks.underlyings.some(({ mode }) => mode === "closeOnly"))
      this.#hour.wasCloseOnly = true;
    if (trace.kind !== "trade") return;
    for (const { account, executions, isLiquidating, debt } of trace.lanes) {
      this.volume += executions.reduce((sum, each) => sum + lotsOf(each), 0n);
      this.badDebt += debt;
      if (debt > 0n) this.bankrupt++;
      if (!isLiquidating) continue;
      this.liquidations++;
      this.liquidated.add(account);
      this.#hour.accounts.add(account);
      this.#hour.lots += executions.reduce((sum, each) => sum + lotsOf(each), 0n);
    }
  }

  event(event: Event): void {
    if (event.type === "settled") this.settled++;
    if (event.type === "socialised") this.socialised += event.charged;
    if (event.type === "rejected") this.order(event.refusal.code);
    if (event.type !== "traded") return;
    this.trades++;
    const { cause, fills } = event.op;
    if (cause === "spread" || cause === "quote") this.spreads++;
    if (cause === "backstop")
      for (const { role, legs } of fills)
        if (role === "forced") for (const { size } of legs) this.backstopped += size < 0n ? -size : size;
  }

  order(refusal: string | null): void {
    this.orders++;
    if (refusal) this.refusals[refusal] = (this.refusals[refusal] ?? 0) + 1;
  }

  sample(state: State, { time, spot, vol }: Hour, participants: readonly Participant[]): void {
    const equity = zeroes();
    const profit = zeroes();
    let underwater = 0;
    for (const { account: id, group, brought } of participants) {
      const stored = state.accounts.get(id);
      if (!stored) continue;
      const { account } = accrue(state, stored);
      const value = riskOf(state.profile, state.marks, state.parameters, marginTerms(account)).equity;
      const cash = value / SCALE.equityPerCash;
      equity[group] += cash;
      profit[group] += cash - brought;
      if (value < 0n) underwater++;
    }
    this.samples.push({
      time,
      spot,
      vol: vol.short,
      wasCloseOnly: this.#hour.wasCloseOnly,
      equity,
      profit,
      insurance: state.globals.insurance,
      badDebt: this.badDebt,
      deficit: deficitsOf(state),
      liquidated: this.#hour.accounts.size,
      lots: this.#hour.lots,
      underwater,
    });
    this.#hour = nothing();
  }
}

const nothing = () => ({ accounts: new Set<number>(), lots: 0n, wasCloseOnly: false });

const zeroes = (): { [group in Group]: bigint } =>
  Object.fromEntries(GROUPS.map((group) => [group, 0n])) as { [group in Group]: bigint };
