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
};

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
