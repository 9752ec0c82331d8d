/** `provega register --deposit 1000`: open an account on L1 for the wallet's key, with its first deposit. */

import { DIGITS, usdc } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { openWallet } from "#scripts/wallet.ts";
import { parseDecimal } from "../decimal.ts";
import { CliError } from "../errors.ts";
import { declare, type L1Options, print, type Verb, withL1, withWallet } from "../verb.ts";

type Options = L1Options & { readonly deposit: string; readonly mint?: boolean };

export const register: Verb = (program, context) => {
  const command = declare(
    program,
    "register",
    "Open an account on L1, with a first deposit",
    "provega register --deposit 1000 --wallet alice.json",
  );
  withL1(withWallet(command, context), context)
    .option("--deposit <usdc>", "first deposit; the owner must hold it", "0")
    .option("--mint", "make test tokens and gas first: on a local chain they are free")
    .action(async (options: Options) => {
      const amount = parseDecimal(options.deposit, DIGITS.cash, "--deposit");
      const wallet = openWallet(options.wallet);
      if (wallet.account !== null)
        throw new CliError(
          "AlreadyRegistered",
          `${wallet.path} has account ${wallet.account}; one wallet is for one account`,
        );
      const { addresses } = await context.connect(options.node).call("provega_status", {});
      const user = context.onL1(options.l1, addresses.rollup, wallet);
      if (options.mint) await user.mint(amount);
      const result = await user.register(amount);
      wallet.setAccount(result.account);
      print(context, options, result, () =>
        facts([
          ["account", String(result.account)],
          ["deposit", usdc(amount)],
          ["transaction", result.transaction],
          ["next", "the account can trade when a proved step has consumed its registration: provega account"],
        ]),
      );
    });
};
