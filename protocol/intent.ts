/**
 * Intents: the signed wishes of an account.
 * @module
 */
import { ProtocolError, refuse } from "./errors.ts";
import { hash } from "./hash.ts";
import { LAYOUT, pack } from "./layout.ts";
import { bulkCapacity, INTENT_KIND, LEGS, ORDER_FLAG, type Profile, TAG } from "./params.ts";
import type { Signature } from "./signature.ts";
import { emptyTree } from "./tree.ts";

type Common = {
  readonly account: number;
  readonly epoch: bigint;
  /** Names the order slot (its low bits) and the order in it. */
  readonly nonce: bigint;
  /** Unix seconds of L1 time; the last second in which the intent may execute. */
  readonly validUntil: bigint;
};
type Terms = {
  /** Lots of an order, units of a spread. */
  readonly size: bigint;
  /** Most the owner pays, 1e-6 USDC per lot of any leg. */
  readonly feePerLot: bigint;
  readonly postOnly: boolean;
  /** Immediate or cancel, fill or kill: a market order is one of these with the worst price that its owner takes. */
  readonly ioc: boolean;
  readonly fok: boolean;
  /** No position of the account may grow in a lane that executes it. */
  readonly reduceOnly: boolean;
};
export type Order = Common &
  Terms & {
    readonly kind: "order";
    readonly seriesHash: bigint;
    readonly side: "buy" | "sell";
    /** Limit, 1e-2 USDC per unit of underlying. */
    readonly price: bigint;
  };
/** Lots of one series in one unit of a spread, signed: what the owner receives. */
export type SpreadLeg = { readonly seriesHash: bigint; readonly ratio: bigint };
/** Two to four series, executed in exactly this ratio or not at all. */
export type Spread = Common &
  Terms & {
    readonly kind: "spread";
    readonly legs: readonly SpreadLeg[];
    /** Net limit of one unit, 1e-2 USDC per unit of underlying times lots: positive if the owner pays at most this. */
    readonly price: bigint;
  };
export type Withdraw = Common & {
  readonly kind: "withdraw";
  /** 1e-6 USDC. */
  readonly amount: bigint;
};
/** Kills the order in the slot that its nonce names. */
export type Cancel = Common & { readonly kind: "cancel" };
/** Raises the epoch by one, which kills every order. */
export type CancelAll = Common & { readonly kind: "cancelAll" };
/** Makes the account reduce-only, which a session key may do, or ends that. */
export type Mode = Common & { readonly kind: "mode"; readonly reduceOnly: boolean };
/** Gives cash to the insurance fund. */
export type Contribute = Common & { readonly kind: "contribute"; readonly amount: bigint };
/** Pays fees out to the fee account. */
export type Collect = Common & { readonly kind: "collect"; readonly amount: bigint };
/** A standing wish to take any series, either side, at its mark less a discount: what liquidations end with. */
export type Backstop = Common & {
  readonly kind: "backstop";
  /** Lots, over all series. */
  readonly size: bigint;
  /** Parts per million of spot. */
  readonly discountPpm: bigint;
  readonly feePerLot: bigint;
};
export type Intent = Order | Spread | Withdraw | Cancel | CancelAll | Mode | Contribute | Collect | Backstop;

/** Where an intent stands among those that one signature covers: the nodes on the way up from it. */
export type BulkPath = { readonly index: number; readonly children: readonly (readonly bigint[])[] };
/** `signer`: 0 the master key (default), 1 to 4 a session's. With `bulk`, what is signed is the root that the path leads to. */
export type SignedIntent = {
  readonly intent: Intent;
  readonly signature: Signature;
  readonly signer?: number;
  readonly bulk?: BulkPath;
};

