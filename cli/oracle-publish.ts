/**
 * One publication of an oracle: a snapshot becomes a checked report, signed and sent.
 * @module
 */
import type { Snapshot } from "#market/chain.ts";
import { type FitReport, survey } from "#market/survey.ts";
import { PROFILE, type ProfileName, SCALE } from "#protocol/params.ts";
import { parseSeries, UNDERLYING } from "#protocol/series.ts";
import type { Client } from "#rollup-node/client.ts";
import { day } from "#scripts/format.ts";
import { table } from "#scripts/table.ts";
import { CliError } from "./errors.ts";
import { indexInSet, type OracleKey } from "./oracle-key.ts";

export type UnderlyingName = (typeof UNDERLYING)[number];
/** What stamps a report: the time of its quotes, or the chain's as the node tells it. */
export type Stamp = "quotes" | "chain";
export type Publisher = {
  readonly client: Client;
  readonly keys: readonly OracleKey[];
  readonly symbol: UnderlyingName;
  readonly stamp: Stamp;
};
export type Publication = {
  readonly underlying: UnderlyingName;
  /** When the quotes stood, and what the report is stamped with; unix seconds. */
  readonly quoted: number;
  readonly timestamp: number;
  /** Oracles that signed, by their places in the set. */
  readonly oracles: readonly number[];
  /** The journal's entry of the table that the reports entered, or null. */
  readonly adopted: number | null;
  /** The table is too far from the one in force and waits to be confirmed: positions may only shrink meanwhile. */
  readonly isCandidate: boolean;
  /** Oracles that a quorum still needs. */
  readonly needed: number;
  readonly fits: readonly FitReport[];
};

/** Throws `MarketError`, `ProtocolError` or `RpcError` on a refusal, `CliError` NotAnOracle. */
export async function publish({ client, keys, symbol, stamp }: Publisher, snapshot: Snapshot): Promise<Publication> {
  const status = await client.call("provega_status", {});
  const oracles = keys.map((key) => indexInSet(key, status));
  const underlying = UNDERLYING.indexOf(symbol);
  const timestamp = BigInt(stamp === "chain" ? status.chain.timestamp : snapshot.time);
  const { expiries, perpetual } = await traded(client, underlying, timestamp);
  const { report, fits } = survey(snapshot, underlying, expiries);
  const impactMid = perpetual === null ? 0n : ((await bookMid(client, perpetual)) ?? report.impactMid);
  const profile = PROFILE[status.profile as ProfileName];
  const signed = keys.map((key) => key.signReport(profile, BigInt(status.domain), { ...report, impactMid, timestamp }));
  const { adopted, waiting } = await client.publishMarks(signed);
  return {
    underlying: symbol,
    quoted: snapshot.time,
    timestamp: Number(timestamp),
    oracles,
    adopted: adopted?.sequence ?? null,
    isCandidate: adopted?.candidates.includes(underlying) ?? false,
    needed: waiting.find((each) => each.underlying === underlying)?.needed ?? 0,
    fits,
  };
}

/**
 * Expiries of the options that the board trades and that lie ahead of the report, unix seconds, ascending, and its perpetual. Throws
 * `UnknownSeries` if it trades nothing of the underlying.
 */
async function traded(
  client: Client,
  underlying: number,
  timestamp: bigint,
): Promise<{ readonly expiries: readonly number[]; readonly perpetual: string | null }> {
  const { series } = await client.call("provega_marks", {});
  const all = series
    .filter(({ status }) => status === "listed" || status === "live")
    .map((each) => ({ name: each.series, series: parseSeries(each.series) }))
    .filter((each) => each.series.underlying === underlying);
  if (all.length === 0)
    throw new CliError("UnknownSeries", `the board trades nothing on ${UNDERLYING[underlying] ?? underlying}`);
  const ahead = all.filter(({ series: { kind, expiry } }) => kind !== "perpetual" && expiry > timestamp);
  return {
    expiries: [...new Set(ahead.map((each) => Number(each.series.expiry)))].toSorted((a, b) => a - b),
    perpetual: all.find((each) => each.series.kind === "perpetual")?.name ?? null,
  };
}

/** Middle of a series' own book, 1e-8 USDC per unit, rounded down; null while it has no two sides. */
async function bookMid(client: Client, series: string): Promise<bigint | null> {
  const { bids, asks } = await client.call("provega_book", { series, depth: 1 });
  const [bid, ask] = [bids[0], asks[0]];
  return bid && ask ? ((BigInt(bid.price) + BigInt(ask.price)) * (SCALE.spot / SCALE.price)) / 2n : null;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const usd = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;

function outcomeText({ adopted, isCandidate, needed }: Publication): string {
  if (adopted === null) return `waiting: ${needed} more needed`;
  return isCandidate
    ? `journal entry ${adopted}, a candidate: too far from the marks in force, so positions may only shrink until it is confirmed`
    : `adopted, journal entry ${adopted}`;
}

export function publicationText(publication: Publication): string {
  const { underlying, quoted, timestamp, oracles, fits } = publication;
  const columns = [
    { title: "expiry", align: "left" as const },
    { title: "forward" },
    { title: "quotes" },
    { title: "inside" },
    { title: "RMSE" },
    { title: "worst", align: "left" as const },
    { title: "density" },
    { title: "calendar" },
  ];
  const rows = fits.map(({ expiry, forward, quotes, inside, rmse, worst, density, growth }) => [
    day(String(expiry)).slice(0, 10),
    usd(forward),
    String(quotes),
    percent(inside),
    rmse.toFixed(2),
    `${worst.strike}-${worst.kind === "put" ? "P" : "C"} ${signed(worst.error)}`,
    density.toFixed(3),
    growth === null ? "" : signed(growth),
  ]);
  const stamped = timestamp === quoted ? "" : `, stamped ${day(String(timestamp))}`;
  return [
    `${underlying} quotes of ${day(String(quoted))}${stamped}`,
    table(columns, rows),
    `published by oracle ${oracles.join(", ")}; ${outcomeText(publication)}`,
  ].join("\n");
}
