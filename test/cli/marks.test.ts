import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadExtract } from "#market/load.ts";
import { reportOf, surfaceOf } from "#market/quotes.ts";
import { SERIES, SERIES_NAMES } from "#market/series.ts";
import { smilesOf } from "#market/smile.ts";
import { DEVNET_CAP, devnetParameters, genesisState } from "#protocol/genesis.ts";
import { applyMarks } from "#protocol/marks-step.ts";
import { PROFILE } from "#protocol/params.ts";
import { type Report, signReport } from "#protocol/report.ts";
import { publicKey } from "#protocol/signature.ts";
import { wireReport } from "#rollup-node/client.ts";
import type { MarksView, StepDetail } from "#rollup-node/wire.ts";
import { cli, scratch } from "./support.ts";

const SECRETS = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const [snapshot = assert.fail("the extract is empty")] = loadExtract();
const REPORT = reportOf(surfaceOf(snapshot));
const names = new Map<number, string>(SERIES_NAMES.map((name, slot) => [slot, name]));

const FRACTION = 2 ** 40;
/** The report with every total variance higher by so much: another oracle's opinion. */
const shifted = (report: Report, by: number): Report => ({
  ...report,
  expiries: report.expiries.map((each) => ({
    ...each,
    svi: { ...each.svi, a: each.svi.a + BigInt(Math.round(by * FRACTION)) },
  })),
});
/** A marks step as the node serves it: three oracles, two of them a little off to either side. */
function detailOf(report: Report): Pick<StepDetail, "number" | "kind" | "words" | "reports"> {
  const parameters = devnetParameters(PROFILE.devnet, SECRETS.map(publicKey));
  const state = genesisState({ profile: "devnet", series: SERIES, cap: DEVNET_CAP, parameters }, 0n);
  const signed = SECRETS.map((secret, at) => signReport(PROFILE.devnet, 0n, shifted(report, (at - 1) * 1e-4), secret));
  const { words } = applyMarks(state, { kind: "marks", timestamp: report.timestamp, reports: [signed] });
  return { number: 1, kind: "marks", words: words.map(String), reports: [signed.map(wireReport)] };
}
const board = {
  underlyings: [],
  expiries: [],
  series: SERIES_NAMES.map((series, slot) => ({ series, slot })),
} as unknown as MarksView;
const answers = (detail: object) => ({ provega_step: detail as StepDetail, provega_marks: board });

describe("smilesOf", () => {
  const detail = detailOf(REPORT);

  it("puts proved marks on the surface they come from, and that between bid and ask", () => {
    const { smiles, time } = smilesOf(detail, names, loadExtract());
    assert.equal(time, snapshot.time);
    assert.equal(smiles.length, 2);
    assert.deepEqual(
      smiles.map(({ marks }) => marks.length),
      [4, 3],
    );
    for (const { marks, curve, reported, market, days } of smiles) {
      assert.equal(reported.length, 3);
      assert.ok(market.length > 20 && days > 20);
      // The second oracle stands in the middle at every strike.
      assert.deepEqual(curve, reported[1]);
      for (const { strike, vol } of marks) {
        const nearest = curve.toSorted((a, b) => Math.abs(a.strike - strike) - Math.abs(b.strike - strike))[0];
        assert.ok(nearest && Math.abs(nearest.vol - vol) < 0.005, `${strike}: ${vol}`);
      }
      for (const { bid, ask } of market) assert.ok(bid > 0 && bid <= ask);
      assert.ok(Math.min(...curve.map(({ strike }) => strike)) < Math.min(...market.map(({ strike }) => strike)));
    }
  });

  it("does without a market of that second, without reports, and without a volatility for intrinsic values", () => {
    const [smile] = smilesOf({ ...detail, reports: null }, names, loadExtract().slice(1)).smiles;
    assert.deepEqual([smile?.market, smile?.curve, smile?.reported, smile?.marks.length], [[], [], [], 4]);
    const wild = {
      ...REPORT,
      expiries: REPORT.expiries.map((each) => ({ ...each, svi: { ...each.svi, a: 1n << 45n } })),
    };
    assert.deepEqual(
      smilesOf(detailOf(wild), names, []).smiles.map(({ marks }) => marks),
      [[], []],
    );
  });
});

describe("provega marks plot", () => {
  const plot = (detail: object, path: string) =>
    cli(["marks", "plot", "--step", "1", "-o", path, "--json"], answers(detail));

  it("writes a picture with a panel per expiry, axes with units, a legend and every mark", async () => {
    const path = scratch();
    const { code, stdout, stderr, calls } = await plot(detailOf(REPORT), path);
    assert.equal(code, 0, stderr);
    assert.deepEqual(calls[0]?.params, { number: 1 });
    const { quotes, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, { step: 1, time: snapshot.time, expiries: 2, marks: 7, output: path });
    assert.ok(quotes > 50);
    const svg = readFileSync(path, "utf8");
    assert.match(svg, /^<svg .*<\/svg>$/s);
    for (const text of [
      "Implied volatility of BTC options at step 1",
      `prices of ${snapshot.stamp.replace("T", " ").replace("Z", " UTC")}`,
      "BTC, 2026-02-27, 23 days",
      "BTC, 2026-03-27, 51 days",
      "strike (USDC)",
      "implied volatility (per year)",
      "market, bid to ask",
      "surface of one oracle (SVI)",
      "median of the signed reports",
      "proved mark",
      "60000-P",
      "85000-C",
    ])
      assert.ok(svg.includes(`>${text}<`), text);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
    const human = await cli(["marks", "plot", "--step", "1", "-o", path], answers(detailOf(REPORT)));
    assert.match(human.stdout, /proved marks +7\nmarket quotes +\d+/);
  });

  it("leaves out of the legend what the step does not have", async () => {
    const path = scratch();
    const later = { ...REPORT, timestamp: REPORT.timestamp + 1n };
    const { stdout } = await plot(detailOf(later), path);
    assert.equal(JSON.parse(stdout).quotes, 0);
    const svg = readFileSync(path, "utf8");
    assert.ok(!svg.includes("market, bid to ask") && svg.includes("proved mark"));
  });

  it("refuses by name what it cannot draw", async () => {
    const trade = await plot({ ...detailOf(REPORT), kind: "trade" }, scratch());
    assert.equal(trade.code, 1);
    assert.match(trade.stderr, /WrongStep/);
    const unknown = await cli(["marks", "plot", "--step", "9", "-o", scratch()], {
      provega_step: Object.assign(new Error("no step 9; the newest is 3"), { code: "UnknownStep" }),
    });
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /UnknownStep: no step 9/);
    assert.equal((await cli(["marks", "plot", "--step", "one", "-o", scratch()])).code, 2);
    assert.equal((await cli(["marks", "plot", "--step", "1"])).code, 2);
    const nowhere = await plot(detailOf(REPORT), "/nonexistent/folder/smile.svg");
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /ENOENT/);
  });
});
