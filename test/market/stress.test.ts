import assert from "node:assert/strict";
import { loadExtract } from "#market/load.ts";
import { oracleReports } from "#market/oracles.ts";
import { SERIES } from "#market/series.ts";
import { liquidationDistances, movedMarks } from "#market/stress.ts";
import { DEVNET_CAP, devnetParameters, genesisState } from "#protocol/genesis.ts";
import { riskOf } from "#protocol/margin.ts";
import { applyMarks } from "#protocol/marks-step.ts";
import { PROFILE, SCALE } from "#protocol/params.ts";
import { signReport } from "#protocol/report.ts";
import { publicKey } from "#protocol/signature.ts";

const secrets = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const profile = PROFILE.devnet;
const parameters = devnetParameters(PROFILE.devnet, secrets.map(publicKey));
const [first] = loadExtract();
const holding = (cash: bigint, sizes: Readonly<Record<number, bigint>>) => ({
  cash: cash * SCALE.cash,
  sizes: SERIES.map((_, slot) => sizes[slot] ?? 0n),
});

describe("liquidation distance", () => {
  assert.ok(first);
  const reports = oracleReports(first).slice(0, 3);
  const [report] = reports;
  assert.ok(report);

  it("prices an unmoved market as the marks step does", () => {
    const state = genesisState({ profile: "devnet", series: SERIES, cap: DEVNET_CAP, parameters }, 0n);
    const signed = reports.map((each, at) => signReport(profile, 0n, each, secrets[at] ?? assert.fail()));
    const step = { kind: "marks", timestamp: report.timestamp, reports: [signed] } as const;
    const { marks } = applyMarks(state, step).state;
    assert.deepEqual(movedMarks(profile, SERIES, reports, 0), marks);
  });

  it("finds the move at which maintenance is breached, on the side that hurts", () => {
    const shortPut = holding(30_000n, { 1: -20_000n });
    const shortCall = holding(30_000n, { 3: -20_000n });
    const [put, call, flat, broke] = liquidationDistances(profile, parameters, SERIES, reports, [
      shortPut,
      shortCall,
      holding(1n, {}),
      holding(100n, { 1: -20_000n }),
    ]);
    assert.ok(put?.down && put.up === null, JSON.stringify(put));
    assert.ok(call?.up && call.down === null, JSON.stringify(call));
    assert.deepEqual(flat, { down: null, up: null });
    assert.deepEqual(broke, { down: 0, up: 0 });
    const breached = (move: number): boolean => {
      const { equity, maintenance } = riskOf(profile, movedMarks(profile, SERIES, reports, move), parameters, shortPut);
      return equity * SCALE.marginPerEquity < maintenance;
    };
    assert.ok(breached(-put.down) && !breached(5 - put.down));
  });
});
