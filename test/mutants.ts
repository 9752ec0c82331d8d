/**
 * `npm run mutate:circuits -- [TEMPLATE …]`: deletes the constraints of arithmetic templates one by one and looks for a second
 * witness of the same inputs. Without a name, all of them. Prints how many mutants were killed, and the survivors.
 * @module
 */
import { Forger } from "./support/mutants.ts";
import { SUBJECTS } from "./support/mutation-subjects.ts";

const asked = process.argv.slice(2);
for (const [name, { build, inputs }] of Object.entries(SUBJECTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const circuit = await build();
  const system = circuit.system();
  const forger = new Forger(system);
  const witnesses = inputs.map((input) => circuit.witness(input));
  const survivors = system.constraints.flatMap((_, at) =>
    witnesses.some((witness) => forger.isForged(witness, at)) ? [] : [at],
  );
  const killed = system.constraints.length - survivors.length;
  console.log(`${name}: ${killed} of ${system.constraints.length} killed`);
  for (const at of survivors) console.log(`  survivor: ${circuit.wording(at)}`);
  if (survivors.length > 0) process.exitCode = 1;
}
