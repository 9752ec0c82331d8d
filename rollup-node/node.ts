/**
 * The node, put together: journal, engine, threads, pipeline and API, from what is given to it.
 * @module
 */
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Admission } from "./admission.ts";
import { createHandlers } from "./api/handlers.ts";
import { createApi } from "./api/rpc.ts";
import { statusView } from "./api/status.ts";
import { BoardDriver } from "./board/driver.ts";
import { Controls } from "./control.ts";
import { NodeError } from "./errors.ts";
import type { Deployment } from "./journal.ts";
import type { L1 } from "./l1/l1.ts";
import { ReportCollector } from "./oracles/collector.ts";
import { Follower } from "./pipeline/follower.ts";
import { Loop } from "./pipeline/loop.ts";
import { Posting } from "./pipeline/posting.ts";
import { proveNext, type StepProver } from "./pipeline/proving.ts";
import { Sealer, type TwinPort } from "./pipeline/sealer.ts";
import type { Sequencer } from "./sequencer.ts";
import type { AdmissionFunctions } from "./workers/admission.ts";
import type { TwinFunctions } from "./workers/twin.ts";
import { startWorker, type WorkerOf } from "./workers/worker.ts";

export type NodeParts = {
  readonly sequencer: Sequencer;
  readonly l1: L1;
  readonly prover: StepProver;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  readonly confirmations: number;
  readonly sealDelayMs: number;
  readonly pollMs: number;
  /** How long a quorum of reports waits for the remaining oracles. */
  readonly oracleGraceMs: number;
};
export type RunningNode = { readonly url: string; readonly port: number; close(): Promise<void> };

/** Steps sealed ahead of the prover. */
const MAX_UNPROVED = 3;
/** Seconds of L1 time for which a settlement with a quorum of spot sums waits for the remaining oracles. */
const SETTLEMENT_GRACE_SECONDS = 60n;
/** Steps submitted in one transaction. */
const MAX_BATCH = 8;

/** Brings the twin to the journal's end, starts the loops and listens. Throws `PortInUse` and `ReplayDiverged`. */
export async function runNode(parts: NodeParts): Promise<RunningNode> {
  const { sequencer, l1, logger, confirmations, sealDelayMs, pollMs } = parts;
  const { timestampWindow } = sequencer.deployment;
  const admissionWorker = startWorker<AdmissionFunctions>(new URL("./workers/admission.ts", import.meta.url));
  const twinWorker = startWorker<TwinFunctions>(new URL("./workers/twin.ts", import.meta.url));
  const sealer = new Sealer({
    sequencer,
    twin: twinPort(twinWorker, sequencer.deployment),
    sealDelayMs,
    maxUnproved: MAX_UNPROVED,
  });
  const posting = new Posting({ sequencer, sealer, l1, confirmations, timestampWindow, maxBatch: MAX_BATCH });
  const follower = new Follower(sequencer, l1);
  const problems = new Map<string, string>();

  const loop = (name: string, idleMs: number, work: () => Promise<boolean>) =>
    new Loop({
      work,
      idleMs,
      onSuccess: () => {
        if (problems.delete(name)) logger.info({ loop: name }, "recovered");
      },
      onError: (error) => {
        const code = (error instanceof Error && "code" in error ? error.code : null) ?? "Internal";
        const message = error instanceof Error ? error.message : String(error);
        if (problems.get(name) !== `${code}: ${message}`) logger.error({ loop: name, code, err: error }, message);
        problems.set(name, `${code}: ${message}`);
      },
    });
  const admission = new Admission({
    sequencer,
    worker: admissionWorker,
    operator: { address: l1.operator, sign: (digest) => l1.signDigest(digest) },
  });
  const collector = new ReportCollector({ sequencer, admission, graceMs: parts.oracleGraceMs });
  const controls = new Controls(sequencer, admission);
  const board = new BoardDriver({
    sequencer,
    admission,
    operator: l1.operator,
    graceSeconds: SETTLEMENT_GRACE_SECONDS,
    isAnnounced: (hash) => l1.isAnnounced(hash),
  });
  const loops = [
    loop("follow", pollMs, () => follower.work()),
    loop("seal", Math.min(pollMs, sealDelayMs + 1), () => sealer.seal(performance.now())),
    loop("prove", pollMs, () => proveNext({ sequencer, sealer, prover: parts.prover })),
    loop("post", pollMs, () => posting.work()),
    loop("board", pollMs, () => board.work()),
    loop("presence", pollMs, () => controls.work()),
  ];
  const status = () =>
    statusView({
      sequencer,
      collector,
      settlements: board.settlements,
      operator: l1.operator,
      head: follower.head,
      confirmations,
      problems,
    });
  const api = createApi(
    createHandlers({
      sequencer,
      admission,
      collector,
      controls,
      board,
      status,
      refreshTime: () => follower.readTime(),
    }),
    status,
    logger,
  );
  const unlisten = sequencer.listen(() => {
    for (const each of loops.slice(1)) each.ring();
  });
  const close = async () => {
    unlisten();
    await Promise.all([api.close(), ...loops.map((each) => each.stop())]);
    await Promise.all([admissionWorker.close(), twinWorker.close()]);
    await sequencer.close();
  };
  try {
    await sealer.catchUp();
    const port = await listen(api, parts.host, parts.port);
    for (const each of loops) each.start();
    return { url: `http://${parts.host}:${port}`, port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const twinPort = (worker: WorkerOf<TwinFunctions>, { genesis, domain }: Deployment): TwinPort => ({
  start: () => worker.call("start", { genesis, domain }),
  apply: (step) => worker.call("apply", step),
  rollback: (from) => worker.call("rollback", from),
  settle: (number) => worker.call("settle", number),
  input: (number) => worker.call("input", number),
});

async function listen(api: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await api.listen({ host, port });
    const address = api.server.address();
    return typeof address === "object" && address ? address.port : port;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") {
      throw new NodeError("PortInUse", `port ${port} of ${host} is in use`, { cause });
    }
    throw cause;
  }
}
