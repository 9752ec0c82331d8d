/**
 * Worker thread: witness calculators, kept warm.
 * @module
 */
import { readFile } from "node:fs/promises";
import { type CircuitInput, type WitnessCalculator, witnessCalculator } from "./calculator.ts";
import { serve } from "./serve.ts";

const calculators = new Map<string, Promise<WitnessCalculator>>();

const load = async (wasm: string) => witnessCalculator(new Uint8Array(await readFile(wasm)));

serve({
  async calculate(wasm: string, input: CircuitInput): Promise<Uint8Array> {
    const calculator = calculators.get(wasm) ?? load(wasm);
    calculators.set(wasm, calculator);
    return (await calculator).calculate(input);
  },
});
