import assert from "node:assert/strict";
import { loadExtract } from "#market/load.ts";
import { oracleReports } from "#market/oracles.ts";
import { PROFILE } from "#protocol/params.ts";
import { checkReport } from "#protocol/report.ts";

describe("the demonstration's oracles", () => {
  const [snapshot] = loadExtract();
  assert.ok(snapshot);
  const reports = oracleReports(snapshot);

  it("are as many as the set has, agree on the time, the expiries and nearly on the forwards, and differ in their surfaces", () => {
    assert.equal(reports.length, PROFILE.devnet.oracles);
    const [first = assert.fail()] = reports;
    for (const report of reports) {
      checkReport(PROFILE.devnet, report);
      assert.equal(report.timestamp, BigInt(snapshot.time));
      assert.deepEqual(
        report.expiries.map(({ expiry }) => expiry),
        first.expiries.map(({ expiry }) => expiry),
      );
      for (const [at, { forward }] of report.expiries.entries())
        assert.ok(Math.abs(Number(forward) / Number(first.expiries[at]?.forward) - 1) < 0.002);
    }
    assert.equal(new Set(reports.map(({ expiries: [near] }) => near?.svi.b)).size, reports.length);
  });

  it("say the same when asked again", () => {
    assert.equal(oracleReports(snapshot), reports);
  });
});
