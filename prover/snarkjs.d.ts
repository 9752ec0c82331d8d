/** The part of snarkjs that we use; the package has no types. */
declare module "snarkjs" {
  type Proof = import("./verifying-key.ts").SnarkjsProof;
  type Key = import("./verifying-key.ts").SnarkjsKey;
  type Proved = { proof: Proof; publicSignals: string[] };
  /** A path, a buffer, or for an output an empty memory file that gets its `data`. */
  type File = string | Uint8Array | { type: "mem"; data?: Uint8Array };
  type Logger = Record<"debug" | "info" | "warn" | "error", (text: string) => void>;

  export const groth16: {
    prove(zkey: File, witness: File, logger?: Logger): Promise<Proved>;
    fullProve(input: unknown, wasm: File, zkey: File, logger?: Logger): Promise<Proved>;
    verify(key: Key, publicSignals: readonly string[], proof: Proof, logger?: Logger): Promise<boolean>;
  };
  export const zKey: {
    /** The circuit's hash, or -1 with a broken file left behind when the powers of tau do not suffice. */
    newZKey(r1cs: File, ptau: File, zkey: File, logger?: Logger): Promise<Uint8Array | -1>;
    contribute(before: File, after: File, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    /** `false` when the beacon is malformed. */
    beacon(
      before: File,
      after: File,
      name: string,
      beacon: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    verifyFromInit(initial: File, ptau: File, zkey: File, logger?: Logger): Promise<boolean>;
    verifyFromR1cs(r1cs: File, ptau: File, zkey: File, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: File, logger?: Logger): Promise<Key & { vk_alphabeta_12: string[][][] }>;
  };
  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, path: File, logger?: Logger): Promise<Uint8Array>;
    contribute(before: File, after: File, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    beacon(before: File, after: File, name: string, beacon: string, iterationsExponent: number): Promise<unknown>;
    preparePhase2(before: File, after: File, logger?: Logger): Promise<void>;
    verify(path: File, logger?: Logger): Promise<boolean>;
  };
  /** Elements are opaque bytes. */
  type Field<Value> = {
    fromObject(value: Value): Uint8Array;
    toObject(element: Uint8Array): Value;
    add(a: Uint8Array, b: Uint8Array): Uint8Array;
    mul(a: Uint8Array, b: Uint8Array): Uint8Array;
    sqrt(a: Uint8Array): Uint8Array | null;
  };
  type Group<Value> = {
    readonly F: Field<Value>;
    readonly g: Uint8Array;
    readonly b: Uint8Array;
    /** Affine: x, then y. */
    toAffine(point: Uint8Array): Uint8Array;
    timesScalar(point: Uint8Array, scalar: Uint8Array): Uint8Array;
  };
  type Curve = {
    readonly G1: Group<bigint>;
    readonly G2: Group<readonly [bigint, bigint]>;
    terminate(): Promise<void>;
  };
  export const curves: {
    getCurveFromName(name: "bn128"): Promise<Curve>;
  };
}
