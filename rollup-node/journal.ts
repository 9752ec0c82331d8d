/**
 * What the journal holds: everything that ever happened to the node, in order. The state of the engine, the history
 * behind the API and the state of the pipeline are all functions of it.
 * @module
 */
import type { BoundKind } from "#protocol/binding.ts";
import type { Command } from "./engine/types.ts";

/** First entry: which deployment this journal is of. Nothing else may open it. */
export type Deployment = {
  readonly type: "deployment";
  readonly chainId: number;
  readonly rollup: string;
  readonly token: string;
  readonly domain: bigint;
  readonly genesis: string;
  /** keccak256 of the deployed key, by kind of step. */
  readonly verifyingKeys: Readonly<Record<string, string>>;
  /** Seconds a step's timestamp may lie behind L1's. */
  readonly timestampWindow: bigint;
  readonly makerFee: bigint;
  readonly takerFee: bigint;
  readonly settlementSeconds: bigint;
};
/** What a `seal` adds for prover and L1; the engine does not look at it. */
export type Sealed = Extract<Command, { type: "seal" }> & {
  readonly kind: BoundKind;
  readonly oldRoot: bigint;
  readonly words: readonly bigint[];
  readonly commitment: bigint;
  readonly lanes: number;
  readonly executions: number;
};
export type Proven = {
  readonly type: "proven";
  readonly number: number;
  readonly proof: readonly bigint[];
  readonly publicSignals: readonly bigint[];
  /** Milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
};
/** Written before the transaction leaves: after a crash the very same one is sent again. */
export type Sent = {
  readonly type: "sent";
  readonly numbers: readonly number[];
  readonly hash: string;
  readonly raw: string;
};
export type Posted = {
  readonly type: "posted";
  readonly numbers: readonly number[];
  readonly hash: string;
  readonly block: number;
  readonly gas: bigint;
};
/** L1 forgot the transaction: its steps are proven again, and no more. */
export type Unposted = { readonly type: "unposted"; readonly from: number };

export type PipelineRecord = Proven | Sent | Posted | Unposted;
export type JournalRecord = Deployment | Exclude<Command, { type: "seal" }> | Sealed | PipelineRecord;
