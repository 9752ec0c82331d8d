/**
 * Typed calls into a worker thread: one module serves functions, the other side calls them by name.
 * Whatever takes milliseconds of arithmetic lives behind this, so that the event loop stays free for the API.
 * @module
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { NodeError } from "../errors.ts";

type Functions = Readonly<Record<string, (argument: never) => unknown>>;
type Call = { readonly id: number; readonly name: string; readonly argument: unknown };
/** Call 0 is nobody's: its reply says that the thread listens. */
const READY = 0;
type Reply = { readonly id: number; readonly value?: unknown; readonly error?: { readonly code: string | null; readonly message: string } };

/** An error that crossed threads: `code` is that of the error thrown on the other side, null if it had none. */
export class ThreadError extends Error {
  readonly code: string | null;
  constructor(code: string | null, message: string) {
    super(message);
    this.name = "ThreadError";
    this.code = code;
  }
}

/** Serves `functions` from a worker thread. Calls are handled in the order in which they come. */
export function serve<F extends Functions>(functions: F): void {
  const port = parentPort;
  if (!port) throw new Error("serve runs in a worker thread");
  let last: Promise<void> = Promise.resolve();
  port.on("message", ({ id, name, argument }: Call) => {
    last = last.then(async () => {
      try {
        const served = functions[name] as ((argument: unknown) => unknown) | undefined;
        if (!served) throw new Error(`no function ${name}`);
        port.postMessage({ id, value: await served(argument) } satisfies Reply);
      } catch (error) {
        const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
        port.postMessage({ id, error: { code, message: error instanceof Error ? error.message : String(error) } } satisfies Reply);
      }
    });
  });
  port.postMessage({ id: READY } satisfies Reply);
}

/** What the starter of a thread gave it. */
export const threadData = <T>(): T => (workerData as { data: T }).data;
/**
 * `web-worker`, loaded beneath circomlibjs, takes every thread for one that it started and runs the script `mod`. An
 * empty one keeps it quiet.
 */
const NO_SCRIPT = { mod: "data:,", type: "classic", name: "" };

export type Thread<F extends Functions> = {
  call<N extends keyof F & string>(name: N, argument: Parameters<F[N]>[0]): Promise<Awaited<ReturnType<F[N]>>>;
  /** Calls not answered yet. */
  readonly waiting: number;
  close(): Promise<void>;
};

/** Starts `module` in a thread. Calls reject with `ThreadError`, or with `NodeError` ThreadFailed if the thread ends. */
export function startThread<F extends Functions>(module: URL, data?: unknown): Thread<F> {
  const worker = new Worker(module, { workerData: { ...NO_SCRIPT, data } });
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  // What is sent while the thread still loads its modules would be lost to their listeners.
  let early: Call[] | null = [];
  let next = 0;
  let failure: NodeError | null = null;
  const fail = (cause: unknown): void => {
    failure ??= new NodeError("ThreadFailed", `the thread ${module.pathname.split("/").pop()} ended`, { cause });
    for (const { reject } of open.values()) reject(failure);
    open.clear();
  };
  worker.on("message", ({ id, value, error }: Reply) => {
    if (id === READY) {
      for (const call of early ?? []) worker.postMessage(call);
      early = null;
      return;
    }
    const call = open.get(id);
    open.delete(id);
    if (error) call?.reject(new ThreadError(error.code, error.message));
    else call?.resolve(value);
  });
  worker.on("error", fail);
  worker.on("exit", () => fail(undefined));
  return {
    call: (name, argument) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        open.set(++next, { resolve: resolve as (value: unknown) => void, reject });
        const call: Call = { id: next, name, argument };
        if (early) early.push(call);
        else worker.postMessage(call);
      }),
    get waiting() {
      return open.size;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
