/**
 * What makes dev keys: the C++ core or its portable twin.
 * @module
 */
import type { Progress } from "../progress.ts";
import type { Secret } from "./qap.ts";

/** A circuit's constraints, and where its key is to be written. */
export type KeyTarget = { readonly r1cs: string; readonly zkey: string };

export type KeyWriter = {
  write(target: KeyTarget, secret: Secret, progress: Progress): Promise<void>;
  /** After the last key. */
  close(): Promise<void>;
};
