/**
 * State, commands, operations and events of the engine.
 *
 * A command makes a new `EngineState`, yet accounts, books and queues inside it are the same objects as before, changed
 * in place: what is read of them before an `await` may be different after it. Tables of marks, operations, events and
 * signed intents never change. A refused command changes nothing.
 * @module
 */
import type { Liquidation, Session } from "#protocol/account.ts";
import type { Board } from "#protocol/board.ts";
import type { BoardOperation } from "#protocol/board-step.ts";
import type { Execution } from "#protocol/execute.ts";
import type { Intent, Order, SignedIntent, Spread } from "#protocol/intent.ts";
import type { Marks } from "#protocol/marks.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import type { Profile, SeriesStatus } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import type { Series } from "#protocol/series.ts";
import type { Point } from "#protocol/signature.ts";
import type { Parameters } from "#protocol/state.ts";
import type { Accounts } from "./accounts.ts";
import type { Book, Resting } from "./book.ts";
import type { Grid } from "./grid.ts";
import type { Reason, ReasonCode, Refused } from "./refusal.ts";

/** Fixed for the life of a journal, but for the parameters, which a board operation may change. */
export type EngineConfig = {
  readonly profile: Profile;
  readonly domain: bigint;
  readonly parameters: Parameters;
  /** 1e-6 USDC per lot of any leg. */
  readonly makerFee: bigint;
  readonly takerFee: bigint;
  /** Seconds for which whatever is admitted or matched stays provable: time to seal, prove and post it. */
  readonly settlementSeconds: bigint;
};

/** What the engine remembers of an order slot: the newest intent admitted, its lots (units of a spread) matched, and where it waits. */
export type SlotMemory = {
  readonly key: bigint;
  filled: bigint;
  /** In a book, among the backstops, or asking for quotes; null if it waits nowhere. */
  resting: Resting | null;
};

/** An account as of the last command, sealed or not, with everything accrued that marks and board say by now. */
export type EngineAccount = {
  readonly id: number;
  readonly owner: bigint;
  key: Point;
  sessions: readonly Session[];
  /** 1e-6 USDC, signed. */
  cash: bigint;
  /** Lots per board slot, signed. */
  readonly sizes: bigint[];
  /** The same as doubles, exactly: a size has 40 bits. */
  readonly lots: Float64Array;
  /** Side-index per board slot up to which the position is settled, 1e-2 USDC per unit. */
  readonly indices: bigint[];
  epoch: bigint;
  isReduceOnly: boolean;
  isClosing: boolean;
  liquidation: Liquidation;
  /** Underlyings, one bit each, in which the account's owner admits no orders. */
  killed: number;
  readonly slots: Map<number, SlotMemory>;
};

/** Lots of one slot, signed. */
export type LegChange = { readonly slot: number; readonly size: bigint };
/** One account's part in a trade. Its `execution` goes into a lane of this account as it is. */
export type Fill = {
  readonly account: number;
  readonly execution: Execution;
  /** What it does to positions; by the board's slots of its time. */
  readonly legs: readonly LegChange[];
  /** Index less settled mark per leg when it traded: how far it has moved since is what giving the trade up has to take back. */
  readonly carries: readonly bigint[];
  /** `maker`: was there first. `forced`: liquidated or closed. */
  readonly role: "maker" | "taker" | "forced";
};
/** `book`: an order against one of a book; `spread`: a spread or fill-or-kill against several; `quote`: an ask and its best answer. */
export type TradeCause = "book" | "spread" | "quote" | "liquidation" | "backstop" | "close";

/**
 * What awaits sealing, in the order in which it happened; `id` counts up. One operation is sealed wholly within one step.
 * - `trade`: its fills balance; the `forced` ones of an operation need a lane of their own, of no other operation, and a reduce-only
 *   order is refused in a lane in which another lets a position grow.
 * - `request`: of kinds `key`, `stop` and `close` not to move ahead of its account's earlier executions; none ahead of a forced one.
 * - `visit`: a lane without request and executions, which accrues. Never refused.
 * - `writeOff`: the last lane of its step, so that what the insurance fund pays is what it had.
 * - `marks`, `board`: steps of their own and barriers; a `board` one cannot be quarantined, so it is tried with the specification before.
 */
export type Op =
  | { readonly id: number; readonly kind: "request"; readonly index: number; readonly request: Request }
  | {
      readonly id: number;
      readonly kind: "trade";
      readonly trade: number;
      readonly cause: TradeCause;
      /** Makers first. */
      readonly fills: readonly Fill[];
      /** Liquidation record of the account that was forced, before it. */
      readonly liquidation: Liquidation | null;
    }
  | { readonly id: number; readonly kind: "intent"; readonly signed: SignedIntent }
  | { readonly id: number; readonly kind: "visit"; readonly account: number }
  | {
      readonly id: number;
      readonly kind: "writeOff";
      readonly account: number;
      /** 1e-6 USDC; of it, `insured` is paid by the insurance fund and the rest is owed by `target` (see `Liquidation`). */
      readonly debt: bigint;
      readonly insured: bigint;
      readonly target: bigint;
    }
  | { readonly id: number; readonly kind: "marks"; readonly reports: MarksStep["reports"]; readonly table: Table }
  | {
      readonly id: number;
      readonly kind: "board";
      readonly operation: BoardOperation;
      readonly effect: BoardEffect;
    };
export type OpOf<K extends Op["kind"]> = Extract<Op, { kind: K }>;
export type TradeOp = OpOf<"trade">;

