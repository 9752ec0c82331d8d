/** `provega rebuild --l1 URL`: the whole state from L1 alone, without any node. */
import { writeFileSync } from "node:fs";
import { seriesName } from "#protocol/series.ts";
import type { State } from "#protocol/state.ts";
import { stateRoot } from "#protocol/state.ts";
import { usdc } from "#scripts/format.ts";
import { findRollup, readDeployment, readRoot, readSteps, rebuildState } from "#scripts/l1-history.ts";
import { progressBar } from "#scripts/progress-bar.ts";
import { facts } from "#scripts/table.ts";
import { parseCount } from "../decimal.ts";
import { CliError } from "../errors.ts";
import { type CommonOptions, declare, print, type Verb, withL1 } from "../verb.ts";

type Options = CommonOptions & {
  readonly l1: string;
  readonly rollup?: string;
  readonly fromBlock: string;
  readonly out?: string;
};

export const rebuild: Verb = (program, context) => {
  const command = declare(
    program,
    "rebuild",
    "Rebuild the state from L1 alone and print its root",
    "provega rebuild --l1 http://127.0.0.1:8545",
  );
  withL1(command, context)
    .option("--rollup <address>", "the contract; without it, the only one on the chain", context.env["PROVEGA_ROLLUP"])
    .option("--from-block <number>", "where to begin to look for it", "0")
    .option("--out <file>", "write all accounts as JSON")
    .action(async (options: Options) => {
      const provider = await context.connectL1(options.l1);
      try {
        const fromBlock = parseCount(options.fromBlock, "--from-block");
        const deployment = await readDeployment(
          provider,
          options.rollup ?? (await findRollup(provider, fromBlock)),
          fromBlock,
        );
        const steps = await readSteps(provider, deployment);
        const bar = progressBar(context, "applying steps");
        const state = rebuildState(deployment, steps, (done) => bar.update(done, steps.length));
        bar.stop();
        const l1Root = await readRoot(provider, deployment.rollup);
        if (options.out) writeFileSync(options.out, `${JSON.stringify(accountsOf(state), undefined, 2)}\n`);
        const result = {
          rollup: deployment.rollup,
          root: stateRoot(state).toString(),
          l1Root: l1Root.toString(),
          steps: steps.length,
          accounts: state.accounts.size,
          totalCash: state.globals.totalCash.toString(),
          requests: Number(state.globals.requestCursor),
        };
        print(context, options, result, () =>
          facts([
            ["rollup", result.rollup],
            ["root", result.root],
            ["root on L1", result.root === result.l1Root ? "the same" : result.l1Root],
            ["steps", String(result.steps)],
            ["accounts", String(result.accounts)],
            ["total cash", usdc(result.totalCash)],
            ["L1 requests consumed", String(result.requests)],
          ]),
        );
        if (result.root !== result.l1Root)
          throw new CliError("VerificationFailed", `the steps lead to root ${result.root}; L1 holds ${result.l1Root}`);
      } finally {
        provider.destroy();
      }
    });
};

const accountsOf = ({ accounts, board }: State) =>
  [...accounts].map(([account, { owner, key, cash, epoch, positions }]) => ({
    account,
    owner: `0x${owner.toString(16).padStart(40, "0")}`,
    key: [key.x.toString(), key.y.toString()],
    cash: cash.toString(),
    epoch: epoch.toString(),
    positions: positions.flatMap(({ size }, slot) => {
      const series = board[slot]?.series;
      return size !== 0n && series ? [{ series: seriesName(series), size: size.toString() }] : [];
    }),
  }));
