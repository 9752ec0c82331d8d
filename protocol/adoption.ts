/**
 * Whether a new table is adopted. One near the table in force is; another waits as a candidate, the underlying being close-only
 * meanwhile, until later tables near the candidate have confirmed it for a stated time: a crash gets through, a spike does not.
 * The executable twin of `circuits/marks/candidate.circom`.
 * @module
 */
import { abs } from "./field.ts";
import { funded } from "./funding.ts";
import type { Candidate, Levels, UnderlyingMarks } from "./marks.ts";
import { SCALE } from "./params.ts";
import type { Parameters } from "./state.ts";

/**
 * A new table of one underlying. `timestamp`: oldest report; `reported`: lower median of the reports' times; `perpetual`: its mark,
 * 1e-2 USDC per unit, 0 if there is none.
 */
export type NewTable = Levels & {
  readonly timestamp: bigint;
  readonly reported: bigint;
  readonly perpetual: bigint;
};

const PPM = 1_000_000n;

/**
 * Twin of `AreLevelsNear`: whether spot, the forwards of expiries that both have, and the marks of live slots differ from the
 * reference by at most the limit, parts per million of the reference's spot, rounded down.
 */
export function areLevelsNear(limitPpm: bigint, reference: Levels, table: Levels, isLive: readonly boolean[]): boolean {
  const limit = (reference.spot * limitPpm) / PPM;
  const isNear = (value: bigint, other: bigint, unit = 1n): boolean => abs(value - other) * unit <= limit;
  return (
    isNear(table.spot, reference.spot) &&
    table.expiries.every(({ expiry, forward }) => {
      const known = reference.expiries.find((each) => each.expiry === expiry);
      return !known || isNear(forward, known.forward);
    }) &&
    table.marks.every((mark, at) => !isLive[at] || isNear(mark, reference.marks[at] ?? 0n, SCALE.spot / SCALE.mark))
  );
}

export type Adoption = { readonly isAdopted: boolean; readonly underlying: UnderlyingMarks };

/**
 * Twin of `Adoption`, and of what follows from it. `inForce` are the levels of the table in force, which is none before the first;
 * the perpetual's place is the last, and its funding is due from table to adopted table.
 */
export function adoption(
  { deviationPpm, candidateAge, fundingCapPpm }: Pick<Parameters, "deviationPpm" | "candidateAge" | "fundingCapPpm">,
  before: UnderlyingMarks,
  inForce: Levels,
  table: NewTable,
  isLive: readonly boolean[],
): Adoption {
  const { candidate } = before;
  const isFirst = before.timestamp === 0n;
  const isConfirmed = candidate !== null && areLevelsNear(deviationPpm, candidate, table, isLive);
  const isDue = isConfirmed && table.reported - candidate.since >= candidateAge;
  const isAdopted = isFirst || isDue || areLevelsNear(deviationPpm, inForce, table, isLive);
  const { timestamp, reported, spot, expiries, marks } = table;
  if (isAdopted) {
    const perpetual = funded(before, { ...table, isLive: isLive.at(-1) === true }, fundingCapPpm);
    return { isAdopted, underlying: { timestamp, mode: "open", spot, ...perpetual, candidate: null } };
  }
  const waiting: Candidate = isConfirmed
    ? { ...candidate, newest: timestamp }
    : { since: reported, newest: timestamp, spot, expiries, marks };
  return { isAdopted, underlying: { ...before, mode: "closeOnly", candidate: waiting } };
}
