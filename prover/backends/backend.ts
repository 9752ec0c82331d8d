/**
 * What makes and checks Groth16 proofs. A backend is a module whose `backend` is one of these; it runs in a process of
 * its own and may use all of it.
 * @module
 */
import { nativeCore } from "#native/index.ts";
import type { Proof, VerifyingKey } from "../verifying-key.ts";

export interface ProverBackend {
  readonly name: string;
  /** `zkey` is a path; `witness` has 32 bytes little endian per wire. */
  prove(zkey: string, witness: Uint8Array): Promise<Proof>;
  verify(key: VerifyingKey, publicSignals: readonly bigint[], proof: Proof): Promise<boolean>;
}

export const SNARKJS = new URL("./snarkjs.ts", import.meta.url);
/** Twice as fast as snarkjs. */
export const WASM = new URL("./wasm/backend.ts", import.meta.url);
/** Twenty times as fast, where the native core is. */
export const NATIVE = new URL("./native.ts", import.meta.url);

export const fastestBackend = (): URL => (nativeCore() ? NATIVE : WASM);
