/**
 * The newest report of each oracle on each underlying, until a table is adopted from it. No clock and no I/O: what has been
 * checked comes in, the reports of a quorum come out.
 * @module
 */
import type { Marks } from "#protocol/marks.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import { type Profile, quorum } from "#protocol/params.ts";
import type { AttributedReport } from "#protocol/quorum.ts";
import type { Report, SignedReport } from "#protocol/report.ts";
import { type Refused, refused } from "../errors.ts";
import { encode } from "../store/codec.ts";

/** What a report must be newer than, and how old and how new it may be: the engine's state as far as times go. */
export type Moment = { readonly marks: Marks; readonly time: bigint; readonly maxMarksAge: bigint };
/** The journal's entry of a table, and the underlyings on which it is not in force but waits as a candidate. */
export type Adopted = { readonly sequence: number; readonly hash: string; readonly candidates: readonly number[] };
/** Of one underlying: oracles whose newest report may enter the next table, ascending, and how many more a quorum needs. */
export type Waiting = { readonly underlying: number; readonly oracles: readonly number[]; readonly needed: number };

/** A report that is so much older than a quorum of others stays out of their table. */
const STRAGGLER_SECONDS = 60n;

type Held = AttributedReport & { adopted: Adopted | null };

/** Time of the newest table of an underlying, in force or candidate: reports are newer. */
function newestTable({ underlyings }: Marks, underlying: number): bigint {
  const { timestamp = 0n, candidate = null } = underlyings[underlying] ?? {};
  return candidate?.newest ?? timestamp;
}

/** Refuses a report that no step could take now: `StaleReport` or `FutureReport`. */
export function checkTime({ marks, time, maxMarksAge }: Moment, { underlying, timestamp }: Report): Refused | null {
  const last = newestTable(marks, underlying);
  if (timestamp <= last)
    return refused("StaleReport", `the report of ${timestamp} is not newer than the marks, ${last}`);
  if (time - timestamp > maxMarksAge)
    return refused("StaleReport", `the report of ${timestamp} is older than ${maxMarksAge} s at ${time}`);
  return timestamp > time ? refused("FutureReport", `the report of ${timestamp} is ahead of L1's time, ${time}`) : null;
}

export class ReportPool {
  readonly #profile: Profile;
  readonly #oracles: number;
  /** Per underlying, by oracle. */
  readonly #held: readonly Map<number, Held>[];

  /** For a set of so many `oracles`. */
  constructor(profile: Profile, oracles: number) {
    this.#profile = profile;
    this.#oracles = oracles;
    this.#held = Array.from({ length: profile.underlyings }, () => new Map());
  }

  /** Time of each oracle's newest report by underlying, null where none was heard. */
  heard(oracle: number): readonly (bigint | null)[] {
    return this.#held.map((held) => held.get(oracle)?.report.timestamp ?? null);
  }

  /** Whether the very same report is held, waiting or adopted. */
  isKnown({ report, signature }: SignedReport): boolean {
    const held = [...(this.#held[report.underlying]?.values() ?? [])];
    return held.some((each) => same(each, { report, signature }));
  }

  /** Whether `add` would take the report: `DuplicateReport` if its oracle said otherwise at that time, `StaleReport` if later. */
  check({ report, oracle, signature }: AttributedReport): Refused | null {
    const before = this.#held[report.underlying]?.get(oracle);
    if (!before || before.report.timestamp < report.timestamp) return null;
    if (before.report.timestamp > report.timestamp)
      return refused(
        "StaleReport",
        `oracle ${oracle} has reported at ${before.report.timestamp}, after this report's ${report.timestamp}`,
      );
    return same(before, { report, signature })
      ? null
      : refused("DuplicateReport", `oracle ${oracle} has signed another report of ${report.timestamp}`);
  }

  /** Keeps a report in place of its oracle's older one. The same report again changes nothing. */
  add(report: AttributedReport): void {
    const held = this.#held[report.report.underlying];
    const before = held?.get(report.oracle);
    if (before && before.report.timestamp >= report.report.timestamp) return;
    held?.set(report.oracle, { ...report, adopted: null });
  }

  /** The adoption that all of these reports entered, or null. */
  adoptionOf(reports: readonly AttributedReport[]): Adopted | null {
    const adoptions = reports.map(({ report, oracle }) => {
      const held = this.#held[report.underlying]?.get(oracle);
      return held?.report.timestamp === report.timestamp ? held.adopted : null;
    });
    return adoptions.every((each) => each !== null) ? (adoptions[0] ?? null) : null;
  }

  waiting(moment: Moment): readonly Waiting[] {
    return this.#held.map((_, underlying) => {
      const oracles = this.#usable(moment, underlying).map(({ oracle }) => oracle);
      return { underlying, oracles, needed: Math.max(0, quorum(this.#profile) - oracles.length) };
    });
  }

  /**
   * The reports of a `marks` step by underlying and ascending oracle, less stragglers; null while any underlying lacks a quorum.
   */
  quorum(moment: Moment): MarksStep["reports"] | null {
    const chosen = this.#held.map((_, underlying) => this.#timely(this.#usable(moment, underlying)));
    if (chosen.some((each) => each.length < quorum(this.#profile))) return null;
    return chosen.map((each) => each.map(({ report, signature }) => ({ report, signature })));
  }

  /** Whether nobody is left to wait for. */
  isComplete(moment: Moment): boolean {
    return this.#held.every((_, underlying) => this.#usable(moment, underlying).length === this.#oracles);
  }

  /** The reports of an adopted table enter no other. */
  settle(reports: MarksStep["reports"], adopted: Adopted): void {
    for (const { report } of reports.flat())
      for (const held of this.#held[report.underlying]?.values() ?? [])
        if (held.report === report) held.adopted = adopted;
  }

  /** Without the reports that lag behind a quorum of newer ones: a table is as old as its oldest report, and a liar could age it. */
  #timely(usable: readonly Held[]): readonly Held[] {
    const newestFirst = usable.map(({ report }) => report.timestamp).toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0));
    const oldestOfQuorum = newestFirst[quorum(this.#profile) - 1] ?? 0n;
    return usable.filter(({ report }) => report.timestamp + STRAGGLER_SECONDS >= oldestOfQuorum);
  }

  /** Reports that can enter a step together: of those of one set of expiries, the most; a liar's own set is left out. */
  #usable(moment: Moment, underlying: number): readonly Held[] {
    const fresh = [...(this.#held[underlying]?.values() ?? [])]
      .filter(({ report, adopted }) => adopted === null && checkTime(moment, report) === null)
      .toSorted((a, b) => a.oracle - b.oracle);
    const byDates = Map.groupBy(fresh, ({ report }) => report.expiries.map(({ expiry }) => expiry).join());
    return [...byDates.values()].reduce((most, each) => (each.length > most.length ? each : most), []);
  }
}

const same = (a: SignedReport, b: SignedReport): boolean =>
  encode([a.report, a.signature]) === encode([b.report, b.signature]);
