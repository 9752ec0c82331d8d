/**
 * Accounts: owner, key, cash, a position per slot of the board, order slots.
 * All values are immutable; a change makes a new one.
 * @module
 */
import { toField } from "./field.ts";
import { hash, hashList } from "./hash.ts";
import { type Profile, pageSize, TAG, WIDTH } from "./params.ts";
import type { Point } from "./signature.ts";
import { emptyTree, type Tree } from "./tree.ts";

/** `size` in lots, signed; `index`: the side-index last settled (0 for options). */
export type Position = { readonly size: bigint; readonly index: bigint };

/** What an order slot remembers: `key` is epoch * 2^32 + nonce of the newest intent; `filled` its lots, or `FILLED_ALL`. */
export type OrderSlot = { readonly key: bigint; readonly filled: bigint };
export type Orders = { readonly tree: Tree; readonly slots: ReadonlyMap<number, OrderSlot> };

export type Account = {
  /** L1 address. */
  readonly owner: bigint;
  readonly key: Point;
  /** 1e-6 USDC, signed. */
  readonly cash: bigint;
  readonly positions: readonly Position[];
  readonly orders: Orders;
  readonly epoch: bigint;
};

export const EMPTY_ORDER: OrderSlot = { key: 0n, filled: 0n };
export const orderLeaf = ({ key, filled }: OrderSlot): bigint => hash(TAG.order, [key, filled]);
export const emptyOrders = (profile: Profile): Orders => ({
  tree: emptyTree(profile.orderDepth, orderLeaf(EMPTY_ORDER)),
  slots: new Map(),
});
export const orderKey = (epoch: bigint, nonce: bigint): bigint => (epoch << BigInt(WIDTH.nonce)) + nonce;
export const orderSlotOf = (profile: Profile, nonce: bigint): number =>
  Number(nonce & ((1n << BigInt(2 * profile.orderDepth)) - 1n));
export const orderAt = (orders: Orders, slot: number): OrderSlot => orders.slots.get(slot) ?? EMPTY_ORDER;
export const setOrder = (orders: Orders, slot: number, order: OrderSlot): Orders => ({
  tree: orders.tree.set(BigInt(slot), orderLeaf(order)),
  slots: new Map(orders.slots).set(slot, order),
});

/** A registered account before anything else happens to it. */
export const freshAccount = (profile: Profile, owner: bigint, key: Point): Account => ({
  owner,
  key,
  cash: 0n,
  positions: Array.from({ length: profile.series }, () => ({ size: 0n, index: 0n })),
  orders: emptyOrders(profile),
  epoch: 0n,
});

/** Twin of `KeysRoot`. The third element is the place of the session keys. */
export const keysRoot = (key: Point): bigint => hash(TAG.keys, [key.x, key.y, 0n]);

/** Twin of `PositionsHash`: pages of slots; one page is its own root. */
export function positionsHash(profile: Profile, positions: readonly Position[]): bigint {
  const size = pageSize(profile);
  const pages: bigint[] = [];
  for (let from = 0; from < positions.length; from += size) {
    pages.push(
      hash(
        TAG.positions,
        positions.slice(from, from + size).flatMap(({ size: lots, index }) => [toField(lots), toField(index)]),
      ),
    );
  }
  const [first] = pages;
  return pages.length === 1 && first !== undefined ? first : hashList(TAG.pages, pages);
}

/** Twin of `AccountLeaf`. */
export const accountLeaf = (profile: Profile, account: Account): bigint =>
  hash(TAG.account, [
    account.owner,
    keysRoot(account.key),
    hash(TAG.collateral, [toField(account.cash)]),
    positionsHash(profile, account.positions),
    account.orders.tree.root,
    account.epoch,
  ]);
