/**
 * A wallet file: the L1 key that owns an account and the secret that signs its intents. Plain text, readable by its owner only.
 * @module
 */

import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Wallet as L1Wallet } from "ethers";
import { z } from "zod";
import { CodedError } from "#protocol/errors.ts";
import { type BulkPath, bulkOf, type Intent, intentMessage, type SignedIntent } from "#protocol/intent.ts";
import { type Profile, SESSIONS } from "#protocol/params.ts";
import { type Report, type SignedReport, signReport } from "#protocol/report.ts";
import { type Point, publicKey, type Signature, sign } from "#protocol/signature.ts";
import { type SignedSpotSum, type SpotSum, signSpotSum } from "#protocol/spot-sum.ts";

const hex32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const fileSchema = z
  .object({
    version: z.literal(1),
    /** L1 private key of the owner. */
    ownerKey: hex32,
    owner: z.string(),
    /** Secret of the key that signs intents. */
    secret: hex32,
    /** Id of the account, once registered. */
    account: z.number().int().nonnegative().nullable(),
    nextNonce: z.number().int().positive(),
    /** Nonces ahead of `nextNonce` that cancels have used. */
    spent: z.array(z.number().int().positive()),
    /** Of its key in the account: 0 the master's, 1 to 4 a session's, which cannot withdraw. */
    place: z.number().int().min(0).max(SESSIONS).default(0),
    /** Mass quotes signed so far. */
    quotes: z.number().int().nonnegative().default(0),
  })
  .strict();
type WalletFile = z.infer<typeof fileSchema>;

export class WalletError extends CodedError<
  "WalletMissing" | "WalletExists" | "WalletInvalid" | "WalletUnregistered" | "TooManyQuotes"
> {}

export type Wallet = {
  readonly path: string;
  /** L1 address. */
  readonly owner: string;
  /** L1 private key, hex. */
  readonly ownerKey: string;
  readonly key: Point;
  readonly account: number | null;
  /** Of the key in its account: 0 the master's, 1 to 4 a session's. */
  readonly place: number;
  /** Id of the account. Throws `WalletUnregistered`. */
  registered(): number;
  /** Remembers the id that L1 assigned. */
  setAccount(account: number): void;
  /**
   * A nonce that no intent of this wallet has had; the file remembers it before it is used. Keys of one account take theirs in
   * order slots of their own, so that none replaces another's orders.
   */
  takeNonce(): bigint;
  /** Nonces of a mass quote of `count`: a later one has the same order slots, and so replaces it. Throws `TooManyQuotes`. */
  takeQuoteNonces(count: number): readonly bigint[];
  /** Keeps `takeNonce` beyond a nonce that was chosen otherwise. */
  skipTo(nonce: bigint): void;
  /** Keeps `takeNonce` from giving out a nonce that a cancel used. */
  spend(nonce: bigint): void;
  sign(domain: bigint, intent: Intent): SignedIntent;
  /** Signs a field element that is no intent's. */
  signMessage(message: bigint): Signature;
  /** One signature for all of them. Throws `OutOfRange` on more than it can cover. */
  signAll(profile: Profile, domain: bigint, intents: readonly Intent[]): readonly SignedIntent[];
  /** Signs as an oracle. Throws `ProtocolError` on a report that no step could take. */
  signReport(profile: Profile, domain: bigint, report: Report): SignedReport;
  /** Signs as an oracle. Throws `ProtocolError` OutOfRange. */
  signSpotSum(domain: bigint, spotSum: SpotSum): SignedSpotSum;
};

/** Order slots of an account on a real board, and how its keys share them: an eighth each for sessions, and for quotes. */
const ORDER_SLOTS = 1_024;
const SHARE = ORDER_SLOTS / 8;
const QUOTES_AT = 3 * SHARE;
const firstSlot = (place: number): number => (place === 0 ? 0 : (3 + place) * SHARE);
const isOwnSlot = (place: number, nonce: number): boolean => {
  const at = (nonce % ORDER_SLOTS) - firstSlot(place);
  return at >= 0 && at < (place === 0 ? QUOTES_AT : SHARE);
};

