/**
 * The engine and the transition that follows it, in one thread and without proofs: everything that the engine does is sealed
 * into steps at once, and the twin judges every one of them.
 * @module
 */

import { IDENTITY } from "#protocol/babyjub.ts";
import { ProtocolError } from "#protocol/errors.ts";
import type { Intent } from "#protocol/intent.ts";
import { applyMarks, type MarksStep } from "#protocol/marks-step.ts";
import type { Request } from "#protocol/request.ts";
import type { State } from "#protocol/state.ts";
import { applyStep, type Step, type StepTrace } from "#protocol/transition.ts";
import type { BoardWork } from "#rollup-node/board/next.ts";
import { apply, engineStart } from "#rollup-node/engine/engine.ts";
import type { Command, EngineConfig, EngineState, Event } from "#rollup-node/engine/types.ts";
import { isRefused } from "#rollup-node/errors.ts";
import { contentOf } from "#rollup-node/pipeline/sealer.ts";

/** Signatures are admission's business, in front of the engine: nobody signed these. */
export const UNSIGNED = { r8: IDENTITY, s: 0n } as const;

/** More operations than one step ever takes. */
const MOST_OPS = 64;

export type VenueOptions = {
  readonly settings: Pick<EngineConfig, "makerFee" | "takerFee" | "settlementSeconds">;
  readonly onStep: (trace: StepTrace) => void;
  readonly onEvent: (event: Event) => void;
  /** An operation that the twin refused: the engine should not have done it. */
  readonly onQuarantine: (number: number, message: string) => void;
};

export class Venue {
  readonly #options: VenueOptions;
  #engine: EngineState;
  #twin: State;
  #requests = 0;
  /** The table that was worked out before the engine heard of it. */
  #priced: {
    readonly step: MarksStep;
    readonly before: State;
    readonly applied: ReturnType<typeof applyMarks>;
  } | null = null;

  constructor(genesis: State, options: VenueOptions) {
    this.#options = options;
    this.#engine = engineStart(genesis, options.settings);
    this.#twin = genesis;
  }

  /** The twin's state: behind everything that was sealed. */
  get state(): State {
    return this.#twin;
  }

  get engine(): EngineState {
    return this.#engine;
  }

  time(timestamp: bigint): void {
    this.#must({ type: "time", timestamp, block: 0 });
  }

  request(request: Request): void {
    this.#must({ type: "request", index: this.#requests, request });
    this.#requests++;
  }

  /** A command that may be refused: the code, null if it was not. */
  submit(command: Extract<Command, { type: "intent" | "quotes" | "ask" | "quote" | "take" }>): string | null {
    const outcome = apply(this.#engine, command);
    if (isRefused(outcome)) return outcome.code;
    this.#accept(outcome);
    return null;
  }

  /** `intent` by itself. */
  send(intent: Intent): string | null {
    return this.submit({ type: "intent", intent, signature: UNSIGNED, clientOrderId: "" });
  }

  /** What the table of `step` will say, everything before it being sealed. */
  price(step: MarksStep): State {
    this.settle();
    const applied = applyMarks(this.#twin, step);
    this.#priced = { step, before: this.#twin, applied };
    return applied.state;
  }

  marks(step: MarksStep): void {
    const { marks, board } = this.#priced?.step === step ? this.#priced.applied.state : this.price(step);
    this.#must({ type: "marks", reports: step.reports, table: { marks, statuses: board.map(({ status }) => status) } });
    this.settle();
  }

  board({ operation, effect }: BoardWork): void {
    this.settle();
    this.#must({ type: "board", operation, effect });
    this.settle();
  }

  /** Seals all that is pending: as much as one step takes, less if the twin refuses it together. */
  settle(): void {
    while (this.#engine.pending.length > 0) {
      const { pending, time } = this.#engine;
      const barrier = pending.findIndex(({ kind }) => kind === "marks" || kind === "board");
      let run = pending.slice(0, Math.min(MOST_OPS, barrier > 0 ? barrier : barrier === 0 ? 1 : pending.length));
      for (let isSealed = false; !isSealed; ) {
        const { step, count } = contentOf(this.#engine, run, time);
        isSealed = this.#seal(step, count);
        run = run.slice(0, count - 1);
      }
    }
  }

  /** Whether the step was sealed, or its only operation given up. */
  #seal(step: Step, count: number): boolean {
    let trace: StepTrace;
    try {
      trace = this.#apply(step);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (count > 1) return false;
      const [first] = this.#engine.pending;
      const { code, message } = error;
      this.#options.onQuarantine(Number(this.#twin.globals.number), `${first?.kind}: ${code}: ${message}`);
      this.#must({ type: "quarantine", ops: first ? [first.id] : [], code, message });
      return true;
    }
    this.#twin = trace.after;
    const number = Number(trace.after.globals.number);
    this.#must({ type: "seal", number, count, timestamp: step.timestamp, newRoot: trace.words[2] ?? 0n });
    this.#must({ type: "final", number });
    this.#options.onStep(trace);
    return true;
  }

  #apply(step: Step): StepTrace {
    const priced = this.#priced;
    const isPriced = priced?.before === this.#twin && priced.step.timestamp === step.timestamp;
    if (step.kind === "marks" && isPriced && priced.step.reports === step.reports) return priced.applied.trace;
    return applyStep(this.#twin, step, { checkSignatures: false }).trace;
  }

  #must(command: Command): void {
    const outcome = apply(this.#engine, command);
    if (isRefused(outcome)) throw new Error(`${command.type}: ${outcome.code}: ${outcome.message}`);
    this.#accept(outcome);
  }

  #accept({ state, events }: { readonly state: EngineState; readonly events: readonly Event[] }): void {
    this.#engine = state;
    for (const event of events) this.#options.onEvent(event);
  }
}