/** What a board operation does, as the caller has worked out with the specification before. */
export type BoardEffect =
  | { readonly kind: "list"; readonly slot: number; readonly series: Series; readonly cap: bigint }
  /** `payoff`: 1e-2 USDC per unit. */
  | { readonly kind: "settle"; readonly slot: number; readonly payoff: bigint }
  /** `slot` null: the debts that no side is charged for, which only the insurance fund repays. */
  | { readonly kind: "socialise"; readonly slot: number | null; readonly isShort: boolean }
  | { readonly kind: "parameters"; readonly parameters: Parameters };

/** Prices in force and the status of every board slot under them. */
export type Table = { readonly marks: Marks; readonly statuses: readonly SeriesStatus[] };
export type SealedOps = { readonly number: number; readonly ops: readonly Op[] };

/** 1e-6 USDC: what belongs to no account. As in `Globals` of the protocol, with every account accrued. */
export type Pots = {
  readonly feePot: bigint;
  readonly insurance: bigint;
  /** Owed to accounts that the engine has not looked at since marks or board changed. */
  readonly clearing: bigint;
  readonly deficit: bigint;
  readonly totalCash: bigint;
};

/** A signed order or spread that waits for quotes. */
export type Ask = {
  readonly id: number;
  readonly resting: Resting<Order | Spread>;
  /** L1 second at which it executes at its best quote, or leaves. */
  readonly until: bigint;
  readonly quotes: Quote[];
};
/** A maker's signed answer: the opposite legs, for at least as many units. */
export type Quote = {
  readonly resting: Resting<Order | Spread>;
  /** Net price that the asker pays per unit, signed, 1e-2 USDC. */
  readonly price: bigint;
};

export type EngineState = {
  readonly config: EngineConfig;
  /** L1 block time, unix seconds. */
  readonly time: bigint;
  readonly board: Board;
  readonly marks: Marks;
  readonly accounts: Accounts<EngineAccount>;
  /** What follows from marks and board. */
  readonly grid: Grid;
  /** By board slot. */
  readonly books: readonly Book[];
  /** Standing wishes of backstops, the least discount first. */
  readonly backstops: readonly Resting[];
  readonly asks: ReadonlyMap<number, Ask>;
  readonly pots: Pots;
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
    readonly ask: number;
  };
};

/** What an intent is admitted with. */
export type Submission = SignedIntent & {
  readonly clientOrderId: string;
  /** The order leaves when its owner's connection does. */
  readonly cancelOnDisconnect?: boolean;
};

export type Command =
  | { readonly type: "time"; readonly timestamp: bigint; readonly block: number }
  | { readonly type: "request"; readonly index: number; readonly request: Request }
  | (Submission & { readonly type: "intent" })
  /** A mass quote: replaces all that the account quoted in this way before. Each order stands or is rejected alone. */
  | { readonly type: "quotes"; readonly account: number; readonly orders: readonly Submission[] }
  /** Takes every order of the account in one underlying out and admits none until released. */
  | { readonly type: "kill"; readonly account: number; readonly underlying: number; readonly isOn: boolean }
  /** Takes the account's orders out that were admitted with `cancelOnDisconnect`. */
  | { readonly type: "disconnect"; readonly account: number }
  /** An order or spread that waits for quotes until L1 second `until`. */
  | (Submission & { readonly type: "ask"; readonly until: bigint })
  | (Submission & { readonly type: "quote"; readonly ask: number })
  /** Executes an ask at its best quote at once. */
  | { readonly type: "take"; readonly ask: number }
  | { readonly type: "marks"; readonly reports: MarksStep["reports"]; readonly table: Table }
  | { readonly type: "board"; readonly operation: BoardOperation; readonly effect: BoardEffect }
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
export type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

export type Event =
  | {
      readonly type: "accepted";
      readonly intent: Intent;
      readonly signed: SignedIntent;
      readonly clientOrderId: string;
    }
  /** An order of a mass quote that was refused. */
  | { readonly type: "rejected"; readonly intent: Intent; readonly refusal: Refused }
  | { readonly type: "rested"; readonly account: number; readonly key: bigint; readonly remaining: bigint }
  | { readonly type: "asked"; readonly ask: number; readonly intent: Order | Spread; readonly until: bigint }
  | { readonly type: "quoted"; readonly ask: number; readonly intent: Order | Spread; readonly price: bigint }
  | {
      readonly type: "traded";
      readonly op: TradeOp;
      /** Net price of one unit of the taker, or of one lot that is forced, 1e-2 USDC, positive if it pays; rounded down if makers differ. */
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
  | { readonly type: "killed"; readonly account: number; readonly underlying: number; readonly isOn: boolean }
  | { readonly type: "queued"; readonly op: Op }
  | { readonly type: "repriced"; readonly table: Table }
  | { readonly type: "listed"; readonly slot: number; readonly series: Series }
  | { readonly type: "settled"; readonly slot: number; readonly payoff: bigint }
  /** `insured`: repaid by the insurance fund; `charged`: to the positions of one side. 1e-6 USDC. */
  | { readonly type: "socialised"; readonly slot: number | null; readonly insured: bigint; readonly charged: bigint }
  /** An account below maintenance margin; `shortfall`: what it lacked, 1e-18 USDC. */
  | { readonly type: "liquidating"; readonly account: number; readonly shortfall: bigint }
  /** A bankrupt account's debt, 1e-6 USDC. */
  | { readonly type: "bankrupt"; readonly account: number; readonly debt: bigint; readonly insured: bigint }
  | { readonly type: "sealed"; readonly number: number; readonly ops: readonly Op[] }
  | { readonly type: "unsealed"; readonly from: number; readonly ops: readonly Op[] }
  | { readonly type: "quarantined"; readonly op: Op; readonly reason: Reason };

export type Accepted = { readonly state: EngineState; readonly events: readonly Event[] };
