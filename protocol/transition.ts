/**
 * One entry for every kind of step.
 * @module
 */
import type { TradeOptions } from "./execute.ts";
import { applyMarks, type MarksStep, type MarksTrace } from "./marks-step.ts";
import type { State } from "./state.ts";
import { applyTrade, type TradeStep, type TradeTrace } from "./trade.ts";

export type Step = MarksStep | TradeStep;
export type StepTrace = MarksTrace | TradeTrace;

/** The state after `step` and what its circuit needs. Throws `ProtocolError` on whatever the circuit would not prove. */
export function applyStep(
  state: State,
  step: Step,
  options: TradeOptions = {},
): { readonly state: State; readonly trace: StepTrace } {
  return step.kind === "marks" ? applyMarks(state, step) : applyTrade(state, step, options);
}
