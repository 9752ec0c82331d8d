/**
 * `npm start`: from nothing to a rollup that has traded through a real sell-off, every step proved and posted. Stays up for
 * the command line until Ctrl-C; with `--once` it ends, with 0 if all is verified.
 * @module
 */
import "#native/install.ts";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Demo, type DemoOptions, runDemo } from "./demo/run.ts";

const USAGE = `usage: npm start -- [--once] [--json] [--port N] [--l1-port N]
  --once       end when all is verified, with 0; with 1 if anything is not
  --json       print the closing table as JSON
  --port N     port of the rollup node (8645)
  --l1-port N  port of the local chain (8545)`;

type Options = DemoOptions & { readonly isOnce: boolean };

/** Null if the arguments are wrong. */
function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        port: { type: "string", default: "8645" },
        "l1-port": { type: "string", default: "8545" },
      },
    });
    const ports = [values.port, values["l1-port"]].map(Number);
    const [port = 0, l1Port = 0] = ports;
    if (!ports.every((each) => Number.isInteger(each) && each > 0 && each < 65_536) || port === l1Port) return null;
    return { isOnce: values.once, isJson: values.json, port, l1Port };
  } catch {
    return null;
  }
}

/** Resolves on the first Ctrl-C or SIGTERM; a second one ends the process at once. */
const untilStopped = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
});

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (process.argv.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const terminal = { isTerminal: process.stderr.isTTY === true, stderr: (text: string) => process.stderr.write(text) };
  let demo: Demo | undefined;
  try {
    // Whatever is running when the user stops us is ended in `finally`, and its failure is no news.
    const running = runDemo(options, terminal, (started) => {
      demo = started;
    });
    const outcome = await Promise.race([running, untilStopped.then(() => null)]);
    if (outcome === null) return 1;
    if (!options.isOnce) {
      terminal.stderr(
        `\nThe node stays up at ${outcome.nodeUrl}, the chain at ${outcome.l1Url}. Try:\n${outcome.hints.map((hint) => `  ${hint}`).join("\n")}\nCtrl-C ends both.\n`,
      );
      await untilStopped;
    }
    return outcome.failures.length === 0 ? 0 : 1;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? `${error.code}: ` : "";
    terminal.stderr(`provega: ${code}${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    await demo?.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main();
  // Whatever was under way when we were stopped must not keep the process.
  process.exit();
}
