/**
 * From the trace of a step to the inputs of its circuit.
 * @module
 */
import type { StepTrace } from "#protocol/transition.ts";
import type { CircuitInput } from "./calculator.ts";
import { marksInput } from "./marks-input.ts";
import { tradeInput } from "./trade-input.ts";

/** Inputs of `<kind>-<profile>` for the step that left `trace`. */
export const circuitInput = (trace: StepTrace): CircuitInput =>
  trace.kind === "marks" ? marksInput(trace) : tradeInput(trace);
