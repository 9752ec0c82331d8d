/** `provega replay --tape FILE`: a real tick tape through the node's engine, without proofs. */
import { readFileSync } from "node:fs";
import { type ReplayResult, replayTape } from "#market/replay.ts";
import { parseTape } from "#market/tape.ts";
import { units, usdc } from "#scripts/format.ts";
import { progressBar } from "#scripts/progress-bar.ts";
import { facts } from "#scripts/table.ts";
import { CliError } from "../errors.ts";
import { type CommonOptions, declare, print, type Verb } from "../verb.ts";

type Options = CommonOptions & { readonly tape: string };

export const replay: Verb = (program, context) => {
  declare(
    program,
    "replay",
    "Replay a tick tape of trades through the engine, without proofs",
    "provega replay --tape deribit_btc_option_trades_20220101.csv",
  )
    .requiredOption("--tape <file>", "CSV of trades: q, p, t, trade_id, iv, instrument_name, index_price, direction")
    .action((options: Options) => {
      const trades = readTape(options.tape);
      const bar = progressBar(context, "replaying");
      const { state: _, ...result } = replayTape(trades, bar.update);
      bar.stop();
      print(context, options, result, resultText);
      if (!result.isConserved) throw new CliError("VerificationFailed", "cash or positions were not conserved");
      if (result.trades !== result.tape)
        throw new CliError(
          "VerificationFailed",
          `${result.tape - result.trades} of ${result.tape} trades were not made`,
        );
    });
};

function readTape(path: string) {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliError("FileMissing", `cannot read ${path}`, { cause });
  }
  try {
    return parseTape(text);
  } catch (cause) {
    throw new CliError("BadTape", `${path} is not a tape: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

const resultText = (result: Omit<ReplayResult, "state">): string =>
  facts([
    ["trades of the tape", String(result.tape)],
    ["trades made", String(result.trades)],
    ["orders", `${result.orders}, refused ${Object.values(result.refusals).reduce((sum, count) => sum + count, 0)}`],
    ["series", String(result.series)],
    ["volume", `${units(result.lots)} BTC for ${usdc(result.premium)}`],
    ["price tables", `${result.tables}, ${result.tableMs.toFixed(1)} ms each`],
    ["engine", `${result.orderMs.toFixed(3)} ms per order`],
    ["cash and positions", result.isConserved ? "conserved" : "NOT conserved"],
  ]);
