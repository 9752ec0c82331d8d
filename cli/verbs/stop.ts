/** `provega stop` and `provega resume`: an account that may only reduce, and the end of that. */
import { facts } from "#scripts/table.ts";
import { openWallet } from "#scripts/wallet.ts";
import { submitOne, type TimeOptions, withTime } from "../intents.ts";
import { declare, type L1Options, print, type Verb, type WalletOptions, withL1, withWallet } from "../verb.ts";
import { orderText } from "../views.ts";

type StopOptions = L1Options & TimeOptions & { readonly onL1?: boolean };

export const stop: Verb = (program, context) => {
  const command = declare(
    program,
    "stop",
    "Emergency stop: no position of the account may grow until `provega resume`; a session key may do it too",
    "provega stop\nprovega stop --on-l1",
  );
  withTime(withL1(withWallet(command, context), context))
    .option("--on-l1", "ask the chain for it instead of the node; kills every order as well")
    .action(async (options: StopOptions) => {
      if (!options.onL1) return switchTo(true, options);
      const wallet = openWallet(options.wallet);
      const { addresses } = await context.connect(options.node).call("provega_status", {});
      const result = await context.onL1(options.l1, addresses.rollup, wallet).stop(wallet.registered());
      print(context, options, result, ({ transaction }) =>
        facts([
          ["transaction", transaction],
          ["next", "the node has to execute the request: whoever ignores it is frozen"],
        ]),
      );
    });
  const resumed = declare(
    program,
    "resume",
    "End an emergency stop: takes the account's master key",
    "provega resume --wallet alice.json",
  );
  withTime(withWallet(resumed, context)).action((options: WalletOptions & TimeOptions) => switchTo(false, options));

  async function switchTo(reduceOnly: boolean, options: WalletOptions & TimeOptions): Promise<void> {
    const { order } = await submitOne(context, options, (head) => ({ kind: "mode", ...head, reduceOnly }));
    print(context, options, order, orderText);
  }
};
