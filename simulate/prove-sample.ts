/**
 * Proofs of single steps of a simulation. Nobody signed while it ran: what a step executes is signed now, by those whose orders
 * they were, and the twin judges the step once more with every signature.
 * @module
 */
import { publicInputs } from "#protocol/binding.ts";
import { CodedError } from "#protocol/errors.ts";
import type { Execution } from "#protocol/execute.ts";
import { intentMessage } from "#protocol/intent.ts";
import { sign } from "#protocol/signature.ts";
import { applyStep, type StepTrace } from "#protocol/transition.ts";
import { circuitInput } from "#prover/inputs.ts";
import type { Prover } from "#prover/prover.ts";

export class SampleError extends CodedError<"ProofInvalid"> {}

export type ProvedSample = { readonly step: number; readonly kind: StepTrace["kind"]; readonly proveMs: number };

/** Throws `ProofInvalid` if the proof shows another step, and what the prover throws. */
export async function proveSample(
  trace: StepTrace,
  secretOf: (account: number) => Uint8Array,
  prover: Pick<Prover, "prove">,
): Promise<ProvedSample> {
  const signed = signedTrace(trace, secretOf);
  const step = Number(trace.after.globals.number);
  const instance = `${trace.kind}-${trace.before.profile.name}`;
  const { publicSignals, timings } = await prover.prove({ instance, input: circuitInput(signed) });
  const { c, z, y } = publicInputs(signed.words);
  if (publicSignals.join() !== [c, z, y].join())
    throw new SampleError("ProofInvalid", `the proof of step ${step} shows other public inputs`);
  return { step, kind: trace.kind, proveMs: timings.witnessMs + timings.proveMs };
}

/** The same step with the signatures that the engine did not ask for. */
export function signedTrace(trace: StepTrace, secretOf: (account: number) => Uint8Array): StepTrace {
  if (trace.kind !== "trade") return trace;
  const { before, timestamp } = trace;
  const signed = (execution: Execution): Execution => {
    const { intent } = execution;
    if (intent === null) return execution;
    return { ...execution, signature: sign(secretOf(intent.account), intentMessage(before.domain, intent)) };
  };
  const lanes = trace.lanes.map(({ account, request, executions, debt }) => ({
    account,
    request,
    executions: executions.map(({ execution }) => signed(execution)),
    isWrittenOff: debt > 0n,
  }));
  return applyStep(before, { kind: "trade", timestamp, lanes }).trace;
}
