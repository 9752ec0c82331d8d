/**
 * Deploys the rollup: with a token of its own on a local chain, with an existing one elsewhere.
 * @module
 */

import { ContractFactory, type Signer, toUtf8Bytes } from "ethers";
import { BOUND_KINDS, type BoundKind, deploymentDomain } from "#protocol/binding.ts";
import { CodedError } from "#protocol/errors.ts";
import { encodeGenesis, type Genesis, genesisState } from "#protocol/genesis.ts";
import { PROFILE } from "#protocol/params.ts";
import { stateRoot } from "#protocol/state.ts";
import { verifyingKeyHash, verifyingKeysArgument } from "#prover/evm.ts";
import type { VerifyingKey } from "#prover/verifying-key.ts";
import { artifact } from "./hardhat.ts";

/** Chains on which nothing is worth anything, so that keys of known secret do no harm. The contract has the same list. */
const LOCAL_CHAINS: readonly bigint[] = [31337n, 1337n];
/** `TIMESTAMP_WINDOW` of the contract, seconds: how old a step may be when it lands. */
export const TIMESTAMP_WINDOW = 1_800n;
/** c, z and y. */
const PUBLIC_INPUTS = 3;

export type DeployErrorCode =
  | "DevKeyOnPublicChain"
  | "TokenMissing"
  | "ExpiryGuardTooShort"
  | "KeysNotShared"
  | "UncontributedKey"
  | "WrongInputCount";

/** Why a deployment is refused, before anything is sent. */
export class DeployError extends CodedError<DeployErrorCode> {}

export type DeployOptions = {
  /** Pays for the deployment; the operator unless one is named. Must have a provider. */
  readonly signer: Signer;
  readonly genesis: Genesis;
  /** One set-up's keys: they share alpha, beta and gamma. */
  readonly keys: Readonly<Record<BoundKind, VerifyingKey>>;
  /** Whether the keys come from a secret that one process knew. */
  readonly isDevKey: boolean;
  readonly operator?: string;
  /** Address of the escrowed ERC-20; a new `TestUSDC` on a local chain without it. */
  readonly token?: string;
};

export type Deployment = {
  readonly chainId: bigint;
  readonly rollup: string;
  readonly token: string;
  readonly operator: string;
  /** First block with logs of the deployment. */
  readonly block: number;
  readonly domain: bigint;
  readonly root: bigint;
  readonly verifyingKeyHashes: Readonly<Record<BoundKind, string>>;
};

/** Throws `DeployError`. */
export async function deploy({ signer, genesis, keys, isDevKey, ...given }: DeployOptions): Promise<Deployment> {
  if (!signer.provider) throw new TypeError("the signer has no provider");
  const { chainId, name } = await signer.provider.getNetwork();
  const isLocal = LOCAL_CHAINS.includes(chainId);
  if (isDevKey && !isLocal) {
    throw new DeployError(
      "DevKeyOnPublicChain",
      `chain ${chainId} (${name}) is not local; keys made by the dev path would let anyone take its funds`,
    );
  }
  checkKeys(keys);
  const { expiryGuard } = genesis.parameters;
  if (expiryGuard < TIMESTAMP_WINDOW)
    throw new DeployError(
      "ExpiryGuardTooShort",
      `trading ends ${expiryGuard} s before expiry, but a step may land ${TIMESTAMP_WINDOW} s late: after it`,
    );
  if (!given.token && !isLocal)
    throw new DeployError("TokenMissing", `chain ${chainId} (${name}) is not local: name the token to escrow`);

  const token = given.token ?? (await create("TestUSDC", signer, [])).address;
  const operator = given.operator ?? (await signer.getAddress());
  const root = stateRoot(genesisState(genesis, 0n));
  const { address: rollup, block } = await create("Rollup", signer, [
    {
      token,
      operator,
      profile: PROFILE[genesis.profile].code,
      genesisRoot: root,
      genesis: toUtf8Bytes(encodeGenesis(genesis)),
      keys: verifyingKeysArgument([keys.marks, keys.trade, keys.board]),
      isDevKey,
    },
  ]);
  const verifyingKeyHashes = {
    marks: verifyingKeyHash(keys.marks),
    trade: verifyingKeyHash(keys.trade),
    board: verifyingKeyHash(keys.board),
  };
  return {
    chainId,
    rollup,
    token,
    operator,
    block,
    domain: deploymentDomain(chainId, BigInt(rollup)),
    root,
    verifyingKeyHashes,
  };
}

function checkKeys(keys: DeployOptions["keys"]): void {
  const same = (one: unknown, other: unknown) => String(one) === String(other);
  for (const [kind, { gamma, delta, ic }] of Object.entries(keys)) {
    if (ic.length !== PUBLIC_INPUTS + 1)
      throw new DeployError(
        "WrongInputCount",
        `the ${kind} key is for ${ic.length - 1} public inputs, not ${PUBLIC_INPUTS}`,
      );
    if (same(gamma, delta))
      throw new DeployError(
        "UncontributedKey",
        `the ${kind} key had no contribution: proofs of anything can be made for it`,
      );
  }
  for (const kind of BOUND_KINDS) {
    const isShared = (["alpha", "beta", "gamma"] as const).every((part) => same(keys.marks[part], keys[kind][part]));
    if (!isShared) throw new DeployError("KeysNotShared", `the keys of marks and ${kind} come from different set-ups`);
  }
}

async function create(
  name: string,
  signer: Signer,
  args: readonly unknown[],
): Promise<{ address: string; block: number }> {
  const { abi, bytecode } = await artifact(name);
  const contract = await new ContractFactory(abi as never, bytecode, signer).deploy(...args);
  const receipt = await contract.deploymentTransaction()?.wait();
  if (!receipt) throw new Error(`${name} was not deployed`);
  return { address: await contract.getAddress(), block: receipt.blockNumber };
}
