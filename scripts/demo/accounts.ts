/**
 * The demonstration's parties on L1: keys, gas, test money, registrations with a first deposit.
 * @module
 */
import { join } from "node:path";
import type { Name } from "#market/script.ts";
import { l1User } from "../l1-user.ts";
import { createWallet, type Wallet } from "../wallet.ts";
import type { Chain } from "./chain.ts";

export type Opening = { readonly party: Name /** 1e-6 USDC. */; readonly deposit: bigint };
export type Parties = ReadonlyMap<Name, Wallet>;

/** Opens one account after the other, so that ids follow the order of the script. `onOpened` counts them. */
export async function openAccounts(
  chain: Chain,
  { rollup }: { readonly rollup: string },
  openings: readonly Opening[],
  folder: string,
  onOpened: (done: number) => void,
): Promise<Parties> {
  const parties = new Map(openings.map(({ party }) => [party, createWallet(join(folder, `${party}.json`))]));
  await chain.fund([...parties.values()].map(({ owner }) => owner));
  for (const [at, { party, deposit }] of openings.entries()) {
    const wallet = parties.get(party);
    if (!wallet) continue;
    const user = l1User(chain.url, rollup, wallet);
    await user.mint(deposit);
    const { account } = await user.register(deposit);
    wallet.setAccount(account);
    onOpened(at + 1);
  }
  return parties;
}
