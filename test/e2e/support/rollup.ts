/**
 * A whole rollup for tests: a chain in a process of its own, the contract with the real keys of profile tiny, and the node
 * in another process, started as a user would, so that it can be killed.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Contract, Wallet } from "ethers";
import { DEVNET_CAP, type Genesis } from "#protocol/genesis.ts";
import { PROFILE } from "#protocol/params.ts";
import { registrationPoint } from "#protocol/signature.ts";
import { prepareCircuits } from "#prover/artifacts.ts";
import { type Client, createClient } from "#rollup-node/client.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { type Chain, startChain } from "#scripts/demo/chain.ts";
import { type Deployment, deploy } from "#scripts/deploy.ts";
import { NOW, PARAMETERS, seriesList, trader } from "#test/support/world.ts";

const CLI = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));
/** Keys of the local chain's first accounts, known to everyone: the operator's, then the owners'. */
const KEYS = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
] as const;
export const GENESIS: Genesis = {
  profile: "tiny",
  series: seriesList(PROFILE.tiny),
  cap: DEVNET_CAP,
  parameters: PARAMETERS,
};

export type NodeProcess = {
  readonly client: Client;
  readonly child: ChildProcess /** As a crash would. */;
  kill(): Promise<void>;
};

export class TestRollup {
  readonly chain: Chain;
  readonly deployment: Deployment;
  readonly folder: string;
  readonly #port: number;
  #node: NodeProcess | null = null;

  private constructor(chain: Chain, deployment: Deployment, folder: string, port: number) {
    this.chain = chain;
    this.deployment = deployment;
    this.folder = folder;
    this.#port = port;
  }

  static async start(folder: string): Promise<TestRollup> {
    const artifacts = await prepareCircuits(["marks-tiny", "trade-tiny", "board-tiny"]);
    const { "marks-tiny": marks, "trade-tiny": trade, "board-tiny": board } = artifacts;
    if (!marks || !trade || !board) throw new Error("no artifacts of profile tiny");
    const chain = await startChain(await freePort(), Number(NOW), join(folder, "chain.log"));
    try {
      const provider = await connect(chain.url);
      const signer = new Wallet(KEYS[0], provider);
      const keys = { marks: marks.verifyingKey, trade: trade.verifyingKey, board: board.verifyingKey };
      const deployment = await deploy({ signer, genesis: GENESIS, keys, isDevKey: true });
      provider.destroy();
      return new TestRollup(chain, deployment, folder, await freePort());
    } catch (error) {
      await chain.stop();
      throw error;
    }
  }

  get data(): string {
    return join(this.folder, "node");
  }

  /** The node's configuration. */
  get environment(): Readonly<Record<string, string>> {
    return {
      PROVEGA_L1: this.chain.url,
      PROVEGA_ROLLUP: this.deployment.rollup,
      PROVEGA_OPERATOR_KEY: KEYS[0],
      PROVEGA_DEPLOYMENT_BLOCK: String(this.deployment.block),
      PROVEGA_PORT: String(this.#port),
      PROVEGA_NODE_DATA: this.data,
      PROVEGA_SEAL_DELAY_MS: "300",
      PROVEGA_POLL_MS: "100",
      PROVEGA_CONFIRMATIONS: "1",
    };
  }

  /** Registers accounts 0 to `count` - 1, which belong to the traders of test/support/world.ts, with a deposit each. */
  async register(count: number, amount: bigint): Promise<void> {
    const provider = await connect(this.chain.url);
    try {
      for (let id = 0; id < count; id++) {
        const owner = new Wallet(KEYS[id + 1] ?? "", provider);
        const token = new Contract(
          this.deployment.token,
          ["function mint(address,uint256)", "function approve(address,uint256)"],
          owner,
        );
        const rollup = new Contract(this.deployment.rollup, ["function register(uint256,uint256,uint64)"], owner);
        const b = registrationPoint(trader(id).key);
        await (await token.getFunction("mint")(owner.address, amount)).wait();
        await (await token.getFunction("approve")(this.deployment.rollup, amount)).wait();
        await (await rollup.getFunction("register")(b.x, b.y, amount)).wait();
      }
    } finally {
      provider.destroy();
    }
  }

  /** Starts the node and waits until it answers. */
  async startNode(): Promise<NodeProcess> {
    const log = join(this.folder, "node.log");
    const output = openSync(log, "a");
    const child = spawn(process.execPath, [CLI, "start"], {
      env: { ...process.env, ...this.environment },
      stdio: ["ignore", output, output],
    });
    const client = createClient(`http://127.0.0.1:${this.#port}`, { timeoutMs: 5_000 });
    for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill("SIGKILL");
        throw new Error(`the node did not start:\n${readFileSync(log, "utf8").slice(-2_000)}`);
      }
      if (
        await fetch(`${client.url}/health`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        break;
    }
    const kill = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    };
    this.#node = { client, child, kill };
    return this.#node;
  }

  /** A call that only a local chain understands. */
  async rpc(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(this.chain.url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async stop(): Promise<void> {
    await this.#node?.kill();
    await this.chain.stop();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || !address) throw new Error("no port");
  return address.port;
}
