/**
 * The keys with which an oracle signs: wallet files, or secrets from the environment.
 * @module
 */
import type { Profile } from "#protocol/params.ts";
import { type Report, type SignedReport, signReport } from "#protocol/report.ts";
import { type Point, publicKey } from "#protocol/signature.ts";
import { type SignedSpotSum, type SpotSum, signSpotSum } from "#protocol/spot-sum.ts";
import type { StatusView } from "#rollup-node/wire.ts";
import { openWallet } from "#scripts/wallet.ts";
import { CliError, UsageError } from "./errors.ts";

export type OracleKey = {
  /** Where the key comes from, for messages. */
  readonly source: string;
  readonly key: Point;
  signReport(profile: Profile, domain: bigint, report: Report): SignedReport;
  signSpotSum(domain: bigint, spotSum: SpotSum): SignedSpotSum;
};
export type KeyOptions = { readonly key?: readonly string[]; readonly secretEnv?: readonly string[] };

/** The keys that the options name. Throws `UsageError`, `WalletMissing` or `WalletInvalid`. */
export function oracleKeys(
  { key: files = [], secretEnv: names = [] }: KeyOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly OracleKey[] {
  if (files.length + names.length === 0)
    throw new UsageError("name the oracle's key: --key FILE (`provega key new` makes one) or --secret-env NAME");
  const wallets = files.map((path): OracleKey => {
    const wallet = openWallet(path);
    return { source: path, key: wallet.key, signReport: wallet.signReport, signSpotSum: wallet.signSpotSum };
  });
  return [...wallets, ...names.map((name) => keyFromEnv(name, env[name]))];
}

/** Secrets come by environment, never by argument: arguments are visible to every process. */
function keyFromEnv(name: string, value: string | undefined): OracleKey {
  if (!value || !/^0x[0-9a-fA-F]{64}$/.test(value))
    throw new UsageError(`the variable ${name} does not hold a signing secret; it is 0x and 64 hexadecimal digits`);
  const secret = Buffer.from(value.slice(2), "hex");
  return {
    source: name,
    key: publicKey(secret),
    signReport: (profile, domain, report) => signReport(profile, domain, report, secret),
    signSpotSum: (domain, spotSum) => signSpotSum(domain, spotSum, secret),
  };
}

/** Index of the key in the node's oracle set. Throws `NotAnOracle`. */
export function indexInSet({ source, key }: OracleKey, { oracles }: StatusView): number {
  const index = oracles.set.findIndex(({ key: [x, y] }) => BigInt(x) === key.x && BigInt(y) === key.y);
  if (index < 0)
    throw new CliError("NotAnOracle", `the key of ${source} is none of the ${oracles.set.length} in the oracle set`);
  return index;
}
