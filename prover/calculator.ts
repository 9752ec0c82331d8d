/**
 * Loads circom's WASM witness calculator and keeps it warm.
 * @module
 */
import { FIELD } from "#protocol/params.ts";
import { ProverError } from "./errors.ts";

/** Values of the input signals by name: numbers nested as the signal's arrays are, objects for buses. */
export type SignalValue = bigint | readonly SignalValue[] | { readonly [field: string]: SignalValue };
export type CircuitInput = { readonly [signal: string]: SignalValue };

export interface WitnessCalculator {
  readonly wires: number;
  /** Wires of the witness, 32 bytes little endian each. Throws `BadInput` or `WitnessRefused`. */
  calculate(input: CircuitInput): Uint8Array;
}

type Exports = {
  readonly memory: WebAssembly.Memory;
  /** Byte offset of the element through which values come and go. */
  getSharedRWMemoryStart(): number;
  init(sanityCheck: number): void;
  getWitnessSize(): number;
  getWitness(index: number): void;
  getFieldNumLen32(): number;
  getInputSize(): number;
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, position: number): void;
  getMessageChar(): number;
};

/** circom's runtime error codes. */
const ASSERT_FAILED = 4;
const MEANING = [
  "",
  "signal not found",
  "too many signals set",
  "signal already set",
  "assert failed",
  "not enough memory",
  "input access beyond its array",
  "array access out of bounds",
];

/** Compiles the module once; `calculate` then runs on the same instance, which forgets everything between calls. */
export async function witnessCalculator(wasm: Uint8Array<ArrayBuffer>): Promise<WitnessCalculator> {
  let trace: string[] = [];
  const message = (): string => {
    let text = "";
    for (let char = exports.getMessageChar(); char !== 0; char = exports.getMessageChar())
      text += String.fromCharCode(char);
    return text;
  };
  const { instance } = await WebAssembly.instantiate(wasm, {
    runtime: {
      exceptionHandler(code: number) {
        const problem = `${MEANING[code] ?? `error ${code}`}\n${trace.join("\n")}`;
        throw new ProverError(code === ASSERT_FAILED ? "WitnessRefused" : "BadInput", problem);
      },
      printErrorMessage: () => trace.push(message()),
      writeBufferMessage: () => message(),
      showSharedRWMemory() {},
    },
  });
  const exports = instance.exports as unknown as Exports;
  const [limbs, wires] = [exports.getFieldNumLen32(), exports.getWitnessSize()];

  const shared = (): Uint32Array => new Uint32Array(exports.memory.buffer, exports.getSharedRWMemoryStart(), limbs);

  const setSignal = (name: string, values: readonly bigint[]): void => {
    const [high, low] = fnv1a(name);
    const size = exports.getInputSignalSize(high, low);
    if (size <= 0) throw new ProverError("BadInput", `the circuit has no input ${name}`);
    if (size !== values.length)
      throw new ProverError("BadInput", `input ${name} has ${size} values, not ${values.length}`);
    const element = shared();
    values.forEach((value, position) => {
      let rest = ((value % FIELD) + FIELD) % FIELD;
      for (let i = 0; i < limbs; i++, rest >>= 32n) element[i] = Number(rest & 0xffffffffn);
      exports.setInputSignal(high, low, position);
    });
  };

  return {
    wires,
    calculate(input) {
      trace = [];
      exports.init(1);
      const signals = flatten(input);
      const given = [...signals.values()].reduce((sum, values) => sum + values.length, 0);
      // Asked beforehand: the calculator starts with the last value it needs, so a surplus would be noticed after the run.
      if (given !== exports.getInputSize()) {
        throw new ProverError(
          "BadInput",
          `the circuit has ${exports.getInputSize()} input values, not ${given}: ${[...signals.keys()].join(", ")}`,
        );
      }
      for (const [name, values] of signals) setSignal(name, values);
      const words = new Uint32Array(wires * limbs);
      const element = shared();
      for (let at = 0, wire = 0; wire < wires; wire++) {
        exports.getWitness(wire);
        for (let i = 0; i < limbs; i++) words[at++] = element[i] as number;
      }
      return new Uint8Array(words.buffer);
    },
  };
}

/** Element `wire` of a calculated witness. */
export function witnessAt(witness: Uint8Array, wire: number): bigint {
  const words = new BigUint64Array(witness.buffer, witness.byteOffset + 32 * wire, 4);
  return words.reduceRight((sum, word) => (sum << 64n) | word, 0n);
}

/** Signals as circom names them: arrays of numbers under one name, buses field by field and index by index. */
function flatten(input: CircuitInput): Map<string, bigint[]> {
  const signals = new Map<string, bigint[]>();
  const visit = (name: string, value: SignalValue): void => {
    if (typeof value === "bigint") signals.set(name, [value]);
    else if (Array.isArray(value)) {
      const flat = value.flat(Number.POSITIVE_INFINITY) as SignalValue[];
      if (flat.every((item) => typeof item === "bigint")) signals.set(name, flat);
      else value.forEach((item, i) => visit(`${name}[${i}]`, item));
    } else for (const [field, item] of Object.entries(value)) visit(`${name}.${field}`, item);
  };
  for (const [name, value] of Object.entries(input)) visit(name, value);
  return signals;
}

/** The 64-bit hash by which the calculator knows its inputs, as two halves. */
function fnv1a(name: string): [high: number, low: number] {
  let hash = 0xcbf29ce484222325n;
  for (const char of name) hash = ((hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n) & 0xffffffffffffffffn;
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)];
}
