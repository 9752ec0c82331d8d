import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program of ours or of node_modules; what it printed is the failure. */
function succeeds(program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: ROOT, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

describe("checks", function () {
  this.slow(30_000);

  it("is formatted and free of lint", () => succeeds("node_modules/@biomejs/biome/bin/biome", "check", "."));

  it("has no type errors", () => succeeds("node_modules/typescript/bin/tsc"));

  it("has generated files that are up to date", () => succeeds("scripts/generate.ts", "--check"));

  it("locks packages by content, and names no registry but the public one", () => {
    type Locked = { readonly integrity?: string; readonly resolved?: string };
    const { packages } = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, "utf8")) as {
      packages: Record<string, Locked>;
    };
    const doubtful = Object.entries(packages).filter(
      ([path, { integrity, resolved = "https://registry.npmjs.org/" }]) =>
        path !== "" && !(integrity?.startsWith("sha512-") && resolved.startsWith("https://registry.npmjs.org/")),
    );
    assert.deepEqual(doubtful, []);
  });
});
