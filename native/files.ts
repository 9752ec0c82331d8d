/**
 * What zkey, wtns, r1cs and ptau files say of themselves, checked as far as one asks.
 * @module
 */
import type { NativeCore } from "./index.ts";

/** In the order of the addon. */
const KINDS = ["zkey", "wtns", "r1cs", "ptau"] as const;
const DEPTHS = ["structure", "content", "curve"] as const;

export type FileKind = (typeof KINDS)[number];
/** Header and lengths; also every index and number, as a prover does; also whether every point is on its curve. */
export type Depth = (typeof DEPTHS)[number];

type Common = {
  readonly version: number;
  readonly sections: readonly { readonly id: number; readonly offset: number; readonly size: number }[];
};
/** Points are their coordinates, 32 bytes little endian each. */
export type FileFacts = Common &
  (
    | {
        readonly kind: "zkey";
        readonly wires: number;
        readonly publicWires: number;
        readonly domain: number;
        readonly coefficients: number;
        readonly alpha: Uint8Array;
        readonly beta: Uint8Array;
        readonly gamma: Uint8Array;
        readonly delta: Uint8Array;
        readonly ic: readonly Uint8Array[];
        readonly contributions: readonly { readonly type: number; readonly name: string }[];
      }
    | { readonly kind: "wtns"; readonly values: number }
    | {
        readonly kind: "r1cs";
        readonly wires: number;
        readonly outputs: number;
        readonly publicInputs: number;
        readonly privateInputs: number;
        readonly constraints: number;
        readonly domainBits: number;
        /** In the lists A, B and C of all constraints. */
        readonly terms: readonly number[];
      }
    | {
        readonly kind: "ptau";
        readonly power: number;
        readonly ceremonyPower: number;
        readonly isPrepared: boolean;
      }
  );

/**
 * Throws FileUnreadable, UnknownFile, or BadZkey, BadWtns, BadR1cs, BadPtau with the offset of what is wrong. The file
 * must not change meanwhile.
 */
export async function inspectFile(core: NativeCore, path: string, depth: Depth = "content"): Promise<FileFacts> {
  return (await core.inspectFile(path, DEPTHS.indexOf(depth))) as FileFacts;
}

/** The same of a file in memory. */
export async function inspectBytes(
  core: NativeCore,
  kind: FileKind,
  bytes: Uint8Array,
  depth: Depth = "content",
): Promise<FileFacts> {
  return (await core.inspectBytes(bytes, KINDS.indexOf(kind), DEPTHS.indexOf(depth))) as FileFacts;
}
