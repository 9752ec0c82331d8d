/**
 * Seals what happened into steps. A table of marks and an operation of the board are barriers: what was matched before them is
 * sealed before them. The twin judges every step before it is sealed; a step that it refuses is made smaller, and an operation that it refuses alone
 * is quarantined with the reason.
 * @module
 */
import type { ProtocolErrorCode } from "#protocol/errors.ts";
import type { Step } from "#protocol/transition.ts";
import type { ReasonCode, Refused } from "../engine/refusal.ts";
import type { EngineState, Op } from "../engine/types.ts";
import { NodeError } from "../errors.ts";
import type { Sequencer } from "../sequencer.ts";
import { isLaneOp, type LaneOp, pack } from "./pack.ts";
import type { StepRecord } from "./steps.ts";
import type { TwinStep } from "./twin.ts";

/** The twin, wherever it runs. What throws may have changed it: it begins anew then. */
export type TwinPort = {
  /** Begins anew at genesis. */
  start(): Promise<void>;
  /** The step, or why the specification refuses it, and then nothing has changed. */
  apply(step: Step): Promise<TwinStep | Refused<ProtocolErrorCode>>;
  /** Forgets the steps from this one on. */
  rollback(from: number): Promise<void>;
  /** Steps up to this one are final. */
  settle(number: number): Promise<void>;
  /** Inputs of the circuit of a step that is not final. */
  input(number: number): Promise<object>;
};
export type SealerOptions = {
  readonly sequencer: Sequencer;
  readonly twin: TwinPort;
  /** How long an operation waits for others to fill its step. */
  readonly sealDelayMs: number;
  /** Steps sealed and not proved; more wait, so that steps are full and their timestamps young. */
  readonly maxUnproved: number;
};
type Content = { readonly step: Step; readonly count: number; readonly executions: number; readonly lanes: number };

export class Sealer {
  readonly #options: SealerOptions;
  /** Operations whose step the circuit refused: sealed one by one to find the culprit. */
  readonly #suspects = new Set<number>();
  /** First sight of the oldest pending operation. */
  #oldest = { id: 0, since: 0 };
  #last: Promise<unknown> = Promise.resolve();
  #isCaughtUp = false;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Brings the twin from genesis to the journal's last step. Throws `ReplayDiverged`. */
  catchUp(): Promise<void> {
    return this.#exclusive(async () => undefined);
  }

