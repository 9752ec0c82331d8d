/**
 * Compares embedded engines for the journal: latency of one synced append, throughput of synced batches, reading all of
 * it back, and how long the event loop stands still meanwhile. `npm run bench:store [-- --modules DIR]`: engines that are not dependencies
 * of the project are taken from DIR/node_modules, and left out without it.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";
import { report } from "./report.ts";

const ENTRY = Buffer.alloc(900, "x").toString();
const SINGLES = 300;
const BATCHES = 60;
const BATCH = 64;

type Engine = {
  /** Resolves when the entries are on disk. */
  append(entries: readonly (readonly [key: string, value: string])[]): Promise<void>;
  count(): Promise<number>;
  close(): Promise<void>;
};
type Open = (folder: string, load: (name: string) => unknown) => Promise<Engine>;

type Sqlite = {
  exec(sql: string): void;
  prepare(sql: string): { run(...values: string[]): unknown; all(): unknown[] };
  close(): void;
};

function sqlite(database: Sqlite): Engine {
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE journal (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
  );
  const insert = database.prepare("INSERT INTO journal VALUES (?, ?)");
  return {
    append: async (entries) => {
      database.exec("BEGIN");
      for (const [key, value] of entries) insert.run(key, value);
      database.exec("COMMIT");
    },
    count: async () => database.prepare("SELECT value FROM journal ORDER BY key").all().length,
    close: async () => database.close(),
  };
}

const engines: Readonly<Record<string, Open>> = {
  "classic-level": async (folder) => {
    const { ClassicLevel } = await import("classic-level");
    const level = new ClassicLevel<string, string>(folder);
    await level.open();
    return {
      append: (entries) =>
        level.batch(
          entries.map(([key, value]) => ({ type: "put", key, value })),
          { sync: true },
        ),
      count: async () => (await level.values().all()).length,
      close: () => level.close(),
    };
  },
  lmdb: async (folder, load) => {
    const { open } = load("lmdb") as {
      open(options: object): {
        put(key: string, value: string): Promise<boolean>;
        flushed: Promise<unknown>;
        getRange(): Iterable<{ value: string }>;
        close(): Promise<void>;
      };
    };
    const database = open({ path: folder, encoding: "string" });
    return {
      append: async (entries) => {
        await Promise.all(entries.map(([key, value]) => database.put(key, value)));
        await database.flushed;
      },
      count: async () => [...database.getRange()].length,
      close: () => database.close(),
    };
  },
  "better-sqlite3": async (folder, load) => {
    const Database = load("better-sqlite3") as new (file: string) => Sqlite;
    return sqlite(new Database(join(folder, "journal.db")));
  },
  "node:sqlite": async (folder) => {
    const { DatabaseSync } = await import("node:sqlite");
    return sqlite(new DatabaseSync(join(folder, "journal.db")) as unknown as Sqlite);
  },
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
const ms = (value: number): string => value.toFixed(2);

async function measure(engine: Engine): Promise<Record<string, string>> {
  let sequence = 0;
  const entries = (count: number) =>
    Array.from({ length: count }, () => [String(sequence++).padStart(12, "0"), ENTRY] as const);
  await engine.append(entries(1));
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const singles: number[] = [];
  for (let i = 0; i < SINGLES; i++) {
    const from = performance.now();
    await engine.append(entries(1));
    singles.push(performance.now() - from);
    // Lets the loop turn, so that an engine that writes on it shows in the loop's delay.
    await setImmediate();
  }
  loop.disable();
  const sorted = singles.toSorted((a, b) => a - b);
  const from = performance.now();
  for (let i = 0; i < BATCHES; i++) await engine.append(entries(BATCH));
  const rate = (BATCHES * BATCH * 1000) / (performance.now() - from);
  const readFrom = performance.now();
  const read = await engine.count();
  if (read !== sequence) throw new Error(`${read} entries read, ${sequence} written`);
  return {
    "append p50, ms": ms(quantile(sorted, 0.5)),
    "append p95, ms": ms(quantile(sorted, 0.95)),
    "event loop blocked p95, ms": ms(loop.percentile(95) / 1e6),
    "appends/s in batches of 64": rate.toFixed(0),
    "read back, entries/s": ((read * 1000) / (performance.now() - readFrom)).toFixed(0),
  };
}

const { values } = parseArgs({ options: { modules: { type: "string" }, json: { type: "boolean" } } });
const require = createRequire(values.modules ? `${resolve(values.modules)}/` : import.meta.url);
const table: Record<string, Record<string, string>> = {};
for (const [name, open] of Object.entries(engines)) {
  const folder = mkdtempSync(join(tmpdir(), "provega-bench-"));
  try {
    const engine = await open(folder, (module) => require(module));
    table[name] = await measure(engine);
    await engine.close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND")) throw error;
    process.stderr.write(`${name} is not installed: left out\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const rows = Object.entries(table).flatMap(([engine, figures]) =>
  Object.entries(figures).map(([what, value]) => ({ what: `${engine}, ${what}`, value })),
);
report("An embedded store for the journal; entries as the journal writes them", rows);
