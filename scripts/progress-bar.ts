/**
 * Progress on stderr: a moving bar on a terminal, a line now and then elsewhere.
 * @module
 */
import { SingleBar } from "cli-progress";

/** Where progress goes, and whether a bar can move there. */
export type Terminal = { readonly isTerminal: boolean; readonly stderr: (text: string) => void };
export type ProgressBar = { readonly update: (done: number, total: number) => void; readonly stop: () => void };

/** Milliseconds between two lines where there is no terminal. */
const LINE_MS = 5_000;

export function progressBar({ isTerminal, stderr }: Terminal, title: string): ProgressBar {
  if (!isTerminal) {
    let last = Date.now();
    return {
      update(done, total) {
        if (Date.now() - last < LINE_MS) return;
        last = Date.now();
        stderr(`${title}: ${done} of ${total}\n`);
      },
      stop() {},
    };
  }
  const bar = new SingleBar({
    format: `${title} {bar} {value} of {total}, {duration_formatted}`,
    clearOnComplete: true,
    hideCursor: true,
  });
  let isStarted = false;
  return {
    update(done, total) {
      if (isStarted) bar.update(done);
      else bar.start(total, done);
      isStarted = true;
    },
    stop: () => bar.stop(),
  };
}
