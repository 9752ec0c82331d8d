/**
 * Where the demonstration keeps what it runs on. Every run starts afresh; circuits and keys are kept elsewhere.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DemoError } from "./chain.ts";

const ROOT = fileURLToPath(new URL("../../.provega/devnet", import.meta.url));
const PIDS = join(ROOT, "pids.json");

export type Folder = {
  path(name: string): string;
  /** Writes lines that only their owner may read. */
  writeSecret(name: string, lines: readonly string[]): void;
  /** Remembers a process that would have to be ended if this one is killed. */
  remember(name: string, pid: number): void;
  /** Nothing of ours runs any more. */
  release(): void;
};

/** Empties the folder, and ends what a killed demonstration left running. Throws `AlreadyRunning`. */
export function claimFolder(): Folder {
  const pids: Record<string, number> = { demo: process.pid };
  endLeftovers();
  rmSync(ROOT, { recursive: true, force: true });
  mkdirSync(ROOT, { recursive: true });
  const save = (): void => writeFileSync(PIDS, JSON.stringify(pids));
  save();
  return {
    path: (name) => join(ROOT, name),
    writeSecret: (name, lines) => writeFileSync(join(ROOT, name), `${lines.join("\n")}\n`, { mode: 0o600 }),
    remember(name, pid) {
      pids[name] = pid;
      save();
    },
    release: () => rmSync(PIDS, { force: true }),
  };
}

function endLeftovers(): void {
  if (!existsSync(PIDS)) return;
  const { demo, ...others } = JSON.parse(readFileSync(PIDS, "utf8")) as Record<string, number>;
  if (demo !== undefined && demo !== process.pid && isOurs(demo, "scripts/demo.ts")) {
    throw new DemoError("AlreadyRunning", `a demonstration is running already (process ${demo}); end it with Ctrl-C`);
  }
  if (others["chain"] && isOurs(others["chain"], "hardhat")) process.kill(others["chain"], "SIGTERM");
  if (others["node"] && isOurs(others["node"], "cli/main.ts")) process.kill(others["node"], "SIGTERM");
}

/** Whether `pid` runs a program of ours. Where the system does not tell, a process that lives is taken to be another's. */
function isOurs(pid: number, program: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(program);
  } catch {
    return false;
  }
}
