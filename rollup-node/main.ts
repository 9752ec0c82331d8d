/**
 * Composition root: from the configuration to a running node.
 * @module
 */
import "#native/install.ts";
import { loadArtifacts } from "#prover/artifacts.ts";
import { verifyingKeyHash } from "#prover/evm.ts";
import { createProver, type Prover } from "#prover/prover.ts";
import type { Config } from "./config.ts";
import { NodeError } from "./errors.ts";
import type { Deployment } from "./journal.ts";
import { EthersL1 } from "./l1/l1.ts";
import { connect, providerOf } from "./l1/provider.ts";
import { createLogger } from "./log.ts";
import { type RunningNode, runNode } from "./node.ts";
import { Sequencer } from "./sequencer.ts";

/**
 * Starts a node. Throws `AlreadyRunning`, `PortInUse`, `WrongDeployment`, `JournalCorrupt`, `JournalTruncated`, and, where
 * nothing was journaled yet, `ChainDown`.
 */
export async function startNode(config: Config): Promise<RunningNode> {
  const logger = createLogger(config.logLevel);
  const { rollup, operatorKey, confirmations, deploymentBlock } = config;
  const sequencer = await Sequencer.open(config.dataFolder, () => firstEntry(config), { rollup });
  const running: { close(): unknown }[] = [sequencer];
  try {
    const { chainId } = sequencer.deployment;
    const provider = providerOf(config.l1Url, chainId);
    const l1 = new EthersL1({ provider, rollup, operatorKey, confirmations, deploymentBlock });
    const prover = await proverFor(sequencer);
    running.push(prover);
    const { host, port, sealDelayMs, pollMs } = config;
    const node = await runNode({ sequencer, l1, prover, logger, host, port, confirmations, sealDelayMs, pollMs });
    logger.info({ url: node.url, rollup, journal: sequencer.height }, "listening");
    const close = async () => {
      const closing = node.close();
      // A proof under way is given up: its step is proved after the next start.
      prover.close();
      await closing;
      provider.destroy();
    };
    return { ...node, close };
  } catch (error) {
    for (const each of running) await each.close();
    throw error;
  }
}

/** A prover with the keys that the contract verifies with. Throws `WrongDeployment` if this set-up has others. */
async function proverFor({ deployment, genesis }: Sequencer): Promise<Prover> {
  const instance = (kind: string) => `${kind}-${genesis.profile.name}`;
  const artifacts = await loadArtifacts(Object.keys(deployment.verifyingKeys).map(instance));
  for (const [kind, deployed] of Object.entries(deployment.verifyingKeys)) {
    const artifact = artifacts[instance(kind)];
    if (!artifact || verifyingKeyHash(artifact.verifyingKey) !== deployed) {
      throw new NodeError(
        "WrongDeployment",
        `the ${kind} key of this set-up is not the one that the contract verifies with`,
      );
    }
  }
  return createProver({ artifacts });
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
