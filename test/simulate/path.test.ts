import assert from "node:assert/strict";
import { HOUR, loadFunding, loadPrices, parsePrices } from "#market/hourly.ts";
import { fundingRate, perpetualMark } from "#protocol/funding.ts";
import { isNonNegative, packSurface } from "#protocol/svi.ts";
import { spotSum } from "#simulate/expiries.ts";
import { DAY, HISTORY, pathOf, windowOf } from "#simulate/path.ts";
import { sviOf, volOf } from "#simulate/surface.ts";

const CRASHES = ["2020-03-12", "2025-10-10", "2026-02-05"] as const;
const pathAround = (date: string, days = 6) => {
  const window = windowOf(date, days);
  return pathOf(loadPrices(window.from - HISTORY, window.to), loadFunding(), window);
};

describe("path of a simulation", () => {
  it("has every hour of the days around each crash, at the recorded price", () => {
    for (const date of CRASHES) {
      const path = pathAround(date);
      assert.equal(path.length, 6 * 24 + 1);
      assert.ok(path.every(({ time }, at) => at === 0 || time - (path[at - 1]?.time ?? 0) === HOUR));
      const prices = new Map(
        loadPrices(path[0]?.time ?? 0, path.at(-1)?.time ?? 0).map(({ time, close }) => [time, close]),
      );
      assert.ok(path.every(({ time, spot }) => prices.get(time) === spot));
    }
  });

  it("falls by half on 12 March 2020, and volatility rises with it", () => {
    const path = pathAround("2020-03-12");
    const at = (iso: string) => {
      const hour = path.find(({ time }) => time === Date.parse(iso) / 1000);
      assert.ok(hour);
      return hour;
    };
    const [before, after] = [at("2020-03-12T10:00:00Z"), at("2020-03-13T02:00:00Z")];
    assert.ok(after.spot < before.spot * 0.6);
    assert.ok(after.vol.short > 2 * before.vol.short);
    assert.ok(after.vol.long < after.vol.short);
  });

  it("makes longs pay what they really paid where that is known", () => {
    // 13 March 2020, 08:00 UTC: shorts paid 0.3 % for eight hours.
    const hour = pathAround("2020-03-12").find(({ time }) => time === Date.parse("2020-03-13T07:00:00Z") / 1000);
    assert.ok(hour);
    const spot = BigInt(Math.round(hour.spot * 1e8));
    const mid = BigInt(Math.round(hour.spot * (1 + hour.premium) * 1e8));
    const rate = fundingRate(spot, perpetualMark(spot, mid), 5_000n);
    assert.ok(Math.abs(Number(rate) / Number(spot) + 0.003) < 2e-6, `${rate} of ${spot}`);
  });

  it("names the days that it has no prices for", () => {
    assert.throws(() => pathAround("2021-05-19"), { code: "PricesMissing" });
    const prices = parsePrices("ts_unix,close\n0,100\n3600,101\n");
    assert.throws(() => pathOf(prices, [], { from: 0, to: DAY }), { code: "PricesMissing" });
  });

  it("refuses what is no file of hourly bars", () => {
    for (const text of ["", "a,b\n1,2\n", "ts_unix,close\n0,0\n", "ts_unix,close\n3600,1\n0,1\n", "x\n1,2,3\n"])
      assert.throws(() => parsePrices(text), { code: "BadPrices" });
  });

  it("keeps the last price while a venue was down", () => {
    const prices = parsePrices("ts_unix,close\n0,100\n3600,101\n10800,104\n");
    const path = pathOf(prices, [], { from: 3_600, to: 14_400 });
    assert.deepEqual(
      path.map(({ spot }) => spot),
      [100, 101, 101, 104],
    );
  });

  it("adds spot up in straight lines", () => {
    const path = pathOf(parsePrices("ts_unix,close\n0,100\n3600,200\n7200,200\n"), [], { from: 3_600, to: 10_800 });
    assert.equal(spotSum(path, 7_200), 150n * 3_600n * 100_000_000n);
    assert.equal(spotSum(path, 5_400), 125n * 1_800n * 100_000_000n);
    assert.equal(spotSum(path, 9_000) - spotSum(path, 7_200), 200n * 1_800n * 100_000_000n);
  });
});

describe("surface of a simulation", () => {
  it("fits a report and has no negative variance, from an hour to two years ahead, calm or wild", () => {
    for (const short of [0.3, 0.8, 2.5])
      for (const seconds of [3_600, DAY, 30 * DAY, 720 * DAY]) {
        const svi = sviOf({ vol: { short, long: 0.7 } }, seconds);
        packSurface(svi);
        assert.ok(isNonNegative(svi), `${short} over ${seconds} s`);
      }
  });

  it("moves from the short to the long volatility", () => {
    const hour = { vol: { short: 2, long: 0.7 } };
    assert.ok(Math.abs(volOf(hour, 3_600) - 2) < 0.01);
    assert.ok(volOf(hour, 14 * DAY) < 1.7);
    assert.ok(volOf(hour, 700 * DAY) < 0.8);
  });
});
