/**
 * What every verb that signs an intent shares.
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { Intent, Order } from "#protocol/intent.ts";
import { SCALE } from "#protocol/params.ts";
import type { SubmitResult } from "#rollup-node/wire.ts";
import { DIGITS } from "#scripts/format.ts";
import type { Context } from "./context.ts";
import { parseCount, parseDecimal } from "./decimal.ts";
import { UsageError } from "./errors.ts";
import { openSession, type Session, type WalletOptions } from "./verb.ts";

export type TimeOptions = { readonly validFor: string; readonly validUntil?: string };
export type TermsOptions = TimeOptions & {
  readonly postOnly?: boolean;
  readonly ioc?: boolean;
  readonly fok?: boolean;
  readonly reduceOnly?: boolean;
  readonly maxFee: string;
  readonly id?: string;
};
export type Terms = Pick<Order, "feePerLot" | "postOnly" | "ioc" | "fok" | "reduceOnly">;
type Head = Pick<Intent, "account" | "epoch" | "nonce" | "validUntil">;

export const withTime = (command: Command): Command =>
  command
    .option("--valid-for <seconds>", "of L1 time", "86400")
    .option("--valid-until <time>", "last moment in which it may execute: unix seconds, or e.g. 2026-02-27T08:00:00Z");
/** How an order trades, what it may cost and how it is named. */
export const withTerms = (command: Command): Command =>
  withTime(command)
    .option("--post-only", "refuse the order if it would trade at once")
    .option("--ioc", "cancel what does not trade at once")
    .option("--fok", "trade all of it at once, or nothing")
    .option("--reduce-only", "let no position of the account grow")
    .option("--max-fee <usdc>", "most to pay per unit of the underlying", "50")
    .option("--id <text>", "your own id of the order; the same id never submits twice");

export function readTerms(options: TermsOptions): Terms {
  const { postOnly = false, ioc = false, fok = false, reduceOnly = false } = options;
  if ([postOnly, ioc, fok].filter(Boolean).length > 1)
    throw new UsageError("an order is --post-only, --ioc or --fok, at most one of them");
  const feePerLot = parseDecimal(options.maxFee, DIGITS.cash, "--max-fee") / SCALE.lotsPerUnit;
  return { feePerLot, postOnly, ioc, fok, reduceOnly };
}

/** Unix seconds. */
export function readValidUntil({ validFor, validUntil }: TimeOptions, { status }: Session): bigint {
  if (validUntil === undefined) return BigInt(status.chain.timestamp) + BigInt(parseCount(validFor, "--valid-for"));
  const seconds = /^\d+$/.test(validUntil) ? Number(validUntil) : Math.floor(Date.parse(validUntil) / 1000);
  if (!Number.isSafeInteger(seconds))
    throw new UsageError(`--valid-until is "${validUntil}"; it is unix seconds or a time such as 2026-02-27T08:00:00Z`);
  return BigInt(seconds);
}

/** Epoch of the session's account, as the node has it. */
export const epochOf = async ({ client, account }: Session): Promise<bigint> =>
  BigInt((await client.call("provega_account", { account })).epoch);

/** What every intent begins with; `nonce` is a fresh one unless it is given. */
export async function headOf(session: Session, options: TimeOptions, nonce?: bigint): Promise<Head> {
  const validUntil = readValidUntil(options, session);
  const { account, wallet } = session;
  return { account, epoch: await epochOf(session), nonce: nonce ?? wallet.takeNonce(), validUntil };
}

/** Signs one intent with the wallet and submits it. */
export async function submitOne(
  context: Context,
  options: WalletOptions & TimeOptions & { readonly id?: string },
  make: (head: Head, session: Session) => Intent | Promise<Intent>,
  series: readonly string[] = [],
): Promise<SubmitResult> {
  const session = await openSession(context, options);
  const intent = await make(await headOf(session, options), session);
  return session.client.submit(session.wallet.sign(session.domain, intent), options.id ?? randomUUID(), series);
}
