/**
 * What all verbs share: options, output, help with an example.
 * @module
 */
import type { Command } from "commander";
import type { Client } from "#rollup-node/client.ts";
import type { StatusView } from "#rollup-node/wire.ts";
import type { L1User } from "#scripts/l1-user.ts";
import { openWallet, type Wallet } from "#scripts/wallet.ts";
import type { Context } from "./context.ts";

/** One file per verb exports one of these. */
export type Verb = (program: Command, context: Context) => void;

export const DEFAULT = {
  node: "http://127.0.0.1:8645",
  l1: "http://127.0.0.1:8545",
  wallet: ".provega/wallet.json",
} as const;

export type CommonOptions = { readonly json?: boolean };
export type NodeOptions = CommonOptions & { readonly node: string };
export type WalletOptions = NodeOptions & { readonly wallet: string };
export type L1Options = WalletOptions & { readonly l1: string };
export type RequestOptions = L1Options & { readonly rollup?: string };

/** Declares a verb with `--json` and an example in its help. */
export const declare = (program: Command, usage: string, summary: string, example: string): Command =>
  program
    .command(usage)
    .description(summary)
    .option("--json", "print the result as JSON")
    .addHelpText("after", `\nExample:\n  $ ${example.replaceAll("\n", "\n  $ ")}`);

export const withNode = (command: Command, { env }: Context): Command =>
  command.option("--node <url>", "JSON-RPC address of the node", env["PROVEGA_NODE"] ?? DEFAULT.node);
export const withWallet = (command: Command, context: Context): Command =>
  withNode(command, context).option(
    "--wallet <file>",
    "file with the keys",
    context.env["PROVEGA_WALLET"] ?? DEFAULT.wallet,
  );
export const withL1 = (command: Command, { env }: Context): Command =>
  command.option("--l1 <url>", "JSON-RPC address of the chain", env["PROVEGA_L1"] ?? DEFAULT.l1);
/** For what L1 has to be asked while no node answers. */
export const withRollup = (command: Command, { env }: Context): Command =>
  command.option("--rollup <address>", "the contract; without it, the node is asked", env["PROVEGA_ROLLUP"]);

/** JSON on one line for machines, text for people. */
export function print<T>({ stdout }: Context, { json }: CommonOptions, value: T, human: (value: T) => string): void {
  stdout(`${json ? JSON.stringify(value, plain) : human(value)}\n`);
}
const plain = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

/** A wallet, the node and what it says of itself: what signing an intent needs. */
export type Session = {
  readonly wallet: Wallet;
  readonly client: Client;
  readonly status: StatusView;
  readonly domain: bigint;
  readonly account: number;
};
export async function openSession(context: Context, { node, wallet: path }: WalletOptions): Promise<Session> {
  const wallet = openWallet(path);
  const account = wallet.registered();
  const client = context.connect(node);
  const status = await client.call("provega_status", {});
  return { wallet, client, status, domain: BigInt(status.domain), account };
}

/** A registered wallet as the owner of its account on L1; asks the node for the contract only if none is named. */
export async function openOwner(
  context: Context,
  { node, wallet: path, l1, rollup }: RequestOptions,
): Promise<{ readonly account: number; readonly user: L1User }> {
  const wallet = openWallet(path);
  const account = wallet.registered();
  const address = rollup ?? (await context.connect(node).call("provega_status", {})).addresses.rollup;
  return { account, user: context.onL1(l1, address, wallet) };
}
