/**
 * Proofs and verifying keys in the forms that L1 takes: coordinates as the pairing precompile orders them.
 * @module
 */
import { keccakWords } from "#protocol/binding.ts";
import { ProverError } from "./errors.ts";
import type { G1, G2, Proof, VerifyingKey } from "./verifying-key.ts";

/** Imaginary part first, unlike snarkjs. */
const g2Words = ([x, y]: G2): [bigint, bigint, bigint, bigint] => [x[1], x[0], y[1], y[0]];

/** `Step.proof` of the contract: Ax, Ay, Bx1, Bx0, By1, By0, Cx, Cy. */
export const proofWords = ({ a, b, c }: Proof): bigint[] => [...a, ...g2Words(b), ...c];

/** Inverse of `proofWords`. Throws `BadProof` unless there are eight words. */
export function proofFromWords(words: readonly bigint[]): Proof {
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = words as readonly [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  if (words.length !== 8) throw new ProverError("BadProof", `a proof has 8 words, not ${words.length}`);
  return {
    a: [ax, ay],
    b: [
      [bx0, bx1],
      [by0, by1],
    ],
    c: [cx, cy],
  };
}

/** What `verifyingKeyHash(kind)` of the contract answers for this key. */
export const verifyingKeyHash = ({ alpha, beta, gamma, delta, ic }: VerifyingKey): string =>
  `0x${keccakWords([...alpha, ...[beta, gamma, delta].flatMap(g2Words), ...ic.flat()])
    .toString(16)
    .padStart(64, "0")}`;

type PointArgument = { readonly x: bigint; readonly y: bigint };
type PairArgument = Readonly<Record<"x1" | "x0" | "y1" | "y0", bigint>>;
type CircuitKeyArgument = { readonly delta: PairArgument; readonly ic: readonly PointArgument[] };
/** `VerifyingKeys` of the contract. */
export type VerifyingKeysArgument = {
  readonly alpha: PointArgument;
  readonly beta: PairArgument;
  readonly gamma: PairArgument;
  readonly circuits: readonly CircuitKeyArgument[];
};

/** The keys of one deployment, in the order of their kinds. They must share alpha, beta and gamma: the first one's are taken. */
export function verifyingKeysArgument(keys: readonly [VerifyingKey, ...VerifyingKey[]]): VerifyingKeysArgument {
  const [{ alpha, beta, gamma }] = keys;
  const point = ([x, y]: G1): PointArgument => ({ x, y });
  const pair = (of: G2): PairArgument => {
    const [x1, x0, y1, y0] = g2Words(of);
    return { x1, x0, y1, y0 };
  };
  return {
    alpha: point(alpha),
    beta: pair(beta),
    gamma: pair(gamma),
    circuits: keys.map(({ delta, ic }) => ({ delta: pair(delta), ic: ic.map(point) })),
  };
}
