/**
 * What every benchmark prints: a table, or with `--json` one line per row.
 * @module
 */
import { stdout } from "node:process";

/** `target` says in words what is asked; `ok` is absent for a row that only informs. */
export type Row = {
  readonly what: string;
  readonly value: number | string;
  readonly target?: string;
  readonly ok?: boolean;
};

/** Prints the rows; the process fails if a target was missed. */
export function report(title: string, rows: readonly Row[], args: readonly string[] = process.argv.slice(2)): void {
  if (args.includes("--json")) {
    for (const { what, value, target = null, ok = null } of rows) {
      stdout.write(`${JSON.stringify({ what, value, target, ok })}\n`);
    }
  } else {
    const cells = rows.map(({ what, value, target, ok }) => [
      what,
      typeof value === "number" ? value.toLocaleString("en-US") : value,
      target ?? "",
      ok === undefined ? "" : ok ? "ok" : "MISSED",
    ]);
    const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
    stdout.write(`${title}\n`);
    for (const row of cells) {
      const padded = row.map((cell, column) =>
        column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      );
      stdout.write(`  ${padded.join("  ").trimEnd()}\n`);
    }
  }
  if (rows.some(({ ok }) => ok === false)) process.exitCode = 1;
}
