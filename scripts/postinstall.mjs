/**
 * Makes sure that both native parts are there: our own core, and Hardhat's package.
 *
 * The core is compiled here, at install, for this machine; without a compiler its portable twins do.
 *
 * npm decides by the Node it runs on which optional packages to install. Started from a Node older than Hardhat wants
 * it drops the native half of `@nomicfoundation/edr` without a word, although everything here runs on the newer Node of
 * the lock file. This script already runs on that newer Node, so asking npm once more installs what was left out.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
// A process of its own, because a failed load of a native package is remembered within one.
const nativePackageLoads = () =>
  spawnSync(process.execPath, ["-e", 'require("@nomicfoundation/edr")'], { cwd: root }).status === 0;

if (!nativePackageLoads()) {
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  const npm = process.env.npm_execpath;
  const [command, leading] = npm ? [process.execPath, [npm]] : ["npm", []];
  spawnSync(command, [...leading, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (!nativePackageLoads()) {
    console.error(
      `provega: Hardhat's native package does not load on Node ${process.versions.node}; Node 22.13 or later is needed.`,
    );
    process.exit(1);
  }
}

spawnSync(process.execPath, ["native/build.mjs", "--optional"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
