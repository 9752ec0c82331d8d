/** `provega verify --step 7`: a posted step, checked on the chain and off it. */
import { parseWords } from "#protocol/binding.ts";
import { NodeError } from "#rollup-node/errors.ts";
import type { StepDetail } from "#rollup-node/wire.ts";
import { findRollup, readDeployment, readSteps } from "#scripts/l1-history.ts";
import { table } from "#scripts/table.ts";
import { verifyStep } from "#scripts/verify-step.ts";
import type { Context } from "../context.ts";
import { parseCount } from "../decimal.ts";
import { CliError } from "../errors.ts";
import { declare, type NodeOptions, print, type Verb, withL1, withNode } from "../verb.ts";

type Options = NodeOptions & { readonly step: string; readonly l1: string; readonly rollup?: string };

export const verify: Verb = (program, context) => {
  const command = declare(program, "verify", "Check a posted step on the chain and off it", "provega verify --step 7");
  withL1(withNode(command, context), context)
    .requiredOption("--step <number>", "steps count from 1")
    .option(
      "--rollup <address>",
      "the contract; without it, the node's, or the only one on the chain",
      context.env["PROVEGA_ROLLUP"],
    )
    .action(async (options: Options) => {
      const number = parseCount(options.step, "--step");
      const { rollup, claimed } = await askNode(context, options, number);
      const provider = await context.connectL1(options.l1);
      try {
        const deployment = await readDeployment(provider, rollup ?? (await findRollup(provider, 0)));
        const steps = await readSteps(provider, deployment);
        const step = steps.find((each) => each.number === number);
        if (!step)
          throw new CliError("UnknownStep", `L1 has no step ${number}; its newest is ${steps.at(-1)?.number ?? 0}`);
        const { chainId } = await provider.getNetwork();
        const { artifacts, prover, close } = await context.openProver(parseWords(step.words).profile.name);
        try {
          const previous = steps.find((each) => each.number === number - 1) ?? null;
          const isNewest = number === steps.at(-1)?.number;
          const checks = await verifyStep(step, {
            provider,
            deployment,
            chainId,
            artifacts,
            prover,
            claimed,
            previous,
            isNewest,
          });
          const result = {
            step: number,
            kind: step.kind,
            root: step.root,
            transaction: step.transaction,
            block: step.block,
            checks,
          };
          print(
            context,
            options,
            result,
            () => `step ${number}, ${step.kind}, in transaction ${step.transaction}\n\n${checksText(checks)}`,
          );
          const broken = checks.filter(({ holds }) => !holds);
          if (broken.length > 0)
            throw new CliError("VerificationFailed", `not so: ${broken.map(({ what }) => what).join("; ")}`);
        } finally {
          close();
        }
      } finally {
        provider.destroy();
      }
    });
};

/** What the node says, if one answers: a step can be verified without any. */
async function askNode(
  { connect }: Context,
  { node, rollup }: Options,
  number: number,
): Promise<{ rollup: string | undefined; claimed: StepDetail | null }> {
  const client = connect(node);
  try {
    const { addresses } = await client.call("provega_status", {});
    if (rollup && rollup.toLowerCase() !== addresses.rollup.toLowerCase()) return { rollup, claimed: null };
    return { rollup: addresses.rollup, claimed: await client.call("provega_step", { number }) };
  } catch (error) {
    if (error instanceof NodeError && error.code === "NodeUnreachable") return { rollup, claimed: null };
    throw error;
  }
}

const checksText = (checks: readonly { readonly what: string; readonly holds: boolean }[]): string =>
  table(
    [
      { title: "check", align: "left" },
      { title: "", align: "left" },
    ],
    checks.map(({ what, holds }) => [what, holds ? "yes" : "NO"]),
  );
