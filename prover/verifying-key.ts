/**
 * Groth16 verifying keys and proofs as bigints, and the forms in which snarkjs writes them.
 * @module
 */
import { FIELD } from "#protocol/params.ts";
import { BASE_FIELD } from "./bn254.ts";
import { ProverError, type ProverErrorCode } from "./errors.ts";

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

/** Refuses with `BadVerifyingKey` what is not a BN254 Groth16 key with canonical coordinates. */
export function keyFromSnarkjs(json: SnarkjsKey): VerifyingKey {
  const code = "BadVerifyingKey";
  if (json?.protocol !== "groth16" || json.curve !== "bn128" || !Array.isArray(json.IC))
    throw new ProverError(code, "not a Groth16 verifying key over BN254");
  return {
    alpha: g1FromSnarkjs(json.vk_alpha_1, code),
    beta: g2FromSnarkjs(json.vk_beta_2, code),
    gamma: g2FromSnarkjs(json.vk_gamma_2, code),
    delta: g2FromSnarkjs(json.vk_delta_2, code),
    ic: json.IC.map((point) => g1FromSnarkjs(point, code)),
  };
}

export function proofToSnarkjs(proof: Proof): SnarkjsProof {
  const { a, b, c } = proof;
  return { pi_a: g1ToSnarkjs(a), pi_b: g2ToSnarkjs(b), pi_c: g1ToSnarkjs(c), protocol: "groth16", curve: "bn128" };
}

/** Refuses with `BadProof` what L1 would: coordinates that are not below the base field's order. */
export function proofFromSnarkjs(json: SnarkjsProof): Proof {
  const code = "BadProof";
  if (json?.protocol !== "groth16" || json.curve !== "bn128")
    throw new ProverError(code, "not a Groth16 proof over BN254");
  return { a: g1FromSnarkjs(json.pi_a, code), b: g2FromSnarkjs(json.pi_b, code), c: g1FromSnarkjs(json.pi_c, code) };
}

/** Public inputs as snarkjs writes them; refuses with `BadProof` an alias such as input + r. */
export function publicFromSnarkjs(signals: readonly string[]): bigint[] {
  return signals.map((signal) => number(signal, FIELD, "BadProof"));
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

function g1FromSnarkjs(point: readonly string[], code: ProverErrorCode): G1 {
  const [x, y, z] = parts(point, 3, code);
  if (z === "0") return [0n, 0n];
  if (z !== "1") throw new ProverError(code, "a point is not affine");
  return [number(x, BASE_FIELD, code), number(y, BASE_FIELD, code)];
}

function g2FromSnarkjs(point: readonly (readonly string[])[], code: ProverErrorCode): G2 {
  const [x, y, z] = parts(point, 3, code).map((pair) => parts(pair, 2, code));
  const pair = (given: readonly string[] | undefined): [bigint, bigint] => [
    number(given?.[0], BASE_FIELD, code),
    number(given?.[1], BASE_FIELD, code),
  ];
  if (z?.[0] === "0" && z[1] === "0")
    return [
      [0n, 0n],
      [0n, 0n],
    ];
  if (z?.[0] !== "1" || z[1] !== "0") throw new ProverError(code, "a point is not affine");
  return [pair(x), pair(y)];
}

function parts<T>(list: readonly T[], length: number, code: ProverErrorCode): readonly T[] {
  if (!Array.isArray(list) || list.length !== length)
    throw new ProverError(code, `expected ${length} parts of a point`);
  return list;
}

/** A canonical decimal string below `bound`. */
function number(text: string | undefined, bound: bigint, code: ProverErrorCode): bigint {
  if (typeof text !== "string" || !/^(0|[1-9][0-9]*)$/.test(text))
    throw new ProverError(code, `${text} is not a number`);
  const value = BigInt(text);
  if (value >= bound) throw new ProverError(code, `${text} is not below ${bound}`);
  return value;
}
