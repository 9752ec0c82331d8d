/**
 * The command line as a function of its arguments and a context, so that tests run it without a process.
 * @module
 */
import { Command, CommanderError } from "commander";
import type { Context } from "./context.ts";
import { describe, EXIT } from "./errors.ts";
import type { Verb } from "./verb.ts";
import { account } from "./verbs/account.ts";
import { backstop } from "./verbs/backstop.ts";
import { bench } from "./verbs/bench.ts";
import { board } from "./verbs/board.ts";
import { book } from "./verbs/book.ts";
import { cancel } from "./verbs/cancel.ts";
import { close } from "./verbs/close.ts";
import { deposit } from "./verbs/deposit.ts";
import { collect, contribute } from "./verbs/funds.ts";
import { keepAlive } from "./verbs/keep-alive.ts";
import { key } from "./verbs/key.ts";
import { kill } from "./verbs/kill.ts";
import { marks } from "./verbs/marks.ts";
import { oracle } from "./verbs/oracle.ts";
import { order } from "./verbs/order.ts";
import { price } from "./verbs/price.ts";
import { prove } from "./verbs/prove.ts";
import { quote } from "./verbs/quote.ts";
import { rebuild } from "./verbs/rebuild.ts";
import { register } from "./verbs/register.ts";
import { replay } from "./verbs/replay.ts";
import { rfq } from "./verbs/rfq.ts";
import { session } from "./verbs/session.ts";
import { setup } from "./verbs/setup.ts";
import { simulate } from "./verbs/simulate.ts";
import { spread } from "./verbs/spread.ts";
import { start } from "./verbs/start.ts";
import { status } from "./verbs/status.ts";
import { stop } from "./verbs/stop.ts";
import { verify } from "./verbs/verify.ts";
import { withdraw } from "./verbs/withdraw.ts";

const VERBS: readonly Verb[] = [
  setup,
  start,
  key,
  register,
  deposit,
  order,
  spread,
  rfq,
  quote,
  cancel,
  keepAlive,
  kill,
  stop,
  close,
  session,
  withdraw,
  backstop,
  contribute,
  collect,
  board,
  book,
  marks,
  oracle,
  account,
  status,
  replay,
  simulate,
  prove,
  verify,
  rebuild,
  price,
  bench,
];

/** All verbs. Says what it has to say through the context, and throws where the process would end. */
export function commandLine(context: Context): Command {
  const program = new Command("provega")
    .description("Options and perpetuals on a validity rollup: pricing, margin and every step proved.")
    .showHelpAfterError("(--help shows what is right)");
  const quiet = (command: Command): Command =>
    command.exitOverride().configureOutput({ writeOut: context.stdout, writeErr: context.stderr });
  quiet(program);
  for (const verb of VERBS) verb(program, context);
  for (const command of program.commands) for (const each of [command, ...command.commands]) quiet(each);
  return program;
}

/** Runs one command and returns its exit code. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  const program = commandLine(context);
  try {
    await program.parseAsync([...args], { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { code, message, hint } = describe(error);
    context.stderr(
      args.includes("--json")
        ? `${JSON.stringify({ error: { code, message, hint } })}\n`
        : `provega: ${code}: ${message}\n${hint ? `  ${hint}\n` : ""}`,
    );
    return code === "Usage" ? EXIT.usage : EXIT.refused;
  }
}
