/**
 * Loops that work while there is work, sleep when there is none, and back off when something fails.
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";

export type LoopOptions = {
  /** Does one piece of work and says whether there may be more at once. */
  work(): Promise<boolean>;
  /** Milliseconds to sleep without work, unless rung. */
  readonly idleMs: number;
  onError(error: unknown): void;
  onSuccess(): void;
};

const BACKOFF_MS = { first: 250, most: 15_000 } as const;

export class Loop {
  readonly #options: LoopOptions;
  readonly #stop = new AbortController();
  #bell = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends a sleep: there is something to do. A back-off is waited out. */
  ring(): void {
    this.#bell.abort();
  }

  /** Resolves when the work under way is done. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#bell.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let backoff: number = BACKOFF_MS.first;
    while (!this.#stop.signal.aborted) {
      this.#bell = new AbortController();
      try {
        const hasMore = await this.#options.work();
        this.#options.onSuccess();
        backoff = BACKOFF_MS.first;
        if (!hasMore) await rest(this.#options.idleMs, AbortSignal.any([this.#bell.signal, this.#stop.signal]));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#options.onError(error);
        await rest(backoff, this.#stop.signal);
        backoff = Math.min(backoff * 2, BACKOFF_MS.most);
      }
    }
  }
}

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
