/** `provega oracle run` and `provega oracle replay`: signed reports from files of quotes. */
import { type Command, Option } from "commander";
import type { Snapshot } from "#market/chain.ts";
import { MarketError } from "#market/errors.ts";
import { TOLERANCE } from "#market/no-arbitrage.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { UNDERLYING } from "#protocol/series.ts";
import { RpcError } from "#rollup-node/client.ts";
import { progressBar } from "#scripts/progress-bar.ts";
import type { Context } from "../context.ts";
import { CliError, type CliErrorCode, UsageError } from "../errors.ts";
import { type KeyOptions, oracleKeys } from "../oracle-key.ts";
import { type Publisher, publicationText, publish, type Stamp, type UnderlyingName } from "../oracle-publish.ts";
import { readSnapshots } from "../oracle-source.ts";
import { publishSums } from "../oracle-sums.ts";
import { declare, type NodeOptions, print, type Verb, withNode } from "../verb.ts";

type Options = NodeOptions &
  KeyOptions & { readonly source: readonly string[]; readonly underlying: UnderlyingName; readonly stamp: Stamp };
type RunOptions = Options & { readonly once?: boolean; readonly interval: string };
type ReplayOptions = Options & { readonly speed: string };

const EXTRACT = "market/btc-selloff-2026-02.csv";
const COLUMNS = `
Per expiry: quotes out of the money, the share of them that the surface prices between bid and ask, root mean square and
worst error in volatility points, the least density (Durrleman's g, refused below -${TOLERANCE.butterfly}) and the least growth
of total variance since the expiry before (refused below -${100 * TOLERANCE.calendar} %).`;
/** Marks must be newer than the last ones; the chain counts seconds, and the node looks at it now and then. */
const LEAST_PAUSE_MS = 2_000;

export const oracle: Verb = (program, context) => {
  const group = program
    .command("oracle")
    .description("Signed reports of prices and volatilities, from files of quotes");
  const run = declare(
    group,
    "run",
    "Fit the newest quotes of a source, check the surface for arbitrage, sign and publish it",
    `provega oracle run --source quotes.csv --key oracle.json --interval 60\nprovega oracle run --once --stamp chain --source ${EXTRACT} --key .provega/devnet/oracles/*.json`,
  );
  withOracle(run, context, "quotes")
    .option("--once", "publish one report and end")
    .option("--interval <seconds>", "read the source again so often", "60")
    .action((options: RunOptions) => runOracle(context, options));
  const replay = declare(
    group,
    "replay",
    "Publish the snapshots of a source one after the other, with their pauses",
    `provega oracle replay --source ${EXTRACT} --speed 7200 --key .provega/devnet/oracles/*.json`,
  );
  withOracle(replay, context, "chain")
    .option("--speed <factor>", "so many times faster than it happened; at least two seconds apart", "3600")
    .action((options: ReplayOptions) => replayOracle(context, options));
};

const withOracle = (command: Command, context: Context, stamp: Stamp): Command =>
  withNode(command, context)
    .requiredOption("--source <paths...>", "option chains: the venue's snapshot files, folders of them, or the extract")
    .option("--key <files...>", "wallet file with the oracle's key; several act for several oracles of a test network")
    .option("--secret-env <names...>", "environment variable with the oracle's secret, in place of a file")
    .addOption(new Option("--underlying <symbol>", "what the report is on").choices(UNDERLYING).default(UNDERLYING[0]))
    .addOption(
      new Option("--stamp <time>", "stamp reports with the time of their quotes or the chain's")
        .choices(["quotes", "chain"])
        .default(stamp),
    )
    .addHelpText("after", COLUMNS);

const publisherOf = (context: Context, options: Options): Publisher => ({
  client: context.connect(options.node),
  keys: oracleKeys(options, context.env),
  symbol: options.underlying,
  stamp: options.stamp,
});

function positive(text: string, what: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new UsageError(`${what} is "${text}"; it is a number above 0`);
  return value;
}

/** The first publication must succeed; a later one that is refused is told of, and the next one tried. */
async function runOracle(context: Context, options: RunOptions): Promise<void> {
  const intervalMs = 1000 * positive(options.interval, "--interval");
  const publisher = publisherOf(context, options);
  let last = Number.NEGATIVE_INFINITY;
  const publishNewest = async (): Promise<void> => {
    const snapshots = readSnapshots(options.source, options.underlying);
    for (const settled of await publishSums(publisher, snapshots))
      context.stderr(`${settled}: sums of spot published\n`);
    const newest = snapshots.at(-1);
    // Nothing new to say: the node holds this report already.
    if (!newest || (options.stamp === "quotes" && newest.time === last)) return;
    print(context, options, await publish(publisher, newest), publicationText);
    last = newest.time;
  };
  await publishNewest();
  while (!options.once && !(await context.pause(intervalMs))) {
    try {
      await publishNewest();
    } catch (error) {
      context.stderr(`provega: ${codeOf(error)}: ${error instanceof Error ? error.message : error}\n`);
    }
  }
}

/** Every snapshot in turn; refused ones are told of, and make the command end with the code of the first. */
async function replayOracle(context: Context, options: ReplayOptions): Promise<void> {
  const speed = positive(options.speed, "--speed");
  const publisher = publisherOf(context, options);
  const snapshots = readSnapshots(options.source, options.underlying);
  const bar = progressBar(context, "replaying");
  const refusals: CliError[] = [];
  for (const [at, snapshot] of snapshots.entries()) {
    bar.update(at, snapshots.length);
    const refusal = await attempt(() => replayOne(context, options, publisher, snapshot));
    if (refusal) {
      refusals.push(refusal);
      context.stderr(`${snapshot.stamp}: ${refusal.code}: ${refusal.message}\n`);
    }
    const next = snapshots[at + 1];
    const pauseMs = next ? Math.max(LEAST_PAUSE_MS, (1000 * (next.time - snapshot.time)) / speed) : 0;
    if (next && (await context.pause(pauseMs))) break;
    bar.update(at + 1, snapshots.length);
  }
  bar.stop();
  const [first] = refusals;
  if (first) throw new CliError(first.code, `${refusals.length} of ${snapshots.length} snapshots were refused`);
}

const replayOne = async (context: Context, options: Options, publisher: Publisher, snapshot: Snapshot): Promise<void> =>
  print(context, options, await publish(publisher, snapshot), publicationText);

/** What was refused by the data, the protocol or the node; anything else is thrown on. */
async function attempt(work: () => Promise<void>): Promise<CliError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof MarketError || error instanceof ProtocolError || error instanceof RpcError)
      return new CliError(codeOf(error), error.message, { cause: error });
    throw error;
  }
}

const codeOf = (error: unknown): CliErrorCode =>
  error instanceof Error && "code" in error ? (error.code as CliErrorCode) : "Internal";
