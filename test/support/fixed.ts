/**
 * No signal of a template is free.
 * @module
 */
import assert from "node:assert/strict";
import type { CircuitInput } from "#prover/calculator.ts";
import type { Circuit } from "./circuit.ts";

/** Asserts that no wire of the honest witnesses can be rewritten, alone or, to first order, together with others. */
export function isFixed(circuit: Circuit, ...inputs: readonly CircuitInput[]): void {
  for (const input of inputs) assert.deepEqual([circuit.loose(input), circuit.movable(input)], [[], []]);
}