/**
 * Makes a wallet with fresh keys, or around an L1 private key; for a session key, `place` says which.
 * Throws `WalletExists` rather than replace keys.
 */
export function createWallet(path: string, ownerKey = `0x${randomBytes(32).toString("hex")}`, place = 0): Wallet {
  const { address } = new L1Wallet(ownerKey);
  const secret = `0x${randomBytes(32).toString("hex")}`;
  const contents: WalletFile = {
    version: 1,
    ownerKey: ownerKey.toLowerCase(),
    owner: address,
    secret,
    account: null,
    nextNonce: 1,
    spent: [],
    place,
    quotes: 0,
  };
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, `${JSON.stringify(contents, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw new WalletError("WalletExists", `cannot create ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  return openWallet(path);
}

/** Throws `WalletMissing` or `WalletInvalid`. */
export function openWallet(path: string): Wallet {
  let contents = read(path);
  const secret = Buffer.from(contents.secret.slice(2), "hex");
  const update = (change: Partial<WalletFile>): void => {
    contents = { ...contents, ...change };
    // Written beside and moved over: a crash leaves the old file or the new one.
    const beside = `${path}.${process.pid}`;
    writeFileSync(beside, `${JSON.stringify(contents, null, 2)}\n`, { mode: 0o600 });
    chmodSync(beside, 0o600);
    renameSync(beside, path);
  };
  return {
    path,
    owner: contents.owner,
    ownerKey: contents.ownerKey,
    key: publicKey(secret),
    get account() {
      return contents.account;
    },
    place: contents.place,
    registered() {
      if (contents.account !== null) return contents.account;
      throw new WalletError(
        "WalletUnregistered",
        `${path} has no account yet; open one with: provega register --wallet ${path}`,
      );
    },
    setAccount: (account) => update({ account }),
    takeNonce() {
      let nonce = contents.nextNonce;
      while (contents.spent.includes(nonce) || !isOwnSlot(contents.place, nonce)) nonce++;
      update({ nextNonce: nonce + 1, spent: contents.spent.filter((each) => each > nonce) });
      return BigInt(nonce);
    },
    takeQuoteNonces(count) {
      if (count > SHARE || contents.place !== 0)
        throw new WalletError("TooManyQuotes", `${count} quotes; a wallet of the master key makes ${SHARE} at once`);
      const quotes = contents.quotes + 1;
      update({ quotes });
      return Array.from({ length: count }, (_, at) => BigInt(quotes * ORDER_SLOTS + QUOTES_AT + at));
    },
    skipTo(nonce) {
      if (nonce >= contents.nextNonce) update({ nextNonce: Number(nonce) + 1 });
    },
    spend: (nonce) => update({ spent: [...contents.spent, Number(nonce)] }),
    sign: (domain, intent) => ({ intent, signature: sign(secret, intentMessage(domain, intent)) }),
    signMessage: (message) => sign(secret, message),
    signAll(profile, domain, intents) {
      const { root, paths } = bulkOf(
        profile,
        intents.map((intent) => intentMessage(domain, intent)),
      );
      const signature = sign(secret, root);
      return intents.map((intent, at) => ({ intent, signature, bulk: paths[at] as BulkPath }));
    },
    signReport: (profile, domain, report) => signReport(profile, domain, report, secret),
    signSpotSum: (domain, spotSum) => signSpotSum(domain, spotSum, secret),
  };
}

function read(path: string): WalletFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new WalletError("WalletMissing", `no wallet at ${path}; make one with: provega key new --wallet ${path}`, {
      cause,
    });
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    // The cause may quote the file, which holds secrets: name the path only.
    const where =
      cause instanceof z.ZodError ? `: ${cause.issues[0]?.path.join(".") ?? ""} is not as expected` : " is not JSON";
    throw new WalletError("WalletInvalid", `${path}${where}`);
  }
}
