/**
 * From single reports to a quorum: each is checked and kept, and once every underlying has a quorum the table is adopted, after
 * a short grace in which the remaining oracles usually arrive.
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError } from "#protocol/errors.ts";
import { underlyingOfSlot } from "#protocol/params.ts";
import type { AttributedReport } from "#protocol/quorum.ts";
import { checkReport, type SignedReport } from "#protocol/report.ts";
import type { Admission } from "../admission.ts";
import { isRefused, type RefusalCode, type Refused, refused } from "../errors.ts";
import type { Sequencer } from "../sequencer.ts";
import { type Adopted, checkTime, type Moment, ReportPool, type Waiting } from "./pool.ts";

export type CollectorOptions = {
  readonly sequencer: Sequencer;
  readonly admission: Pick<Admission, "signers" | "adopt">;
  /** Milliseconds that a quorum waits for the remaining oracles. */
  readonly graceMs: number;
};
/** `adopted`: the journaled table that all of these reports entered; null while they wait. */
export type Published = { readonly adopted: Adopted | null; readonly waiting: readonly Waiting[] };

/** A quorum that waits for the remaining oracles, and then its adoption; `complete` ends the wait. */
type Round = { readonly complete: () => void; readonly adoption: Promise<Refused | null> };

export class ReportCollector {
  readonly #options: CollectorOptions;
  readonly #pool: ReportPool;
  #round: Round | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { profile, parameters } = options.sequencer.genesis;
    this.#pool = new ReportPool(profile, parameters.oracles.length);
  }

  /** Times of each oracle's newest report by underlying, in the order of the set. */
  get heard(): readonly (readonly (bigint | null)[])[] {
    return this.#options.sequencer.genesis.parameters.oracles.map((_, oracle) => this.#pool.heard(oracle));
  }

  get waiting(): readonly Waiting[] {
    return this.#pool.waiting(this.#moment);
  }

  /**
   * Takes reports, all or none, and adopts a table if they complete a quorum: then resolves once it is on disk. Reports that
   * only wait are remembered in memory: nothing is promised of them.
   */
  async publish(signed: readonly SignedReport[]): Promise<Published | Refused> {
    const unchecked = firstOf(signed, (each) => this.#checkReport(each));
    if (unchecked) return unchecked;
    const signers = await this.#options.admission.signers(signed);
    if (isRefused(signers)) return signers;
    const reports = signed.map((each, at): AttributedReport => ({ ...each, oracle: signers[at] ?? -1 }));
    const refusal = firstOf(reports, (each, at) => this.#checkSigner(each, reports.slice(0, at)));
    if (refusal) return refusal;
    for (const report of reports) this.#pool.add(report);
    while (!this.#pool.adoptionOf(reports) && this.#pool.quorum(this.#moment)) {
      const failure = await this.#join();
      if (failure) return failure;
    }
    return { adopted: this.#pool.adoptionOf(reports), waiting: this.waiting };
  }

  get #moment(): Moment {
    const { marks, time, config } = this.#options.sequencer.engine;
    return { marks, time, maxMarksAge: config.parameters.maxMarksAge };
  }

  /** What costs nothing: ranges, expiries that the board trades, times. What is known already was checked before. */
  #checkReport(signed: SignedReport): Refused | null {
    const { report } = signed;
    const { config, board } = this.#options.sequencer.engine;
    if (this.#pool.isKnown(signed)) return null;
    try {
      checkReport(config.profile, report);
    } catch (error) {
      if (error instanceof ProtocolError) return refused(error.code as RefusalCode, error.message);
      throw error;
    }
    const traded = board.filter(
      ({ status }, slot) =>
        (status === "listed" || status === "live") && underlyingOfSlot(config.profile, slot) === report.underlying,
    );
    if (report.impactMid === 0n && traded.some(({ series }) => series?.kind === "perpetual"))
      return refused("BadReport", "no impact mid in the report; the board trades the perpetual");
    const missing = traded.find(
      ({ series }) =>
        series &&
        series.kind !== "perpetual" &&
        // What has expired by then needs no price.
        series.expiry > report.timestamp &&
        !report.expiries.some(({ expiry }) => expiry === series.expiry),
    );
    return missing
      ? refused("BadReport", `no expiry ${missing.series?.expiry} in the report; the board trades it`)
      : checkTime(this.#moment, report);
  }

  /** Whose report it is, and whether that oracle has said anything else. */
  #checkSigner(report: AttributedReport, before: readonly AttributedReport[]): Refused | null {
    const { underlying, timestamp } = report.report;
    if (report.oracle < 0)
      return refused(
        "BadSignature",
        `no oracle in force has signed the report of ${timestamp} on underlying ${underlying}`,
      );
    if (before.some(({ oracle, report: other }) => oracle === report.oracle && other.underlying === underlying))
      return refused(
        "DuplicateReport",
        `two reports of oracle ${report.oracle} on underlying ${underlying} in one call`,
      );
    return this.#pool.check(report);
  }

  /** Enters the round under way or begins one; resolves when it is over, with what was refused. */
  #join(): Promise<Refused | null> {
    this.#round ??= this.#begin();
    if (this.#pool.isComplete(this.#moment)) this.#round.complete();
    return this.#round.adoption;
  }

  #begin(): Round {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { graceMs } = this.#options;
    const stop = new AbortController();
    const grace = sleep(graceMs, undefined, { ref: false, signal: stop.signal }).catch(() => undefined);
    const adoption = Promise.race([promise, grace]).then(async () => {
      stop.abort();
      try {
        return await this.#adopt();
      } finally {
        this.#round = null;
      }
    });
    return { complete: resolve, adoption };
  }

  async #adopt(): Promise<Refused | null> {
    const reports = this.#pool.quorum(this.#moment);
    if (!reports) return null;
    const committed = await this.#options.admission.adopt(reports);
    if (isRefused(committed)) return committed;
    const { sequence, hash, events } = committed;
    const table = events.find((event) => event.type === "repriced")?.table;
    const modes = table?.marks.underlyings.map(({ mode }) => mode) ?? [];
    const candidates = modes.flatMap((mode, underlying) => (mode === "closeOnly" ? [underlying] : []));
    this.#pool.settle(reports, { sequence, hash, candidates });
    return null;
  }
}

/** The first refusal of a list. */
function firstOf<T>(all: readonly T[], check: (each: T, at: number) => Refused | null): Refused | null {
  for (const [at, each] of all.entries()) {
    const refusal = check(each, at);
    if (refusal) return refusal;
  }
  return null;
}
