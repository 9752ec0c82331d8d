/**
 * The rollup node in a child process, started as a user would: `provega start`.
 * @module
 */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "#rollup-node/client.ts";
import { assertFree, DemoError, stopChild } from "./chain.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const START_MS = 60_000;

export type NodeOptions = {
  readonly l1Url: string;
  readonly rollup: string;
  readonly operatorKey: string;
  readonly deploymentBlock: number;
  readonly port: number;
  readonly data: string;
  readonly log: string;
};
export type DemoNode = { readonly client: Client; readonly pid: number; stop(): Promise<void> };

/** 1e-6 USDC per lot: a taker pays 20 USDC per unit of underlying. */
const TAKER_FEE = "2000";
/** All oracles of the demonstration publish at once: however slow the machine is, none is late. */
const ORACLE_GRACE_MS = "10000";

/** Starts the node and waits until it answers. Throws `PortInUse` or `NodeFailed`. */
export async function startDemoNode({
  l1Url,
  rollup,
  operatorKey,
  deploymentBlock,
  port,
  data,
  log,
}: NodeOptions): Promise<DemoNode> {
  await assertFree(port, "the node");
  const output = openSync(log, "w");
  const child = spawn(process.execPath, [CLI, "start"], {
    env: {
      ...process.env,
      PROVEGA_L1: l1Url,
      PROVEGA_ROLLUP: rollup,
      PROVEGA_OPERATOR_KEY: operatorKey,
      PROVEGA_DEPLOYMENT_BLOCK: String(deploymentBlock),
      PROVEGA_PORT: String(port),
      PROVEGA_TAKER_FEE: TAKER_FEE,
      PROVEGA_ORACLE_GRACE_MS: ORACLE_GRACE_MS,
      PROVEGA_NODE_DATA: data,
    },
    stdio: ["ignore", output, output],
    detached: true,
  });
  const client = createClient(`http://127.0.0.1:${port}`);
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stopChild(child);
      throw new DemoError("NodeFailed", `the node did not start; its log is ${log}`);
    }
    const isUp = await fetch(`${client.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { client, pid: child.pid ?? 0, stop: () => stopChild(child) };
    await sleep(100);
  }
}
