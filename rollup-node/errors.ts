/**
 * Every way in which the node says no. A refusal is a value inside the node and a JSON-RPC error outside it;
 * its `code` is stable, its message names what was wrong.
 * @module
 */
import { CodedError } from "#protocol/errors.ts";
import { ENGINE_REFUSAL, type Refused as RefusedWith, refused as refusedWith } from "./engine/refusal.ts";

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
  Internal: JSON_RPC.internal,
} as const;

/** Refusals of admission, beside the engine's: nothing changed. */
const ADMISSION = {
  UnknownOrder: 1_005,
  MalformedSignature: 1_010,
  BadSignature: 1_011,
  BadKey: 1_012,
  DuplicateClientOrderId: 1_023,
  BadReport: 1_060,
  BadSurface: 1_061,
  NoQuorum: 1_062,
  StaleReport: 1_063,
  FutureReport: 1_064,
  DuplicateReport: 1_065,
  /** A spot sum that no settlement takes, or one that its oracle has signed otherwise. */
  UnwantedSum: 1_066,
  DuplicateSum: 1_067,
  BadBulkPath: 1_080,
  /** A kill, release or keep-alive of a time that is not now, or not newer than the last. */
  StaleControl: 1_081,
  NotOperator: 1_082,
  NotAnnounced: 1_083,
  /** Operations of the board. */
  WrongSlot: 1_090,
  SlotTaken: 1_091,
  SeriesListed: 1_092,
  OffGrid: 1_093,
} as const;

/** Refusals of the node's own state: nothing was accepted, try later or look at the log. */
const NODE = {
  Busy: 2_001,
  StoreFailed: 2_003,
  ChainDown: 2_004,
  WorkerFailed: 2_005,
} as const;

export const REFUSAL = { ...API, ...ENGINE_REFUSAL, ...ADMISSION, ...NODE } as const;
export type RefusalCode = keyof typeof REFUSAL;

/** A refusal of any layer of the node. */
export type Refused = RefusedWith<RefusalCode>;
export const refused = (code: RefusalCode, message: string): Refused => refusedWith(code, message);
export const isRefused = (value: object): value is Refused => "refused" in value;

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
  | "WorkerFailed"
  | "MalformedSignature"
  | "NodeUnreachable";

export class NodeError extends CodedError<NodeErrorCode> {}
