/**
 * Accounts: owner, keys, cash, a position per slot of the board, order slots, modes.
 * All values are immutable; a change makes a new one.
 * @module
 */
import { toField } from "./field.ts";
import { hash, hashList } from "./hash.ts";
import { LAYOUT, pack } from "./layout.ts";
import { type Profile, pageSize, SESSIONS, TAG, WIDTH } from "./params.ts";
import type { Point } from "./signature.ts";
import { emptyTree, type Tree } from "./tree.ts";

/** `size` in lots, signed; `index`: the side-index up to which it is settled, 1e-2 USDC per unit. */
export type Position = { readonly size: bigint; readonly index: bigint };

/** What an order slot remembers: `key` is epoch * 2^32 + nonce of the newest intent; `filled` its lots, or `FILLED_ALL`. */
export type OrderSlot = { readonly key: bigint; readonly filled: bigint };
export type Orders = { readonly tree: Tree; readonly slots: ReadonlyMap<number, OrderSlot> };

/** What a session key may do: trade, in some underlyings, for some time, up to some size. */
export type SessionLimits = {
  /** One bit per underlying. */
  readonly underlyings: bigint;
  /** Unix seconds; an intent of this key may not be valid for longer. */
  readonly validUntil: bigint;
  /** Lots of one order, over all its legs. */
  readonly maxSize: bigint;
};
export type Session = { readonly key: Point; readonly limits: SessionLimits };

/** What liquidation has done to an account. */
export type Liquidation = {
  /** `tableId` of the marks under which it last happened. */
  readonly table: bigint;
  /** Notional taken under these marks, 1e-12 USDC. */
  readonly amount: bigint;
  /** Whom a deficit is charged to: 0 nobody, else 1 + 2 slot, plus 1 if the slot's shorts. */
  readonly target: bigint;
};

export type Account = {
  /** L1 address. */
  readonly owner: bigint;
  readonly key: Point;
  readonly sessions: readonly Session[];
  /** 1e-6 USDC, signed. */
  readonly cash: bigint;
  readonly positions: readonly Position[];
  readonly orders: Orders;
  readonly epoch: bigint;
  /** No position may grow, until the master key says otherwise. */
  readonly isReduceOnly: boolean;
  /** The owner asked L1 to close all positions: nobody's signature is needed for it. Ends when none is left. */
  readonly isClosing: boolean;
  readonly liquidation: Liquidation;
};

export const NO_SESSION: Session = { key: { x: 0n, y: 0n }, limits: { underlyings: 0n, validUntil: 0n, maxSize: 0n } };
export const NO_LIQUIDATION: Liquidation = { table: 0n, amount: 0n, target: 0n };

export const EMPTY_ORDER: OrderSlot = { key: 0n, filled: 0n };
/** Both fit into one element: the leaf is no hash. */
export const orderLeaf = ({ key, filled }: OrderSlot): bigint => (key << BigInt(WIDTH.size)) + filled;
export const emptyOrders = (profile: Profile): Orders => ({
  tree: emptyTree(profile.orderDepth, orderLeaf(EMPTY_ORDER)),
  slots: new Map(),
});
export const orderKey = (epoch: bigint, nonce: bigint): bigint => (epoch << BigInt(WIDTH.nonce)) + nonce;
export const orderSlotOf = (profile: Profile, nonce: bigint): number =>
  Number(BigInt.asUintN(2 * profile.orderDepth, nonce));
export const orderAt = (orders: Orders, slot: number): OrderSlot => orders.slots.get(slot) ?? EMPTY_ORDER;
export const setOrder = (orders: Orders, slot: number, order: OrderSlot): Orders => ({
  tree: orders.tree.set(BigInt(slot), orderLeaf(order)),
  slots: new Map(orders.slots).set(slot, order),
});

/** A registered account before anything else happens to it. */
export const freshAccount = (profile: Profile, owner: bigint, key: Point): Account => ({
  owner,
  key,
  sessions: Array.from({ length: SESSIONS }, () => NO_SESSION),
  cash: 0n,
  positions: Array.from({ length: profile.series }, () => ({ size: 0n, index: 0n })),
  orders: emptyOrders(profile),
  epoch: 0n,
  isReduceOnly: false,
  isClosing: false,
  liquidation: NO_LIQUIDATION,
});

/** Twin of `KeysRoot`: the master key, then every session key with its limits. */
export const keysRoot = ({ key, sessions }: Pick<Account, "key" | "sessions">): bigint =>
  hash(TAG.keys, [
    key.x,
    key.y,
    ...sessions.flatMap(({ key: { x, y }, limits }) => [x, y, pack(LAYOUT.session, limits)]),
  ]);

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

/** Bits of an account's modes. */
export const modesOf = ({ isReduceOnly, isClosing }: Pick<Account, "isReduceOnly" | "isClosing">): bigint =>
  (isReduceOnly ? 1n : 0n) + (isClosing ? 2n : 0n);

/** Twin of `AccountLeaf`. */
export const accountLeaf = (profile: Profile, account: Account): bigint =>
  hash(TAG.account, [
    account.owner,
    keysRoot(account),
    toField(account.cash),
    positionsHash(profile, account.positions),
    account.orders.tree.root,
    account.epoch,
    modesOf(account),
    account.liquidation.table,
    account.liquidation.amount,
    account.liquidation.target,
  ]);
