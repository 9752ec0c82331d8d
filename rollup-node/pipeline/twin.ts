/**
 * The twin's own copy of the rollup: the state after every step that could still change, with all its trees.
 * It is behind the engine by what is not sealed yet, and ahead of L1 by what is not posted yet.
 * @module
 */
import { type BoundKind, commitment } from "#protocol/binding.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { applyStep, type Step, type StepTrace } from "#protocol/transition.ts";

export type TwinStep = {
  readonly number: number;
  readonly kind: BoundKind;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  readonly words: readonly bigint[];
  readonly commitment: bigint;
};
type Kept = { readonly state: State; readonly trace: StepTrace };

export class Twin {
  #base: State;
  /** Steps behind `#base`, oldest first. */
  #kept: Kept[] = [];

  constructor(genesis: State) {
    this.#base = genesis;
  }

  get state(): State {
    return this.#kept.at(-1)?.state ?? this.#base;
  }

  /** Applies the next step. Throws `ProtocolError`, and then nothing changed. Signatures were verified at admission. */
  apply(step: Step): TwinStep {
    const { state, trace } = applyStep(this.state, step, { checkSignatures: false });
    this.#kept.push({ state, trace });
    const [, oldRoot = 0n, newRoot = 0n] = trace.words;
    return {
      number: Number(state.globals.number),
      kind: step.kind,
      oldRoot,
      newRoot,
      words: trace.words,
      commitment: commitment(step.kind, state.profile, trace.words),
    };
  }

  /** Forgets every step from `from` on. */
  rollback(from: number): void {
    this.#kept = this.#kept.filter(({ state }) => Number(state.globals.number) < from);
  }

  /** Steps up to `number` will not change any more. */
  settle(number: number): void {
    const settled = this.#kept.filter(({ state }) => Number(state.globals.number) <= number);
    this.#base = settled.at(-1)?.state ?? this.#base;
    this.#kept = this.#kept.slice(settled.length);
  }

  /** The trace of a step that is not settled. */
  traceOf(number: number): StepTrace {
    const kept = this.#kept.find(({ state }) => Number(state.globals.number) === number);
    if (!kept) throw new RangeError(`no trace of step ${number}`);
    return kept.trace;
  }

  get root(): bigint {
    return stateRoot(this.state);
  }
}
