/**
 * Typed calls into a worker process: one module serves functions, the other side calls them by name. Whatever takes
 * milliseconds of arithmetic lives behind this, so that the event loop stays free for the API. Processes and not threads:
 * circomlibjs loads native code that aborts the whole process when a thread with it ends.
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { CodedError } from "#protocol/errors.ts";
import { NodeError } from "../errors.ts";

type Functions = Readonly<Record<string, (argument: never) => unknown>>;
type Call = { readonly id: number; readonly name: string; readonly argument: unknown };
type Reply = {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string | null; readonly message: string };
};

/** An error thrown on the other side; `code` is null if it had none there. */
export class WorkerError extends CodedError<string | null> {}

/** Serves `functions` to the process that started this one, one call after the other, and ends with it. */
export function serve<F extends Functions>(functions: F): void {
  let last: Promise<void> = Promise.resolve();
  process.on("message", ({ id, name, argument }: Call) => {
    last = last.then(async () => {
      process.send?.(await answer(functions, id, name, argument));
    });
  });
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches the whole group; the parent decides.
  process.on("SIGINT", () => undefined);
}

async function answer(functions: Functions, id: number, name: string, argument: unknown): Promise<Reply> {
  try {
    const served = functions[name] as ((argument: unknown) => unknown) | undefined;
    if (!served) throw new Error(`no function ${name}`);
    return { id, value: await served(argument) };
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
    return { id, error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
}

export type WorkerOf<F extends Functions> = {
  call<N extends keyof F & string>(name: N, argument: Parameters<F[N]>[0]): Promise<Awaited<ReturnType<F[N]>>>;
  /** Calls not answered yet. */
  readonly waiting: number;
  /** Ends the process for good. */
  close(): Promise<void>;
};

/**
 * Runs `module` in a process. Calls reject with `WorkerError`, or with `NodeError` WorkerFailed when the process ends before
 * it answers; the next call starts another, which remembers nothing.
 */
export function startWorker<F extends Functions>(module: URL): WorkerOf<F> {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 0;
  let isClosed = false;
  let child: ChildProcess | null = null;
  const failed = (cause?: unknown) =>
    new NodeError("WorkerFailed", `the worker ${module.pathname.split("/").pop()} ended`, { cause });
  const start = (): ChildProcess => {
    const started = fork(fileURLToPath(module), [], {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const end = (cause: unknown): void => {
      if (child !== started) return;
      child = null;
      for (const { reject } of open.values()) reject(failed(cause));
      open.clear();
    };
    started.on("message", (message) => {
      const { id, value, error } = message as Reply;
      const call = open.get(id);
      open.delete(id);
      if (error) call?.reject(new WorkerError(error.code, error.message));
      else call?.resolve(value);
    });
    started.on("error", end);
    started.on("exit", end);
    return started;
  };
  child = start();
  return {
    call: (name, argument) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(failed());
        child ??= start();
        open.set(++next, { resolve: resolve as (value: unknown) => void, reject });
        // A failure to send is the process's end, which is told of by itself.
        child.send({ id: next, name, argument } satisfies Call, () => undefined);
      }),
    get waiting() {
      return open.size;
    },
    async close() {
      isClosed = true;
      if (child) await ended(child);
    },
  };
}

/** Ends the process: it holds nothing that is not elsewhere. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once("exit", () => done());
    child.kill("SIGKILL");
  });
}
