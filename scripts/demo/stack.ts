/**
 * What a devnet stands on: circuits with keys, a deployed rollup, a node.
 * @module
 */
import { randomBytes } from "node:crypto";
import { Wallet as L1Wallet } from "ethers";
import { GENESIS_SERIES } from "#market/series.ts";
import { DEVNET_CAP, devnetParameters, type Genesis } from "#protocol/genesis.ts";
import { PROFILE } from "#protocol/params.ts";
import type { Point } from "#protocol/signature.ts";
import { type Artifacts, prepareCircuits } from "#prover/artifacts.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { type Deployment, deploy } from "../deploy.ts";
import { createWallet, type Wallet } from "../wallet.ts";
import type { Chain } from "./chain.ts";
import type { Folder } from "./folder.ts";
import { type DemoNode, startDemoNode } from "./node.ts";

/** The instance that proves each kind of step. */
export const KIND = { marks: "marks-devnet", trade: "trade-devnet", board: "board-devnet" } as const;

/** Compiled circuits and keys. `onProgress` gets what runs and how far it is. */
export const prepare = (onProgress: (text: string) => void): Promise<Artifacts> =>
  prepareCircuits(Object.values(KIND), {
    progress: (what, done, total) => onProgress(total > 1 ? `${what} ${Math.floor((100 * done) / total)} %` : what),
  });

/** Wallets of a devnet's oracles, in the order of the set: files that `provega oracle` takes as keys. */
export const createOracles = (folder: Folder): readonly Wallet[] =>
  Array.from({ length: PROFILE.devnet.oracles }, (_, at) => createWallet(folder.path(`oracles/${at + 1}.json`)));

export const genesisOf = (oracles: readonly Point[]): Genesis => ({
  profile: "devnet",
  series: GENESIS_SERIES,
  cap: DEVNET_CAP,
  parameters: devnetParameters(PROFILE.devnet, oracles),
});

/** A rollup of the profile devnet with the eight series, and the key of its operator. */
export async function deployRollup(
  chain: Chain,
  artifacts: Artifacts,
  oracles: readonly Point[],
): Promise<{ deployment: Deployment; operator: string }> {
  const marks = artifacts[KIND.marks];
  const trade = artifacts[KIND.trade];
  const board = artifacts[KIND.board];
  if (!marks || !trade || !board) throw new Error("the devnet circuits have no keys");
  const provider = await connect(chain.url);
  try {
    const operator = new L1Wallet(`0x${randomBytes(32).toString("hex")}`, provider);
    await chain.fund([operator.address]);
    const keys = { marks: marks.verifyingKey, trade: trade.verifyingKey, board: board.verifyingKey };
    const deployment = await deploy({
      signer: operator,
      genesis: genesisOf(oracles),
      keys,
      isDevKey: marks.kind === "dev-insecure",
    });
    return { deployment, operator: operator.privateKey };
  } finally {
    provider.destroy();
  }
}

/** Starts the node, and writes down how to start it again, for whoever kills it. */
export function startNode(
  port: number,
  chain: Chain,
  { rollup, block }: Deployment,
  operatorKey: string,
  folder: Folder,
): Promise<DemoNode> {
  const data = folder.path("node");
  folder.writeSecret("node.env", [
    `PROVEGA_L1=${chain.url}`,
    `PROVEGA_ROLLUP=${rollup}`,
    `PROVEGA_OPERATOR_KEY=${operatorKey}`,
    `PROVEGA_DEPLOYMENT_BLOCK=${block}`,
    `PROVEGA_PORT=${port}`,
    `PROVEGA_NODE_DATA=${data}`,
  ]);
  return startDemoNode({
    l1Url: chain.url,
    rollup,
    operatorKey,
    deploymentBlock: block,
    port,
    data,
    log: folder.path("node.log"),
  });
}
