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
  | "BadBulkPath"
  | "SessionLimit"
  | "NotLiquidatable"
  | "LiquidationCap"
  | "MaintenanceGrew"
  | "PenaltyTooHigh"
  | "NotBankrupt"
  | "NotFeeAccount"
  | "OpenInterestCap"
  | "WrongSlot"
  | "SlotTaken"
  | "SeriesListed"
  | "OffGrid"
  | "NotSettleable"
  | "NotExpired"
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
  | "NoQuorum"
  | "BadReport"
  | "BadSurface";

/** An error with the code that users and machines know it by; its name is that of its class. */
export class CodedError<Code extends string | null> extends Error {
  readonly code: Code;
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Thrown by the specification when a step, intent or value is not one that the circuits would prove. */
export class ProtocolError extends CodedError<ProtocolErrorCode> {}

/** Throws `ProtocolError`: an expression, so that a check reads as one. */
export const refuse = (code: ProtocolErrorCode, message: string): never => {
  throw new ProtocolError(code, message);
};

/** Returns `value` if it lies in [min, max). Throws `OutOfRange`. */
export const ranged = (name: string, value: bigint, min: bigint, max: bigint): bigint =>
  value >= min && value < max ? value : refuse("OutOfRange", `${name} is ${value}; it lies in [${min}, ${max})`);

/** Returns `value` if it is a signed integer of `bits`. Throws `OutOfRange`. */
export const signedInt = (name: string, value: bigint, bits: number): bigint =>
  ranged(name, value, -(1n << BigInt(bits - 1)), 1n << BigInt(bits - 1));
