/**
 * BN254 by the WASM module that snarkjs itself computes with, without its thread manager: numbers live in the module's
 * memory and are named by pointers, so that millions of operations cost no copies.
 * Field elements are 32 bytes little endian. `frm_mul` of a plain and a Montgomery element is plain again.
 * @module
 */
import { code, pG1gen, pG2gen } from "wasmcurves/build/bn128_wasm.js";
import { ELEMENT, fromBytes, type Group, toBytes } from "./bn254.ts";

/** Byte offset in the module's memory. */
export type Pointer = number;

type FieldOperation = "add" | "sub" | "neg" | "mul" | "square" | "isZero" | "batchInverse";
type CurveOperation =
  | "zero"
  | "isZero"
  | "copy"
  | "double"
  | "add"
  | "addMixed"
  | "subMixed"
  | "timesScalar"
  | "toAffine"
  | "batchToAffine"
  | "toJacobian";
type ScalarOperation =
  | "add"
  | "sub"
  | "mul"
  | "toMontgomery"
  | "batchInverse"
  | "batchFromMontgomery"
  | "batchApplyKey"
  | "fft"
  | "ifft";
type Wasm = Record<
  `${"f1m" | "f2m"}_${FieldOperation}` | `${Group}m_${CurveOperation}` | `frm_${ScalarOperation}` | "qap_joinABC",
  (...args: number[]) => number
>;

export class Bn254 {
  readonly wasm: Wasm;
  readonly generator: Readonly<Record<Group, Pointer>> = { g1: pG1gen, g2: pG2gen };
  readonly #memory = new WebAssembly.Memory({ initial: 32 });

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(code, "base64"));
    this.wasm = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as Wasm;
  }

  /** The whole memory. Taken again after every `alloc`, which may move it. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer);
  }
  get words(): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#memory.buffer);
  }

  /** Zeroed space of `size` bytes. */
  alloc(size: number): Pointer {
    const start = Math.ceil(this.free / 8) * 8;
    this.free = start;
    this.reserve(size);
    this.free = start + size;
    this.bytes.fill(0, start, start + size);
    return start;
  }

  /** Makes sure of `size` bytes beyond what is allocated: the module's batch functions take scratch there unasked. */
  reserve(size: number): void {
    const missing = this.free + size - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65536));
  }

  /** First byte that is not allocated; set to what it was before to give back all allocated since. */
  get free(): Pointer {
    return this.words[0] as number;
  }
  set free(pointer: Pointer) {
    this.words[0] = pointer;
  }

  /** Stores a plain integer below 2^256. */
  write(pointer: Pointer, value: bigint): void {
    this.bytes.set(toBytes(value), pointer);
  }
  read(pointer: Pointer): bigint {
    return fromBytes(this.bytes.subarray(pointer, pointer + ELEMENT));
  }
  /** A new scalar in Montgomery form. */
  scalar(value: bigint): Pointer {
    const pointer = this.alloc(ELEMENT);
    this.write(pointer, value);
    this.wasm.frm_toMontgomery(pointer, pointer);
    return pointer;
  }
}
