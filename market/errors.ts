/**
 * How market data is refused.
 * @module
 */
export type MarketErrorCode =
  | "BadQuotes"
  | "TooFewQuotes"
  | "ExpiryMissing"
  | "ButterflyArbitrage"
  | "CalendarArbitrage";

/** The quotes cannot be read, do not make a surface, or make one with arbitrage. */
export class MarketError extends Error {
  readonly code: MarketErrorCode;
  constructor(code: MarketErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MarketError";
    this.code = code;
  }
}