/** What an intent trades: orders of one series are spreads of one leg. None of those that move no positions. */
export function legsOf(intent: Intent): readonly SpreadLeg[] {
  if (intent.kind === "spread") return intent.legs;
  if (intent.kind !== "order") return [];
  return [{ seriesHash: intent.seriesHash, ratio: intent.side === "sell" ? -1n : 1n }];
}
/** Net limit of one unit, 1e-2 USDC: positive if the owner pays. */
export function netPrice(intent: Intent): bigint {
  if (intent.kind === "spread") return intent.price;
  if (intent.kind === "backstop") return intent.discountPpm;
  if (intent.kind !== "order") return 0n;
  return intent.side === "sell" ? -intent.price : intent.price;
}
const flagsOf = (intent: Intent): bigint => {
  if (intent.kind === "mode") return intent.reduceOnly ? ORDER_FLAG.reduceOnly : 0n;
  if (intent.kind !== "order" && intent.kind !== "spread") return 0n;
  return (
    (intent.postOnly ? ORDER_FLAG.postOnly : 0n) +
    (intent.ioc ? ORDER_FLAG.ioc : 0n) +
    (intent.reduceOnly ? ORDER_FLAG.reduceOnly : 0n) +
    (intent.fok ? ORDER_FLAG.fok : 0n)
  );
};
/** Of the circuit: a spread is an order. */
export const kindCode = ({ kind }: Intent): bigint => BigInt(INTENT_KIND[kind === "spread" ? "order" : kind]);

/** Every field that an intent signs, absent ones being zero: what the circuit takes. `hashes`: of the legs' series. */
export function intentFields(intent: Intent) {
  const legs = legsOf(intent);
  if (legs.length > LEGS) refuse("OutOfRange", `${legs.length} legs; an order has at most ${LEGS}`);
  const ratio = (at: number): bigint => legs[at]?.ratio ?? 0n;
  return {
    kind: kindCode(intent),
    account: BigInt(intent.account),
    epoch: intent.epoch,
    nonce: intent.nonce,
    validUntil: intent.validUntil,
    flags: flagsOf(intent),
    ratio0: ratio(0),
    ratio1: ratio(1),
    ratio2: ratio(2),
    ratio3: ratio(3),
    size: "size" in intent ? intent.size : 0n,
    price: netPrice(intent),
    feePerLot: "feePerLot" in intent ? intent.feePerLot : 0n,
    amount: "amount" in intent ? intent.amount : 0n,
    hashes: Array.from({ length: LEGS }, (_, at) => legs[at]?.seriesHash ?? 0n),
  };
}

/** Twin of `IntentMessage`: what is signed of an intent that stands alone. Throws `OutOfRange`. */
export function intentMessage(domain: bigint, intent: Intent): bigint {
  const fields = intentFields(intent);
  if (intent.nonce === 0n) throw new ProtocolError("OutOfRange", "nonce is 0; nonces start at 1");
  return hash(TAG.intent, [
    domain,
    pack(LAYOUT.intentHead, fields),
    pack(LAYOUT.intentTerms, fields),
    ...fields.hashes,
  ]);
}

/** The root that signs for all of `messages` at once, and the path of each. Throws `OutOfRange`. */
export function bulkOf(
  profile: Profile,
  messages: readonly bigint[],
): { readonly root: bigint; readonly paths: readonly BulkPath[] } {
  if (messages.length === 0 || messages.length > bulkCapacity(profile)) {
    refuse("OutOfRange", `${messages.length} intents under one signature; it covers 1 to ${bulkCapacity(profile)}`);
  }
  const tree = messages.reduce(
    (so, message, at) => so.set(BigInt(at), message),
    emptyTree(profile.bulkDepth, 0n, TAG.bulk),
  );
  return { root: tree.root, paths: messages.map((_, index) => ({ index, children: tree.path(BigInt(index)) })) };
}

/** Twin of `SignedMessage`: what the signature of an intent is of. Throws `BadBulkPath` or `OutOfRange`. */
export function signedMessage(profile: Profile, domain: bigint, { intent, bulk }: SignedIntent): bigint {
  const message = intentMessage(domain, intent);
  if (!bulk) return message;
  const { index, children } = bulk;
  const isShaped = children.length === profile.bulkDepth && children.every(({ length }) => length === 4);
  if (!isShaped || index < 0 || index >= bulkCapacity(profile))
    return refuse(
      "BadBulkPath",
      `a path has ${profile.bulkDepth} levels of 4 nodes and an index below ${bulkCapacity(profile)}`,
    );
  let node = message;
  for (const [level, nodes] of children.entries()) {
    if (nodes[(index >> (2 * level)) & 3] !== node)
      return refuse("BadBulkPath", `the path does not lead up from the intent at level ${level}`);
    node = hash(TAG.bulk, nodes);
  }
  return node;
}

/** Signed size of `lots` executed of an order. */
export const signedSize = (side: Order["side"], lots: bigint): bigint => (side === "sell" ? -lots : lots);
