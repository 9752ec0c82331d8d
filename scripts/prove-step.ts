/**
 * A sealed step, proved once more from the journal of a node that is not running.
 * @module
 */

import { existsSync } from "node:fs";
import { type BoundKind, publicInputs } from "#protocol/binding.ts";
import { CodedError } from "#protocol/errors.ts";
import { circuitInput } from "#prover/inputs.ts";
import type { Proved, Prover } from "#prover/prover.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { contentOf } from "#rollup-node/pipeline/sealer.ts";
import { Twin } from "#rollup-node/pipeline/twin.ts";
import { Sequencer } from "#rollup-node/sequencer.ts";

export type ProvedStep = Proved & {
  readonly number: number;
  readonly kind: BoundKind;
  readonly words: readonly bigint[];
};

export class StepError extends CodedError<"JournalMissing" | "UnknownStep"> {}

/**
 * Replays the journal in `folder` up to step `number` and proves that. Throws `AlreadyRunning` while a node uses it, `JournalMissing`,
 * `UnknownStep`, and `ReplayDiverged` if the journal's step does not lead where the journal says.
 */
export async function proveStep(
  folder: string,
  number: number,
  openProver: (profile: string) => Promise<Pick<Prover, "prove">>,
): Promise<ProvedStep> {
  const missing = (): never => {
    throw new StepError("JournalMissing", `there is no journal in ${folder}`);
  };
  // Opening would make a folder that is not there.
  if (!existsSync(folder)) missing();
  const sequencer = await Sequencer.open(folder, async () => missing());
  try {
    const newest = sequencer.steps.height;
    const twin = new Twin(sequencer.genesis);
    for (let at = 1; at <= number; at++) {
      const record = sequencer.steps.get(at);
      if (!record) throw new StepError("UnknownStep", `the journal has no step ${number}; its newest is ${newest}`);
      const { newRoot } = twin.apply(contentOf(sequencer.engine, record.ops, record.sealed.timestamp).step);
      if (newRoot !== record.sealed.newRoot)
        throw new NodeError(
          "ReplayDiverged",
          `step ${at} now leads to root ${newRoot}; the journal says ${record.sealed.newRoot}`,
        );
      if (at < number) twin.settle(at);
    }
    const trace = twin.traceOf(number);
    const profile = sequencer.genesis.profile.name;
    const prover = await openProver(profile);
    const proved = await prover.prove({ instance: `${trace.kind}-${profile}`, input: circuitInput(trace) });
    const { c, z, y } = publicInputs(trace.words);
    if (proved.publicSignals.join() !== [c, z, y].join())
      throw new NodeError("ProofInvalid", `the proof of step ${number} shows other public inputs`);
    return { ...proved, number, kind: trace.kind, words: trace.words };
  } finally {
    await sequencer.close();
  }
}
