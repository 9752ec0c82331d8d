/**
 * Proves sealed steps, oldest first.
 * @module
 */
import { publicInputs } from "#protocol/binding.ts";
import { NodeError } from "../errors.ts";
import type { Sequencer } from "../sequencer.ts";
import type { Sealer } from "./sealer.ts";

/** What proves: `instance` names the circuit, `input` its signals. */
export type StepProver = {
  prove(request: { readonly instance: string; readonly input: never }): Promise<{
    readonly proof: readonly bigint[];
    readonly publicSignals: readonly bigint[];
    readonly timings: Readonly<Record<string, number>>;
  }>;
};
export type ProvingOptions = { readonly sequencer: Sequencer; readonly sealer: Sealer; readonly prover: StepProver };

/** Codes by which a prover says that the circuit admits no such step: another attempt would end the same. */
const REFUSED = new Set(["WitnessRefused", "BadInput"]);

/** Proves one step, if one is sealed. Throws `ProofInvalid` when what comes back is a proof of something else. */
export async function proveNext({ sequencer, sealer, prover }: ProvingOptions): Promise<boolean> {
  const step = sequencer.steps.oldest("sealed");
  if (!step) return false;
  const { number, sealed } = step;
  const instance = `${sealed.kind}-${sequencer.genesis.profile.name}`;
  try {
    const input = await sealer.input(number);
    const proved = await prover.prove({ instance, input: input as never });
    // Sealed anew meanwhile: the proof is of a step that is no more.
    if (sequencer.steps.get(number)?.sealed !== sealed) return true;
    const { c, z, y } = publicInputs(sealed.words);
    if (proved.publicSignals.join() !== [c, z, y].join())
      throw new NodeError("ProofInvalid", `the proof of step ${number} shows other public inputs`);
    const { proof, publicSignals, timings } = proved;
    await sequencer.record({ type: "proven", number, proof, publicSignals, timings });
  } catch (error) {
    if (sequencer.steps.get(number)?.sealed !== sealed) return true;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!REFUSED.has(code)) throw error;
    await sealer.isolate(number, error instanceof Error ? error.message : "");
  }
  return true;
}
