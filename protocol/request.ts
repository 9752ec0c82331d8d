/**
 * Requests: what users ask of L1, consumed first in, first out. Every one of them is executable.
 * @module
 */
import type { SessionLimits } from "./account.ts";
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
/** Emergency stop: every order dies, and no position may grow until the master key says otherwise. */
export type Stop = { readonly kind: "stop"; readonly account: number };
/** Lets anyone close the account's positions inside the price band. */
export type Close = { readonly kind: "close"; readonly account: number };
/** Writes a key: the master's at place 0, a session's at 1 to 4. A session key without time left is revoked. */
export type SetKey = {
  readonly kind: "key";
  readonly account: number;
  readonly place: number;
  /** The key is 8 times this point. */
  readonly b: Point;
  /** Of a session key; all 0 for the master's, which has none. */
  readonly limits: SessionLimits;
};
export type Request = Register | Deposit | Stop | Close | SetKey;

/** What a request brings, 1e-6 USDC. */
export const amountOf = (request: Request | null): bigint => (request && "amount" in request ? request.amount : 0n);

/** The four words of a request, as L1 queues them. Throws `OutOfRange`. */
export function requestWords(request: Request): readonly bigint[] {
  const head = pack(LAYOUT.request, {
    kind: BigInt(REQUEST_KIND[request.kind]),
    account: BigInt(request.account),
    amount: amountOf(request),
    place: request.kind === "key" ? BigInt(request.place) : 0n,
  });
  if (request.kind === "register") return [head, request.owner, request.b.x, request.b.y];
  if (request.kind === "key") return [head, pack(LAYOUT.session, request.limits), request.b.x, request.b.y];
  return [head, 0n, 0n, 0n];
}

/** Inverse of `requestWords` for words that L1 queued. */
export function parseRequest([head = 0n, second = 0n, x = 0n, y = 0n]: readonly bigint[]): Request {
  const { kind, account: id, amount, place } = unpack(LAYOUT.request, head);
  const account = Number(id);
  switch (kind) {
    case BigInt(REQUEST_KIND.register):
      return { kind: "register", account, owner: second, b: { x, y }, amount };
    case BigInt(REQUEST_KIND.stop):
      return { kind: "stop", account };
    case BigInt(REQUEST_KIND.close):
      return { kind: "close", account };
    case BigInt(REQUEST_KIND.key):
      return { kind: "key", account, place: Number(place), b: { x, y }, limits: unpack(LAYOUT.session, second) };
    default:
      return { kind: "deposit", account, amount };
  }
}
