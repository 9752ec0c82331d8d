/**
 * How a command ends other than well.
 * @module
 */

import type { MarketErrorCode } from "#market/errors.ts";
import { CodedError } from "#protocol/errors.ts";
import type { RefusalCode } from "#rollup-node/errors.ts";

/** 0 done, 1 refused by the protocol, the node or the machine, 2 called wrongly. */
export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

/** The command was called wrongly: what was given, and what would be right. */
export class UsageError extends CodedError<"Usage"> {
  constructor(message: string) {
    super("Usage", message);
  }
}

/** A refusal that the command line itself finds. */
export class CliError extends CodedError<CliErrorCode> {}
export type CliErrorCode =
  | RefusalCode
  | MarketErrorCode
  | "VerificationFailed"
  | "AlreadyRegistered"
  | "TargetMissed"
  | "BadLine"
  | "OutOfRange"
  | "BadTape"
  | "BadQuotes"
  | "EmptyBook"
  | "WrongStep"
  | "NotAnOracle"
  | "FileMissing"
  | "DeploymentMissing";

/** What would help, by code; the messages say what was wrong. */
const HINT: Readonly<Record<string, string>> = {
  NodeUnreachable: "start one with `npm start` or `provega start`, or name it with --node URL",
  ChainDown: "start the chain, or name it with --l1 URL",
  InsufficientMargin:
    "deposit more, or make the order smaller; `provega order --preview` shows margin before and after",
  StaleNonce: "the wallet's file is older than its account; submit again, each attempt takes a new nonce",
  Replayed: "the wallet's file is older than its account; submit again, each attempt takes a new nonce",
  InsufficientBalance: "on a local chain, `--mint` makes test tokens",
  InsufficientGas: "send the owner some of the chain's own coin; on a local chain, `--mint` makes it",
  OffTick: "`provega status --json` names the tick",
  NotAccountOwner: "the wallet that registered the account owns it; a session key's does not",
  OnlyOperator: "`provega status --json` names the operator; its key comes from the variable that --key-env names",
  StaleControl: "one control per second of L1 time: try again when the chain has moved on",
  UnknownSeries: "`provega book` lists the series",
  ArtifactMissing: "make the circuits' keys with `provega setup`, which takes some minutes",
  NotAnOracle: "`provega status --json` lists the keys of the oracle set, which the genesis fixes",
  StaleReport: "quotes of the past? `--stamp chain` stamps a report with the chain's time",
  FutureReport: "quotes ahead of the chain? `--stamp chain` stamps a report with the chain's time",
  AlreadyRunning: "one node per data folder: stop the other, or name another folder with --data",
  PortInUse: "stop what listens there, or choose another port with --port",
};

type Described = { readonly code: string; readonly message: string; readonly hint: string | null };

/** Code, message and hint of whatever was thrown. */
export function describe(error: unknown): Described {
  const message = error instanceof Error ? error.message : String(error);
  const named = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "Internal";
  return { code: named, message, hint: HINT[named] ?? null };
}
