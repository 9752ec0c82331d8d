/** `provega key new`: a wallet file with fresh keys. */
import { registrationPoint } from "#protocol/signature.ts";
import { facts } from "#scripts/table.ts";
import { createWallet } from "#scripts/wallet.ts";
import { UsageError } from "../errors.ts";
import { type CommonOptions, DEFAULT, declare, print, type Verb } from "../verb.ts";

type Options = CommonOptions & { readonly wallet: string; readonly ownerKeyEnv?: string };

export const key: Verb = (program, context) => {
  const group = program.command("key").description("Keys that own an account and sign its intents");
  declare(group, "new", "Make a wallet file; never replaces one", "provega key new --wallet alice.json")
    .option("--wallet <file>", "file to create, readable by you only", context.env["PROVEGA_WALLET"] ?? DEFAULT.wallet)
    .option("--owner-key-env <name>", "take the L1 private key from this environment variable instead of a fresh one")
    .action((options: Options) => {
      const wallet = createWallet(options.wallet, ownerKey(options, context.env));
      const point = registrationPoint(wallet.key);
      const result = {
        wallet: wallet.path,
        owner: wallet.owner,
        key: [wallet.key.x, wallet.key.y],
        registrationPoint: [point.x, point.y],
      };
      print(context, options, result, () =>
        facts([
          ["wallet", wallet.path],
          ["L1 owner", wallet.owner],
          ["signing key", `${wallet.key.x}, ${wallet.key.y}`],
          ["next", `provega register --wallet ${wallet.path} --deposit 1000`],
        ]),
      );
    });
};

/** Private keys come by environment, never by argument: arguments are visible to every process. */
function ownerKey({ ownerKeyEnv }: Options, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (ownerKeyEnv === undefined) return undefined;
  const value = env[ownerKeyEnv];
  if (value && /^0x[0-9a-fA-F]{64}$/.test(value)) return value;
  throw new UsageError(
    `the variable ${ownerKeyEnv} does not hold an L1 private key; it is 0x and 64 hexadecimal digits`,
  );
}
