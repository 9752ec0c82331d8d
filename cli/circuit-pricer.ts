/**
 * Prices from a witness of `circuits/instances/price.circom`, or of an American option's tree of any size: the calculator
 * asserts every constraint it meets.
 * @module
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AmericanLine, type AmericanQuery, americanInput, formatAmerican } from "#protocol/american-line.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { fromField } from "#protocol/field.ts";
import type { FullPrice } from "#protocol/greeks.ts";
import { TREE } from "#protocol/precision.ts";
import { formatPrice, type PriceLine, type PriceQuery, priceInput } from "#protocol/price-line.ts";
import { type ArtifactOptions, compileCircuits } from "#prover/artifacts.ts";
import { type CircuitInput, witnessAt, witnessCalculator } from "#prover/calculator.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { ProverError } from "#prover/errors.ts";
import type { Progress } from "#prover/progress.ts";
import { americanInstance } from "#scripts/generate/circom.ts";
import { CliError } from "./errors.ts";

const INSTANCE = "price";
/** Sources of trees of any size; the compiler reads below the repository only. */
const TREES = join(".provega", "instances");

/** Compiles the circuit if it never was, and keeps its calculator warm. */
export async function circuitPricer(progress: Progress): Promise<(query: PriceQuery) => PriceLine> {
  const evaluate = await evaluator(INSTANCE, { progress });
  return (query) => {
    const { forward, strike, kind, years, vol, shift } = priceInput(query);
    const read = evaluate({ forward, strike, isPut: kind === "put" ? 1n : 0n, years, vol });
    const [value, delta, gamma, vega, theta] = [
      read("value"),
      read("delta"),
      read("gamma"),
      read("vega"),
      read("theta"),
    ];
    const price: FullPrice = { isInDomain: read("isInDomain") === 1n, value, delta, gamma, vega, theta };
    return formatPrice(price, shift);
  };
}

/** The same for an American option's tree. Terms outside its domain have no witness. */
export async function americanPricer(
  steps: number,
  progress: Progress,
): Promise<(query: AmericanQuery) => AmericanLine> {
  if (steps > TREE.maxCircuitSteps)
    throw new CliError("OutOfRange", `a circuit has at most ${TREE.maxCircuitSteps} steps, not ${steps}`);
  await mkdir(join(REPOSITORY, TREES), { recursive: true });
  await writeFile(join(REPOSITORY, TREES, `american-${steps}.circom`), americanInstance(steps));
  const evaluate = await evaluator(`american-${steps}`, { progress, sources: TREES });
  return (query) => {
    const { shift, isPut, ...terms } = americanInput(query);
    try {
      const read = evaluate({ ...terms, isPut: isPut ? 1n : 0n });
      return formatAmerican({ price: read("price"), european: read("european"), premium: read("premium") }, shift);
    } catch (cause) {
      if (!(cause instanceof ProverError && cause.code === "WitnessRefused")) throw cause;
      throw new ProtocolError("OutOfRange", "the circuit has no witness for these terms");
    }
  };
}

/** Outputs by name, as integers of either sign, of an instance's witness. */
async function evaluator(
  instance: string,
  options: ArtifactOptions,
): Promise<(input: CircuitInput) => (name: string) => bigint> {
  const [circuit] = await compileCircuits([instance], options);
  if (!circuit) throw new Error(`no circuit ${instance}`);
  const calculator = await witnessCalculator(await readFile(circuit.wasm));
  const wires = await outputWires(circuit.sym);
  return (input) => {
    const witness = calculator.calculate(input);
    return (name) => {
      const wire = wires.get(name);
      if (wire === undefined) throw new Error(`circuit ${instance} has no output ${name}`);
      return fromField(witnessAt(witness, wire));
    };
  };
}

/** Wires of the main component's own signals by name, from the compiler's symbol table. */
async function outputWires(sym: string): Promise<Map<string, number>> {
  const lines = (await readFile(sym, "utf8")).split("\n").map((line) => line.split(","));
  return new Map(
    lines.flatMap(([, wire, , name]) =>
      name && /^main\.\w+$/.test(name) ? [[name.slice("main.".length), Number(wire)]] : [],
    ),
  );
}
