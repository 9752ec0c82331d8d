/**
 * From circuit inputs to proofs that L1 accepts, without ever holding up the caller's event loop: witnesses come from a
 * worker thread, proofs from a child process of low priority, and a second process checks every proof before it leaves.
 * @module
 */
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { FIELD } from "#protocol/params.ts";
import type { Artifact, Artifacts } from "./artifacts.ts";
import { fastestBackend, SNARKJS } from "./backends/backend.ts";
import { BASE_FIELD } from "./bn254.ts";
import { type CircuitInput, witnessAt } from "./calculator.ts";
import { Channel, inProcess, inThread } from "./channel.ts";
import { ProverError } from "./errors.ts";
import { proofWords } from "./evm.ts";
import type { Proof } from "./verifying-key.ts";

export type ProverOptions = {
  readonly artifacts: Artifacts;
  /** Module of the backend that proves. Checking is always snarkjs's, so that no backend vouches for itself. */
  readonly backend?: URL;
  /** After which a proof or a check is given up, ms. */
  readonly timeoutMs?: number;
};
export type ProofRequest = { readonly instance: string; readonly input: CircuitInput };
export type Proved = {
  /** Ax, Ay, Bx1, Bx0, By1, By0, Cx, Cy: `Step.proof` of the contract. */
  readonly proof: readonly bigint[];
  readonly publicSignals: readonly bigint[];
  readonly timings: { readonly witnessMs: number; readonly proveMs: number; readonly verifyMs: number };
};

export interface Prover {
  /**
   * Throws `UnknownInstance`, `BadInput`, `WitnessRefused` (the circuit admits no such step), and after a second attempt
   * `WorkerFailed`, `WorkerTimeout` or `ProofRejected`.
   */
  prove(request: ProofRequest): Promise<Proved>;
  /** Whether `proof` shows `publicSignals` for the instance's circuit. Refuses nothing but an unknown instance. */
  verify(instance: string, publicSignals: readonly bigint[], proof: Proof): Promise<boolean>;
  /** Ends all workers; proofs under way fail with `ProverClosed`. */
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 600_000;

export function createProver({
  artifacts,
  backend = fastestBackend(),
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: ProverOptions): Prover {
  const entry = new URL("./backend-process.ts", import.meta.url);
  const { PRIORITY_LOW, PRIORITY_NORMAL } = constants.priority;
  const witnesses = new Channel("witness calculator", inThread(new URL("./witness-worker.ts", import.meta.url)));
  const proofs = new Channel("prover", inProcess(entry, [backend.href, String(PRIORITY_LOW)]));
  const checks = new Channel("proof checker", inProcess(entry, [SNARKJS.href, String(PRIORITY_NORMAL)]));

  const find = (instance: string): Artifact => {
    const artifact = Object.hasOwn(artifacts, instance) ? artifacts[instance] : undefined;
    if (!artifact) throw new ProverError("UnknownInstance", `there are no artifacts of ${instance}`);
    return artifact;
  };
  const check = async ({ verifyingKey }: Artifact, publicSignals: readonly bigint[], proof: Proof): Promise<boolean> =>
    publicSignals.length === verifyingKey.ic.length - 1 &&
    areBelow(FIELD, publicSignals) &&
    isCanonical(proof) &&
    (await checks.call("verify", [verifyingKey, publicSignals, proof], timeoutMs)) === true;

  const attempt = async (artifact: Artifact, witness: Uint8Array, publicSignals: readonly bigint[]) => {
    const [proof, proveMs] = await timed(
      () => proofs.call("prove", [artifact.zkey, witness], timeoutMs) as Promise<Proof>,
    );
    const [isValid, verifyMs] = await timed(() => check(artifact, publicSignals, proof));
    if (!isValid) throw new ProverError("ProofRejected", `the backend's proof for ${artifact.name} does not verify`);
    return { proof: proofWords(proof), publicSignals, proveMs, verifyMs };
  };

  return {
    async prove({ instance, input }) {
      const artifact = find(instance);
      const calculate = () => witnesses.call("calculate", [artifact.wasm, input], timeoutMs) as Promise<Uint8Array>;
      const [witness, witnessMs] = await timed(() => twice(calculate));
      // Taken from the witness, not from the backend: a valid proof of something else must not pass.
      const publicSignals = artifact.verifyingKey.ic.slice(1).map((_, i) => witnessAt(witness, i + 1));
      const { proof, proveMs, verifyMs } = await twice(() => attempt(artifact, witness, publicSignals));
      return { proof, publicSignals, timings: { witnessMs, proveMs, verifyMs } };
    },
    verify: async (instance, publicSignals, proof) => check(find(instance), publicSignals, proof),
    close() {
      for (const channel of [witnesses, proofs, checks]) channel.close();
    },
  };
}

/** A second attempt is for accidents; what the circuit or the caller refuses stays refused. */
async function twice<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const accidents = ["WorkerFailed", "WorkerTimeout", "ProofRejected"];
    if (!(error instanceof ProverError && accidents.includes(error.code))) throw error;
    return work();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

/** Whether L1's precompiles take the coordinates: an alias modulo q would pass snarkjs and revert there. */
function isCanonical(proof: Proof): boolean {
  const coordinates = [proof?.a, proof?.c, ...(proof?.b ?? [])].flat();
  return coordinates.length === 8 && areBelow(BASE_FIELD, coordinates);
}

function areBelow(bound: bigint, values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "bigint" && value >= 0n && value < bound);
}
