/**
 * Composition root: from the configuration to a running node.
 * @module
 */
import { pino } from "pino";
import { loadArtifacts } from "#prover/artifacts.ts";
import { verifyingKeyHash } from "#prover/evm.ts";
import { createProver } from "#prover/prover.ts";
import type { Config } from "./config.ts";
import { NodeError } from "./errors.ts";
import type { Deployment } from "./journal.ts";
import { EthersL1 } from "./l1/l1.ts";
import { connect, providerOf } from "./l1/provider.ts";
import { type RunningNode, runNode } from "./node.ts";
import { Sequencer } from "./sequencer.ts";

/**
 * Starts a node. Throws `AlreadyRunning`, `PortInUse`, `WrongDeployment`, `JournalCorrupt`, `JournalTruncated`, and, where
 * nothing was journaled yet, `ChainDown`.
 */
export async function startNode(config: Config): Promise<RunningNode> {
  const logger = pino(
    { level: config.logLevel, base: null, redact: ["*.operatorKey", "*.privateKey", "*.raw"] },
    pino.destination(2),
  );
  const { rollup, operatorKey, confirmations, deploymentBlock } = config;
  const sequencer = await Sequencer.open(config.dataFolder, () => firstEntry(config), { rollup });
  try {
    const { chainId, verifyingKeys } = sequencer.deployment;
    const l1 = new EthersL1({
      provider: providerOf(config.l1Url, chainId),
      rollup,
      operatorKey,
      confirmations,
      deploymentBlock,
    });
    const profile = sequencer.genesis.profile.name;
    const artifacts = await loadArtifacts([`marks-${profile}`, `trade-${profile}`]);
    for (const kind of ["marks", "trade"]) {
      const artifact = artifacts[`${kind}-${profile}`];
      if (!artifact || verifyingKeyHash(artifact.verifyingKey) !== verifyingKeys[kind]) {
        throw new NodeError(
          "WrongDeployment",
          `the ${kind} key of this set-up is not the one that the contract verifies with`,
        );
      }
    }
    const prover = createProver({ artifacts });
    const { host, port, sealDelayMs, pollMs } = config;
    const node = await runNode({ sequencer, l1, prover, logger, host, port, confirmations, sealDelayMs, pollMs });
    logger.info({ url: node.url, rollup, journal: sequencer.height }, "listening");
    return {
      ...node,
      close: async () => {
        await node.close();
        prover.close();
      },
    };
  } catch (error) {
    await sequencer.close().catch(() => undefined);
    throw error;
  }
}

/** The deployment as L1 tells it: the journal's first entry. */
async function firstEntry({
  l1Url,
  rollup,
  operatorKey,
  confirmations,
  deploymentBlock,
  makerFee,
  takerFee,
  settlementSeconds,
}: Config): Promise<Deployment> {
  const provider = await connect(l1Url);
  try {
    const l1 = new EthersL1({ provider, rollup, operatorKey, confirmations, deploymentBlock });
    const { operator, ...contract } = await l1.contract();
    if (operator !== l1.operator)
      throw new NodeError(
        "WrongDeployment",
        `the contract's operator is ${operator}; the operator key is that of ${l1.operator}`,
      );
    return { type: "deployment", ...contract, makerFee, takerFee, settlementSeconds: BigInt(settlementSeconds) };
  } finally {
    provider.destroy();
  }
}
