/**
 * JSON-RPC 2.0 over HTTP. A refusal becomes an error with a number, and its code in `data.code`; nothing else leaks out.
 * @module
 */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { isRefused, NodeError, REFUSAL, type RefusalCode, type Refused, refused } from "../errors.ts";
import type { Method, Methods } from "../wire.ts";
import { parseBody } from "./json.ts";
import { PARAMS, type Params, parseParams } from "./schemas.ts";

export type Handlers = {
  readonly [M in Method]: (params: Params[M]) => Promise<Methods[M][1] | Refused> | Methods[M][1] | Refused;
};
export type Health = () => { readonly health: "ok" | "degraded" | "stopped"; readonly reason: string | null };

type Id = string | number | null;
type Reply =
  | { jsonrpc: "2.0"; id: Id; result: unknown }
  | { jsonrpc: "2.0"; id: Id; error: { code: number; message: string; data: { code: string } } };

const MAX_BODY = 64 * 1024;
const MAX_BATCH = 32;
const MAX_CONNECTIONS = 2_000;

const failure = (id: Id, { code, message }: Refused): Reply => ({
  jsonrpc: "2.0",
  id,
  error: { code: REFUSAL[code], message, data: { code } },
});
const isMethod = (name: string): name is Method => Object.hasOwn(PARAMS, name);

/** An HTTP server with the handlers behind `POST /`, and `GET /health`. Not listening yet. */
export function createApi(handlers: Handlers, health: Health, logger: FastifyBaseLogger): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY,
    // A slow client loses its connection, not the server its sockets.
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5_000,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => done(null, body));
  app.get("/health", async (_, reply) => {
    const state = health();
    return reply.code(state.health === "stopped" ? 503 : 200).send(state);
  });
  app.post("/", async (request, reply) => {
    const answer = await respond(handlers, String(request.body ?? ""), logger);
    return answer === null ? reply.code(204).send() : reply.code(statusOf(answer)).send(answer);
  });
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send(failure(null, refused("InvalidRequest", "the API is at POST /"))),
  );
  app.setErrorHandler((error: { code?: string }, _, reply) => {
    if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
      return reply.code(413).send(failure(null, refused("BodyTooLarge", `a body has at most ${MAX_BODY} bytes`)));
    if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
      return reply.code(415).send(failure(null, refused("UnsupportedMediaType", "the body must be application/json")));
    logger.error({ err: error }, "request failed");
    return reply.code(400).send(failure(null, refused("InvalidRequest", "the request cannot be read")));
  });
  return app;
}

/** Bodies that are no calls at all are 400; refused calls are ordinary answers. */
const statusOf = (answer: Reply | Reply[]): number =>
  !Array.isArray(answer) && answer.id === null && "error" in answer ? 400 : 200;

async function respond(handlers: Handlers, body: string, logger: FastifyBaseLogger): Promise<Reply | Reply[] | null> {
  const parsed = parseBody(body);
  if (isRefused(parsed)) return failure(null, parsed);
  if (!Array.isArray(parsed.value)) return answer(handlers, parsed.value, logger);
  if (parsed.value.length === 0) return failure(null, refused("InvalidRequest", "an empty batch"));
  if (parsed.value.length > MAX_BATCH)
    return failure(null, refused("BatchTooLarge", `a batch has at most ${MAX_BATCH} calls`));
  const answers = await Promise.all(parsed.value.map((call) => answer(handlers, call, logger)));
  const replies = answers.filter((reply) => reply !== null);
  return replies.length ? replies : null;
}

/** Null for a notification: a call without an id. */
async function answer(handlers: Handlers, call: unknown, logger: FastifyBaseLogger): Promise<Reply | null> {
  if (typeof call !== "object" || call === null || Array.isArray(call))
    return failure(null, refused("InvalidRequest", "a call is an object"));
  const { jsonrpc, id, method, params, ...rest } = call as Record<string, unknown>;
  const isId = id === undefined || id === null || typeof id === "string" || typeof id === "number";
  if (jsonrpc !== "2.0" || !isId || typeof method !== "string") {
    return failure(
      isId ? (id ?? null) : null,
      refused("InvalidRequest", 'a call has jsonrpc "2.0", an id and a method'),
    );
  }
  const to: Id = id ?? null;
  const [extra] = Object.keys(rest);
  if (extra !== undefined) return failure(to, refused("UnknownField", `unknown field "${extra}" in the call`));
  if (!isMethod(method)) return failure(to, refused("UnknownMethod", `no method "${method.slice(0, 64)}"`));
  const result = await run(handlers, method, params, logger);
  if (id === undefined) return null;
  return isRefused(result) ? failure(to, result) : { jsonrpc: "2.0", id: to, result };
}

async function run<M extends Method>(
  handlers: Handlers,
  method: M,
  params: unknown,
  logger: FastifyBaseLogger,
): Promise<object | Refused> {
  const parsed = parseParams(method, params);
  if (isRefused(parsed)) return parsed;
  try {
    return (await handlers[method](parsed.value)) as object;
  } catch (error) {
    // What is wrong with the node itself has a code as well: what was asked may be asked again.
    if (error instanceof NodeError && Object.hasOwn(REFUSAL, error.code)) {
      return refused(error.code as RefusalCode, error.message);
    }
    logger.error({ err: error, method }, "call failed");
    return refused("Internal", "the call failed; the node's log says why");
  }
}
