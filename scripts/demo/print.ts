/**
 * The summary as text.
 * @module
 */
import { CAST } from "#market/script.ts";
import { LISTED_LATER, SERIES } from "#market/series.ts";
import { FUNDING, PROFILE, quorum } from "#protocol/params.ts";
import type { StepView, TradeView } from "#rollup-node/wire.ts";
import { DIGITS, day, formatDecimal, usdc } from "../format.ts";
import { type Column, facts, table } from "../table.ts";
import { clock } from "./phases.ts";
import type { AccountRow, SeriesRow, Summary } from "./summary.ts";

const left = (title: string): Column => ({ title, align: "left" });
const right = (title: string): Column => ({ title });
const usd = (value: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = (value: number | null): string => (value === null ? "-" : `${(100 * value).toFixed(1)} %`);
const basisPoints = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
const whole = (value: number | bigint): string => value.toLocaleString("en-US");

/** Where the marks come from. */
const { oracles, faults } = PROFILE.devnet;
const ORACLES_SAY = [
  `Each of ${oracles} oracles fitted the real quotes less another quarter of the strikes and signed its own report. A mark is the`,
  `median of theirs: ${quorum(PROFILE.devnet)} make a table, and ${faults} that lies moves no mark out of the range of the others.`,
  "Less mid: proved mark less the middle of the market, in basis points of the forward.",
];

/** What protects nobody yet: said at the end of every run. */
export const NOT_YET_PROTECTED = [
  "no forced exit: whom the operator ignores must wait for it",
  "development keys: whoever saw their secret could forge a proof; funds would not be safe on a public chain",
] as const;

export function summaryText(summary: Summary): string {
  return [
    heading("Trades of the run, and prices of the last snapshot: proved mark beside the market, USDC"),
    seriesTable(summary.series.slice(-SERIES.length), summary.trades),
    snapshotLines(summary.series),
    ...ORACLES_SAY,
    heading("Accounts"),
    accountsTable(summary.accounts),
    "Last columns: liquidation distance, how far all forwards move until equity meets maintenance margin (- beyond 60 %);",
    "the board priced anew at every 0.5 % with the circuit's arithmetic, each series at its own volatility (sticky strike).",
    heading("A derivative's life"),
    lifeFacts(summary),
    heading("Steps"),
    stepsTable(summary),
    heading("In all"),
    totals(summary),
    heading("Not yet protected"),
    ...NOT_YET_PROTECTED.map((each) => `  - ${each}`),
  ].join("\n");
}

const heading = (title: string): string => `\n${title}\n${"-".repeat(title.length)}`;

function seriesTable(rows: readonly SeriesRow[], trades: readonly TradeView[]): string {
  const columns = [
    left("series"),
    right("trades"),
    right("BTC"),
    right("bid"),
    right("mid"),
    right("ask"),
    right("proved mark"),
    right("less mid, bp"),
    left(""),
    right("IV of mark"),
    right("venue's IV"),
  ];
  const cells = rows.map((row) => {
    const own = trades.filter(({ series }) => series === row.series);
    const lots = own.reduce((sum, { size }) => sum + BigInt(size), 0n);
    const place = row.isInside ? "inside" : "OUTSIDE";
    return [
      row.series,
      String(own.length),
      formatDecimal(lots, DIGITS.lots, 1),
      usd(row.bid),
      usd(row.mid),
      usd(row.ask),
      usd(row.mark),
      basisPoints(row.offMid),
      place,
      percent(row.markVol),
      percent(row.venueVol),
    ];
  });
  return table(columns, cells);
}

function snapshotLines(rows: readonly SeriesRow[]): string {
  const perStamp = [...Map.groupBy(rows, ({ stamp }) => stamp)];
  const counts = perStamp.map(
    ([stamp, each]) =>
      `${stamp.slice(0, 16).replace("T", " ")} ${each.filter(({ isInside }) => isInside).length}/${each.length}`,
  );
  const inside = rows.filter(({ isInside }) => isInside).length;
  return `Proved marks inside the market's bid and ask: ${inside} of ${rows.length} (${counts.join(", ")})`;
}

const permille = (value: number | null, sign: string): string =>
  value === null ? "-" : `${sign}${(value / 10).toFixed(1)} %`;
const accountsTable = (rows: readonly AccountRow[]): string =>
  table(
    [
      left("account"),
      left(""),
      right("cash"),
      right("equity"),
      right("initial"),
      right("maintenance"),
      right("positions"),
      right("if it falls"),
      right("if it rises"),
    ],
    rows.map(({ name, role, view, liquidation }) => [
      name,
      role,
      money(view.margin.cash),
      money(view.margin.equity),
      money(view.margin.initial),
      money(view.margin.maintenance),
      String(view.positions.length),
      permille(liquidation.down, "-"),
      permille(liquidation.up, "+"),
    ]),
  );
const money = (cash: string): string => usdc(cash).replace(" USDC", "");

/** Every stage of it: whatever is named here was proved and posted. */
function lifeFacts({ trades, life, steps, claimed }: Summary): string {
  const { market, after } = life;
  const partOf = ({ taker, size, series, price }: TradeView): string =>
    `${CAST[taker]?.name ?? taker} ${formatDecimal(BigInt(size), DIGITS.lots, 2)} ${series} at ${formatDecimal(BigInt(price), DIGITS.price)}`;
  const ofCause = (...causes: readonly TradeView["cause"][]): string =>
    trades
      .filter(({ cause }) => causes.includes(cause))
      .map(partOf)
      .join("; ") || "none";
  const [underlying] = market.underlyings;
  const funding = BigInt(underlying?.fundingSum ?? 0) / FUNDING.periodSeconds;
  const settled = after.series.filter(({ status }) => status === "settled");
  const payoffs = settled.map(({ series, payoff }) => `${series} ${formatDecimal(BigInt(payoff), DIGITS.price)}`);
  return facts([
    ["listed meanwhile", LISTED_LATER],
    ["traded", `${trades.length} times`],
    ["spread, one signature", ofCause("spread")],
    ["funding", `${formatDecimal(funding, DIGITS.spot, 2)} USDC per BTC paid by who was long throughout`],
    ["liquidated", ofCause("liquidation", "backstop")],
    ["expired, USDC per BTC", payoffs.join(", ")],
    ["withdrawn after it", `${usdc(claimed)} in all`],
    ["board steps", String(steps.filter(({ kind }) => kind === "board").length)],
  ]);
}

function stepsTable({ steps, constraints }: Summary): string {
  /** A transaction's gas in equal parts for the steps that it carries. */
  const gasOf = ({ gas, transaction }: StepView): bigint | null =>
    gas === null ? null : BigInt(gas) / BigInt(steps.filter((each) => each.transaction === transaction).length);
  const columns = [
    right("step"),
    left("kind"),
    right("L1 time"),
    right("requests"),
    right("intents"),
    right("trades"),
    right("constraints"),
    right("witness"),
    right("proof"),
    right("gas"),
    right("gas/trade"),
  ];
  const cells = steps.map((step) => {
    const gas = gasOf(step);
    const perTrade = gas === null || step.trades.length === 0 ? "" : whole(gas / BigInt(step.trades.length));
    return [
      String(step.number),
      step.kind,
      day(step.timestamp),
      String(step.requests),
      String(step.executions),
      String(step.trades.length),
      whole(constraints[step.kind] ?? 0),
      ms(step.timings?.["witnessMs"]),
      ms(step.timings?.["proveMs"]),
      gas === null ? "" : whole(gas),
      perTrade,
    ];
  });
  return table(columns, cells);
}
const ms = (value: number | undefined): string =>
  value === undefined ? "" : value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;

function totals({ steps, trades, status, l1Root, rebuiltRoot, refusals, claimed, seconds, series }: Summary): string {
  // Several steps may share a transaction: its gas counts once.
  const gas = [...new Map(steps.map((step) => [step.transaction, BigInt(step.gas ?? 0)])).values()].reduce(
    (sum, each) => sum + each,
    0n,
  );
  const mean = (name: string): string =>
    ms(steps.reduce((sum, step) => sum + (step.timings?.[name] ?? 0), 0) / Math.max(steps.length, 1));
  return facts([
    [
      "trades",
      `${trades.length} in ${new Set(trades.flatMap(({ series: name }) => name.split("+"))).size} series by ${CAST.length} accounts over ${new Set(series.map(({ stamp }) => stamp)).size} snapshots`,
    ],
    ["refused for margin", `${refusals.join(", ")}: its half traded`],
    [
      "steps proved and final",
      `${steps.length}: ${steps.filter(({ kind }) => kind === "marks").length} marks, ${steps.filter(({ kind }) => kind === "trade").length} trade, ${steps.filter(({ kind }) => kind === "board").length} board`,
    ],
    ["mean witness, proof", `${mean("witnessMs")}, ${mean("proveMs")}`],
    ["gas", `${whole(gas)} in all, ${whole(gas / BigInt(Math.max(trades.length, 1)))} per trade`],
    ["withdrawn and claimed", usdc(claimed)],
    ["root on L1", l1Root],
    ["root of the node", l1Root === status.roots.final ? "the same" : status.roots.final],
    ["root rebuilt from L1 alone", rebuiltRoot === l1Root ? "the same" : rebuiltRoot],
    ["took", clock(seconds * 1000)],
  ]);
}
