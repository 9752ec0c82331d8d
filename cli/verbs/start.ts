/** `provega start`: runs the rollup node until it is told to stop. */
import { readConfig } from "#rollup-node/config.ts";
import { type CommonOptions, declare, print, type Verb } from "../verb.ts";

type Options = CommonOptions & {
  readonly l1?: string;
  readonly rollup?: string;
  readonly data?: string;
  readonly port?: string;
};

export const start: Verb = (program, context) => {
  declare(
    program,
    "start",
    "Run the rollup node; the operator's key comes from PROVEGA_OPERATOR_KEY",
    "PROVEGA_OPERATOR_KEY=0x… provega start --l1 http://127.0.0.1:8545 --rollup 0x5FbDB2315678afecb367f032d93F642f64180aa3",
  )
    .option("--l1 <url>", "JSON-RPC address of the chain (PROVEGA_L1)")
    .option("--rollup <address>", "the contract (PROVEGA_ROLLUP)")
    .option("--data <folder>", "journal and state (PROVEGA_NODE_DATA)")
    .option("--port <number>", "where to listen; 0 takes any free port (PROVEGA_PORT)")
    .action(async (options: Options) => {
      const given = {
        PROVEGA_L1: options.l1,
        PROVEGA_ROLLUP: options.rollup,
        PROVEGA_NODE_DATA: options.data,
        PROVEGA_PORT: options.port,
      };
      const overrides = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const node = await context.startNode(readConfig({ ...context.env, ...overrides }));
      print(context, options, { url: node.url }, () => `listening at ${node.url}; Ctrl-C stops`);
      await context.untilStopped();
      context.stderr("stopping: finishing what is under way\n");
      await node.close();
    });
};
