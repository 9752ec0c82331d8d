/** `provega deposit 500`: bring cash from L1 into the account. */

import { DIGITS, usdc } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { openWallet } from "#scripts/wallet.ts";
import { parsePositive } from "../decimal.ts";
import { declare, type L1Options, print, type Verb, withL1, withWallet } from "../verb.ts";

type Options = L1Options & { readonly mint?: boolean };

export const deposit: Verb = (program, context) => {
  const command = declare(program, "deposit", "Deposit USDC from L1", "provega deposit 500");
  withL1(withWallet(command, context), context)
    .argument("<amount>", "USDC")
    .option("--mint", "make test tokens and gas first: on a local chain they are free")
    .action(async (text: string, options: Options) => {
      const amount = parsePositive(text, DIGITS.cash, "the amount");
      const wallet = openWallet(options.wallet);
      const account = wallet.registered();
      const { addresses } = await context.connect(options.node).call("provega_status", {});
      const user = context.onL1(options.l1, addresses.rollup, wallet);
      if (options.mint) await user.mint(amount);
      const result = await user.deposit(account, amount);
      print(context, options, { account, amount, ...result }, () =>
        facts([
          ["account", String(account)],
          ["deposit", usdc(amount)],
          ["transaction", result.transaction],
        ]),
      );
    });
};
