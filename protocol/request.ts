/**
 * Requests: what users ask of L1, consumed first in, first out.
 * @module
 */
import { LAYOUT, pack, unpack } from "./layout.ts";
import { REQUEST_KIND } from "./params.ts";
import type { Point } from "./signature.ts";

export type Register = {
  readonly kind: "register";
  readonly account: number;
  readonly owner: bigint;
  /** The key is 8 times this point. */
  readonly b: Point;
  /** First deposit, 1e-6 USDC; may be 0. */
  readonly amount: bigint;
};
export type Deposit = { readonly kind: "deposit"; readonly account: number; readonly amount: bigint };
export type Request = Register | Deposit;

/** The four words of a request, as L1 queues them. Throws `OutOfRange`. */
export function requestWords(request: Request): readonly bigint[] {
  const head = pack(LAYOUT.request, {
    kind: BigInt(REQUEST_KIND[request.kind]),
    account: BigInt(request.account),
    amount: request.amount,
  });
  return request.kind === "register" ? [head, request.owner, request.b.x, request.b.y] : [head, 0n, 0n, 0n];
}

/** Inverse of `requestWords` for words that L1 queued. */
export function parseRequest([head = 0n, owner = 0n, x = 0n, y = 0n]: readonly bigint[]): Request {
  const { kind, account, amount } = unpack(LAYOUT.request, head);
  return kind === BigInt(REQUEST_KIND.register)
    ? { kind: "register", account: Number(account), owner, b: { x, y }, amount }
    : { kind: "deposit", account: Number(account), amount };
}
