import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EXTRACT_COLUMNS, MONEYNESS_LIMIT } from "#market/chain.ts";
import { loadExtract } from "#market/load.ts";
import { EXPIRIES, SERIES_NAMES, SNAPSHOT_STAMPS } from "#market/series.ts";
import { EXTRACT_FILE, extract, extractLine, readSource, type SourceRow } from "#scripts/extract-market.ts";

const text = readFileSync(EXTRACT_FILE, "utf8");
const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe("market extract", () => {
  const snapshots = loadExtract();

  it("is an extract: a few hundred rows that name their source", () => {
    assert.match(text, /^# .*\n# Source: deribit_options_snapshot/);
    assert.equal(lines[0], EXTRACT_COLUMNS.join(","));
    assert.equal(lines.length - 1, snapshots.flatMap(({ quotes }) => quotes).length);
    assert.ok(lines.length > 300 && lines.length < 500, `${lines.length} rows`);
  });

  it("has the asked-for snapshots and expiries", () => {
    const stamps = snapshots.map(({ stamp }) => stamp.replace(/[-:]/g, ""));
    assert.deepEqual(stamps, SNAPSHOT_STAMPS);
    assert.ok(stamps.includes("20260204T042403Z") && stamps.includes("20260205T212937Z"));
    assert.ok(stamps.some((stamp) => stamp.startsWith("20260207")));
    const expiries = new Set(snapshots.flatMap(({ quotes }) => quotes.map(({ expiry }) => expiry)));
    assert.deepEqual([...expiries], EXPIRIES);
    assert.deepEqual(EXPIRIES, [Date.UTC(2026, 1, 27, 8) / 1000, Date.UTC(2026, 2, 27, 8) / 1000]);
  });

  it("has only two-sided quotes near the money, each once", () => {
    for (const { quotes, stamp } of snapshots) {
      assert.equal(new Set(quotes.map(({ row }) => row)).size, quotes.length);
      for (const { row, bid, ask, strike, future } of quotes) {
        assert.ok(bid > 0 && ask > bid, `${stamp} row ${row}`);
        assert.ok(Math.abs(Math.log(strike / future)) < MONEYNESS_LIMIT, `${stamp} row ${row}`);
      }
    }
  });
});

const data = process.env["PROVEGA_DATA"];
if (data) {
  describe("market extract against its source", () => {
    const folder = join(data, "options");

    it("is what the source files say, row by row", () => {
      const source = new Map<string, SourceRow>(
        SNAPSHOT_STAMPS.flatMap((stamp) =>
          readSource(folder, stamp).map((row) => [`${stamp}:${row.row}`, row] as const),
        ),
      );
      for (const line of lines.slice(1)) {
        const [snapshot = "", row = ""] = line.split(",");
        const from = source.get(`${snapshot.replace(/[-:]/g, "")}:${row}`);
        assert.ok(from, `${line} has no source`);
        assert.equal(line, extractLine(from));
        assert.ok(SERIES_NAMES.length > 0 && from.fields["currency"] === "BTC");
      }
    });

    it("is complete: extracting again gives the committed file", () => assert.equal(extract(folder), text));
  });
}
