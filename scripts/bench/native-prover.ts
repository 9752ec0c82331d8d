/**
 * The native prover beside snarkjs, on the same key and witness.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nativeCore, type TimedProof } from "#native/index.ts";
import { DEVNET_CAP, devnetParameters, genesisState } from "#protocol/genesis.ts";
import { PROFILE } from "#protocol/params.ts";
import { publicKey, registrationPoint } from "#protocol/signature.ts";
import { applyStep } from "#protocol/transition.ts";
import { type Artifact, prepareCircuits } from "#prover/artifacts.ts";
import { NATIVE, SNARKJS } from "#prover/backends/backend.ts";
import { wtns } from "#prover/backends/snarkjs.ts";
import { type CircuitInput, witnessCalculator } from "#prover/calculator.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { circuitInput } from "#prover/inputs.ts";
import { deriveDevKeys } from "#prover/setup/dev-key.ts";
import { bigCircuit, bigInput } from "./big-circuit.ts";
import type { Row } from "./report.ts";

const RUNS = 5;
const FOLDER = join(REPOSITORY, ".provega", "bench");
const say = (text: string) => process.stderr.write(`${text}\n`);
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Witnesses before those that count: the node's workers live long, and their code is optimised while they work. */
const WARM_UP = 10;

/** Programs of others that the user names: they are given `zkey witness proof public`, as rapidsnark takes them. */
export type Others = Readonly<Record<string, string>>;

type Job = { readonly zkey: string; readonly witness: string };
type Measured = { readonly milliseconds: number; readonly peak: number };

function measure(backend: URL, { zkey, witness }: Job, runs: number, environment: NodeJS.ProcessEnv = {}): Measured {
  const script = join(import.meta.dirname, "prove-process.ts");
  // One more, and the first one left out: keys are checked and code is compiled once.
  const args = [script, backend.href, zkey, witness, String(runs + 1)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...environment },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${backend.pathname} failed: ${stderr}`);
  const { milliseconds, peak } = JSON.parse(stdout) as { milliseconds: number[]; peak: number };
  return { milliseconds: median(milliseconds.slice(1)), peak };
}

const atLeast = (what: string, value: number, least: number): Row => ({
  what,
  value: value.toFixed(1),
  target: `at least ${least}`,
  ok: value >= least,
});

/** A trade step that opens an account in every lane. */
function tradeInput(): CircuitInput {
  const key = publicKey(new Uint8Array(32).fill(1));
  const parameters = devnetParameters(PROFILE.devnet, [key]);
  const state = genesisState({ profile: "devnet", series: [], cap: DEVNET_CAP, parameters }, 1n);
  const lanes = Array.from({ length: state.profile.lanes }, (_, account) => ({
    account,
    request: {
      kind: "register" as const,
      account,
      owner: BigInt(account + 1),
      b: registrationPoint(publicKey(new Uint8Array(32).fill(account + 2))),
      amount: 1_000_000_000n,
    },
    executions: [],
  }));
  return circuitInput(applyStep(state, { kind: "trade", timestamp: 1_770_000_000n, lanes }).trace);
}

async function tradeRows(others: Others): Promise<Row[]> {
  const artifact = (await prepareCircuits(["trade-devnet"]))["trade-devnet"] as Artifact;
  const calculator = await witnessCalculator(readFileSync(artifact.wasm));
  const input = tradeInput();
  const times = Array.from({ length: WARM_UP + RUNS }, () => {
    const start = performance.now();
    calculator.calculate(input);
    return performance.now() - start;
  });
  const witnessMs = median(times.slice(WARM_UP));
  const job = { zkey: artifact.zkey, witness: join(FOLDER, "trade-devnet.witness") };
  writeFileSync(job.witness, calculator.calculate(input));

  say("proving trade-devnet with snarkjs");
  const snarkjs = measure(SNARKJS, job, RUNS).milliseconds;
  say("proving trade-devnet with the native core");
  const native = measure(NATIVE, job, RUNS).milliseconds;
  const scalar = measure(NATIVE, job, RUNS, { PROVEGA_IFMA: "0" }).milliseconds;
  const ms = (what: string, value: number): Row => ({ what: `${what}, ms`, value: value.toFixed(0) });
  return [
    { ...ms("trade-devnet: witness", witnessMs), target: "< 120", ok: witnessMs < 120 },
    ms("trade-devnet: proof, snarkjs", snarkjs),
    ms("trade-devnet: proof, native", native),
    ms("trade-devnet: proof, native without IFMA", scalar),
    ...(nativeCore()?.hasIfma() ? [atLeast("trade-devnet: times faster than snarkjs", snarkjs / native, 18)] : []),
    atLeast("trade-devnet: times faster than snarkjs without IFMA", snarkjs / scalar, 5),
    ...Object.entries(others).map(([name, program]) => ms(`trade-devnet: proof, ${name}`, timeProgram(program, job))),
    ...(await phaseRows(job)),
  ];
}

/** Start of the process and reading of the key included: that is how it is used. */
function timeProgram(program: string, { zkey, witness }: Job): number {
  const file = `${witness}.wtns`;
  writeFileSync(file, wtns(readFileSync(witness)));
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    const { status, stderr } = spawnSync(program, [zkey, file, `${witness}.proof`, `${witness}.public`], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
    return performance.now() - start;
  });
  return median(times);
}

async function phaseRows({ zkey, witness }: Job): Promise<Row[]> {
  const core = nativeCore();
  if (!core) return [];
  const values = new Uint8Array(readFileSync(witness));
  const runs: TimedProof["milliseconds"][] = [];
  for (let run = 0; run <= RUNS; run++)
    runs.push((await core.proveWithBlinding(zkey, values, new Uint8Array(64).fill(1))).milliseconds);
  const names = ["matrices", "quotient", "h", "a", "b1", "b2", "c"] as const;
  return names.map((name) => ({
    what: `  phase ${name}, ms`,
    value: median(runs.slice(1).map((run) => run[name])).toFixed(1),
  }));
}

async function bigRows(): Promise<Row[]> {
  say("a circuit of 2^20 rows: compiling and making its key, some minutes");
  const circuit = await bigCircuit(20);
  const job = { zkey: join(FOLDER, "big.zkey"), witness: join(FOLDER, "big.witness") };
  await deriveDevKeys([{ r1cs: circuit.r1cs, zkey: job.zkey }]);
  const calculator = await witnessCalculator(readFileSync(circuit.wasm));
  writeFileSync(job.witness, calculator.calculate(bigInput(circuit)));
  say("proving it with the native core");
  const native = measure(NATIVE, job, RUNS);
  say("proving it with snarkjs, once");
  const snarkjs = measure(SNARKJS, job, 1);
  const memory = native.peak / (statSync(job.zkey).size / 1024);
  for (const path of Object.values(job)) rmSync(path);
  const { nonLinear, linear } = circuit.constraints;
  return [
    { what: "big circuit: constraints", value: nonLinear + linear },
    { what: "big circuit: proof, snarkjs (one run), ms", value: snarkjs.milliseconds.toFixed(0) },
    { what: "big circuit: proof, native, ms", value: native.milliseconds.toFixed(0) },
    atLeast("big circuit: times faster than snarkjs", snarkjs.milliseconds / native.milliseconds, 20),
    {
      what: "big circuit: peak memory / size of the zkey",
      value: memory.toFixed(2),
      target: "< 1.5",
      ok: memory < 1.5,
    },
  ];
}

export async function proverRows(others: Others): Promise<Row[]> {
  mkdirSync(FOLDER, { recursive: true });
  return [...(await tradeRows(others)), ...(await bigRows())];
}
