/** `provega withdraw 1000`: take cash out of the account; `--claim` collects on L1 what proved steps have paid out. */
import { randomUUID } from "node:crypto";
import type { Withdraw } from "#protocol/intent.ts";
import { DIGITS, usdc } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { openWallet } from "#scripts/wallet.ts";
import { parseCount, parsePositive } from "../decimal.ts";
import { UsageError } from "../errors.ts";
import { declare, type L1Options, openSession, print, type Verb, withL1, withWallet } from "../verb.ts";
import { orderText } from "../views.ts";

type Options = L1Options & { readonly claim?: boolean; readonly validFor: string };

export const withdraw: Verb = (program, context) => {
  const command = declare(
    program,
    "withdraw",
    "Withdraw cash, in two moves: sign it away, then claim it on L1",
    "provega withdraw 1000\nprovega withdraw --claim",
  );
  withL1(withWallet(command, context), context)
    .argument("[amount]", "USDC")
    .option("--claim", "collect on L1 everything that is credited to the wallet's owner")
    .option("--valid-for <seconds>", "of L1 time", "86400")
    .action(async (amount: string | undefined, options: Options) => {
      if ((amount === undefined) !== (options.claim === true)) throw new UsageError("name an amount, or say --claim");
      if (amount === undefined) return claim(options);
      const units = parsePositive(amount, DIGITS.cash, "the amount");
      const { wallet, client, status, domain, account } = await openSession(context, options);
      const { epoch } = await client.call("provega_account", { account });
      const validUntil = BigInt(status.chain.timestamp) + BigInt(parseCount(options.validFor, "--valid-for"));
      const intent: Withdraw = {
        kind: "withdraw",
        account,
        epoch: BigInt(epoch),
        nonce: wallet.takeNonce(),
        validUntil,
        amount: units,
      };
      const { order } = await client.submit(wallet.sign(domain, intent), randomUUID());
      print(context, options, order, orderText);
    });

  async function claim(options: Options): Promise<void> {
    const { addresses } = await context.connect(options.node).call("provega_status", {});
    const result = await context.onL1(options.l1, addresses.rollup, openWallet(options.wallet)).claim();
    print(context, options, result, () =>
      facts([
        ["claimed", usdc(result.amount)],
        ["transaction", result.transaction],
      ]),
    );
  }
};
