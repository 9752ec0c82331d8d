import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { hash } from "#protocol/hash.ts";
import { TAG } from "#protocol/params.ts";
import { parseSeries, type Series, seriesHash, seriesName } from "#protocol/series.ts";

const DAY = 86_400n;
const EIGHT = 28_800n;
const anySeries = fc.record(
  {
    underlying: fc.constantFrom(0, 1),
    kind: fc.constantFrom("call" as const, "put" as const),
    strike: fc.bigInt({ min: 1n, max: 99_999_999n }).map((usd) => usd * 100_000_000n),
    expiry: fc.bigInt({ min: 10_957n, max: 47_481n }).map((day) => day * DAY + EIGHT),
  },
  { noNullPrototype: true },
);

describe("series name", () => {
  it("is the venue's", () => {
    const series: Series = { underlying: 0, kind: "call", strike: 70_000n * 100_000_000n, expiry: 1_772_179_200n };
    assert.equal(seriesName(series), "BTC-27FEB26-70000-C");
    assert.deepEqual(parseSeries("BTC-27FEB26-70000-C"), series);
    assert.deepEqual(parseSeries("ETH-6MAR26-2500-P"), {
      underlying: 1,
      kind: "put",
      strike: 2_500n * 100_000_000n,
      expiry: 1_772_784_000n,
    });
  });

  it("is read back as the series", () =>
    fc.assert(fc.property(anySeries, (series) => assert.deepEqual(parseSeries(seriesName(series)), series))));

  it("is refused when it is none", () => {
    for (const name of [
      "",
      "BTC",
      "BTC-27FEB26-70000",
      "BTC-27FEB26-70000-X",
      "DOGE-27FEB26-70000-C",
      "BTC-27FEV26-70000-C",
      "BTC-27FEB26-0-C",
      "btc-27FEB26-70000-C",
      "BTC-27FEB26-7e4-C",
      "BTC-27FEB26-70000-C ",
      "BTC-27FEB26-999999999-C",
      "BTC-27FEB2026-70000-C",
      "BTC-31FEB26-70000-C",
      "BTC-0FEB26-70000-C",
      "BTC-07FEB26-70000-C",
      "BTC-7FEB26-070000-C",
    ]) {
      assert.throws(
        () => parseSeries(name),
        (error) => error instanceof ProtocolError && error.code === "UnknownSeries",
        `"${name}" is taken for a series`,
      );
    }
  });
});

describe("seriesHash", () => {
  it("is the hash of its four fields, remembered or not", () => {
    const series = parseSeries("BTC-27FEB26-70000-P");
    const expected = hash(TAG.series, [0n, 1n, series.strike, series.expiry]);
    assert.equal(seriesHash(series), expected);
    assert.equal(seriesHash(series), expected);
    assert.equal(seriesHash({ ...series }), expected);
  });

  it("tells strike, expiry, kind and underlying apart (attack 42)", () => {
    const series = parseSeries("BTC-27FEB26-70000-P");
    const others: readonly Series[] = [
      { ...series, underlying: 1 },
      { ...series, kind: "call" },
      { ...series, kind: "perpetual" },
      { ...series, strike: series.strike / 10n },
      { ...series, expiry: series.expiry + 1n },
      { ...series, strike: series.expiry, expiry: series.strike },
    ];
    assert.equal(new Set([series, ...others].map(seriesHash)).size, others.length + 1);
  });
});
