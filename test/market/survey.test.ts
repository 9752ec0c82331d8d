import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coinToUsd, ofExpiry, type Quote, type Snapshot, yearsTo } from "#market/chain.ts";
import type { MarketError } from "#market/errors.ts";
import { black76, impliedVol } from "#market/implied-vol.ts";
import { loadExtract } from "#market/load.ts";
import { EXPIRIES } from "#market/series.ts";
import { survey } from "#market/survey.ts";
import { type Svi, sviVariance } from "#market/svi-fit.ts";
import { parseChains } from "#market/venue-chain.ts";
import { PROFILE } from "#protocol/params.ts";
import { checkReport } from "#protocol/report.ts";

const [NEAR = 0, FAR = 0] = EXPIRIES;
const TIME = Date.UTC(2026, 1, 4) / 1000;
const FORWARD = 70_000;

/** Two-sided quotes of both kinds around a surface, priced by it. */
function quotesOf(expiry: number, svi: Svi, width = 0.01): Quote[] {
  return Array.from({ length: 25 }, (_, at) => 52_000 + 1_500 * at).flatMap((strike) =>
    (["call", "put"] as const).map((kind): Quote => {
      const coin = black76(kind, FORWARD, strike, sviVariance(svi, Math.log(strike / FORWARD))) / FORWARD;
      const sides = { bid: coin * (1 - width), ask: coin * (1 + width), mark: coin };
      return { row: strike, expiry, strike, kind, ...sides, iv: 0, future: FORWARD, index: FORWARD };
    }),
  );
}
const SMILE: Svi = { a: 0.01, b: 0.12, rho: -0.2, m: 0.02, sigma: 0.15 };
const LATER: Svi = { ...SMILE, a: 0.02, b: 0.15 };
const snapshotOf = (...quotes: readonly Quote[][]): Snapshot => ({ stamp: "x", time: TIME, quotes: quotes.flat() });
const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as MarketError).code;
  }
};

describe("an oracle's survey of a snapshot", () => {
  it("recovers a surface from its own prices, with next to no error", () => {
    const { report, fits } = survey(snapshotOf(quotesOf(NEAR, SMILE), quotesOf(FAR, LATER)), 0, EXPIRIES);
    assert.deepEqual(
      report.expiries.map(({ expiry }) => Number(expiry)),
      EXPIRIES,
    );
    assert.equal(report.timestamp, BigInt(TIME));
    for (const { rmse, worst, inside, forward, density } of fits) {
      assert.ok(rmse < 0.05 && Math.abs(worst.error) >= rmse && inside === 1 && density > 0);
      assert.ok(Math.abs(forward / FORWARD - 1) < 1e-3);
    }
    assert.equal(fits[0]?.growth, null);
    assert.ok((fits[1]?.growth ?? 0) > 0);
  });

  it("measures its error in volatility points of the middle, at the strike that fits worst", () => {
    const quotes = quotesOf(NEAR, SMILE);
    const odd = quotes.find(({ strike, kind }) => strike === 80_500 && kind === "call") ?? assert.fail();
    const spoilt = quotes.with(quotes.indexOf(odd), { ...odd, bid: odd.bid * 1.1, ask: odd.ask * 1.1 });
    const [fit = assert.fail()] = survey(snapshotOf(spoilt), 0, [NEAR]).fits;
    assert.deepEqual([fit.worst.strike, fit.worst.kind], [80_500, "call"]);
    const vol = (price: number) =>
      impliedVol("call", fit.forward, 80_500, coinToUsd(price, fit.forward), yearsTo(NEAR, TIME));
    const moved = 100 * ((vol((odd.bid + odd.ask) / 2) ?? 0) - (vol(1.1 * ((odd.bid + odd.ask) / 2)) ?? 0));
    assert.ok(fit.worst.error < 0.6 * moved && fit.worst.error > 1.2 * moved, `${fit.worst.error} of ${moved}`);
    assert.ok(fit.inside < 1);
  });

  it("refuses by name what makes no surface", () => {
    const quotes = quotesOf(NEAR, SMILE);
    const puts = quotes.filter(({ kind }) => kind === "put");
    assert.equal(
      codeOf(() => survey(snapshotOf(quotes), 0, EXPIRIES)),
      "ExpiryMissing",
    );
    assert.equal(
      codeOf(() => survey(snapshotOf(puts), 0, [NEAR])),
      "TooFewQuotes",
    );
    const few = quotes.filter(({ strike }) => strike >= 68_500 && strike <= 71_500);
    assert.equal(
      codeOf(() => survey(snapshotOf(few), 0, [NEAR])),
      "TooFewQuotes",
    );
    assert.equal(
      codeOf(() => survey(snapshotOf(quotesOf(NEAR, LATER), quotesOf(FAR, SMILE)), 0, EXPIRIES)),
      "CalendarArbitrage",
    );
    // Near expiry a kink of such a slope has a density below zero at its shoulders.
    const kinked: Svi = { a: 0.0005, b: 0.25, rho: -0.5, m: 0, sigma: 0.012 };
    assert.equal(
      codeOf(() => survey(snapshotOf(quotesOf(NEAR, kinked, 0.002)), 0, [NEAR])),
      "ButterflyArbitrage",
    );
  });

  it("accepts every snapshot of the extract, inside the protocol's ranges", () => {
    for (const snapshot of loadExtract()) {
      const { report, fits } = survey(snapshot, 0, EXPIRIES);
      checkReport(PROFILE.devnet, report);
      for (const { rmse, inside, quotes } of fits) assert.ok(rmse < 0.7 && inside > 0.9 && quotes >= 20);
    }
  });
});

