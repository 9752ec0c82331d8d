/**
 * The one door to the C++ core. Whoever comes in gets the addon, or null and does with the portable twin what the addon would have done.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Progress of a long work: what runs, and its share done from 0 to 1. */
export type NativeReport = (what: string, share: number) => void;

/**
 * What the addon exports. Bytes are Uint8Array, field elements 32 of them, little endian and canonical. All throw an Error with a `code`:
 * InvalidArgument for a wrong call, others as each says.
 */
export type NativeCore = {
  /** Whether the vector code (AVX-512 IFMA) is in use: not with PROVEGA_IFMA=0, nor where the processor lacks it. */
  hasIfma(): boolean;
  /** See files.ts, which has the types. */
  inspectFile(path: string, depth: number): Promise<unknown>;
  inspectBytes(bytes: Uint8Array, kind: number, depth: number): Promise<unknown>;
  /** Copies a file section by section into `target`, which appears when all is written. Throws FileUnwritable. */
  rewriteFile(source: string, target: string): Promise<void>;

  /** Element by element, for tests. `square` is a². Throws NotInField; NoVectors if they were asked for and are not in use. */
  arithmetic(field: "scalar" | "base", vectors: boolean, a: Uint8Array, b: Uint8Array): Arithmetic;
  /** Nanoseconds of one product in the base field, amortised over lanes if vectors. Throws NoVectors. */
  timeProducts(vectors: boolean, times: number): number;
  /**
   * The sum of scalar times point. Points as zkey files have them: 64 or 128 bytes, Montgomery form, zero for infinity, on the curve (not
   * checked). Throws NotInField. On all cores, while the thread waits.
   */
  multiplyG1(points: Uint8Array, scalars: Uint8Array): Uint8Array;
  multiplyG2(points: Uint8Array, scalars: Uint8Array): Uint8Array;
};

export type Arithmetic = Readonly<Record<"sum" | "difference" | "product" | "square" | "inverse", Uint8Array>>;

const ADDON = join(import.meta.dirname, "build", process.env["PROVEGA_NATIVE_BUILD"] ?? "", "provega.node");
/** Set for child processes, so that one notice is enough. */
const TOLD = "PROVEGA_NATIVE_TOLD";

let loaded: NativeCore | null | undefined;

/** The addon, loaded once; null if PROVEGA_NATIVE=0, or with a notice on stderr if there is none or it does not load. */
export function nativeCore(): NativeCore | null {
  loaded ??= process.env["PROVEGA_NATIVE"] === "0" ? null : load();
  return loaded;
}

function load(): NativeCore | null {
  const target: { exports: unknown } = { exports: {} };
  let reason = "it has not been built";
  if (existsSync(ADDON)) {
    try {
      process.dlopen(target, ADDON);
      return target.exports as NativeCore;
    } catch (error) {
      reason = (error as Error).message.split("\n")[0] ?? "";
    }
  }
  if (process.env[TOLD] === undefined) {
    process.env[TOLD] = "1";
    process.stderr.write(
      `provega: no native core (${reason}); the slower portable code is used. Cure: npm run build:native. PROVEGA_NATIVE=0 silences this.\n`,
    );
  }
  return null;
}
