/**
 * Small circuits with the public inputs of a step, and the classic forgery against a key without a contribution.
 * @module
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { curves, powersOfTau } from "snarkjs";
import { invert } from "#protocol/field.ts";
import { FIELD } from "#protocol/params.ts";
import type { ArtifactOptions } from "#prover/artifacts.ts";
import { BASE_FIELD } from "#prover/bn254.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { ProverError, type ProverErrorCode } from "#prover/errors.ts";
import type { G1, Proof, VerifyingKey } from "#prover/verifying-key.ts";

/** Kept between runs, like those of the real circuits. */
export const FIXTURES: ArtifactOptions = { folder: ".provega/test-prover/artifacts", sources: "test/prover/fixtures" };
export const CHAINS = ["chain-short", "chain-long"] as const;
export type Chain = (typeof CHAINS)[number];
/** Iterations that the fixtures instantiate `Chain` with. */
const STEPS: Record<Chain, number> = { "chain-short": 5, "chain-long": 100 };

/** An empty folder for this run, below the repository as the compiler wants. */
export function scratch(name: string): string {
  const folder = join(REPOSITORY, ".provega", "test-prover", `${name}-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the circuit accepts: `y` is where the chain from `c` ends. */
export function chainInput(chain: Chain, c = 3n, z = 7n, secret = 11n): CircuitInput & { y: bigint } {
  let y = c;
  for (let i = 0n; i < STEPS[chain]; i++) y = ((y + i * z) * (secret + y)) % FIELD;
  return { c, z, y, secret };
}

/** For `assert.rejects` and `assert.throws`. */
export function refusal(code: ProverErrorCode, message = /./): (error: unknown) => true {
  return (error) => {
    if (error instanceof ProverError && error.code === code && message.test(error.message)) return true;
    throw error;
  };
}

/**
 * A = alpha, B = beta, C = -(IC_0 + Σ x_i IC_i): e(A, B) = e(alpha, beta) and the rest cancels if gamma = delta. No
 * witness is needed, so it "proves" whatever the public inputs say.
 */
export function forge(key: VerifyingKey, publicSignals: readonly bigint[]): Proof {
  const [first, ...rest] = key.ic as [G1, ...G1[]];
  const [x, y] = rest.reduce((sum, point, i) => add(sum, times(point, publicSignals[i] as bigint)), first);
  return { a: key.alpha, b: key.beta, c: [x, (BASE_FIELD - y) % BASE_FIELD] };
}

const mod = (value: bigint) => ((value % BASE_FIELD) + BASE_FIELD) % BASE_FIELD;

function add(p: G1, q: G1): G1 {
  if (p[0] === 0n && p[1] === 0n) return q;
  if (q[0] === 0n && q[1] === 0n) return p;
  if (p[0] === q[0] && mod(p[1] + q[1]) === 0n) return [0n, 0n];
  const slope =
    p[0] === q[0] ? 3n * p[0] * p[0] * invert(2n * p[1], BASE_FIELD) : (q[1] - p[1]) * invert(q[0] - p[0], BASE_FIELD);
  const x = mod(slope * slope - p[0] - q[0]);
  return [x, mod(slope * (p[0] - x) - p[1])];
}

export function times(point: G1, scalar: bigint): G1 {
  let sum: G1 = [0n, 0n];
  for (let bit = point, rest = scalar; rest > 0n; rest >>= 1n, bit = add(bit, bit)) if (rest & 1n) sum = add(sum, bit);
  return sum;
}

/** Powers of tau up to 2^8 that are good for tests only; made once (5 s) and kept. */
export async function testPtau(): Promise<string> {
  const path = join(REPOSITORY, ".provega", "test-ptau", "power-8.ptau");
  if (!existsSync(path)) await makePtau(8, path);
  return path;
}

export async function makePtau(power: number, path: string, isPrepared = true): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const [started, contributed, prepared] = ["0", "1", "2"].map((step) => `${path}.${step}`) as [string, string, string];
  await powersOfTau.newAccumulator(await curves.getCurveFromName("bn128"), power, started);
  await powersOfTau.contribute(started, contributed, "test", "entropy beside the system's");
  if (isPrepared) await powersOfTau.preparePhase2(contributed, prepared);
  renameSync(isPrepared ? prepared : contributed, path);
  for (const step of [started, contributed]) rmSync(step, { force: true });
}
