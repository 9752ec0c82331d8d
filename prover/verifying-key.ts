/**
 * Groth16 verifying keys and proofs as bigints, and the forms in which snarkjs writes them.
 * @module
 */
import { BASE_FIELD } from "./bn254.ts";
import { ProverError } from "./errors.ts";

/** Affine; infinity is (0, 0), as in the EVM's precompiles. */
export type G1 = readonly [x: bigint, y: bigint];
/** Affine over the quadratic extension, each coordinate (real, imaginary). */
export type G2 = readonly [x: readonly [bigint, bigint], y: readonly [bigint, bigint]];

export type VerifyingKey = {
  readonly alpha: G1;
  readonly beta: G2;
  readonly gamma: G2;
  readonly delta: G2;
  /** One point more than there are public inputs. */
  readonly ic: readonly G1[];
};
export type Proof = { readonly a: G1; readonly b: G2; readonly c: G1 };

/** snarkjs's JSON: projective points of decimal strings. */
export type SnarkjsProof = { pi_a: string[]; pi_b: string[][]; pi_c: string[]; protocol: "groth16"; curve: "bn128" };
export type SnarkjsKey = {
  protocol: "groth16";
  curve: "bn128";
  nPublic: number;
  vk_alpha_1: string[];
  vk_beta_2: string[][];
  vk_gamma_2: string[][];
  vk_delta_2: string[][];
  IC: string[][];
};

/** The content of a `verification_key.json`, less the precomputed pairing, which no verifier needs. */
export function keyToSnarkjs(key: VerifyingKey): SnarkjsKey {
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic: key.ic.length - 1,
    vk_alpha_1: g1ToSnarkjs(key.alpha),
    vk_beta_2: g2ToSnarkjs(key.beta),
    vk_gamma_2: g2ToSnarkjs(key.gamma),
    vk_delta_2: g2ToSnarkjs(key.delta),
    IC: key.ic.map(g1ToSnarkjs),
  };
}

export function proofToSnarkjs(proof: Proof): SnarkjsProof {
  const { a, b, c } = proof;
  return { pi_a: g1ToSnarkjs(a), pi_b: g2ToSnarkjs(b), pi_c: g1ToSnarkjs(c), protocol: "groth16", curve: "bn128" };
}

/** Refuses with `BadProof` what L1 would: coordinates that are not below the base field's order. */
export function proofFromSnarkjs(json: SnarkjsProof): Proof {
  if (json?.protocol !== "groth16" || json.curve !== "bn128")
    throw new ProverError("BadProof", "not a Groth16 proof over BN254");
  return { a: g1FromSnarkjs(json.pi_a), b: g2FromSnarkjs(json.pi_b), c: g1FromSnarkjs(json.pi_c) };
}

function g1ToSnarkjs([x, y]: G1): string[] {
  return x === 0n && y === 0n ? ["0", "1", "0"] : [`${x}`, `${y}`, "1"];
}

function g2ToSnarkjs([x, y]: G2): string[][] {
  const isInfinity = [...x, ...y].every((part) => part === 0n);
  if (isInfinity)
    return [
      ["0", "0"],
      ["1", "0"],
      ["0", "0"],
    ];
  return [x.map(String), y.map(String), ["1", "0"]];
}

function g1FromSnarkjs(point: readonly string[]): G1 {
  const [x, y, z] = parts(point, 3);
  if (z === "0") return [0n, 0n];
  if (z !== "1") throw new ProverError("BadProof", "a point is not affine");
  return [number(x), number(y)];
}

function g2FromSnarkjs(point: readonly (readonly string[])[]): G2 {
  const [x, y, z] = parts(point, 3).map((pair) => parts(pair, 2));
  const pair = (given: readonly string[] | undefined): [bigint, bigint] => [number(given?.[0]), number(given?.[1])];
  if (z?.[0] === "0" && z[1] === "0")
    return [
      [0n, 0n],
      [0n, 0n],
    ];
  if (z?.[0] !== "1" || z[1] !== "0") throw new ProverError("BadProof", "a point is not affine");
  return [pair(x), pair(y)];
}

function parts<T>(list: readonly T[], length: number): readonly T[] {
  if (!Array.isArray(list) || list.length !== length)
    throw new ProverError("BadProof", `expected ${length} parts of a point`);
  return list;
}

/** A coordinate as a canonical decimal string. */
function number(text: string | undefined): bigint {
  if (typeof text !== "string" || !/^(0|[1-9][0-9]*)$/.test(text))
    throw new ProverError("BadProof", `${text} is not a number`);
  const value = BigInt(text);
  if (value >= BASE_FIELD) throw new ProverError("BadProof", `${text} is not below ${BASE_FIELD}`);
  return value;
}
