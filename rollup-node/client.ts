/**
 * A small typed client of the node's JSON-RPC API.
 * @module
 */
import { CodedError } from "#protocol/errors.ts";
import type { Intent, Order, SignedIntent, Spread } from "#protocol/intent.ts";
import type { SignedReport } from "#protocol/report.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import type { Signature } from "#protocol/signature.ts";
import type { SignedSpotSum } from "#protocol/spot-sum.ts";
import { NodeError, type RefusalCode } from "./errors.ts";
import type {
  Method,
  Methods,
  SubmitParams,
  WireIntent,
  WireSignature,
  WireSignedReport,
  WireSpotSum,
} from "./wire.ts";

/** A refusal of the node, as the caller sees it. */
export class RpcError extends CodedError<RefusalCode> {
  readonly number: number;
  constructor(code: RefusalCode, number: number, message: string) {
    super(code, message);
    this.number = number;
  }
}

export type Client = {
  readonly url: string;
  call<M extends Method>(method: M, params: Methods[M][0]): Promise<Methods[M][1]>;
  /** Submits a signed intent; `series` names those that it trades. */
  submit(
    signed: SignedIntent,
    clientOrderId: string,
    series?: string | readonly string[],
  ): Promise<Methods["provega_submitIntent"][1]>;
  /** Publishes signed spot sums of any oracles. */
  publishSums(sums: readonly SignedSpotSum[]): Promise<Methods["provega_publishSums"][1]>;
  /** Publishes signed reports of any oracles. */
  publishMarks(reports: readonly SignedReport[]): Promise<Methods["provega_publishMarks"][1]>;
};

type Answer<T> = { result: T } | { error: { code: number; message: string; data?: { code?: RefusalCode } } };

/** A client of the node at `url`. Throws `RpcError` on refusals, `NodeError` NodeUnreachable if nobody answers in time. */
export function createClient(url: string, { timeoutMs = 30_000 }: { timeoutMs?: number } = {}): Client {
  let id = 0;
  async function call<M extends Method>(method: M, params: Methods[M][0]): Promise<Methods[M][1]> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
    const answer = await post<Methods[M][1]>(url, body, timeoutMs);
    if ("result" in answer) return answer.result;
    const { code, message, data } = answer.error;
    throw new RpcError(data?.code ?? "Internal", code, message);
  }
  return {
    url,
    call,
    submit: (signed, clientOrderId, series) =>
      call("provega_submitIntent", submitParams(signed, clientOrderId, series)),
    publishSums: (sums) => call("provega_publishSums", { sums: sums.map(wireSum) }),
    publishMarks: (reports) => call("provega_publishMarks", { reports: reports.map(wireReport) }),
  };
}

async function post<T>(url: string, body: string, timeoutMs: number): Promise<Answer<T>> {
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return (await response.json()) as Answer<T>;
  } catch (cause) {
    throw new NodeError("NodeUnreachable", `no node answers at ${url}`, { cause });
  }
}

/** Names of series by their hashes: what is signed is a hash, what the node is told is a name. */
export type SeriesNames = (hash: bigint) => string;
const namesOf = (names: string | readonly string[]): SeriesNames => {
  const known = new Map([names].flat().map((name) => [name === "" ? 0n : seriesHash(parseSeries(name)), name]));
  return (hash) => known.get(hash) ?? "";
};

/** The wire form of a signed intent; `series` names those that it trades. */
export const submitParams = (
  { intent, signature, bulk }: SignedIntent,
  clientOrderId: string,
  series: string | readonly string[] = "",
): SubmitParams => ({
  intent: wireIntent(intent, namesOf(series)),
  signature: wireSignature(signature),
  ...(bulk ? { bulk: { index: bulk.index, children: bulk.children.map((nodes) => nodes.map(String)) } } : {}),
  clientOrderId,
});

export const wireSignature = ({ r8, s }: Signature): WireSignature => ({
  r8: [r8.x.toString(), r8.y.toString()],
  s: s.toString(),
});

export function wireIntent(intent: Intent, nameOf: SeriesNames): WireIntent {
  const common = {
    account: intent.account,
    epoch: intent.epoch.toString(),
    nonce: intent.nonce.toString(),
    validUntil: intent.validUntil.toString(),
  };
  switch (intent.kind) {
    case "order":
      return {
        kind: "order",
        ...common,
        series: nameOf(intent.seriesHash),
        side: intent.side,
        price: intent.price.toString(),
        ...wireTerms(intent),
      };
    case "spread":
      return {
        kind: "spread",
        ...common,
        legs: intent.legs.map(({ seriesHash: hash, ratio }) => ({ series: nameOf(hash), ratio: ratio.toString() })),
        price: intent.price.toString(),
        ...wireTerms(intent),
      };
    case "backstop": {
      const { kind, size, discountPpm, feePerLot } = intent;
      const terms = { size: size.toString(), discountPpm: discountPpm.toString(), feePerLot: feePerLot.toString() };
      return { kind, ...common, ...terms };
    }
    case "mode":
      return { kind: "mode", ...common, reduceOnly: intent.reduceOnly };
    case "cancel":
    case "cancelAll":
      return { kind: intent.kind, ...common };
    default:
      return { kind: intent.kind, ...common, amount: intent.amount.toString() };
  }
}

const wireTerms = ({ size, feePerLot, postOnly, ioc, fok, reduceOnly }: Order | Spread) => ({
  size: size.toString(),
  feePerLot: feePerLot.toString(),
  postOnly,
  ioc,
  fok,
  reduceOnly,
});

/** The wire form of a signed spot sum. */
export const wireSum = ({ spotSum: { underlying, timestamp, sum }, signature }: SignedSpotSum): WireSpotSum => ({
  spotSum: { underlying, timestamp: timestamp.toString(), sum: sum.toString() },
  signature: wireSignature(signature),
});

/** The wire form of a signed report. */
export const wireReport = ({ report, signature }: SignedReport): WireSignedReport => ({
  report: {
    underlying: report.underlying,
    timestamp: report.timestamp.toString(),
    spot: report.spot.toString(),
    impactMid: report.impactMid.toString(),
    expiries: report.expiries.map(({ expiry, forward, discount, svi: { a, b, rho, m, sigma } }) => ({
      expiry: expiry.toString(),
      forward: forward.toString(),
      discount: discount.toString(),
      svi: { a: a.toString(), b: b.toString(), rho: rho.toString(), m: m.toString(), sigma: sigma.toString() },
    })),
  },
  signature: wireSignature(signature),
});
