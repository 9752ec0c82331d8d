/**
 * What runs, how far it is and how long it takes: one line per phase on stderr, rewritten in place on a terminal.
 * @module
 */
import type { Terminal } from "../progress-bar.ts";

/** Milliseconds between two lines of one phase where lines cannot be rewritten. */
const LINE_MS = 10_000;

export type Phase = {
  /** `detail` says what is being done; `done` of `total` gives an estimate of the time left. */
  update(detail: string, done?: number, total?: number): void;
};

/** Minutes and seconds. */
export const clock = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

export class Phases {
  readonly #terminal: Terminal;
  readonly #total: number;
  readonly #start = performance.now();
  #number = 0;

  constructor(terminal: Terminal, total: number) {
    this.#terminal = terminal;
    this.#total = total;
  }

  /** Runs one phase; what it resolves to is returned. */
  async run<T>(title: string, work: (phase: Phase) => Promise<T>): Promise<T> {
    const { stderr, isTerminal } = this.#terminal;
    const head = `[${++this.#number}/${this.#total}] ${title}`;
    const start = performance.now();
    let [text, shown] = ["", 0];
    const show = (line: string, end: string): void => stderr(isTerminal ? `\r\x1b[2K${line}${end}` : `${line}\n`);
    const line = (): string => `${head}  ${clock(performance.now() - start)}${text && `  ${text}`}`;
    const beat = setInterval(() => {
      if (!isTerminal && performance.now() - shown < LINE_MS) return;
      shown = performance.now();
      show(line(), "");
    }, 250);
    show(`${head} …`, "");
    shown = performance.now();
    try {
      const result = await work({
        update(detail, done = 0, total = 0) {
          const left = done > 0 ? ((performance.now() - start) * (total - done)) / done : 0;
          text = `${detail}${left > 1000 ? `, about ${clock(left)} left` : ""}`;
        },
      });
      clearInterval(beat);
      show(
        `${head}  done in ${clock(performance.now() - start)} (${clock(performance.now() - this.#start)} in all)`,
        "\n",
      );
      return result;
    } catch (error) {
      clearInterval(beat);
      show(`${head}  failed after ${clock(performance.now() - start)}`, "\n");
      throw error;
    }
  }
}
