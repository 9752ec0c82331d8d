/** `provega close`: asks L1 for a forced close, which no signature of the account and no goodwill of the node is needed for. */
import { facts } from "#scripts/table.ts";
import { declare, openOwner, print, type RequestOptions, type Verb, withL1, withRollup, withWallet } from "../verb.ts";

export const close: Verb = (program, context) => {
  const command = declare(
    program,
    "close",
    "Forced close: ask L1 to close every position of the account, inside the price band, whatever its margin",
    "provega close\nprovega close --rollup 0x5FbDB2315678afecb367f032d93F642f64180aa3",
  );
  withRollup(withL1(withWallet(command, context), context), context).action(async (options: RequestOptions) => {
    const { account, user } = await openOwner(context, options);
    const result = { account, ...(await user.close(account)) };
    print(context, options, result, ({ transaction }) =>
      facts([
        ["account", String(account)],
        ["transaction", transaction],
        ["next", "closed piece by piece once a proved step has consumed the request: provega account"],
      ]),
    );
  });
};
