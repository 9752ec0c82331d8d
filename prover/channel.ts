/**
 * Calls to a child process or a worker thread, one at a time, that survive its end: the next call starts another.
 * @module
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ProverError, type ProverErrorCode } from "./errors.ts";

/** The other side, however it is run. */
type Peer = {
  post(message: unknown): void;
  onMessage(listener: (message: Reply) => void): void;
  onEnd(listener: (reason: string) => void): void;
  kill(): void;
};
export type Call = { readonly method: string; readonly args: readonly unknown[] };
export type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: ProverErrorCode | undefined; readonly message: string } };

/** `module` runs in a process of its own, with `args`; it serves calls by `serve`. */
export function inProcess(module: URL, args: readonly string[]): () => Peer {
  return () => {
    const child = fork(fileURLToPath(module), args, {
      serialization: "advanced",
      // A debugger's port or a test runner's loader is not for the child.
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return {
      post: (message) => child.send(message as object, () => {}),
      onMessage: (listener) => child.on("message", (message) => listener(message as Reply)),
      onEnd: (listener) => {
        child.on("error", (error) => listener(error.message));
        child.on("exit", (code, signal) => listener(signal ?? `exit code ${code}`));
      },
      kill: () => child.kill("SIGKILL"),
    };
  };
}

/** `module` runs in a worker thread; it serves calls by `serve`. */
export function inThread(module: URL): () => Peer {
  return () => {
    const worker = new Worker(module);
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => worker.on("message", listener),
      onEnd: (listener) => {
        worker.on("error", (error) => listener(String(error)));
        worker.on("exit", (code) => listener(`exit code ${code}`));
      },
      kill: () => void worker.terminate(),
    };
  };
}

export class Channel {
  readonly #name: string;
  readonly #open: () => Peer;
  #peer: Peer | undefined;
  #pending: { resolve(result: unknown): void; reject(error: ProverError): void } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(name: string, open: () => Peer) {
    this.#name = name;
    this.#open = open;
    this.#start();
  }

  /**
   * Resolves with what the method returned. Rejects with the code that it threw, or with `WorkerFailed` when the other
   * side ended, `WorkerTimeout` when it took too long (it is killed), `ProverClosed` after `close`.
   */
  call(method: string, args: readonly unknown[], timeoutMs: number): Promise<unknown> {
    const result = this.#last.then(() => this.#exchange({ method, args }, timeoutMs));
    this.#last = result.catch(() => {});
    return result;
  }

  close(): void {
    this.#isClosed = true;
    this.#pending?.reject(new ProverError("ProverClosed", `the ${this.#name} was closed`));
    this.#stop();
  }

  async #exchange(call: Call, timeoutMs: number): Promise<unknown> {
    if (this.#isClosed) throw new ProverError("ProverClosed", `the ${this.#name} is closed`);
    const peer = this.#peer ?? this.#start();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#pending = { resolve, reject };
        timer = setTimeout(() => {
          this.#stop();
          reject(new ProverError("WorkerTimeout", `the ${this.#name} took longer than ${timeoutMs} ms`));
        }, timeoutMs);
        peer.post(call);
      });
    } finally {
      clearTimeout(timer);
      this.#pending = undefined;
    }
  }

  #start(): Peer {
    const peer = this.#open();
    this.#peer = peer;
    peer.onMessage((reply) => {
      if (this.#peer !== peer) return;
      if ("result" in reply) this.#pending?.resolve(reply.result);
      else this.#pending?.reject(new ProverError(reply.error.code ?? "WorkerFailed", reply.error.message));
    });
    peer.onEnd((reason) => {
      if (this.#peer !== peer) return;
      this.#peer = undefined;
      this.#pending?.reject(new ProverError("WorkerFailed", `the ${this.#name} ended: ${reason}`));
    });
    return peer;
  }

  #stop(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.kill();
  }
}
