/**
 * Constraints of arithmetic templates deleted one by one: each mutant must have a second witness of the same inputs, or one for
 * inputs that only the deleted constraint refuses. One that has neither lacks nothing, so nothing tests that constraint.
 */
import assert from "node:assert/strict";
import type { CircuitInput } from "#prover/calculator.ts";
import { ProverError } from "#prover/errors.ts";
import type { Circuit } from "#test/support/circuit.ts";
import { Forger } from "#test/support/mutants.ts";
import { SUBJECTS } from "#test/support/mutation-subjects.ts";
import { STEP_SUBJECTS } from "#test/support/step-subjects.ts";

function isRefused(circuit: Circuit, input: CircuitInput): boolean {
  try {
    circuit.witness(input);
    return false;
  } catch (error) {
    if (error instanceof ProverError && error.code === "WitnessRefused") return true;
    throw error;
  }
}

describe("mutants", function () {
  this.timeout(120_000).slow(20_000);
  for (const [name, { build, inputs, lies = [], parts, spare }] of Object.entries({ ...SUBJECTS, ...STEP_SUBJECTS })) {
    it(`${name} needs every constraint`, async () => {
      const circuit = await build();
      const system = circuit.system();
      const forger = new Forger(system);
      const witnesses = inputs.map((input) => circuit.witness(input));
      const refused = lies.filter((input) => isRefused(circuit, input)).map((input) => circuit.placed(input));
      const all = [...system.constraints.keys()];
      const survivors = all.filter(
        (at) =>
          !(parts && circuit.signals(at).every((signal) => parts.test(signal))) &&
          !refused.some((input) => forger.isAccepted(input, at)) &&
          !witnesses.some((witness) => forger.isForged(witness, at)),
      );
      const words = (places: readonly number[]) => places.map((at) => circuit.wording(at));
      assert.deepEqual(words(survivors), spare ? words(all).filter((each) => spare.test(each)) : []);
    });
  }
});
