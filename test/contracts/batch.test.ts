/**
 * Proofs of several steps and kinds checked together: nothing false hides behind something true.
 * @module
 */
import assert from "node:assert/strict";
import { AbiCoder } from "ethers";
import { groth16 } from "snarkjs";
import { BOUND_KINDS, publicInputs } from "#protocol/binding.ts";
import { FIELD, STEP_KIND } from "#protocol/params.ts";
import { proofWords, verifyingKeyHash } from "#prover/evm.ts";
import { keyToSnarkjs, type Proof, proofToSnarkjs, type VerifyingKey } from "#prover/verifying-key.ts";
import { freshKeys } from "./fixtures/keys.ts";
import { type Draft, type Step, type World, world } from "./fixtures/world.ts";

const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const KINDS = BOUND_KINDS;
const coder = AbiCoder.defaultAbiCoder();

describe("Groth16Batch", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
  });

  const mixed: readonly Draft[] = [
    { kind: "marks" },
    { kind: "trade" },
    { kind: "trade" },
    { kind: "marks" },
    { kind: "trade" },
  ];
  const withProof = (steps: readonly Step[], at: number, proof: readonly bigint[]) =>
    steps.map((step, i) => (i === at ? { ...step, proof } : step));
  const proofOf = (steps: readonly Step[], at: number): readonly bigint[] => steps[at]?.proof ?? [];

  it("accepts steps of one kind and of several, in any order", async () => {
    for (const drafts of [[{ kind: "marks" }], [{ kind: "trade" }], [{}, {}, {}], mixed] as const) {
      const steps = await w.chain(drafts);
      await w.submit(steps);
      assert.equal(await w.view("root"), steps.at(-1)?.words[2]);
    }
  });

  it("refuses a batch with one proof of something else, at each place", async () => {
    const steps = await w.chain(mixed);
    for (const [i, step] of steps.entries()) {
      const kind = step.kind === STEP_KIND.trade ? "trade" : "marks";
      const other = await w.keys.prove(kind, { ...publicInputs(step.words), y: 1n });
      await w.refuses(w.submit(withProof(steps, i, other)), "ProofRejected");
    }
  });

  it("refuses proofs exchanged between steps, of one kind and of two", async () => {
    const steps = await w.chain(mixed);
    for (const [i, j] of [
      [1, 2],
      [0, 1],
      [0, 3],
    ] as const) {
      const swapped = withProof(withProof(steps, i, proofOf(steps, j)), j, proofOf(steps, i));
      await w.refuses(w.submit(swapped), "ProofRejected");
    }
  });

  it("refuses errors that cancel each other without weights", async () => {
    // Sums of C and of inputs stay the same when two proofs of a kind exchange their C.
    const steps = await w.chain([{}, {}]);
    const [one, two] = [proofOf(steps, 0), proofOf(steps, 1)];
    const exchanged = [one.toSpliced(6, 2, ...two.slice(6)), two.toSpliced(6, 2, ...one.slice(6))];
    await w.refuses(w.submit(steps.map((step, i) => ({ ...step, proof: exchanged[i] ?? [] }))), "ProofRejected");
  });

  it("refuses a proof made for the other kind's key (attack 8)", async () => {
    for (const [kind, other] of [
      ["marks", "trade"],
      ["trade", "board"],
      ["board", "marks"],
    ] as const) {
      const words = await w.words({ kind });
      const step = await w.prove(words, kind);
      const proof = await w.keys.prove(other, publicInputs(words));
      await w.refuses(w.submit([{ ...step, proof }]), "ProofRejected");
    }
  });

  it("refuses aliases of public inputs, points beyond q, at infinity, off the curve, outside the subgroup (attack 6)", async () => {
    const [first, second] = await w.chain([{}, {}]);
    assert(first && second);
    const refuse = async (proof: readonly bigint[]) => {
      await w.refuses(w.submit([{ ...first, proof }]), "InvalidPoint");
      await w.refuses(w.submit([first, { ...second, proof }]), "InvalidPoint");
    };
    const { proof } = second;
    for (let i = 0; i < 8; i++) await refuse(proof.with(i, (proof[i] as bigint) + Q));
    for (const [from, count] of [
      [0, 2],
      [2, 4],
      [6, 2],
    ] as const) {
      await refuse(proof.toSpliced(from, count, ...Array.from({ length: count }, () => 0n)));
      await refuse(proof.with(from, ((proof[from] as bigint) + 1n) % Q));
    }
    await refuse(proof.toSpliced(2, 4, ...OUTSIDE_SUBGROUP));
  });

  it("has its point outside the subgroup on the twist: (9 + u) (y^2 - x^3) = 3", () => {
    const [re, im] = [Y[0] * Y[0] - Y[1] * Y[1] - 1n, 2n * Y[0] * Y[1]];
    assert.deepEqual([(9n * re - im - 3n) % Q, (9n * im + re) % Q], [0n, 0n]);
  });

  it("accepts a re-randomised proof of a step not yet taken: bytes of proofs identify nothing (attack 5)", async () => {
    const step = await w.step();
    const rerandomised = step.proof.map((word, i) => ([1, 4, 5].includes(i) ? Q - word : word));
    await w.submit([{ ...step, proof: rerandomised }]);
  });

  /** A = alpha, B = beta, C = -V proves everything for a key with delta = gamma. */
  const forge = async ({ alpha, beta, ic }: VerifyingKey, inputs: readonly bigint[]): Promise<Proof> => {
    const { provider } = w.connection.ethers;
    const precompile = async (to: string, values: readonly bigint[]) => {
      const data = coder.encode(
        values.map(() => "uint256"),
        values,
      );
      const [x, y] = coder.decode(["uint256", "uint256"], await provider.call({ to, data }));
      return [x, y] as [bigint, bigint];
    };
    let sum = ic[0] as readonly [bigint, bigint];
    for (const [i, input] of inputs.entries()) {
      const term = await precompile("0x0000000000000000000000000000000000000007", [
        ...(ic[i + 1] ?? []),
        input % FIELD,
      ]);
      sum = await precompile("0x0000000000000000000000000000000000000006", [...sum, ...term]);
    }
    return { a: alpha, b: beta, c: [sum[0], Q - sum[1]] };
  };

  it("refuses the forger against every key (attack 1)", async () => {
    for (const kind of KINDS) {
      const key = w.keys.verifying[kind];
      const words = await w.words({ kind });
      const { c, z, y } = publicInputs(words);
      const proof = await forge(key, [c, z, y]);
      await w.refuses(
        w.submit([{ kind: STEP_KIND[kind], commitment: c, words, proof: proofWords(proof) }]),
        "ProofRejected",
      );
      // It is a forger: were delta left at gamma, snarkjs would believe it.
      const uncontributed = keyToSnarkjs({ ...key, delta: key.gamma });
      const signals = [c, z, y].map(String);
      assert.equal(await groth16.verify(uncontributed, signals, proofToSnarkjs(proof)), true);
      assert.equal(await groth16.verify(keyToSnarkjs(key), signals, proofToSnarkjs(proof)), false);
    }
  });

  it("tells the hashes of its keys", async () => {
    for (const kind of KINDS)
      assert.equal(await w.view("verifyingKeyHash", STEP_KIND[kind]), verifyingKeyHash(w.keys.verifying[kind]));
    assert.notEqual(await w.view("verifyingKeyHash", 1), verifyingKeyHash((await freshKeys()).verifying.marks));
    await w.refuses(w.view("verifyingKeyHash", 4), "WrongKind", 4n, 4n);
    await w.refuses(w.view("verifyingKeyHash", 0), "WrongKind", 0n, 0n);
  });
});

/** A point of the twist at x = 1. Almost no point of the twist lies in the subgroup; this one is refused by the precompile for that. */
const Y = [
  18278151005453108793778860132295291098363647455926340152056652516292830556603n,
  5912654199736721486680175016176231956195085055698687135131307249486702594212n,
] as const;
const OUTSIDE_SUBGROUP: readonly bigint[] = [0n, 1n, Y[1], Y[0]];
