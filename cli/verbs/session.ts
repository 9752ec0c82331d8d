/** `provega session add|revoke|list`: keys that may trade for an account, and nothing else. */
import type { SessionLimits } from "#protocol/account.ts";
import { SESSIONS } from "#protocol/params.ts";
import { UNDERLYING } from "#protocol/series.ts";
import type { SessionView } from "#rollup-node/wire.ts";
import { DIGITS, day, units } from "#scripts/format.ts";
import { facts, table } from "#scripts/table.ts";
import { createWallet, openWallet } from "#scripts/wallet.ts";
import { parseCount, parsePositive } from "../decimal.ts";
import { UsageError } from "../errors.ts";
import { declare, type L1Options, print, type Verb, type WalletOptions, withL1, withWallet } from "../verb.ts";

type AddOptions = L1Options & {
  readonly place: string;
  readonly keyFile: string;
  readonly underlyings: string;
  readonly validFor: string;
  readonly maxSize: string;
};
type RevokeOptions = L1Options & { readonly place: string };

export const session: Verb = (program, context) => {
  const group = program
    .command("session")
    .description("Session keys: they trade within limits that every proof enforces, and can never withdraw");
  withL1(
    withWallet(
      declare(
        group,
        "add",
        "Make a session key and register it on L1",
        "provega session add --key-file machine.json --underlyings BTC --valid-for 86400 --max-size 5",
      ),
      context,
    ),
    context,
  )
    .requiredOption("--key-file <file>", "wallet file to create for the machine that trades")
    .option("--place <number>", `1 to ${SESSIONS}; a key that stands there is replaced`, "1")
    .option("--underlyings <names>", "what it may trade, with commas between", UNDERLYING[0])
    .option("--valid-for <seconds>", "of L1 time", "86400")
    .option("--max-size <units>", "largest order, in units of the underlying over all its legs", "10")
    .action(async (options: AddOptions) => {
      const place = readPlace(options.place);
      const { wallet, client, user } = await owner(options);
      const account = wallet.registered();
      const { chain } = await client.call("provega_status", {});
      const limits: SessionLimits = {
        underlyings: readUnderlyings(options.underlyings),
        validUntil: BigInt(chain.timestamp) + BigInt(parseCount(options.validFor, "--valid-for")),
        maxSize: parsePositive(options.maxSize, DIGITS.lots, "--max-size"),
      };
      // Its own L1 key owns nothing.
      const machine = createWallet(options.keyFile, undefined, place);
      machine.setAccount(account);
      const { transaction } = await user.setKey(account, place, machine.key, limits);
      print(context, options, { account, place, limits, transaction, keyFile: machine.path }, () =>
        facts([
          ["account", String(account)],
          ["place", String(place)],
          ["valid until", day(limits.validUntil)],
          ["transaction", transaction],
          ["next", `trade with: provega order … --wallet ${machine.path}`],
        ]),
      );
    });
  withL1(
    withWallet(declare(group, "revoke", "Revoke a session key on L1", "provega session revoke --place 1"), context),
    context,
  )
    .requiredOption("--place <number>", `1 to ${SESSIONS}`)
    .action(async (options: RevokeOptions) => {
      const place = readPlace(options.place);
      const { wallet, user } = await owner(options);
      const account = wallet.registered();
      // A key is a point of the curve even where it may do nothing: the master's serves.
      const limits = { underlyings: 0n, validUntil: 0n, maxSize: 0n };
      const { transaction } = await user.setKey(account, place, wallet.key, limits);
      print(context, options, { account, place, transaction }, () =>
        facts([
          ["account", String(account)],
          ["revoked", `the key at place ${place}`],
          ["transaction", transaction],
        ]),
      );
    });
  withWallet(declare(group, "list", "Session keys of the account", "provega session list"), context).action(
    async (options: WalletOptions) => {
      const account = openWallet(options.wallet).registered();
      const { sessions } = await context.connect(options.node).call("provega_account", { account });
      print(context, options, sessions, sessionsText);
    },
  );

  async function owner(options: L1Options) {
    const wallet = openWallet(options.wallet);
    const client = context.connect(options.node);
    const { addresses } = await client.call("provega_status", {});
    return { wallet, client, user: context.onL1(options.l1, addresses.rollup, wallet) };
  }
};

function readPlace(text: string): number {
  const place = parseCount(text, "--place");
  if (place < 1 || place > SESSIONS) throw new UsageError(`--place is ${text}; it is 1 to ${SESSIONS}`);
  return place;
}

/** One bit per underlying. */
function readUnderlyings(text: string): bigint {
  return text.split(",").reduce((mask, name) => {
    const at = (UNDERLYING as readonly string[]).indexOf(name.trim());
    if (at < 0) throw new UsageError(`"${name}" is no underlying; there are ${UNDERLYING.join(", ")}`);
    return mask | (1n << BigInt(at));
  }, 0n);
}

const sessionsText = (sessions: readonly SessionView[]): string =>
  sessions.length === 0
    ? "no session keys"
    : table(
        [
          { title: "place" },
          { title: "may trade", align: "left" },
          { title: "valid until", align: "left" },
          { title: "largest order" },
        ],
        sessions.map(({ place, underlyings, validUntil, maxSize }) => [
          String(place),
          underlyings.map((each) => UNDERLYING[each] ?? each).join(", "),
          day(validUntil),
          units(maxSize),
        ]),
      );
