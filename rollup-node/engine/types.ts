/**
 * State, commands and events of the engine. All of it is immutable data: a command makes a new state.
 * @module
 */
import type { Board } from "#protocol/board.ts";
import type { Intent, Order, SignedIntent } from "#protocol/intent.ts";
import type { Marks } from "#protocol/marks.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import type { Profile, SeriesStatus } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import type { Point } from "#protocol/signature.ts";
import type { Parameters } from "#protocol/state.ts";
import type { Book } from "./book.ts";
import type { Pages } from "./pages.ts";
import type { Reason, ReasonCode } from "./refusal.ts";

/** Fixed for the life of a journal. */
export type EngineConfig = {
  readonly profile: Profile;
  readonly domain: bigint;
  readonly parameters: Parameters;
  /** 1e-6 USDC per lot. */
  readonly makerFee: bigint;
  readonly takerFee: bigint;
  /** Seconds for which whatever is admitted or matched stays provable: time to seal, prove and post it. */
  readonly settlementSeconds: bigint;
};

/** What the engine remembers of an order slot: the newest intent admitted, its lots matched, and where it rests. */
export type SlotMemory = {
  readonly key: bigint;
  readonly filled: bigint /** Board slot of the book, -1 if in none. */;
  readonly book: number;
};

/** An account as of the last command, sealed or not. */
export type EngineAccount = {
  readonly owner: bigint;
  readonly key: Point;
  /** 1e-6 USDC, signed. */
  readonly cash: bigint;
  /** Lots per board slot, signed. */
  readonly sizes: readonly bigint[];
  readonly epoch: bigint;
  readonly slots: ReadonlyMap<number, SlotMemory>;
};

/** A side of a trade: the account's changes, in lots and 1e-6 USDC. */
export type Leg = {
  readonly signed: SignedIntent & { readonly intent: Order };
  readonly size: bigint;
  readonly cash: bigint;
  readonly fee: bigint;
};
/** What awaits sealing, in the order in which it happened; `id` counts up. */
export type Op =
  | { readonly id: number; readonly kind: "request"; readonly index: number; readonly request: Request }
  | {
      readonly id: number;
      readonly kind: "trade";
      readonly trade: number;
      readonly slot: number;
      readonly legs: readonly [maker: Leg, taker: Leg];
    }
  | { readonly id: number; readonly kind: "intent"; readonly signed: SignedIntent }
  | { readonly id: number; readonly kind: "marks"; readonly reports: MarksStep["reports"]; readonly table: Table };
/** Prices in force and the status of every board slot under them. */
export type Table = { readonly marks: Marks; readonly statuses: readonly SeriesStatus[] };
export type SealedOps = { readonly number: number; readonly ops: readonly Op[] };

export type EngineState = {
  readonly config: EngineConfig;
  /** L1 block time, unix seconds. */
  readonly time: bigint;
  readonly board: Board;
  readonly marks: Marks;
  readonly accounts: Pages<EngineAccount>;
  /** By board slot. */
  readonly books: readonly Book[];
  readonly pending: readonly Op[];
  /** Steps that could still be sealed anew, oldest first. */
  readonly sealed: readonly SealedOps[];
  /** The table under the steps of `sealed`. */
  readonly base: Table;
  readonly counters: {
    readonly op: number;
    readonly trade: number;
    readonly request: number;
    readonly order: number;
    readonly step: number;
  };
};

export type Command =
  | { readonly type: "time"; readonly timestamp: bigint; readonly block: number }
  | { readonly type: "request"; readonly index: number; readonly request: Request }
  | {
      readonly type: "intent";
      readonly intent: Intent;
      readonly signature: SignedIntent["signature"];
      readonly clientOrderId: string;
    }
  | { readonly type: "marks"; readonly reports: MarksStep["reports"]; readonly table: Table }
  | {
      readonly type: "seal";
      readonly number: number;
      readonly count: number;
      readonly timestamp: bigint;
      readonly newRoot: bigint;
    }
  | { readonly type: "unseal"; readonly from: number }
  | { readonly type: "final"; readonly number: number }
  | {
      readonly type: "quarantine";
      readonly ops: readonly number[];
      readonly code: ReasonCode;
      readonly message: string;
    };

export type Event =
  | { readonly type: "accepted"; readonly intent: Intent; readonly clientOrderId: string }
  | { readonly type: "rested"; readonly account: number; readonly key: bigint; readonly remaining: bigint }
  | {
      readonly type: "traded";
      readonly op: Extract<Op, { kind: "trade" }>;
      readonly price: bigint;
      readonly time: bigint;
    }
  | {
      readonly type: "left";
      readonly account: number;
      readonly key: bigint;
      readonly remaining: bigint;
      readonly reason: Reason;
    }
  | { readonly type: "queued"; readonly op: Op }
  | { readonly type: "repriced"; readonly table: Table }
  | { readonly type: "sealed"; readonly number: number; readonly ops: readonly Op[] }
  | { readonly type: "unsealed"; readonly from: number; readonly ops: readonly Op[] }
  | { readonly type: "quarantined"; readonly op: Op; readonly reason: Reason };

export type Accepted = { readonly state: EngineState; readonly events: readonly Event[] };
