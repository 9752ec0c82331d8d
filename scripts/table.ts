/**
 * Tables for people.
 * @module
 */

export type Column = { readonly title: string; readonly align?: "left" | "right" };

/** Columns padded to their widest cell, two spaces apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) =>
        align === "left" ? (cells[at] ?? "").padEnd(widths[at] ?? 0) : (cells[at] ?? "").padStart(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join("\n");
}

/** `title: value` lines with the values aligned. */
export function facts(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([title]) => title.length));
  return entries.map(([title, value]) => `${title.padEnd(width)}  ${value}`).join("\n");
}
