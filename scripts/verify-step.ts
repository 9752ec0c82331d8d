/**
 * One posted step, checked on the chain and off it, by whoever does not believe the node.
 * @module
 */
import type { JsonRpcApiProvider } from "ethers";
import { deploymentDomain, parseWords, publicInputs } from "#protocol/binding.ts";
import type { Artifacts } from "#prover/artifacts.ts";
import { proofFromWords, verifyingKeyHash } from "#prover/evm.ts";
import type { Prover } from "#prover/prover.ts";
import type { StepDetail } from "#rollup-node/wire.ts";
import { type L1Deployment, type L1Step, readKeyHash, readRoot } from "./l1-history.ts";

/** A fact that holds or does not, in words. */
export type Check = { readonly what: string; readonly holds: boolean };

export type VerifyOptions = {
  readonly provider: JsonRpcApiProvider;
  readonly deployment: L1Deployment;
  readonly chainId: bigint;
  readonly artifacts: Artifacts;
  readonly prover: Pick<Prover, "verify">;
  /** What the node says of the step, if a node was asked. */
  readonly claimed: StepDetail | null;
  /** The step before it on L1; null for the first. */
  readonly previous: L1Step | null;
  /** Whether it is the newest step on L1. */
  readonly isNewest: boolean;
};

/** Every check of a step that L1 accepted. */
export async function verifyStep(step: L1Step, options: VerifyOptions): Promise<Check[]> {
  const { provider, deployment, chainId, artifacts, prover, claimed, previous, isNewest } = options;
  const { header, profile } = parseWords(step.words);
  const instance = `${step.kind}-${profile.name}`;
  const artifact = artifacts[instance];
  const { c, z, y } = publicInputs(step.words);
  const isProved = artifact !== undefined && (await prover.verify(instance, [c, z, y], proofFromWords(step.proof)));
  const keyHash = await readKeyHash(provider, deployment.rollup, step.kind);
  const checks: Check[] = [
    {
      what: "the words are of this chain and contract",
      holds: header.domain === deploymentDomain(chainId, BigInt(deployment.rollup)),
    },
    { what: "the words' commitment is the one on L1", holds: c === step.commitment },
    { what: "the proof verifies for the words, off the chain", holds: isProved },
    {
      what: "the contract verifies with the key of this set-up",
      holds: artifact !== undefined && verifyingKeyHash(artifact.verifyingKey) === keyHash,
    },
    { what: "the new root is the one that L1 announced", holds: header.newRoot === step.root },
    {
      what: "it starts from the root of the step before",
      holds: header.oldRoot === (previous?.root ?? deployment.root),
    },
  ];
  if (isNewest)
    checks.push({
      what: "the contract's root is this step's",
      holds: (await readRoot(provider, deployment.rollup)) === step.root,
    });
  if (claimed) {
    const isSame =
      claimed.words.join() === step.words.join() &&
      claimed.newRoot === step.root.toString() &&
      (claimed.proof ?? []).join() === step.proof.join();
    checks.push({ what: "the node tells the same", holds: isSame });
  }
  return checks;
}
