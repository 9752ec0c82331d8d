/**
 * How market data is refused.
 * @module
 */
import { CodedError } from "#protocol/errors.ts";
export type MarketErrorCode =
  | "BadPrices"
  | "PricesMissing"
  | "BadQuotes"
  | "TooFewQuotes"
  | "ExpiryMissing"
  | "ButterflyArbitrage"
  | "CalendarArbitrage";

/** The quotes cannot be read, do not make a surface, or make one with arbitrage. */
export class MarketError extends CodedError<MarketErrorCode> {}
