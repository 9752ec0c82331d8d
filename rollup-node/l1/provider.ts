/**
 * The connection to L1: one JSON-RPC endpoint, whose silence has a code.
 * @module
 */
import { FetchRequest, isError, JsonRpcProvider, Network } from "ethers";
import { NodeError } from "../errors.ts";
import { ROLLUP } from "./abi.ts";

const TIMEOUT_MS = 10_000;

/** A revert of the rollup contract: `name` of its error and what it says. */
export class L1Revert extends Error {
  readonly error: string;
  constructor(error: string, args: string) {
    super(`L1 refuses: ${error}(${args})`);
    this.name = "L1Revert";
    this.error = error;
  }
}

/** Connects to `url`. Throws `ChainDown` if nobody answers there. */
export async function connect(url: string): Promise<JsonRpcProvider> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  let chainId: bigint;
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", body, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    chainId = BigInt(((await response.json()) as { result: string }).result);
  } catch (cause) {
    throw new NodeError("ChainDown", `no chain answers at ${redacted(url)}`, { cause });
  }
  return providerOf(url, Number(chainId));
}

/** A provider for an endpoint whose chain is known, whether or not it answers now. */
export function providerOf(url: string, chainId: number): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = TIMEOUT_MS;
  // Whoever calls backs off by itself.
  request.setThrottleParams({ maxAttempts: 1 });
  // Knowing its network, ethers never asks for it again: a chain that is down fails the call instead of hanging it.
  const network = Network.from(chainId);
  return new JsonRpcProvider(request, network, { staticNetwork: network, cacheTimeout: -1, batchMaxCount: 1 });
}

/** Runs calls to L1, naming their failures: `L1Revert` for what the contract refuses, `ChainDown` for the rest. */
export async function onChain<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof NodeError || cause instanceof L1Revert) throw cause;
    const data = isError(cause, "CALL_EXCEPTION") ? cause.data : null;
    const revert = data ? ROLLUP.parseError(data) : null;
    if (revert) throw new L1Revert(revert.name, revert.args.map(String).join(", "));
    if (isError(cause, "CALL_EXCEPTION")) throw new L1Revert("Reverted", cause.shortMessage);
    throw new NodeError("ChainDown", `L1 does not answer as it should: ${summary(cause)}`, { cause });
  }
}

/** What ethers says in short: its long messages spell out requests, whose addresses may hold an access token. */
function summary(cause: unknown): string {
  const { shortMessage, code } = cause as { shortMessage?: string; code?: string };
  return shortMessage ?? code ?? "no reason given";
}

/** Scheme and host: what comes behind may be an access token. */
function redacted(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
