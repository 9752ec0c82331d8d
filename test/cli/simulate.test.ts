import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError } from "#protocol/errors.ts";
import { cli } from "./support.ts";

const SMALL = ["--accounts", "14", "--days", "1"] as const;
const folder = mkdtempSync(join(tmpdir(), "provega-simulate-"));

describe("provega simulate", function () {
  this.timeout(120_000);
  this.slow(20_000);

  it("plays a crash, draws it, and ends with one line of JSON", async () => {
    const plot = join(folder, "crash.svg");
    const { code, stdout, stderr } = await cli(["simulate", ...SMALL, "--plot", plot, "--json"]);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, number>;
    for (const field of ["steps", "liquidations", "badDebt", "insuranceFund", "violations"])
      assert.equal(typeof result[field], "number", field);
    assert.equal(result["violations"], 0);
    assert.equal(result["hours"], 25);
    const svg = readFileSync(plot, "utf8");
    for (const words of ["price of BTC", "equity of each group", "insurance fund", "accounts liquidated", "bad debt"])
      assert.ok(svg.includes(words), words);
    assert.ok(!svg.includes("NaN"));
  });

  it("prints facts for people", async () => {
    const { code, stdout } = await cli(["simulate", ...SMALL, "--around", "2025-10-10", "--seed", "4"]);
    assert.equal(code, 0);
    assert.match(stdout, /^insurance fund +1,4\d\d\.\d\d USDC$/m);
    assert.match(stdout, /^violations +0$/m);
  });

  it("takes other prices", async () => {
    const prices = join(folder, "prices.csv");
    const start = Date.parse("2021-05-18T00:00:00Z") / 1000;
    const rows = Array.from({ length: 60 }, (_, hour) => `${start + 3_600 * hour},${40_000 - 100 * hour}`);
    writeFileSync(prices, `ts_unix,close\n${rows.join("\n")}\n`);
    const { code, stdout, stderr } = await cli([
      "simulate",
      ...SMALL,
      "--around",
      "2021-05-19",
      "--prices",
      prices,
      "--json",
    ]);
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { price: { first: number } }).price.first, 40_000 - 100 * 23);
  });

  it("says what is wrong, and what would be right", async () => {
    const refused = async (...args: readonly string[]) => {
      const { code, stderr } = await cli(["simulate", ...args]);
      return [code, /provega: (\w+)/.exec(stderr)?.[1]];
    };
    assert.deepEqual(await refused("--around", "12 March"), [2, "Usage"]);
    assert.deepEqual(await refused("--accounts", "3"), [2, "Usage"]);
    assert.deepEqual(await refused("--days", "x"), [2, "Usage"]);
    assert.deepEqual(await refused("--around", "2021-05-19"), [1, "PricesMissing"]);
    assert.deepEqual(await refused("--prices", join(folder, "none.csv")), [1, "FileMissing"]);
    writeFileSync(join(folder, "bad.csv"), "a,b\n1,2\n");
    for (const file of ["--prices", "--funding"])
      assert.deepEqual(await refused(file, join(folder, "bad.csv")), [1, "BadPrices"]);
  });

  it("names the missing keys before it plays anything", async () => {
    const openProver = async () => {
      throw new CodedError("ArtifactMissing", "there are no keys of trade-devnet");
    };
    const { code, stderr } = await cli(["simulate", ...SMALL, "--prove-every", "10"], {}, { openProver });
    assert.equal(code, 1);
    assert.match(stderr, /ArtifactMissing.*\n.*provega setup/);
    assert.doesNotMatch(stderr, /simulating/);
  });
});
