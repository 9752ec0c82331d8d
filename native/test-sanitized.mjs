/**
 * `npm run test:sanitized`: the tests of the core on a build with address and undefined-behaviour sanitizers. Needs gcc's libasan.
 * Leaks are not asked for: Node keeps what it keeps.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const run = (args, env = {}) => {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
};

run(["native/build.mjs", "--sanitize", "--compiler", "g++"]);
run(["node_modules/mocha/bin/mocha.js", "test/native/*.test.ts"], {
  PROVEGA_NATIVE_BUILD: "sanitize",
  LD_PRELOAD: execFileSync("g++", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim(),
  ASAN_OPTIONS: "detect_leaks=0",
});
