/**
 * The one binary, `provega`: composes the context of a real terminal.
 * @module
 */
import { createClient } from "#rollup-node/client.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { startNode } from "#rollup-node/main.ts";
import { l1User } from "#scripts/l1-user.ts";
import { circuitPricer } from "./circuit-pricer.ts";
import { run } from "./program.ts";

process.exitCode = await run(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  env: process.env,
  stdin: process.stdin,
  connect: (url) => createClient(url),
  onL1: l1User,
  connectL1: connect,
  circuitPricer: () => circuitPricer((phase, done, total) => process.stderr.write(`${phase} ${done}/${total}\n`)),
  startNode,
  untilStopped: () =>
    new Promise((resolve) => {
      process.once("SIGINT", () => resolve());
      process.once("SIGTERM", () => resolve());
    }),
});
