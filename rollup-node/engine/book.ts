/**
 * One series' order book: two sides in price-time priority. Prices are a sorted list, the orders of one price a chain:
 * an order comes and goes without a copy of the others.
 * @module
 */
import type { Backstop, Order, SignedIntent, Spread } from "#protocol/intent.ts";

export type TradingIntent = Order | Spread | Backstop;
export type Side = Order["side"];

/** What waits: an order in a book, a backstop's standing wish, an ask for quotes or a quote. `rank` counts admissions: smaller is earlier. */
export type Resting<I extends TradingIntent = TradingIntent> = {
  readonly signed: SignedIntent & { readonly intent: I };
  readonly key: bigint;
  /** Lots of an order or backstop, units of a spread. */
  remaining: bigint;
  readonly rank: number;
  readonly place: "book" | "backstop" | "ask" | "quote";
  /** Board slot of its book; number of its ask; -1 of a backstop. */
  readonly at: number;
  /** Came with a mass quote: the next one takes its place. */
  readonly isQuoted: boolean;
  readonly leavesOnDisconnect: boolean;
};
export type RestingOrder = Resting<Order>;

/** A link of the chain of one price. */
type Link = { readonly order: RestingOrder; before: Link | null; after: Link | null };
/** The price as a number: it has 40 bits. */
type Level = { readonly price: number; first: Link | null; last: Link | null };

class BookSide {
  /** Best last, so that the busy end of the list is the cheap one. */
  readonly #levels: Level[] = [];
  readonly #links = new Map<RestingOrder, Link>();
  /** 1 if higher prices are better. */
  readonly #direction: 1 | -1;

  constructor(direction: 1 | -1) {
    this.#direction = direction;
  }

  get best(): RestingOrder | undefined {
    return this.#levels[this.#levels.length - 1]?.first?.order;
  }

  insert(order: RestingOrder): void {
    const price = Number(order.signed.intent.price);
    const at = this.#find(price);
    let level = this.#levels[at];
    if (level?.price !== price) {
      level = { price, first: null, last: null };
      this.#levels.splice(at, 0, level);
    }
    const link: Link = { order, before: level.last, after: null };
    if (level.last) level.last.after = link;
    else level.first = link;
    level.last = link;
    this.#links.set(order, link);
  }

  remove(order: RestingOrder): void {
    const link = this.#links.get(order);
    if (!link) return;
    this.#links.delete(order);
    const at = this.#find(Number(order.signed.intent.price));
    const level = this.#levels[at] as Level;
    if (link.before) link.before.after = link.after;
    else level.first = link.after;
    if (link.after) link.after.before = link.before;
    else level.last = link.before;
    if (!level.first) this.#levels.splice(at, 1);
  }

  /** The order behind `order` in priority. */
  next(order: RestingOrder): RestingOrder | undefined {
    const link = this.#links.get(order);
    if (link?.after) return link.after.order;
    return this.#levels[this.#find(Number(order.signed.intent.price)) - 1]?.first?.order;
  }

  /** Best first. */
  *orders(): Generator<RestingOrder> {
    for (let at = this.#levels.length - 1; at >= 0; at--) {
      for (let link = this.#levels[at]?.first ?? null; link; link = link.after) yield link.order;
    }
  }

  /** Place of the level of `price`, or where it would stand. */
  #find(price: number): number {
    let [low, high] = [0, this.#levels.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.#levels[middle] as Level).price - price) * this.#direction < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class Book {
  readonly #bids = new BookSide(1);
  readonly #asks = new BookSide(-1);

  #side(side: Side): BookSide {
    return side === "buy" ? this.#bids : this.#asks;
  }

  best(side: Side): RestingOrder | undefined {
    return this.#side(side).best;
  }
  next(order: RestingOrder): RestingOrder | undefined {
    return this.#side(order.signed.intent.side).next(order);
  }
  insert(order: RestingOrder): void {
    this.#side(order.signed.intent.side).insert(order);
  }
  remove(order: RestingOrder): void {
    this.#side(order.signed.intent.side).remove(order);
  }
  /** One side, best first. */
  orders(side: Side): readonly RestingOrder[] {
    return [...this.#side(side).orders()];
  }
  get bids(): readonly RestingOrder[] {
    return this.orders("buy");
  }
  get asks(): readonly RestingOrder[] {
    return this.orders("sell");
  }
}

export const opposite = (side: Side): Side => (side === "buy" ? "sell" : "buy");

/** Whether an order of `side` at `price` trades with a resting one at `other`. */
export const crosses = (side: Side, price: bigint, other: bigint): boolean =>
  side === "buy" ? price >= other : price <= other;

/** Best bid is below best ask: a book that is not so has missed a trade. */
export function isCrossed(book: Book): boolean {
  const [bid, ask] = [book.best("buy"), book.best("sell")];
  return bid !== undefined && ask !== undefined && bid.signed.intent.price >= ask.signed.intent.price;
}
