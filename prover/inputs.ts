/**
 * From the trace of a step to the inputs of its circuit.
 * @module
 */
import type { StepTrace } from "#protocol/transition.ts";
import { boardInput } from "./board-input.ts";
import type { CircuitInput } from "./calculator.ts";
import { marksInput } from "./marks-input.ts";
import { tradeInput } from "./trade-input.ts";

/** Inputs of `<kind>-<profile>` for the step that left `trace`. */
export function circuitInput(trace: StepTrace): CircuitInput {
  switch (trace.kind) {
    case "marks":
      return marksInput(trace);
    case "trade":
      return tradeInput(trace);
    case "board":
      return boardInput(trace);
  }
}
