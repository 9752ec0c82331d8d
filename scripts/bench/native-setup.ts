/**
 * Keys by the native core: of circuits with 2^17 and 2^20 rows on the dev path, and the parts of a ceremony.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { curves } from "snarkjs";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { snarkjsTools } from "#prover/setup/ceremony-tools.ts";
import { deriveDevKeys } from "#prover/setup/dev-key.ts";
import { nativeTools } from "#prover/setup/native.ts";
import { bigCircuit } from "./big-circuit.ts";
import type { Row } from "./report.ts";

/** log2 of rows, and the seconds that its dev key may take. */
const DEV_KEYS = [
  [17, 15],
  [20, 120],
] as const;
/** Of the ceremony: small, for snarkjs needs minutes. */
const CEREMONY_POWER = 12;
const RUNS = 5;

/** Seconds, the median of `RUNS`. */
async function seconds(work: () => Promise<unknown>, runs = RUNS): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / 1_000);
  }
  return Number(times.toSorted((a, b) => a - b)[runs >> 1]?.toFixed(2));
}

async function devKeyRows(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [power, most] of DEV_KEYS) {
    const { r1cs, constraints } = await bigCircuit(power);
    const value = await seconds(() => deriveDevKeys([{ r1cs, zkey: join(folder, "dev.zkey") }]));
    const what = `dev set-up of 2^${power} rows, ${constraints.nonLinear.toLocaleString("en-US")} constraints, s`;
    rows.push({ what, value, target: `below ${most}`, ok: value < most });
  }
  return rows;
}

async function ceremonyRows(core: NativeCore, folder: string): Promise<Row[]> {
  const { r1cs } = await bigCircuit(CEREMONY_POWER);
  const file = (name: string) => join(folder, name);
  const silent = () => {};
  const seed = new Uint8Array(32).fill(1);
  const none = new Uint8Array();
  await core.beginPowers(CEREMONY_POWER, file("begun.ptau"));
  const contribute = () => core.contributeToPowers(file("begun.ptau"), file("powers.ptau"), seed, none, none, 0);
  const rows: Row[] = [
    { what: `powers of tau to 2^${CEREMONY_POWER}, contribution, s`, value: await seconds(contribute) },
  ];
  for (const [name, tools] of [["native", nativeTools(core)] as const, ["snarkjs", snarkjsTools] as const]) {
    const row = async (step: string, work: () => Promise<unknown>): Promise<void> => {
      const what = `ceremony of 2^${CEREMONY_POWER} rows, ${step}, ${name}, s`;
      rows.push({ what, value: await seconds(work, name === "native" ? RUNS : 1) });
    };
    await row("preparing powers", () => tools.prepare(file("powers.ptau"), file("prepared.ptau"), silent));
    await row("initial key", () => tools.begin(r1cs, file("prepared.ptau"), file("0.zkey"), silent));
    await row("contribution", () => tools.contribute(file("0.zkey"), file("1.zkey"), "bench", silent));
  }
  return rows;
}

export async function setupRows(): Promise<Row[]> {
  const core = nativeCore();
  if (!core) return [];
  mkdirSync(join(REPOSITORY, ".provega", "bench"), { recursive: true });
  const folder = mkdtempSync(join(REPOSITORY, ".provega", "bench", "setup-"));
  try {
    return [...(await devKeyRows(folder)), ...(await ceremonyRows(core, folder))];
  } finally {
    rmSync(folder, { recursive: true });
    // snarkjs leaves its threads running, which would keep the process alive.
    await (await curves.getCurveFromName("bn128")).terminate();
  }
}
