/**
 * Starts a TypeScript entry point on a checkout in any state: installs what the lock file asks for if it is not there
 * and goes on with a Node that runs TypeScript. Plain JavaScript without dependencies, for Node 20.19 and later.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");
/** Runs TypeScript without a flag and knows `import.meta.main`. */
const NEEDED = [24, 2];
const BEAT_MS = 5_000;
/** For helpers: at the root, and whatever they print is progress. */
const QUIET = { cwd: ROOT, stdio: ["ignore", 2, 2] };

/** Progress goes to stderr: stdout belongs to the program that is started. */
const say = (text) => process.stderr.write(`provega: ${text}\n`);
const readJson = (...path) => JSON.parse(readFileSync(join(ROOT, ...path), "utf8"));

/** Whether a package of the lock file is missing or of another version, by npm's own record of what it installed. */
function isStale() {
  if (!existsSync(join(ROOT, "node_modules", ".package-lock.json"))) return true;
  const installed = readJson("node_modules", ".package-lock.json").packages;
  return Object.entries(readJson("package-lock.json").packages).some(
    ([path, wanted]) =>
      path !== "" && (installed[path] ? installed[path].version !== wanted.version : !wanted.optional && !wanted.peer),
  );
}

function runsTypeScript(node) {
  const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (status !== 0) return false;
  const [major = 0, minor = 0] = stdout.slice(1).split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** The Node of the lock file where it has one for this machine, else the one we run on. */
function findNode() {
  const node = [join(BIN, "node"), process.execPath].find(runsTypeScript);
  if (node) return node;
  say(`Node ${NEEDED.join(".")} or later is needed on this machine, this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs to the end and returns the exit status; a signal to us is one to the child. */
function runToEnd(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    const forward = (signal) => child.kill(signal);
    // The terminal sends SIGINT to the whole group; the child decides when it is done.
    const wait = () => {};
    process.on("SIGTERM", forward).on("SIGHUP", forward).on("SIGINT", wait);
    child.once("error", reject);
    child.once("exit", (status, signal) => {
      process.off("SIGTERM", forward).off("SIGHUP", forward).off("SIGINT", wait);
      resolve(status ?? (signal ? 1 : 0));
    });
  });
}

async function install() {
  say("installing the dependencies of the lock file: about 180 MB, once");
  const start = Date.now();
  const elapsed = () => `${Math.round((Date.now() - start) / 1_000)} s`;
  const beat = setInterval(() => say(`installing, ${elapsed()}`), BEAT_MS);
  const npm = process.env.npm_execpath;
  const [command, leading] = npm ? [process.execPath, [npm]] : ["npm", []];
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const status = await runToEnd(command, [...leading, ...args], QUIET);
  clearInterval(beat);
  if (status !== 0) {
    say(`npm ci failed with status ${status}`);
    process.exit(status);
  }
  say(`installed in ${elapsed()}`);
}

/**
 * @param {string} entry   path of the program, relative to the root
 * @param {string[]} args  handed on as they are
 */
export async function launch(entry, args) {
  if (isStale()) await install();
  const node = findNode();
  const env = { ...process.env, PATH: [BIN, process.env.PATH].join(delimiter) };
  const repaired = await runToEnd(node, [join(ROOT, "scripts", "postinstall.mjs")], { ...QUIET, env });
  process.exitCode = repaired || (await runToEnd(node, [join(ROOT, entry), ...args], { stdio: "inherit", env }));
}
