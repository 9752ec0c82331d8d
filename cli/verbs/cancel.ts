/** `provega cancel 2:0:17`: kill an order for good, or all of them. */
import { randomUUID } from "node:crypto";
import type { Intent } from "#protocol/intent.ts";
import { orderSlots, PROFILE, type ProfileName } from "#protocol/params.ts";
import { parseCount } from "../decimal.ts";
import { UsageError } from "../errors.ts";
import { declare, openSession, print, type Session, type Verb, type WalletOptions, withWallet } from "../verb.ts";
import { orderText } from "../views.ts";

type Options = WalletOptions & { readonly all?: boolean; readonly validFor: string };

export const cancel: Verb = (program, context) => {
  const command = declare(
    program,
    "cancel",
    "Cancel an order, or all orders of the account",
    "provega cancel my-order-7\nprovega cancel --all",
  );
  withWallet(command, context)
    .argument("[order]", "id of the order, or the id you gave it")
    .option("--all", "raise the account's epoch, which kills every order signed before")
    .option("--valid-for <seconds>", "of L1 time", "86400")
    .action(async (id: string | undefined, options: Options) => {
      if ((id === undefined) !== (options.all === true)) throw new UsageError("name one order, or say --all");
      const session = await openSession(context, options);
      const validUntil = BigInt(session.status.chain.timestamp) + BigInt(parseCount(options.validFor, "--valid-for"));
      const intent = id === undefined ? await cancelAll(session, validUntil) : await cancelOne(session, id, validUntil);
      const { order } = await session.client.submit(session.wallet.sign(session.domain, intent), randomUUID());
      print(context, options, order, orderText);
    });
};

async function cancelAll({ client, account, wallet }: Session, validUntil: bigint): Promise<Intent> {
  const { epoch } = await client.call("provega_account", { account });
  return { kind: "cancelAll", account, epoch: BigInt(epoch), nonce: wallet.takeNonce(), validUntil };
}

/** A larger nonce of the same order slot: it kills the order wherever that is. */
async function cancelOne(
  { client, account, wallet, status }: Session,
  id: string,
  validUntil: bigint,
): Promise<Intent> {
  const isOurs = /^\d+:\d+:\d+$/.test(id);
  const order = await client.call("provega_order", isOurs ? { id } : { account, clientOrderId: id });
  const [, epoch = "0", nonce = "0"] = order.id.split(":");
  const profile = PROFILE[status.profile as ProfileName];
  const cancelling = BigInt(nonce) + orderSlots(profile);
  wallet.spend(cancelling);
  return { kind: "cancel", account, epoch: BigInt(epoch), nonce: cancelling, validUntil };
}
