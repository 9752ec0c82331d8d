/**
 * The local L1: `hardhat node` in a process of its own, which a kill of the rollup node does not touch.
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CodedError } from "#protocol/errors.ts";
import { connect } from "#rollup-node/l1/provider.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HARDHAT = fileURLToPath(new URL("dist/src/cli.js", import.meta.resolve("hardhat/package.json")));
const START_MS = 60_000;
/** Milliseconds between blocks, as of a chain that lives: time passes and confirmations accrue without transactions. */
const BLOCK_MS = 1_000;
/** What every account gets to pay gas with: 1,000 ether. */
const GAS_MONEY = "0x3635c9adc5dea00000";

export class DemoError extends CodedError<
  "AlreadyRunning" | "PortInUse" | "ChainFailed" | "NodeFailed" | "Unverified" | "UnexpectedRefusal" | "Stalled"
> {}

export type Chain = {
  readonly url: string;
  readonly pid: number;
  /** Mines a block at `time`, unix seconds, if the chain is not there yet. */
  moveTo(time: number): Promise<void>;
  /** Gives accounts the means to pay gas. */
  fund(addresses: readonly string[]): Promise<void>;
  stop(): Promise<void>;
};

/** Throws `PortInUse` rather than talk to somebody else's chain. */
export async function assertFree(port: number, what: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) =>
      reject(
        new DemoError(
          "PortInUse",
          `port ${port} on 127.0.0.1 is in use; ${what} needs it, or another one by ${what === "the chain" ? "--l1-port" : "--port"}`,
          { cause },
        ),
      ),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

/** Ends a child and waits until it is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const isGone = await Promise.race([gone.then(() => true), sleep(10_000, false)]);
  if (!isGone) child.kill("SIGKILL");
  await gone;
}

/** Starts a chain whose first block is at `start`, unix seconds. Throws `PortInUse` or `ChainFailed`. */
export async function startChain(port: number, start: number, log: string): Promise<Chain> {
  await assertFree(port, "the chain");
  const url = `http://127.0.0.1:${port}`;
  const output = openSync(log, "w");
  const child = spawn(process.execPath, [HARDHAT, "node", "--hostname", "127.0.0.1", "--port", String(port)], {
    cwd: ROOT,
    env: { ...process.env, PROVEGA_CHAIN_START: String(start), HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
    stdio: ["ignore", output, output],
    // Its own process group: Ctrl-C reaches us, and we end it when we are done.
    detached: true,
  });
  const rpc = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error) throw new DemoError("ChainFailed", `${method}: ${error.message}`);
    return result;
  };
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stopChild(child);
      throw new DemoError("ChainFailed", `the chain did not start; its log is ${log}`);
    }
    const provider = await connect(url).catch(() => null);
    provider?.destroy();
    if (provider) break;
    await sleep(200);
  }
  // A line per block and call would fill the disk of whoever lets it run.
  await rpc("hardhat_setLoggingEnabled", [false]);
  await rpc("evm_setIntervalMining", [BLOCK_MS]);
  return {
    url,
    pid: child.pid ?? 0,
    async moveTo(time) {
      const { timestamp } = (await rpc("eth_getBlockByNumber", ["latest", false])) as { timestamp: string };
      if (Number(timestamp) >= time) return;
      await rpc("evm_setNextBlockTimestamp", [time]);
      await rpc("evm_mine", []);
    },
    async fund(addresses) {
      await Promise.all(addresses.map((address) => rpc("hardhat_setBalance", [address, GAS_MONEY])));
    },
    stop: () => stopChild(child),
  };
}
