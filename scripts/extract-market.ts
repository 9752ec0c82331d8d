/**
 * Writes market/btc-selloff-2026-02.csv, an extract of facts, from the venue's snapshot files.
 * `node scripts/extract-market.ts [FOLDER]`; without an argument the folder is `options/` in $PROVEGA_DATA.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "csv-parse/sync";
import { EXTRACT_COLUMNS, MONEYNESS_LIMIT, PARITY_LIMIT } from "#market/chain.ts";
import { SERIES_NAMES, SNAPSHOT_STAMPS } from "#market/series.ts";

export const EXTRACT_FILE = "market/btc-selloff-2026-02.csv";
const EXPIRY_CODES = ["27FEB26", "27MAR26"];
const HEADER = `# Extract of facts from six option-chain snapshots of a large venue, 4 to 7 February 2026; columns chosen and renamed by us.
# Source: deribit_options_snapshot_*.csv in znmahbub/SVCJ-Deribit-Inverse-Options-Pricer@516b0cb0. See README.md.
`;

const snapshotFile = (stamp: string): string => `deribit_options_snapshot_${stamp}.csv`;

/** A row of the source; `row` is its line in the file. */
export type SourceRow = { readonly row: number; readonly fields: Readonly<Record<string, string>> };

export function readSource(folder: string, stamp: string): SourceRow[] {
  const rows: Record<string, string>[] = parse(readFileSync(join(folder, snapshotFile(stamp)), "utf8"), {
    columns: true,
  });
  return rows.map((fields, index) => ({ row: index + 2, fields }));
}

/** The line of the extract that a source row becomes. */
export function extractLine({ row, fields }: SourceRow): string {
  const of = (column: string): string => fields[column] ?? "";
  const second = (iso: string): string => `${iso.slice(0, 19)}Z`;
  const values: Record<(typeof EXTRACT_COLUMNS)[number], string> = {
    snapshot: second(of("timestamp")),
    row: String(row),
    expiry: second(of("expiry_datetime")),
    strike: String(Number(of("strike"))),
    kind: of("option_type"),
    bid: of("bid_price"),
    ask: of("ask_price"),
    mark: of("mark_price"),
    iv: String(Math.round(Number(of("implied_volatility")) * 1e4) / 1e4),
    future: of("futures_price"),
    index: of("index_price"),
  };
  return EXTRACT_COLUMNS.map((column) => values[column]).join(",");
}

/** Two-sided, near enough, and of use: out of the money, half of a parity pair, or traded. */
export function isWanted({ fields }: SourceRow): boolean {
  const [symbol, code] = (fields["instrument_name"] ?? "").split("-");
  if (symbol !== "BTC" || !EXPIRY_CODES.includes(code ?? "")) return false;
  if (!(Number(fields["bid_price"]) > 0 && Number(fields["ask_price"]) > 0)) return false;
  const moneyness = Math.log(Number(fields["strike"]) / Number(fields["futures_price"]));
  const isCall = fields["option_type"] === "call";
  const isTraded = SERIES_NAMES.some((name) => name === fields["instrument_name"]);
  return (
    isTraded ||
    (Math.abs(moneyness) < MONEYNESS_LIMIT && isCall === moneyness >= 0) ||
    Math.abs(moneyness) < PARITY_LIMIT
  );
}

const order = (a: SourceRow, b: SourceRow): number =>
  (a.fields["expiry_datetime"] ?? "").localeCompare(b.fields["expiry_datetime"] ?? "") ||
  Number(a.fields["strike"]) - Number(b.fields["strike"]) ||
  (a.fields["option_type"] ?? "").localeCompare(b.fields["option_type"] ?? "");

/** The whole extract. */
export function extract(folder: string): string {
  const lines = SNAPSHOT_STAMPS.flatMap((stamp) =>
    readSource(folder, stamp).filter(isWanted).toSorted(order).map(extractLine),
  );
  return `${HEADER}${EXTRACT_COLUMNS.join(",")}\n${lines.join("\n")}\n`;
}

function main(): void {
  const folder = process.argv[2] ?? (process.env["PROVEGA_DATA"] && join(process.env["PROVEGA_DATA"], "options"));
  if (!folder) {
    console.error("usage: extract-market.ts FOLDER (of the snapshot files), or set PROVEGA_DATA");
    process.exit(2);
  }
  const text = extract(folder);
  writeFileSync(EXTRACT_FILE, text);
  console.error(`${EXTRACT_FILE}: ${text.split("\n").length - 4} rows`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
