/**
 * Every way in which the node says no. A refusal is a value inside the node and a JSON-RPC error outside it;
 * its `code` is stable, its message names what was wrong.
 * @module
 */
import type { ProtocolErrorCode } from "#protocol/errors.ts";

/** Numbers of JSON-RPC 2.0 itself. */
const JSON_RPC = { parse: -32_700, request: -32_600, method: -32_601, params: -32_602, internal: -32_603 } as const;

/** Refusals of the API: the call never reached the engine. */
const API = {
  MalformedJson: JSON_RPC.parse,
  DuplicateKey: -32_701,
  ForbiddenKey: -32_702,
  BodyTooLarge: -32_703,
  UnsupportedMediaType: -32_704,
  InvalidRequest: JSON_RPC.request,
  BatchTooLarge: -32_605,
  UnknownMethod: JSON_RPC.method,
  InvalidParams: JSON_RPC.params,
  MissingField: -32_610,
  UnknownField: -32_611,
  WrongType: -32_612,
  NotADecimalString: -32_613,
  OutOfRange: -32_614,
  Internal: JSON_RPC.internal,
} as const;

/** Refusals of admission and of the engine: nothing changed. */
const ENGINE = {
  UnknownAccount: 1_001,
  UnknownSeries: 1_002,
  UnknownOrder: 1_003,
  UnknownStep: 1_004,
  MalformedSignature: 1_010,
  BadSignature: 1_011,
  BadKey: 1_012,
  WrongEpoch: 1_020,
  StaleNonce: 1_021,
  Replayed: 1_022,
  DuplicateClientOrderId: 1_023,
  IntentExpired: 1_024,
  ExpiresTooSoon: 1_025,
  OffTick: 1_030,
  SizeZero: 1_031,
  UnsupportedFlags: 1_032,
  FeeBelowRate: 1_033,
  PostOnlyWouldCross: 1_034,
  NothingToMatch: 1_035,
  SeriesNotLive: 1_040,
  SeriesExpiring: 1_041,
  MarksStale: 1_042,
  InsufficientMargin: 1_050,
  ReducingOnly: 1_051,
  PriceBand: 1_052,
  NegativeCash: 1_053,
  BadReport: 1_060,
  ReportTooOld: 1_061,
  RequestOrder: 1_070,
  TimeRunsBackwards: 1_071,
} as const;

/** Refusals of the node's own state: nothing was accepted, try later or look at the log. */
const NODE = {
  Busy: 2_001,
  NotReady: 2_002,
  StoreFailed: 2_003,
  ChainDown: 2_004,
} as const;

export const REFUSAL = { ...API, ...ENGINE, ...NODE } as const;
export type RefusalCode = keyof typeof REFUSAL;

export type Refused = { readonly refused: true; readonly code: RefusalCode; readonly message: string };
export const refused = (code: RefusalCode, message: string): Refused => ({ refused: true, code, message });
export const isRefused = (value: object): value is Refused => "refused" in value;

/** Why an order left the book, or matched trades were given up, without its owner asking. */
export type ReasonCode = RefusalCode | ProtocolErrorCode | "SelfTrade" | "Replaced" | "CancelledByOwner" | "ImmediateOrCancel";

/** What stops the node: broken storage, a second instance, a port in use, a chain that is not ours. */
export type NodeErrorCode =
  | "BadConfig"
  | "AlreadyRunning"
  | "PortInUse"
  | "JournalCorrupt"
  | "JournalTruncated"
  | "ReplayDiverged"
  | "StoreFailed"
  | "WrongDeployment"
  | "ChainDown"
  | "ChainDisagrees"
  | "ProofInvalid"
  | "ThreadFailed"
  | "MalformedSignature"
  | "NodeUnreachable";

export class NodeError extends Error {
  readonly code: NodeErrorCode;
  constructor(code: NodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NodeError";
    this.code = code;
  }
}
