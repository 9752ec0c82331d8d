/**
 * One series' order book: two sides in price-time priority, best first.
 * @module
 */
import type { Order, SignedIntent } from "#protocol/intent.ts";

export type SignedOrder = SignedIntent & { readonly intent: Order };
/** An order in the book. `rank` counts admissions: smaller is earlier. */
export type Resting = {
  readonly signed: SignedOrder;
  readonly key: bigint;
  readonly remaining: bigint;
  readonly rank: number;
};
export type Book = { readonly bids: readonly Resting[]; readonly asks: readonly Resting[] };
export type Side = Order["side"];

export const EMPTY_BOOK: Book = { bids: [], asks: [] };

export const sideOf = (book: Book, side: Side): readonly Resting[] => (side === "buy" ? book.bids : book.asks);
const withSide = (book: Book, side: Side, orders: readonly Resting[]): Book =>
  side === "buy" ? { ...book, bids: orders } : { ...book, asks: orders };

/** Whether an order of `side` at `price` trades with a resting one at `other`. */
export const crosses = (side: Side, price: bigint, other: bigint): boolean =>
  side === "buy" ? price >= other : price <= other;

/** Whether `a` comes before `b` on `side`: better price, then earlier. */
function precedes(side: Side, a: Resting, b: Resting): boolean {
  const [pa, pb] = [a.signed.intent.price, b.signed.intent.price];
  if (pa !== pb) return side === "buy" ? pa > pb : pa < pb;
  return a.rank < b.rank;
}

export function insert(book: Book, resting: Resting): Book {
  const { side } = resting.signed.intent;
  const orders = sideOf(book, side);
  let [low, high] = [0, orders.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (precedes(side, orders[middle] as Resting, resting)) low = middle + 1;
    else high = middle;
  }
  return withSide(book, side, orders.toSpliced(low, 0, resting));
}

/** The resting order of this account and key, if there is one. */
export const find = (book: Book, account: number, key: bigint): Resting | undefined =>
  [book.bids, book.asks].flatMap((side) => side.find((order) => isOrder(order, account, key)) ?? [])[0];

/** The book without that order, or with `remaining` lots of it in the same place. */
export function rewrite(book: Book, account: number, key: bigint, remaining = 0n): Book {
  const change = (orders: readonly Resting[]): readonly Resting[] => {
    const at = orders.findIndex((order) => isOrder(order, account, key));
    const found = orders[at];
    if (!found) return orders;
    return remaining > 0n ? orders.with(at, { ...found, remaining }) : orders.toSpliced(at, 1);
  };
  return { bids: change(book.bids), asks: change(book.asks) };
}

const isOrder = ({ signed, key: own }: Resting, account: number, key: bigint): boolean =>
  own === key && signed.intent.account === account;

/** Best bid is below best ask: a book that is not so has missed a trade. */
export function isCrossed({ bids: [bid], asks: [ask] }: Book): boolean {
  return bid !== undefined && ask !== undefined && bid.signed.intent.price >= ask.signed.intent.price;
}
