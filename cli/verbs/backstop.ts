/** `provega backstop 10 --discount 1.5`: a standing wish to take liquidations that the book cannot, at a discount. */
import { SCALE } from "#protocol/params.ts";
import { DIGITS } from "#scripts/format.ts";
import { parseDecimal, parsePositive } from "../decimal.ts";
import { submitOne, type TimeOptions, withTime } from "../intents.ts";
import { declare, print, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { orderText } from "../views.ts";

type Options = WalletOptions &
  TimeOptions & { readonly discount: string; readonly maxFee: string; readonly id?: string };

export const backstop: Verb = (program, context) => {
  const command = declare(
    program,
    "backstop",
    "Register the account as a backstop: it takes what liquidations cannot sell in the books",
    "provega backstop 25 --discount 1 --valid-for 604800",
  );
  withTime(withWallet(command, context))
    .argument("<size>", "most to take over all series, in units of the underlying")
    .option("--discount <percent>", "least gain against the mark, in percent of spot", "1")
    .option("--max-fee <usdc>", "most to pay per unit of the underlying", "50")
    .option("--id <text>", "your own id of the wish")
    .action(async (text: string, options: Options) => {
      const size = parsePositive(text, DIGITS.lots, "the size");
      // A percent has 10,000 parts per million.
      const discountPpm = parseDecimal(options.discount, 4, "--discount");
      const feePerLot = parseDecimal(options.maxFee, DIGITS.cash, "--max-fee") / SCALE.lotsPerUnit;
      const { order } = await submitOne(context, options, (head) => ({
        kind: "backstop",
        ...head,
        size,
        discountPpm,
        feePerLot,
      }));
      print(context, options, order, orderText);
    });
};
