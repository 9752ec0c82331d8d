/** `provega bench NAME`: runs a benchmark and prints its table. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Argument } from "commander";
import { CliError } from "../errors.ts";
import { declare, type Verb } from "../verb.ts";

const FOLDER = new URL("../../scripts/bench/", import.meta.url);
/** Every file of the folder is a benchmark but the one that prints their tables. */
const names = (): string[] =>
  readdirSync(FOLDER).flatMap((file) => (file.endsWith(".ts") && file !== "report.ts" ? [file.slice(0, -3)] : []));

export const bench: Verb = (program, context) => {
  declare(program, "bench", "Run a benchmark", "provega bench circuits --json")
    .addArgument(new Argument("<name>", "which one").choices(names()))
    .action(async (name: string, { json }: { readonly json?: boolean }) => {
      const status = await context.runScript(fileURLToPath(new URL(`${name}.ts`, FOLDER)), json ? ["--json"] : []);
      if (status !== 0) throw new CliError("TargetMissed", `benchmark ${name} missed a target or failed`);
    });
};
