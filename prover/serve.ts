/**
 * The answering side of a `Channel`.
 * @module
 */
import { parentPort } from "node:worker_threads";
import type { Call, Reply } from "./channel.ts";
import { ProverError } from "./errors.ts";

export type Methods = { readonly [method: string]: (...args: never[]) => unknown };

/** Answers the calls of whoever started this thread or process, and ends with it. */
export function serve(methods: Methods): void {
  const answer = async ({ method, args }: Call): Promise<Reply> => {
    try {
      return { result: await methods[method]?.(...(args as never[])) };
    } catch (error) {
      const code = error instanceof ProverError ? error.code : undefined;
      return { error: { code, message: error instanceof Error ? error.message : String(error) } };
    }
  };
  if (parentPort) {
    const port = parentPort;
    port.on("message", async (call: Call) => port.postMessage(await answer(call)));
  } else {
    process.on("message", async (call: Call) => process.send?.(await answer(call)));
    process.on("disconnect", () => process.exit());
    // Ctrl-C reaches the whole group; the parent decides what becomes of a proof under way.
    process.on("SIGINT", () => {});
  }
}
