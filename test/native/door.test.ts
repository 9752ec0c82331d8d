/**
 * The door where there is no core behind it.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nativeCore } from "#native/index.ts";
import { REPOSITORY } from "#prover/compile.ts";

const BUILD = join(REPOSITORY, "native", "build");
/** Asks twice, and once more in a child. */
const ASK = `
  import { spawnSync } from "node:child_process";
  import { nativeCore } from "#native/index.ts";
  const again = nativeCore() === nativeCore();
  console.log(nativeCore() === null, again);
  if (!process.argv[1]) spawnSync(process.execPath, ["--input-type=module", "-e", process.env.ASK, "child"], { stdio: "inherit" });
`;

describe("native door", () => {
  const ask = (environment: NodeJS.ProcessEnv) => {
    const { PROVEGA_NATIVE: _, PROVEGA_NATIVE_BUILD: __, ...env } = process.env;
    return spawnSync(process.execPath, ["--input-type=module", "-e", ASK], {
      cwd: REPOSITORY,
      env: { ...env, ASK, ...environment },
      encoding: "utf8",
    });
  };
  const isAbsent = "true true\ntrue true\n";

  it("is shut by PROVEGA_NATIVE=0, without a word", () => {
    const { stdout, stderr } = ask({ PROVEGA_NATIVE: "0" });
    assert.deepEqual([stdout, stderr], [isAbsent, ""]);
  });

  it("says once, in one line, why there is no core and what helps", () => {
    const { stdout, stderr } = ask({ PROVEGA_NATIVE_BUILD: "nowhere" });
    assert.equal(stdout, isAbsent);
    assert.match(stderr, /^provega: no native core \(it has not been built\); .*npm run build:native.*\n$/);
  });

  it("goes on without a core that is damaged", () => {
    const folder = join(BUILD, `damaged-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(join(folder, "provega.node"), "no shared object");
      const { stdout, stderr } = ask({ PROVEGA_NATIVE_BUILD: `damaged-${process.pid}` });
      assert.equal(stdout, isAbsent);
      assert.match(stderr, /^provega: no native core \(.+\); the slower portable code is used\. .*\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const core = nativeCore();
  if (core)
    it("answers every call without arguments, or with wrong ones, by a named error", async () => {
      const wrong: readonly unknown[][] = [
        [],
        [1],
        ["x"],
        [null, null],
        [new Uint8Array(3), new Uint8Array(3)],
        [{}, {}, {}],
      ];
      const takesNothing = new Set(["hasIfma"]);
      for (const [name, call] of Object.entries(core) as [string, (...args: unknown[]) => unknown][]) {
        if (takesNothing.has(name)) continue;
        for (const args of wrong) {
          await assert.rejects(
            async () => call(...args),
            ({ code }: { code?: unknown }) => typeof code === "string" && /^[A-Z][A-Za-z]+$/.test(code),
            `${name}(${args.join(", ")})`,
          );
        }
      }
    });
});
