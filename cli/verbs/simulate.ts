/** `provega simulate`: a whole market in one process, driven by real prices, without proofs or with some. */
import { readFileSync, writeFileSync } from "node:fs";
import { loadFunding, loadPrices, parseFunding, parsePrices } from "#market/hourly.ts";
import type { StepTrace } from "#protocol/transition.ts";
import { formatDecimal, units } from "#scripts/format.ts";
import { progressBar } from "#scripts/progress-bar.ts";
import { facts } from "#scripts/table.ts";
import { HISTORY, pathOf, windowOf } from "#simulate/path.ts";
import { LEAST_ACCOUNTS, Participant } from "#simulate/population.ts";
import { type ProvedSample, proveSample } from "#simulate/prove-sample.ts";
import { SIMULATED, Simulation } from "#simulate/simulation.ts";
import { type Summary, summaryOf } from "#simulate/summary.ts";
import type { Context } from "../context.ts";
import { parseCount } from "../decimal.ts";
import { CliError, UsageError } from "../errors.ts";
import { simulationSvg } from "../simulation-svg.ts";
import { type CommonOptions, declare, print, type Verb } from "../verb.ts";

type Options = CommonOptions & {
  readonly prices?: string;
  readonly funding?: string;
  readonly around: string;
  readonly days: string;
  readonly accounts: string;
  readonly seed: string;
  readonly insurance?: string;
  readonly plot?: string;
  readonly proveEvery?: string;
};

export const simulate: Verb = (program, context) => {
  declare(
    program,
    "simulate",
    "Play real prices to a market of hundreds of accounts, and check every step",
    "provega simulate --around 2020-03-12 --accounts 500 --plot crash.svg",
  )
    .option("--prices <file>", "CSV of hourly bars: ts_unix, close (default: three committed fortnights)")
    .option(
      "--funding <file>",
      "CSV of what a perpetual paid per eight hours: Date (UTC+3), Funding Rate (default: March 2020)",
    )
    .option("--around <date>", "day in question; a third of the days lies before it", "2020-03-12")
    .option("--days <n>", "days to play", "6")
    .option("--accounts <n>", `accounts, at least ${LEAST_ACCOUNTS}`, "300")
    .option("--seed <n>", "another seed, other people", "1")
    .option("--insurance <usdc>", "insurance fund at the start (default: 100 per account)")
    .option("--plot <file>", "draw it as SVG; replaced if it exists")
    .option("--prove-every <n>", "prove every n-th step, when all are done")
    .action(async (options: Options) => {
      const every = options.proveEvery === undefined ? null : parseCount(options.proveEvery, "--prove-every");
      const opened = every === null ? null : await context.openProver(SIMULATED);
      try {
        const sampled: StepTrace[] = [];
        const simulation = played(options, context, (trace) => {
          if (every !== null && Number(trace.after.globals.number) % every === 0) sampled.push(trace);
        });
        const proved: ProvedSample[] = [];
        if (opened) {
          const bar = progressBar(context, "proving");
          for (const trace of sampled) {
            proved.push(await proveSample(trace, secretOf, opened.prover));
            bar.update(proved.length, sampled.length);
          }
          bar.stop();
        }
        const summary = summaryOf(simulation);
        const { recorder, violations } = simulation;
        if (options.plot !== undefined)
          writeFileSync(options.plot, await simulationSvg(titleOf(options), subtitleOf(summary), recorder.samples));
        print(context, options, { ...summary, proved: proved.length }, (result) => text(result, options));
        const [first] = violations;
        if (first)
          throw new CliError(
            "VerificationFailed",
            `step ${first.step} fails the check of ${first.check}: ${first.message}`,
          );
      } finally {
        opened?.close();
      }
    });
};

function played(options: Options, context: Context, onStep: (trace: StepTrace) => void): Simulation {
  if (!/^\d{4}-\d\d-\d\d$/.test(options.around) || Number.isNaN(Date.parse(options.around)))
    throw new UsageError(`--around is "${options.around}"; it is a day like 2020-03-12`);
  const accounts = parseCount(options.accounts, "--accounts");
  if (accounts < LEAST_ACCOUNTS)
    throw new UsageError(`--accounts is ${accounts}; a market has at least ${LEAST_ACCOUNTS}`);
  const window = windowOf(options.around, parseCount(options.days, "--days"));
  const prices =
    options.prices === undefined ? loadPrices(window.from - HISTORY, window.to) : parsePrices(readText(options.prices));
  const funding = options.funding === undefined ? loadFunding() : parseFunding(readText(options.funding));
  const simulation = new Simulation({
    path: pathOf(prices, funding, window),
    accounts,
    seed: parseCount(options.seed, "--seed"),
    ...(options.insurance === undefined ? {} : { insurance: parseCount(options.insurance, "--insurance") }),
    onStep,
  });
  const bar = progressBar(context, "simulating");
  simulation.play(bar.update);
  bar.stop();
  return simulation;
}

const secretOf = (account: number): Uint8Array => Participant.secretOf(account);

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new CliError("FileMissing", `cannot read ${path}`, { cause });
  }
}

const titleOf = ({ around, accounts, seed }: Options): string =>
  `A market of ${accounts} accounts around ${around} (seed ${seed})`;
const subtitleOf = ({ steps, trades, liquidations, liquidatedAccounts, violations }: Summary): string =>
  `${steps} steps, ${trades} trades, ${liquidations} liquidations of ${liquidatedAccounts} accounts, ${violations} violations`;

const usd = (usdc: number): string => `${formatDecimal(BigInt(Math.round(usdc * 100)), 2)} USDC`;

const text = (result: Summary & { readonly proved: number }, { plot }: Options): string =>
  facts([
    ["hours", `${result.hours}, ${result.from} to ${result.to}`],
    [
      "price",
      `${usd(result.price.first)} at first, ${usd(result.price.lowest)} at the lowest, ${usd(result.price.last)} at last`,
    ],
    ["steps", `${result.steps}: ${result.marksSteps} marks, ${result.tradeSteps} trade, ${result.boardSteps} board`],
    ["orders", `${result.orders}, refused ${result.refused}`],
    ["trades", `${result.trades}, of them ${result.spreads} of several series; ${units(String(result.lots))} BTC`],
    ["expiries settled", String(result.settled)],
    ["liquidations", `${result.liquidations}, of ${result.liquidatedAccounts} accounts`],
    ["taken by the backstop", `${units(String(result.backstopLots))} BTC`],
    ["bad debt", `${usd(result.badDebt)} of ${result.bankruptcies} accounts`],
    ["charged to the other side", usd(result.socialised)],
    ["deficit left", usd(result.deficit)],
    ["insurance fund", usd(result.insuranceFund)],
    ["equity of all accounts", usd(result.equity)],
    ...(result.proved > 0 ? ([["steps proved", String(result.proved)]] as const) : []),
    ...(plot === undefined ? [] : ([["picture", plot]] as const)),
    ["violations", String(result.violations)],
  ]);
