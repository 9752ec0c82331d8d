/**
 * The refusals of the specification. Each has a code, a message that names what was wrong, and a test that provokes it.
 * @module
 */
export type ProtocolErrorCode =
  | "OutOfRange"
  | "NotInField"
  | "BadSignature"
  | "BadKey"
  | "UnknownAccount"
  | "AccountOccupied"
  | "WrongAccount"
  | "UnknownSeries"
  | "SeriesNotLive"
  | "SeriesExpiring"
  | "WrongEpoch"
  | "StaleNonce"
  | "IntentExpired"
  | "UnsupportedFlags"
  | "Overfilled"
  | "WrongSide"
  | "LimitPrice"
  | "FeeAboveMaximum"
  | "InsufficientMargin"
  | "ReducingOnly"
  | "PriceBand"
  | "MarksStale"
  | "NegativeCash"
  | "TooManyLanes"
  | "TooManyIntents"
  | "SizesDoNotBalance"
  | "CashDoesNotBalance"
  | "TimestampTooOld"
  | "RequestOrder"
  | "BadWords"
  | "BadReport"
  | "BadSurface";

/** Thrown by the specification when a step, intent or value is not one that the circuits would prove. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;
  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
  }
}
