/**
 * How the engine says no: a value with a code, and nothing has changed.
 * @module
 */
import type { ProtocolErrorCode } from "#protocol/errors.ts";

/** Codes of the engine's refusals, with their numbers at the API. */
export const ENGINE_REFUSAL = {
  OutOfRange: -32_614,
  UnknownAccount: 1_001,
  UnknownSeries: 1_002,
  UnknownOperation: 1_003,
  UnknownStep: 1_004,
  UnknownAsk: 1_006,
  SessionLimit: 1_013,
  WrongEpoch: 1_020,
  StaleNonce: 1_021,
  Replayed: 1_022,
  IntentExpired: 1_024,
  ExpiresTooSoon: 1_025,
  AskTooLong: 1_026,
  OffTick: 1_030,
  SizeZero: 1_031,
  UnsupportedFlags: 1_032,
  FeeBelowRate: 1_033,
  PostOnlyWouldCross: 1_034,
  BadLegs: 1_035,
  Killed: 1_036,
  QuoteMismatch: 1_037,
  NotFeeAccount: 1_038,
  SeriesNotLive: 1_040,
  SeriesExpiring: 1_041,
  MarksStale: 1_042,
  InsufficientMargin: 1_050,
  ReducingOnly: 1_051,
  PriceBand: 1_052,
  NegativeCash: 1_053,
  OpenInterestCap: 1_054,
  PotTooSmall: 1_055,
  RequestOrder: 1_070,
  TimeRunsBackwards: 1_071,
  BoardConflict: 1_072,
} as const;
export type EngineRefusalCode = keyof typeof ENGINE_REFUSAL;

export type Refused<C extends string = EngineRefusalCode> = {
  readonly refused: true;
  readonly code: C;
  readonly message: string;
};
export const refused = <const C extends string>(code: C, message: string): Refused<C> => ({
  refused: true,
  code,
  message,
});

/** Why an order left the book, or matched trades were given up, without its owner asking. */
export type ReasonCode =
  | EngineRefusalCode
  | ProtocolErrorCode
  | "SelfTrade"
  | "Replaced"
  | "CancelledByOwner"
  | "ImmediateOrCancel"
  | "FillOrKill"
  | "Disconnected"
  | "Stopped"
  | "KeyReplaced"
  | "Liquidated"
  | "NoQuote"
  | "AskEnded"
  | "WitnessRefused";
export type Reason = { readonly code: ReasonCode; readonly message: string };
