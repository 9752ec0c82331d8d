/** `provega stop` and `provega resume`: an account that may only reduce, and the end of that. */
import { facts } from "#scripts/table.ts";
import { submitOne, type TimeOptions, withTime } from "../intents.ts";
import {
  declare,
  openOwner,
  print,
  type RequestOptions,
  type Verb,
  type WalletOptions,
  withL1,
  withRollup,
  withWallet,
} from "../verb.ts";
import { orderText } from "../views.ts";

type StopOptions = RequestOptions & TimeOptions & { readonly onL1?: boolean };

export const stop: Verb = (program, context) => {
  const command = declare(
    program,
    "stop",
    "Emergency stop: no position of the account may grow until `provega resume`; a session key may do it too",
    "provega stop\nprovega stop --on-l1",
  );
  withTime(withRollup(withL1(withWallet(command, context), context), context))
    .option("--on-l1", "ask the chain for it instead of the node; kills every order as well")
    .action(async (options: StopOptions) => {
      if (!options.onL1) return switchTo(true, options);
      const { account, user } = await openOwner(context, options);
      const result = { account, ...(await user.stop(account)) };
      print(context, options, result, ({ transaction }) =>
        facts([
          ["account", String(account)],
          ["transaction", transaction],
          ["next", "in force when a proved step has consumed the request, which L1 keeps in order: provega account"],
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
