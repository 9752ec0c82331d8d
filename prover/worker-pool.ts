/**
 * A few worker threads that take messages from one list, one at a time each.
 * @module
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ProverError } from "./errors.ts";

type Task = {
  readonly message: unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
};

export class WorkerPool {
  readonly #idle: Worker[] = [];
  readonly #workers: Worker[] = [];
  readonly #busy = new Map<Worker, Task>();
  readonly #waiting: Task[] = [];

  constructor(module: URL, size = availableParallelism()) {
    for (let i = 0; i < size; i++) {
      const worker = new Worker(module);
      worker.on("message", (reply) => this.#finish(worker, (task) => task.resolve(reply)));
      worker.on("error", (cause) => this.#fail(worker, cause));
      worker.on("exit", () => this.#fail(worker, undefined));
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  /** Sends `message` to the next free worker and resolves with its reply; an urgent one goes before all that wait. */
  run(message: unknown, isUrgent = false): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const task = { message, resolve, reject };
      if (isUrgent) this.#waiting.unshift(task);
      else this.#waiting.push(task);
      this.#next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const [worker, task] = [this.#idle.pop() as Worker, this.#waiting.shift() as Task];
      this.#busy.set(worker, task);
      worker.postMessage(task.message);
    }
  }

  #finish(worker: Worker, settle: (task: Task) => void): void {
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (task) settle(task);
    this.#idle.push(worker);
    this.#next();
  }

  /** A worker that ends takes its own task and, the pool being broken, all waiting ones with it. */
  #fail(worker: Worker, cause: unknown): void {
    const error = new ProverError("WorkerFailed", "a worker thread ended unexpectedly", cause);
    this.#busy.get(worker)?.reject(error);
    this.#busy.delete(worker);
    for (const task of this.#waiting.splice(0)) task.reject(error);
  }
}
