/** `provega account`: cash, margin, positions and open orders. */
import { openWallet } from "#scripts/wallet.ts";
import { parseCount } from "../decimal.ts";
import { declare, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { accountText } from "../views.ts";

type Options = WalletOptions & { readonly id?: string };

export const account: Verb = (program, context) => {
  const command = declare(
    program,
    "account",
    "Cash, margin, positions and open orders of an account",
    "provega account --id 2",
  );
  withWallet(command, context)
    .option("--id <number>", "any account; without it, the wallet's")
    .action(async (options: Options) => {
      const id = options.id === undefined ? openWallet(options.wallet).registered() : parseCount(options.id, "--id");
      print(
        context,
        options,
        await context.connect(options.node).call("provega_account", { account: id }),
        accountText,
      );
    });
};
