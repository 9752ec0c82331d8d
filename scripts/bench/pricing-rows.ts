/**
 * What the parts of the pricing benchmark share: bounds, rows that hold a value against one, and progress.
 * @module
 */
import { progressBar } from "../progress-bar.ts";
import type { Row } from "./report.ts";

export const BOUND = {
  mark: 1e-10,
  function: 1e-11,
  greek: 1e-8,
  scenario: 1e-7,
  inBand: 0.96,
  coin: 1e-6,
} as const;

export const show = (value: number): string => value.toExponential(2);
export const atMost = (what: string, value: number, target: number): Row => ({
  what,
  value: show(value),
  target: `<= ${target}`,
  ok: value <= target,
});

export const bar = (title: string, total: number) => {
  const shown = progressBar({ isTerminal: process.stderr.isTTY, stderr: (text) => process.stderr.write(text) }, title);
  return { step: (done: number) => done % 64 === 0 && shown.update(done, total), stop: () => shown.stop() };
};
