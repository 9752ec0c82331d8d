/** Every example that README or a verb's help gives is one that the command line takes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Context } from "#cli/context.ts";
import { commandLine } from "#cli/program.ts";

/** The command line with verbs that do nothing. */
function idle(): { readonly program: Command; readonly written: () => string } {
  let written = "";
  const write = (text: string): void => {
    written += text;
  };
  const program = commandLine({ stdout: write, stderr: write, env: {} } as unknown as Context);
  for (const verb of leaves(program)) verb.action(() => {});
  return { program, written: () => written };
}
const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

/** Arguments of the calls of `provega` in a shell's text. */
const callsIn = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/(?:^|[$|] (?:\w+=\S+ )?|^npx )provega +([^\n]*)/gm)].map(([, rest = ""]) =>
    rest
      .replace(/ +[#>].*/, "")
      .trim()
      .split(/\s+/),
  );

/** Throws what the command line finds wrong. */
const parse = (args: readonly string[]): Promise<Command> => idle().program.parseAsync([...args], { from: "user" });

describe("examples of the command line", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const shell = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = ""]) => text).join("\n");

  for (const args of callsIn(shell.replaceAll("npx provega", "provega"))) {
    it(`README: ${args.join(" ")}`, () => parse(args));
  }

  it("README names verbs that there are", () => {
    const verbs = new Set(idle().program.commands.map((command) => command.name()));
    const named = [...readme.matchAll(/`(?:npx )?provega ([a-z-]+)/g)].map(([, verb = ""]) => verb);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((verb) => !verbs.has(verb)),
      [],
    );
  });

  for (const at of leaves(idle().program).keys()) {
    const path = (command: Command | null): string =>
      command?.parent ? `${path(command.parent)} ${command.name()}`.trim() : "";
    it(`help of ${path(leaves(idle().program)[at] ?? null)}`, async () => {
      const { program, written } = idle();
      leaves(program)[at]?.outputHelp();
      const examples = callsIn(written().slice(written().indexOf("Example:")));
      assert.ok(examples.length > 0);
      for (const args of examples) await parse(args);
    });
  }

  it("are not all taken", async () => {
    await assert.rejects(parse(["order", "buy", "BTC-PERP"]));
    await assert.rejects(parse(["book", "--depht", "3"]));
    await assert.rejects(parse(["flibber"]));
  });
});
