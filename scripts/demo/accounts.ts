/**
 * The demonstration's parties on L1: keys, gas, test money, registrations with a first deposit.
 * @module
 */
import { join } from "node:path";
import { Contract, Wallet as L1Wallet } from "ethers";
import type { Name } from "#market/script.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { l1User } from "../l1-user.ts";
import { createWallet, type Wallet } from "../wallet.ts";
import type { Chain } from "./chain.ts";

const TEST_TOKEN = ["function mint(address to, uint256 amount)"];

export type Opening = { readonly party: Name /** 1e-6 USDC. */; readonly deposit: bigint };
export type Parties = ReadonlyMap<Name, Wallet>;

/** Opens one account after the other, so that ids follow the order of the script. `onOpened` counts them. */
export async function openAccounts(
  chain: Chain,
  contracts: { readonly rollup: string; readonly token: string },
  openings: readonly Opening[],
  folder: string,
  onOpened: (done: number) => void,
): Promise<Parties> {
  const parties = new Map(openings.map(({ party }) => [party, createWallet(join(folder, `${party}.json`))]));
  await chain.fund([...parties.values()].map(({ owner }) => owner));
  for (const [at, { party, deposit }] of openings.entries()) {
    const wallet = parties.get(party);
    if (!wallet) continue;
    await mint(chain.url, contracts.token, wallet, deposit);
    const { account } = await l1User(chain.url, contracts.rollup, wallet).register(deposit);
    wallet.setAccount(account);
    onOpened(at + 1);
  }
  return parties;
}

/** Test tokens are anybody's to mint. */
async function mint(url: string, token: string, wallet: Wallet, amount: bigint): Promise<void> {
  const provider = await connect(url);
  try {
    const contract = new Contract(token, TEST_TOKEN, new L1Wallet(wallet.ownerKey, provider));
    await (await contract.getFunction("mint")(wallet.owner, amount)).wait();
  } finally {
    provider.destroy();
  }
}
