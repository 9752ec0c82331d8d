/**
 * Writes market/prices/, hourly prices and funding around three crashes, from the files that they are copied from.
 * `node scripts/extract-prices.ts [FOLDER]`; without an argument the folder is $PROVEGA_DATA.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const DAY = 86_400_000;
/** Days kept before and behind the day of the crash. */
const KEPT = { before: 7, behind: 7 } as const;

type Extract = {
  readonly file: string;
  readonly from: string;
  readonly header: string;
  /** The crash. */
  readonly day: string;
  /** UTC milliseconds of a line of the source, NaN of one that is no row. */
  readonly timeOf: (line: string) => number;
};

const ofBar = (line: string): number => Number(line.split(",")[0]) * 1000;
/** The funding file's clock is three hours ahead of UTC. */
const ofFunding = (line: string): number =>
  Date.parse(`${(line.split(",")[1] ?? "").slice(0, 19).replace(" ", "T")}+03:00`);

const bars = (name: string, source: string, author: string, day: string): Extract => ({
  file: `market/prices/${name}`,
  from: `prices/${source}`,
  header: `# Hourly prices of BTC in USDT; every row is a row of ${source}.\n# Source: ${author}, MIT licence. See ../README.md.\n`,
  day,
  timeOf: ofBar,
});

export const PRICE_EXTRACTS: readonly Extract[] = [
  bars("btc-1h-2020-03.csv", "btcusdt_1h_201708_202104_MIT.csv", "nacho-b", "2020-03-12"),
  bars("btc-1h-2025-10.csv", "btcusdt_1h_202507_202602_MIT.csv", "arbitragefx", "2025-10-10"),
  bars("btc-1h-2026-02.csv", "btcusdt_1h_202507_202602_MIT.csv", "arbitragefx", "2026-02-05"),
  {
    file: "market/prices/btc-funding-2020-03.csv",
    from: "funding/BTC-USDT_binance_2020-01-01_2024-01-01_funding.csv",
    header:
      "# Funding rates of a BTC perpetual per eight hours; the clock of `Date` is three hours ahead of UTC.\n# Source: supervik, MIT licence. See ../README.md.\n",
    day: "2020-03-12",
    timeOf: ofFunding,
  },
];

/** The extract's text. */
export function extractPrices(folder: string, { from, header, day, timeOf }: Extract): string {
  const [names = "", ...rows] = readFileSync(join(folder, from), "utf8").trim().split(/\r?\n/);
  const start = Date.parse(`${day}T00:00:00Z`) - KEPT.before * DAY;
  const end = start + (KEPT.before + KEPT.behind) * DAY;
  const kept = rows.filter((line) => timeOf(line) >= start && timeOf(line) <= end);
  return `${header}${[names, ...kept].join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = process.argv[2] ?? process.env["PROVEGA_DATA"];
  if (!folder) throw new Error("which folder? Give it as argument or in PROVEGA_DATA");
  for (const extract of PRICE_EXTRACTS) writeFileSync(extract.file, extractPrices(folder, extract));
}
