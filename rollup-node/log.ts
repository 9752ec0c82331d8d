/**
 * The node's log: one JSON line per event, on stderr. What errors are caused by stays out of it, since libraries put
 * requests, and with them addresses that hold access tokens, into their messages.
 * @module
 */
import { type DestinationStream, type Logger, pino } from "pino";

const describe = (error: unknown) => {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { type: name, code: "code" in error ? error.code : undefined, message, stack };
};

export const createLogger = (level: string, destination: DestinationStream = pino.destination(2)): Logger =>
  pino(
    { level, base: null, serializers: { err: describe }, redact: ["operatorKey", "*.operatorKey", "l1Url", "*.l1Url"] },
    destination,
  );
