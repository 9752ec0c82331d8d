/**
 * One entry for every kind of step.
 * @module
 */
import { applyBoard, type BoardStep, type BoardTrace } from "./board-step.ts";
import type { TradeOptions } from "./execute.ts";
import { applyMarks, type MarksStep, type MarksTrace } from "./marks-step.ts";
import type { State } from "./state.ts";
import { applyTrade, type TradeStep, type TradeTrace } from "./trade.ts";

export type Step = MarksStep | TradeStep | BoardStep;
export type StepTrace = MarksTrace | TradeTrace | BoardTrace;

/** The state after `step` and what its circuit needs. Throws `ProtocolError` on whatever the circuit would not prove. */
export function applyStep(
  state: State,
  step: Step,
  options: TradeOptions = {},
): { readonly state: State; readonly trace: StepTrace } {
  switch (step.kind) {
    case "marks":
      return applyMarks(state, step);
    case "trade":
      return applyTrade(state, step, options);
    case "board":
      return applyBoard(state, step);
  }
}
