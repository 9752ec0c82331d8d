/**
 * Prices from a witness of `circuits/instances/price.circom`: the calculator asserts every constraint it meets.
 * @module
 */
import { readFile } from "node:fs/promises";
import { fromField } from "#protocol/field.ts";
import type { FullPrice } from "#protocol/greeks.ts";
import { formatPrice, type PriceLine, type PriceQuery, priceInput } from "#protocol/price-line.ts";
import { compileCircuits } from "#prover/artifacts.ts";
import { witnessAt, witnessCalculator } from "#prover/calculator.ts";
import type { Progress } from "#prover/progress.ts";

const INSTANCE = "price";

/** Compiles the circuit if it never was, and keeps its calculator warm. */
export async function circuitPricer(progress: Progress): Promise<(query: PriceQuery) => PriceLine> {
  const [circuit] = await compileCircuits([INSTANCE], { progress });
  if (!circuit) throw new Error(`no circuit ${INSTANCE}`);
  const calculator = await witnessCalculator(await readFile(circuit.wasm));
  const wires = await outputWires(circuit.sym);
  return (query) => {
    const { forward, strike, kind, years, vol, shift } = priceInput(query);
    const witness = calculator.calculate({ forward, strike, isPut: kind === "put" ? 1n : 0n, years, vol });
    const read = (name: string): bigint => {
      const wire = wires.get(name);
      if (wire === undefined) throw new Error(`circuit ${INSTANCE} has no output ${name}`);
      return fromField(witnessAt(witness, wire));
    };
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

/** Wires of the main component's own signals by name, from the compiler's symbol table. */
async function outputWires(sym: string): Promise<Map<string, number>> {
  const lines = (await readFile(sym, "utf8")).split("\n").map((line) => line.split(","));
  return new Map(
    lines.flatMap(([, wire, , name]) =>
      name && /^main\.\w+$/.test(name) ? [[name.slice("main.".length), Number(wire)]] : [],
    ),
  );
}
