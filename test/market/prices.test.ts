import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadFunding } from "#market/hourly.ts";
import { extractPrices, PRICE_EXTRACTS } from "#scripts/extract-prices.ts";

describe("hourly prices and funding", () => {
  it("name their source and licence", () => {
    for (const { file } of PRICE_EXTRACTS) assert.match(readFileSync(file, "utf8"), /^# .*\n# Source: \w.*MIT licence/);
  });

  it("have funding at whole periods of UTC, the record of 13 March 2020 in it", () => {
    const rates = loadFunding();
    assert.ok(rates.every(({ time }) => time % 28_800 === 0));
    assert.equal(rates.find(({ time }) => time === Date.parse("2020-03-13T08:00:00Z") / 1000)?.rate, -0.003);
  });
});

const data = process.env["PROVEGA_DATA"];
if (data) {
  describe("hourly prices against their sources", () => {
    it("are what extracting again gives", () => {
      for (const extract of PRICE_EXTRACTS)
        assert.equal(readFileSync(extract.file, "utf8"), extractPrices(data, extract));
    });
  });
}
