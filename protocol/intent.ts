/**
 * Intents: the signed wishes of an account.
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { hash } from "./hash.ts";
import { LAYOUT, pack } from "./layout.ts";
import { INTENT_KIND, ORDER_FLAG, TAG } from "./params.ts";
import type { Signature } from "./signature.ts";

type Common = {
  readonly account: number;
  readonly epoch: bigint;
  /** Names the order slot (its low bits) and the order in it. */
  readonly nonce: bigint;
  /** Unix seconds of L1 time; the last second in which the intent may execute. */
  readonly validUntil: bigint;
};
export type Order = Common & {
  readonly kind: "order";
  readonly seriesHash: bigint;
  readonly side: "buy" | "sell";
  /** Lots. */
  readonly size: bigint;
  /** Limit, 1e-2 USDC per unit. */
  readonly price: bigint;
  /** Most the owner pays, 1e-6 USDC per lot. */
  readonly feePerLot: bigint;
  readonly postOnly: boolean;
  readonly ioc: boolean;
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
export type Intent = Order | Withdraw | Cancel | CancelAll;
export type SignedIntent = { readonly intent: Intent; readonly signature: Signature };

/** Every field that an intent signs, absent ones being zero: what the circuit takes. */
export function intentFields(intent: Intent) {
  const order = intent.kind === "order" ? intent : null;
  return {
    kind: BigInt(INTENT_KIND[intent.kind]),
    account: BigInt(intent.account),
    epoch: intent.epoch,
    nonce: intent.nonce,
    validUntil: intent.validUntil,
    flags: (order?.postOnly ? ORDER_FLAG.postOnly : 0n) + (order?.ioc ? ORDER_FLAG.ioc : 0n),
    isSell: order?.side === "sell" ? 1n : 0n,
    size: order?.size ?? 0n,
    price: order?.price ?? 0n,
    feePerLot: order?.feePerLot ?? 0n,
    amount: intent.kind === "withdraw" ? intent.amount : 0n,
    seriesHash: order?.seriesHash ?? 0n,
  };
}

/** Twin of `IntentMessage`: what is signed. Throws `OutOfRange`. */
export function intentMessage(domain: bigint, intent: Intent): bigint {
  const fields = intentFields(intent);
  if (intent.nonce === 0n) throw new ProtocolError("OutOfRange", "nonce is 0; nonces start at 1");
  return hash(TAG.intent, [
    domain,
    pack(LAYOUT.intentHead, fields),
    fields.seriesHash,
    pack(LAYOUT.intentTerms, fields),
  ]);
}

/** Signed size of `lots` executed of an order. */
export const signedSize = (side: Order["side"], lots: bigint): bigint => (side === "sell" ? -lots : lots);
