/**
 * How a command ends other than well.
 * @module
 */
import type { RefusalCode } from "#rollup-node/errors.ts";

/** 0 done, 1 refused by the protocol, the node or the machine, 2 called wrongly. */
export const EXIT = { done: 0, refused: 1, usage: 2 } as const;

/** The command was called wrongly: what was given, and what would be right. */
export class UsageError extends Error {
  readonly code = "Usage";
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** A refusal that the command line itself finds. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.code = code;
  }
}
export type CliErrorCode =
  | RefusalCode
  | "VerificationFailed"
  | "AlreadyRegistered"
  | "TargetMissed"
  | "BadLine"
  | "OutOfRange"
  | "BadTape"
  | "WrongStep"
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
  UnknownSeries: "`provega book` lists the series",
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
