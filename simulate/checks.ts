/**
 * What must hold of a market whatever happens in it, looked at from outside: none of these sums is taken by the transition itself.
 * @module
 */
import type { Account } from "#protocol/account.ts";
import { accrue, sideIndex } from "#protocol/accrue.ts";
import type { Board } from "#protocol/board.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import type { State } from "#protocol/state.ts";
import type { StepTrace } from "#protocol/transition.ts";
import type { Pots } from "#rollup-node/engine/types.ts";

export type CheckName = "contracts" | "interest" | "cap" | "cash" | "clearing" | "pots" | "debt" | "healthy" | "engine";
/** `step`: the number of the step behind which it was seen. */
export type Violation = { readonly step: number; readonly check: CheckName; readonly message: string };

/** After every step. */
export function checkStep(trace: StepTrace): readonly Violation[] {
  return [...checkState(trace.after), ...checkLanes(trace)];
}

/** What holds of a state by itself. */
export function checkState(state: State): readonly Violation[] {
  const { board, globals } = state;
  const found: Violation[] = [];
  const seen = (check: CheckName, message: string): void => {
    found.push({ step: Number(globals.number), check, message });
  };
  const long = board.map(() => 0n);
  const short = board.map(() => 0n);
  let [cash, owed] = [0n, 0n];
  const sides = board.map((_, slot) => ({ long: sideIndex(state, slot, false), short: sideIndex(state, slot, true) }));
  for (const account of state.accounts.values()) {
    cash += account.cash;
    for (const [slot, { size, index }] of account.positions.entries()) {
      const side = sides[slot];
      if (size === 0n || !side) continue;
      if (size > 0n) long[slot] = (long[slot] ?? 0n) + size;
      else short[slot] = (short[slot] ?? 0n) - size;
      owed += size * ((size > 0n ? side.long : side.short) - index);
    }
  }
  let deficits = globals.deficit;
  for (const [slot, { status, openLong, openShort, deficitLong, deficitShort, cap }] of board.entries()) {
    deficits += deficitLong + deficitShort;
    const [longs, shorts] = [long[slot] ?? 0n, short[slot] ?? 0n];
    // Holders of a settled series are visited one after the other: meanwhile its sides differ.
    if (status !== "settled" && longs !== shorts)
      seen("contracts", `${longs} lots are held long in slot ${slot}, ${shorts} short`);
    if (longs !== openLong || shorts !== openShort)
      seen("interest", `slot ${slot} counts ${openLong} long, ${openShort} short; held are ${longs} and ${shorts}`);
    if (openLong > cap) seen("cap", `${openLong} lots are open in slot ${slot}, its cap is ${cap}`);
  }
  const { feePot, insurance, clearing, totalCash } = globals;
  const held = cash + feePot + insurance + clearing - deficits;
  if (held !== totalCash) seen("cash", `cash, pots and clearing less deficits are ${held}; escrow is ${totalCash}`);
  if (clearing !== owed) seen("clearing", `clearing is ${clearing}; accounts are still owed ${owed}`);
  if (feePot < 0n || insurance < 0n || deficits < 0n) seen("pots", `a pot is below zero: ${feePot}, ${insurance}`);
  return found;
}

/** Nobody was liquidated who was healthy; whatever was written off was paid by the insurance fund or is recorded as a deficit. */
export function checkLanes(trace: StepTrace): readonly Violation[] {
  if (trace.kind !== "trade") return [];
  const { before, after, lanes } = trace;
  const step = Number(after.globals.number);
  const found: Violation[] = [];
  for (const lane of lanes) {
    if (!lane.isLiquidating) continue;
    const { account } = accrue(before, lane.before);
    const { health } = riskOf(before.profile, before.marks, before.parameters, marginTerms(account));
    if (health >= 0n)
      found.push({ step, check: "healthy", message: `account ${lane.account} was liquidated with health ${health}` });
  }
  const debts = lanes.reduce((sum, { debt }) => sum + debt, 0n);
  const put = lanes
    .flatMap(({ executions }) => executions)
    .reduce((sum, { execution: { intent, fee } }) => {
      if (intent === null) return sum + fee;
      return intent.kind === "contribute" ? sum + intent.amount : sum;
    }, 0n);
  const paid = before.globals.insurance + put - after.globals.insurance;
  const recorded = deficitsOf(after) - deficitsOf(before);
  if (paid + recorded !== debts)
    found.push({
      step,
      check: "debt",
      message: `debts of ${debts} were written off; insurance paid ${paid} and ${recorded} were recorded`,
    });
  return found;
}

/** What the engine knows of the same things. */
export type Known = {
  readonly pots: Pick<Pots, "feePot" | "insurance" | "deficit" | "totalCash">;
  readonly board: Board;
  readonly accountOf: (id: number) => Pick<Account, "cash" | "epoch"> & { readonly sizes: readonly bigint[] };
};

/** After every table, when all that follows from it is done: nobody owes anything silently, and the engine knows what the twin knows. */
export function checkTable(state: State, known: Known): readonly Violation[] {
  const step = Number(state.globals.number);
  const found: Violation[] = [];
  const seen = (check: CheckName, message: string): void => {
    found.push({ step, check, message });
  };
  for (const [id, stored] of state.accounts) {
    const { account } = accrue(state, stored);
    if (account.cash < 0n && account.positions.every(({ size }) => size === 0n))
      seen("debt", `account ${id} owes ${-account.cash} and has no position`);
    const { cash, sizes, epoch } = known.accountOf(id);
    const differing = account.positions.findIndex(({ size }, slot) => size !== sizes[slot]);
    if (cash !== account.cash || epoch !== account.epoch || differing >= 0)
      seen(
        "engine",
        `of account ${id} the engine knows cash ${cash}, epoch ${epoch}; the twin ${account.cash}, ${account.epoch}${differing < 0 ? "" : `; slot ${differing} differs`}`,
      );
  }
  for (const name of ["feePot", "insurance", "deficit", "totalCash"] as const)
    if (known.pots[name] !== state.globals[name])
      seen("engine", `the engine knows a ${name} of ${known.pots[name]}, the twin one of ${state.globals[name]}`);
  for (const [slot, twin] of state.board.entries()) {
    const engine = known.board[slot];
    const differing = SLOT_FIELDS.filter((field) => engine?.[field] !== twin[field]);
    if (differing.length > 0) seen("engine", `in slot ${slot} engine and twin differ in ${differing.join(", ")}`);
  }
  return found;
}
const SLOT_FIELDS = [
  "status",
  "openLong",
  "openShort",
  "deficitLong",
  "deficitShort",
  "index",
  "lossLong",
  "lossShort",
  "cap",
] as const;

/** What bankrupt accounts owe and nobody has paid yet, 1e-6 USDC. */
export const deficitsOf = ({ board, globals }: State): bigint =>
  board.reduce((sum, { deficitLong, deficitShort }) => sum + deficitLong + deficitShort, globals.deficit);