  /** Seals one step or quarantines one operation, if it is time; says whether it did. `now` in milliseconds. */
  seal(now: number): Promise<boolean> {
    return this.#exclusive(async () => {
      const { sequencer, maxUnproved } = this.#options;
      const { engine, steps } = sequencer;
      const unproved = steps.height - steps.heightOf("proven");
      if (unproved >= maxUnproved || !this.#isDue(engine, now)) return false;
      await this.#sealFirst(engine);
      return true;
    });
  }

  /** Gives up the steps from `from` on; what they carry is sealed anew, under a new timestamp. */
  unseal(from: number): Promise<void> {
    return this.#exclusive(() => this.#unseal(from));
  }

  /** A step that the circuit refuses although the twin did not: its operations are sealed one by one, the culprit is quarantined. */
  isolate(number: number, message: string): Promise<void> {
    return this.#exclusive(async () => {
      const ops = this.#options.sequencer.steps.get(number)?.ops ?? [];
      await this.#unseal(number);
      const [only] = ops;
      if (ops.length === 1 && only) await this.#quarantine(only, "WitnessRefused", message);
      else for (const { id } of ops) this.#suspects.add(id);
    });
  }

  /** Steps up to `number` are final. */
  async settle(number: number): Promise<void> {
    await this.#exclusive(() => this.#options.twin.settle(number));
  }

  /** Inputs of the circuit of a step that is not final. */
  input(number: number): Promise<object> {
    return this.#exclusive(() => this.#options.twin.input(number));
  }

  /** One use of the twin after the other, each on a twin that stands where the journal does. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      try {
        if (!this.#isCaughtUp) await this.#replay();
        this.#isCaughtUp = true;
        return await work();
      } catch (error) {
        this.#isCaughtUp = false;
        throw error;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #replay(): Promise<void> {
    const { sequencer, twin } = this.#options;
    await twin.start();
    for (let number = 1; number <= sequencer.steps.height; number++) {
      const { ops, sealed, status } = sequencer.steps.get(number) as StepRecord;
      const outcome = await twin.apply(contentOf(sequencer.engine, ops, sealed.timestamp).step);
      if ("refused" in outcome || outcome.newRoot !== sealed.newRoot) {
        throw new NodeError(
          "ReplayDiverged",
          `step ${number} does not lead to the root that the journal names, ${sealed.newRoot}`,
        );
      }
      if (status === "final") await twin.settle(number);
    }
  }

  #isDue(engine: EngineState, now: number): boolean {
    const [first] = engine.pending;
    if (!first) return false;
    if (first.id !== this.#oldest.id) this.#oldest = { id: first.id, since: now };
    if (now - this.#oldest.since >= this.#options.sealDelayMs) return true;
    const run = this.#run(engine);
    return run.length < engine.pending.length || pack(engine.config.profile, run).count < run.length;
  }

  /** Pending operations before the next barrier. */
  #run({ pending }: EngineState): readonly LaneOp[] {
    const barrier = pending.findIndex((op) => !isLaneOp(op));
    return (barrier < 0 ? pending : pending.slice(0, barrier)).filter(isLaneOp);
  }

  async #sealFirst(engine: EngineState): Promise<void> {
    const { profile } = engine.config;
    const [first] = engine.pending as readonly [Op, ...Op[]];
    const run = this.#run(engine);
    // An operation that is larger than a step is refused as one.
    const fitting = pack(profile, this.#suspects.has(first.id) ? run.slice(0, 1) : run).count;
    let count = isLaneOp(first) ? Math.max(1, fitting) : 1;
    for (;;) {
      const content = contentOf(engine, engine.pending.slice(0, count), engine.time);
      const outcome = await this.#options.twin.apply(content.step);
      if (!("refused" in outcome)) return this.#commit(content, outcome, engine.time);
      if (count === 1) return this.#quarantine(first, outcome.code, outcome.message);
      // What made it fail then stands at the head of the next step, and alone if need be.
      count--;
    }
  }

  async #commit({ count, executions, lanes }: Content, twin: TwinStep, timestamp: bigint): Promise<void> {
    await this.#options.sequencer.record({ type: "seal", ...twin, count, timestamp, executions, lanes });
  }

  async #quarantine(op: Op, code: ReasonCode, message: string): Promise<void> {
    if (op.kind === "request")
      throw new NodeError("ReplayDiverged", `request ${op.index} cannot be executed: ${code}, ${message}`);
    this.#suspects.delete(op.id);
    // Whether a later table was adopted was decided by this one: the oracles report anew.
    const { pending } = this.#options.sequencer.engine;
    const ops = op.kind === "marks" ? pending.filter((each) => each.kind === "marks") : [op];
    await this.#options.sequencer.record({ type: "quarantine", ops: ops.map(({ id }) => id), code, message });
  }

  async #unseal(from: number): Promise<void> {
    await this.#options.sequencer.record({ type: "unseal", from });
    await this.#options.twin.rollback(from);
  }
}

/** The step that carries `ops`: one table of marks, one operation of the board, or lanes. */
export function contentOf({ config }: EngineState, ops: readonly Op[], timestamp: bigint): Content {
  const [first] = ops;
  if (first?.kind === "marks")
    return { step: { kind: "marks", timestamp, reports: first.reports }, count: 1, executions: 0, lanes: 0 };
  if (first?.kind === "board")
    return { step: { kind: "board", timestamp, operation: first.operation }, count: 1, executions: 0, lanes: 0 };
  const { lanes, count } = pack(config.profile, ops.filter(isLaneOp));
  const executions = lanes.reduce((sum, lane) => sum + lane.executions.length, 0);
  return { step: { kind: "trade", timestamp, lanes }, count, executions, lanes: lanes.length };
}
