/** `provega keep-alive --every 20`: holds the orders that leave with their owner's connection. */
import { GRACE_SECONDS } from "#rollup-node/control.ts";
import { day } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { control } from "../control.ts";
import { parseCount } from "../decimal.ts";
import { describe, UsageError } from "../errors.ts";
import { declare, openSession, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";

type Options = WalletOptions & { readonly every?: string; readonly for?: string };

/** Two keep-alives may be lost before the orders leave. */
const LIVES = 3;

export const keepAlive: Verb = (program, context) => {
  const command = declare(
    program,
    "keep-alive",
    "Say that the account is there: holds its orders that are --cancel-on-disconnect",
    "provega keep-alive --every 20\nprovega keep-alive --for 600",
  );
  withWallet(command, context)
    .option("--every <seconds>", "say it again so often, until Ctrl-C")
    .option(
      "--for <seconds>",
      `of L1 time to hold the orders; without it ${GRACE_SECONDS}, or ${LIVES} times --every if that is more`,
    )
    .action(async (options: Options) => {
      const every = options.every === undefined ? null : seconds(options.every, "--every");
      const held =
        options.for === undefined
          ? Math.max(Number(GRACE_SECONDS), LIVES * (every ?? 0))
          : seconds(options.for, "--for");
      if (every !== null && held <= every)
        throw new UsageError(`--for is ${held}: the orders would leave before the next keep-alive`);
      let last = "";
      const say = async (): Promise<void> => {
        const session = await openSession(context, options);
        const { timestamp } = session.status.chain;
        // L1 time stands still, so nothing lapses either.
        if (timestamp === last) return;
        await control(session, "keepAlive", held);
        last = timestamp;
        const until = (BigInt(timestamp) + BigInt(held)).toString();
        print(context, options, { account: session.account, until }, shown);
      };
      await say();
      // The first must succeed; a later one that is refused is told of, and the next one tried.
      while (every !== null && !(await context.pause(every * 1000))) {
        await say().catch((error: unknown) => {
          const { code, message } = describe(error);
          context.stderr(`provega: ${code}: ${message}\n`);
        });
      }
    });
};

function seconds(text: string, what: string): number {
  const count = parseCount(text, what);
  if (count === 0) throw new UsageError(`${what} is 0; it is a second at least`);
  return count;
}

type Shown = { readonly account: number; readonly until: string };
const shown = ({ account, until }: Shown): string =>
  facts([
    ["account", String(account)],
    ["orders stay until", day(until)],
  ]);
