/**
 * The steps and how far each is: a function of the journal.
 * @module
 */
import type { Op } from "../engine/types.ts";
import type { JournalRecord, Proven, Sealed } from "../journal.ts";
import type { StepStatus } from "../wire.ts";

export type StepRecord = {
  readonly number: number;
  readonly sealed: Sealed;
  /** What it carries, in the order in which it happened. */
  readonly ops: readonly Op[];
  readonly trades: readonly number[];
  readonly requests: number;
  status: StepStatus;
  proven: Proven | null;
  sent: { readonly hash: string; readonly raw: string } | null;
  posted: { readonly hash: string; readonly block: number; readonly gas: bigint } | null;
};

const RANK: Readonly<Record<StepStatus, number>> = { sealed: 0, proven: 1, posted: 2, final: 3 };
export const isAtLeast = (status: StepStatus, least: StepStatus): boolean => RANK[status] >= RANK[least];

export class Steps {
  /** By number; step 1 is the first. */
  readonly #records: StepRecord[] = [];

  get(number: number): StepRecord | undefined {
    return this.#records[number - 1];
  }
  /** Number of the newest step, 0 if there is none. */
  get height(): number {
    return this.#records.length;
  }
  /** Number of the newest step that is at least `status`; steps advance in order. */
  heightOf(status: StepStatus): number {
    return this.#records.findLastIndex((record) => isAtLeast(record.status, status)) + 1;
  }
  /** The oldest step in exactly this state. */
  oldest(status: StepStatus): StepRecord | undefined {
    return this.#records.find((record) => record.status === status);
  }

  add(record: StepRecord): void {
    this.#records.push(record);
  }

  apply(record: JournalRecord): void {
    switch (record.type) {
      case "unseal":
        this.#records.splice(record.from - 1);
        return;
      case "proven":
        this.#change(record.number, (step) => Object.assign(step, { status: "proven", proven: record }));
        return;
      case "sent":
        for (const number of record.numbers)
          this.#change(number, (step) => Object.assign(step, { sent: { hash: record.hash, raw: record.raw } }));
        return;
      case "posted": {
        const { hash, block, gas } = record;
        for (const number of record.numbers)
          this.#change(number, (step) => Object.assign(step, { status: "posted", posted: { hash, block, gas } }));
        return;
      }
      case "unposted":
        for (const step of this.#records.slice(record.from - 1)) {
          if (step.status === "posted") Object.assign(step, { status: "proven", posted: null });
        }
        return;
      case "final":
        this.#change(record.number, (step) => Object.assign(step, { status: "final" }));
        return;
      default:
        return;
    }
  }

  #change(number: number, write: (step: StepRecord) => void): void {
    const step = this.get(number);
    if (!step) throw new Error(`no step ${number}`);
    write(step);
  }
}
