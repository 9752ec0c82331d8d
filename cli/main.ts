/**
 * The one binary, `provega`: composes the context of a real terminal.
 * @module
 */
import "#native/install.ts";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { BOUND_KINDS } from "#protocol/binding.ts";
import { loadArtifacts } from "#prover/artifacts.ts";
import type { Progress } from "#prover/progress.ts";
import { createProver } from "#prover/prover.ts";
import { createClient } from "#rollup-node/client.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { startNode } from "#rollup-node/main.ts";
import { l1User } from "#scripts/l1-user.ts";
import { americanPricer, circuitPricer } from "./circuit-pricer.ts";
import { run } from "./program.ts";

const progress: Progress = (phase, done, total) => process.stderr.write(`${phase} ${done}/${total}\n`);

let stopped: Promise<void> | null = null;
/** The signals are ours from the first call on; before it they end the process. */
const untilStopped = (): Promise<void> =>
  (stopped ??= new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  }));

process.exitCode = await run(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  env: process.env,
  stdin: process.stdin,
  connect: (url) => createClient(url),
  onL1: l1User,
  connectL1: connect,
  circuitPricer: () => circuitPricer(progress),
  americanPricer: (steps) => americanPricer(steps, progress),
  openProver: async (profile) => {
    const artifacts = await loadArtifacts(BOUND_KINDS.map((kind) => `${kind}-${profile}`));
    const prover = createProver({ artifacts });
    return { artifacts, prover, close: () => prover.close() };
  },
  runScript: (path, args) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [path, ...args], { stdio: "inherit" });
      child.once("error", reject).once("exit", (status) => resolve(status ?? 1));
    }),
  startNode,
  untilStopped,
  async pause(ms) {
    const waiting = new AbortController();
    const over = sleep(ms, false, { signal: waiting.signal }).catch(() => true);
    const isStopped = await Promise.race([untilStopped().then(() => true), over]);
    waiting.abort();
    return isStopped;
  },
});
