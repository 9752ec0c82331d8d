/** `provega prove --step 7`: prove a sealed step again from the journal. Proof on stdout as JSON, progress on stderr. */
import type { ProfileName } from "#protocol/params.ts";
import { proveStep } from "#scripts/prove-step.ts";
import { parseCount } from "../decimal.ts";
import { declare, type Verb } from "../verb.ts";

type Options = { readonly step: string; readonly data: string };

export const prove: Verb = (program, context) => {
  declare(
    program,
    "prove",
    "Prove a sealed step again, from the journal of a node that is not running",
    "provega prove --step 7 --data .provega/node > proof.json",
  )
    .requiredOption("--step <number>", "steps count from 1")
    .option("--data <folder>", "the node's journal", context.env["PROVEGA_NODE_DATA"] ?? ".provega/node")
    .action(async ({ step, data }: Options) => {
      const number = parseCount(step, "--step");
      context.stderr(`replaying the journal in ${data} up to step ${number}\n`);
      let close = (): void => {};
      try {
        const { proof, publicSignals, timings, kind, words } = await proveStep(data, number, async (profile) => {
          context.stderr("proving\n");
          const opened = await context.openProver(profile as ProfileName);
          close = opened.close;
          return opened.prover;
        });
        const text = (values: readonly bigint[]): string[] => values.map(String);
        context.stdout(
          `${JSON.stringify({ step: number, kind, publicInputs: text(publicSignals), proof: text(proof), words: text(words), timings })}\n`,
        );
      } finally {
        close();
      }
    });
};
