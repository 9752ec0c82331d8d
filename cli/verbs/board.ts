/** `provega board list|announce|parameters`: what the operator orders of the board. */
import { Contract, Wallet as L1Wallet, toBeHex } from "ethers";
import { parametersHash } from "#protocol/board-step.ts";
import { checkParameters } from "#protocol/genesis.ts";
import { PROFILE, type ProfileName } from "#protocol/params.ts";
import { parseSeries } from "#protocol/series.ts";
import { boardDigest, parseBoardCommand } from "#rollup-node/board/command.ts";
import { isRefused } from "#rollup-node/errors.ts";
import { ROLLUP } from "#rollup-node/l1/abi.ts";
import type { BoardResult } from "#rollup-node/wire.ts";
import { DIGITS } from "#scripts/format.ts";
import { transact } from "#scripts/l1-user.ts";
import { facts } from "#scripts/table.ts";
import { parsePositive } from "../decimal.ts";
import { CliError, UsageError } from "../errors.ts";
import { readText } from "../files.ts";
import { declare, type NodeOptions, print, type Verb, withL1, withNode } from "../verb.ts";

type Options = NodeOptions & { readonly keyEnv: string };

export const board: Verb = (program, context) => {
  const group = program.command("board").description("Operations of the board, by the operator");
  const withKey = (usage: string, summary: string, example: string) =>
    withNode(declare(group, usage, summary, example), context).option(
      "--key-env <name>",
      "environment variable with the operator's L1 private key",
      "PROVEGA_OPERATOR_KEY",
    );
  withKey(
    "list",
    "List a series in a free slot; it trades when a table of marks has priced it",
    "provega board list BTC-27MAR26-70000-C --cap 10000",
  )
    .argument("<series>", "e.g. BTC-27MAR26-70000-C or BTC-PERP")
    .requiredOption("--cap <units>", "most that may be open, in units of the underlying")
    .action(async (series: string, options: Options & { readonly cap: string }) => {
      parseSeries(series);
      const cap = parsePositive(options.cap, DIGITS.lots, "--cap").toString();
      await order(options, { kind: "list", series, cap });
    });
  withL1(
    withKey(
      "announce",
      "Announce parameters on L1: a step may bring them in when the contract's delay is over",
      "provega board announce new.json",
    ),
    context,
  )
    .argument("<file>", "JSON with risk, leveragePpm and oracles as the genesis has them")
    .action(async (file: string, options: Options & { readonly l1: string }) => {
      const key = keyOf(options);
      const { addresses, profile, chain } = await context.connect(options.node).call("provega_status", {});
      const text = JSON.stringify({
        kind: "parameters",
        ...readParameters(readText(file), file),
        time: chain.timestamp,
      });
      const command = parseBoardCommand(text);
      if (isRefused(command)) throw new CliError(command.code, command.message);
      if (command.kind !== "parameters") return;
      const sizes = PROFILE[profile as ProfileName];
      checkParameters(sizes, command.parameters);
      const digest = toBeHex(parametersHash(sizes, command.parameters), 32);
      const provider = await context.connectL1(options.l1);
      try {
        const rollup = new Contract(addresses.rollup, ROLLUP, new L1Wallet(key, provider));
        const { hash } = await transact(rollup, "announceParameters", digest);
        print(context, options, { parameters: digest, transaction: hash }, ({ transaction }) =>
          facts([
            ["announced", digest],
            ["transaction", transaction],
            ["next", "after the contract's delay: provega board parameters with the same file"],
          ]),
        );
      } finally {
        provider.destroy();
      }
    });
  withKey(
    "parameters",
    "Change the parameters to those that were announced on L1 long enough ago",
    "provega board parameters new.json",
  )
    .argument("<file>", "JSON with risk, leveragePpm and oracles as the genesis has them")
    .action(async (file: string, options: Options) => {
      await order(options, { kind: "parameters", ...readParameters(readText(file), file) });
    });

  function keyOf({ keyEnv }: Options): string {
    const key = context.env[keyEnv];
    if (key && /^0x[0-9a-fA-F]{64}$/.test(key)) return key;
    throw new UsageError(
      `the variable ${keyEnv} does not hold the operator's L1 private key; it is 0x and 64 hexadecimal digits`,
    );
  }

  async function order(options: Options, command: Readonly<Record<string, unknown>>): Promise<void> {
    const key = keyOf(options);
    const client = context.connect(options.node);
    const { chain, domain } = await client.call("provega_status", {});
    const operation = JSON.stringify({ ...command, time: chain.timestamp });
    const signature = await new L1Wallet(key).signMessage(boardDigest(BigInt(domain), operation));
    const result = await client.call("provega_board", { operation, signature });
    print(context, options, result, resultText);
  }
};

/** Throws `UsageError`. */
function readParameters(text: string, file: string): object {
  try {
    const { risk, leveragePpm, oracles } = JSON.parse(text) as Record<string, unknown>;
    return { risk, leveragePpm, oracles };
  } catch (cause) {
    throw new UsageError(`${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

const resultText = ({ sequence, slot }: BoardResult): string =>
  facts([
    ["journal entry", String(sequence)],
    ...(slot === null ? [] : [["slot", String(slot)] as const]),
    ["next", "a board step proves it: provega status"],
  ]);