describe("option chains of a file", () => {
  const HEADER =
    "timestamp,instrument_name,underlying,option_type,strike,expiry_datetime,bid_price,ask_price,mark_price,futures_price,implied_volatility,index_price";
  const row = (name: string, sides: string, time = "2026-02-04T04:24:03.263823+00:00") =>
    `${time},${name},1,put,65000.0,2026-02-27T08:00:00+00:00,${sides},0.029,77341.96,0.5076,76575.31`;

  it("reads the venue's snapshots: two-sided quotes of one symbol", () => {
    const text = [
      HEADER,
      row("BTC-27FEB26-65000-P", "0.0285,0.0295"),
      row("BTC-27FEB26-66000-P", ",0.0295"),
      row("BTC-27FEB26-67000-P", "0,0.0295"),
      row("ETH-27FEB26-65000-P", "0.01,0.02", "2026-02-04T04:25:33.1+00:00"),
    ].join("\n");
    const [snapshot, ...others] = parseChains(text, "BTC");
    assert.equal(others.length, 0);
    assert.deepEqual([snapshot?.stamp, snapshot?.time], ["2026-02-04T04:24:03Z", 1_770_179_043]);
    assert.deepEqual(snapshot?.quotes, [
      {
        row: 2,
        expiry: 1_772_179_200,
        strike: 65_000,
        kind: "put",
        bid: 0.0285,
        ask: 0.0295,
        mark: 0.029,
        iv: 0.5076,
        future: 77_341.96,
        index: 76_575.31,
      },
    ]);
    assert.equal(parseChains(text, "ETH")[0]?.time, 1_770_179_133);
  });

  it("reads the extract, oldest first", () => {
    const text = readFileSync(new URL("../../market/btc-selloff-2026-02.csv", import.meta.url), "utf8");
    assert.deepEqual(parseChains(text, "BTC"), loadExtract());
  });

  it("refuses by name what is neither", () => {
    for (const text of [
      "",
      "a,b\n1,2",
      HEADER,
      [HEADER, row("BTC-27FEB26-65000-P", "0.0285,0.0295").replace("put", "straddle")].join("\n"),
      [HEADER, row("BTC-27FEB26-65000-P", "0.0285,0.0295").replace("77341.96", "dear")].join("\n"),
      [HEADER, row("BTC-27FEB26-65000-P", "0.0285,0.0295", "yesterday")].join("\n"),
      [HEADER, "1,2"].join("\n"),
    ])
      assert.equal(
        codeOf(() => parseChains(text, "BTC")),
        "BadQuotes",
        text,
      );
    const extract = readFileSync(new URL("../../market/btc-selloff-2026-02.csv", import.meta.url), "utf8");
    assert.equal(
      codeOf(() => parseChains(extract, "ETH")),
      "BadQuotes",
    );
  });

  const folder = process.env["PROVEGA_DATA"];
  if (folder)
    it("fits the venue's own files of either symbol", () => {
      const text = readFileSync(join(folder, "options", "deribit_options_snapshot_20260205T093647Z.csv"), "utf8");
      for (const [underlying, symbol] of ["BTC", "ETH"].entries()) {
        const [snapshot = assert.fail()] = parseChains(text, symbol);
        assert.ok(ofExpiry(snapshot, NEAR).length > 30);
        const { fits } = survey(snapshot, underlying, EXPIRIES);
        for (const { rmse, inside } of fits) assert.ok(rmse < 0.3 && inside > 0.9, `${symbol} ${rmse} ${inside}`);
      }
    });
});
