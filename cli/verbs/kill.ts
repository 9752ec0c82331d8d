/** `provega kill BTC`: the kill switch of an underlying. */
import { UNDERLYING } from "#protocol/series.ts";
import { facts } from "#scripts/table.ts";
import { control } from "../control.ts";
import { UsageError } from "../errors.ts";
import { declare, openSession, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";

type Options = WalletOptions & { readonly release?: boolean };

export const kill: Verb = (program, context) => {
  const command = declare(
    program,
    "kill",
    "Kill switch: take every order of the account in one underlying out, and admit none until released",
    "provega kill BTC\nprovega kill BTC --release",
  );
  withWallet(command, context)
    .argument("<underlying>", UNDERLYING.join(" or "))
    .option("--release", "admit orders again")
    .action(async (name: string, options: Options) => {
      const subject = (UNDERLYING as readonly string[]).indexOf(name);
      if (subject < 0) throw new UsageError(`"${name}" is no underlying; there are ${UNDERLYING.join(", ")}`);
      const session = await openSession(context, options);
      const result = await control(session, options.release ? "release" : "kill", subject);
      print(context, options, result, ({ sequence, left }) =>
        facts([
          [options.release ? "released" : "killed", name],
          ["orders taken out", String(left)],
          ["journal entry", String(sequence)],
        ]),
      );
    });
};
