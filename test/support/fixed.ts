/**
 * No signal of a template is free.
 * @module
 */
import assert from "node:assert/strict";
import type { CircuitInput } from "#prover/calculator.ts";
import type { Circuit } from "./circuit.ts";

/** Asserts that no wire of the honest witnesses can be rewritten, alone or, to first order, together with others. */
export function isFixed(circuit: Circuit, ...inputs: readonly CircuitInput[]): void {
  isFixedBut(circuit, /^$/, ...inputs);
}

/** Where two inputs are equal, the inverse of their difference is nobody's (`CheckIsEqual`). */
export const INVERSE = /\.inverse$/;

/** Asserts that no wire but those of an expected name can be rewritten. */
export function isFixedBut(circuit: Circuit, expected: RegExp, ...inputs: readonly CircuitInput[]): void {
  const bound = (names: readonly string[]) => names.filter((name) => !expected.test(name));
  for (const input of inputs) assert.deepEqual([bound(circuit.loose(input)), bound(circuit.movable(input))], [[], []]);
}
