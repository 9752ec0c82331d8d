import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { black76 } from "#market/implied-vol.ts";
import { replayTape } from "#market/replay.ts";
import { parseTape, tapeBasis, tapeEvents, tapeSeries } from "#market/tape.ts";
import { MARKET } from "#protocol/params.ts";
import { parseSeries } from "#protocol/series.ts";
import { isCrossed } from "#rollup-node/engine/book.ts";

const HEADER =
  '"q","p","s","t","d","trade_seq","trade_id","tick_direction","iv","instrument_name","index_price","direction"';
const row = (
  id: string,
  ms: number,
  name: string,
  p: number,
  q: number,
  iv: number,
  side: string,
  index = 46_200,
): string => `"${q}","${p}","TRADE","${ms}","2022-01-01","1","${id}","0","${iv}","${name}","${index}","${side}"`;
const T0 = Date.UTC(2022, 0, 1, 7, 50);
/** Index over which the sample's forwards lie. */
const BASIS = 1.001;
/** Coin price at which `iv` is the volatility. */
const coin = (name: string, ms: number, iv: number, index: number): number => {
  const { kind, strike, expiry } = parseSeries(name);
  const forward = index * BASIS;
  const years = (Number(expiry) - Math.floor(ms / 1000)) / 31_536_000;
  return black76(kind === "put" ? "put" : "call", forward, Number(strike) / 1e8, (iv / 100) ** 2 * years) / forward;
};
const at = (id: string, ms: number, name: string, q: number, iv: number, side: string, index = 46_200): string =>
  row(id, ms, name, iv > 0 ? coin(name, ms, iv, index) : 0.005, q, iv, side, index);
const SAMPLE = [
  HEADER,
  at("12", T0 + 2_000, "BTC-2JAN22-47000-P", 0.1, 61, "sell"),
  at("11", T0 + 2_000, "BTC-2JAN22-48000-C", 2.5, 60, "buy"),
  at("10", T0, "BTC-1JAN22-46000-C", 1, 40, "buy"),
  at("11", T0 + 2_000, "BTC-2JAN22-48000-C", 2.5, 60, "buy"),
  at("13", T0 + 599_000, "BTC-1JAN22-46000-C", 0.7, 0, "sell"),
  at("14", T0 + 1_200_000, "BTC-2JAN22-48000-C", 2.5, 62, "sell", 46_000),
  "",
].join("\n");

describe("tick tape", () => {
  const trades = parseTape(SAMPLE);

  it("drops copies by trade id and sorts by time, then by id", () => {
    assert.deepEqual(
      trades.map(({ id }) => id),
      ["10", "11", "12", "13", "14"],
    );
    assert.deepEqual(trades[1], {
      id: "11",
      time: T0 / 1000 + 2,
      name: "BTC-2JAN22-48000-C",
      series: tapeSeries(trades)[1],
      coinPrice: coin("BTC-2JAN22-48000-C", T0 + 2_000, 60, 46_200),
      size: 25_000n,
      side: "buy",
      vol: 0.6,
      index: 46_200,
    });
    assert.equal(trades[3]?.vol, null);
    assert.throws(() => parseTape(SAMPLE.replaceAll('"buy"', '"hold"')), /lacks a series or a direction/);
  });

  it("implies each expiry's forward from price and volatility", () => {
    for (const basis of tapeBasis(trades).values()) assert.ok(Math.abs(basis - BASIS) < 1e-9, String(basis));
  });

  it("prices from the trades' own volatility, and in ticks", () => {
    const events = [...tapeEvents(trades)];
    const tables = events.filter((event) => event.act === "marks");
    const matches = events.filter((event) => event.act === "match");
    assert.deepEqual(
      events.map(({ act }) => act),
      ["marks", "match", "match", "match", "match", "marks", "match"],
    );
    // The second table stands after the expiry of 1 January: that variance stays, 2 January's is of the newest volatility.
    const [first, second] = tables;
    assert.ok(first && second);
    assert.equal(first.variances[0], second.variances[0]);
    const left = (Date.UTC(2022, 0, 2, 8) / 1000 - (T0 / 1000 + 1200)) / 31_536_000;
    assert.ok(Math.abs(Number(second.variances[1]) / 2 ** 40 - 0.6 ** 2 * left) < 1e-9);
    for (const { price } of matches) assert.ok(price > 0n && price % MARKET.tick === 0n);
    const usd = (trades[4]?.coinPrice ?? 0) * 46_000 * BASIS;
    assert.ok(Math.abs(Number(matches[4]?.price) / 100 - usd) <= 0.5, "to the nearest tick");
  });

  it("makes every trade in the engine, with cash and positions conserved", () => {
    const result = replayTape(trades);
    assert.equal(result.trades, 5);
    assert.deepEqual(result.refusals, {});
    assert.ok(result.isConserved);
    assert.equal(
      result.lots,
      trades.reduce((sum, { size }) => sum + size, 0n),
    );
    assert.equal(result.tables, 2);
    assert.ok(result.state.books.every((book) => !isCrossed(book)));
  });
});

const data = process.env["PROVEGA_DATA"];
if (data) {
  describe("tick tape of 1 January 2022", () => {
    it("has 1,350 distinct trades of 171 series, and the engine makes them all", () => {
      const trades = parseTape(readFileSync(join(data, "options", "deribit_btc_option_trades_20220101.csv"), "utf8"));
      const result = replayTape(trades);
      assert.deepEqual([trades.length, result.trades, result.orders, result.series], [1350, 1350, 2700, 171]);
      assert.deepEqual(result.refusals, {});
      assert.ok(result.isConserved);
    });
  });
}
