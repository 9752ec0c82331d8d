/** `provega collect` and `provega contribute`: the fee pot and the insurance fund, through proved executions. */
import type { Intent } from "#protocol/intent.ts";
import { DIGITS } from "#scripts/format.ts";
import { parsePositive } from "../decimal.ts";
import { submitOne, type TimeOptions, withTime } from "../intents.ts";
import { declare, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { orderText } from "../views.ts";

type Options = WalletOptions & TimeOptions;
type Kind = Extract<Intent, { readonly amount: bigint }>["kind"];

const moves =
  (kind: Exclude<Kind, "withdraw">, summary: string): Verb =>
  (program, context) => {
    const command = declare(program, kind, summary, `provega ${kind} 250 --wallet operator.json`);
    withTime(withWallet(command, context))
      .argument("<amount>", "USDC")
      .action(async (text: string, options: Options) => {
        const amount = parsePositive(text, DIGITS.cash, "the amount");
        const { order } = await submitOne(context, options, (head) => ({ kind, ...head, amount }));
        print(context, options, order, orderText);
      });
  };

export const collect = moves("collect", "Pay fees out of the pot to the fee account, whose wallet this is");
export const contribute = moves("contribute", "Give cash of the account to the insurance fund");
