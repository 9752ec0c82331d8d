/**
 * Who takes part: groups of accounts, what they bring, and how they are told apart.
 * @module
 */
import { publicKey } from "#protocol/signature.ts";
import { Random } from "./random.ts";

/** Composed: who they are is not in any record. */
export const GROUPS = ["treasury", "backstop", "maker", "trader", "seller", "buyer", "hedger"] as const;
export type Group = (typeof GROUPS)[number];

/** What each account of a group brings, USDC: anything between the two, small sums as often as large ones. */
const DEPOSIT: Readonly<Record<Group, readonly [number, number]>> = {
  treasury: [1_000_000, 1_000_000],
  backstop: [20_000_000, 20_000_000],
  maker: [4_000_000, 8_000_000],
  trader: [1_000, 60_000],
  seller: [10_000, 250_000],
  buyer: [2_000, 50_000],
  hedger: [10_000, 200_000],
};
/** Of the accounts that are neither treasury nor backstop nor makers. */
const SHARE = { trader: 0.5, seller: 0.2, buyer: 0.1, hedger: 0.2 } as const;
/** Accounts per maker, and the fewest makers. */
const MAKERS = { per: 50, least: 2 } as const;
/** The smallest market with every group in it. */
export const LEAST_ACCOUNTS = 12;

export const TREASURY = 0;
export const BACKSTOP = 1;

export class Participant {
  readonly account: number;
  readonly group: Group;
  /** What it brings at the start, 1e-6 USDC. */
  readonly deposit: bigint;
  readonly random: Random;
  /** Deposits less withdrawals, 1e-6 USDC. */
  brought = 0n;
  #nonce = 0n;

  constructor(account: number, group: Group, seed: number) {
    this.account = account;
    this.group = group;
    this.random = new Random(seed, `${group} ${account}`);
    this.deposit = BigInt(Math.round(this.random.logBetween(...DEPOSIT[group]) * 100)) * 10_000n;
  }

  static secretOf(account: number): Uint8Array {
    const secret = new Uint8Array(32).fill(0x51);
    new DataView(secret.buffer).setUint32(0, account);
    return secret;
  }

  get key() {
    return publicKey(Participant.secretOf(this.account));
  }

  /** One that is newer than all before it. */
  nextNonce(): bigint {
    this.#nonce++;
    return this.#nonce;
  }
}

/** `count` accounts, numbered from 0: treasury, backstop, makers, and everyone else mixed. */
export function populate(count: number, seed: number): readonly Participant[] {
  const makers = Math.max(MAKERS.least, Math.floor(count / MAKERS.per));
  const groups = new Random(seed, "groups");
  return Array.from({ length: count }, (_, account) => {
    if (account === TREASURY) return new Participant(account, "treasury", seed);
    if (account === BACKSTOP) return new Participant(account, "backstop", seed);
    return new Participant(account, account < 2 + makers ? "maker" : oneOf(groups.unit()), seed);
  });
}

function oneOf(chance: number): Group {
  let left = chance;
  for (const [group, share] of Object.entries(SHARE)) {
    left -= share;
    if (left < 0) return group as Group;
  }
  return "trader";
}
