/**
 * What travels between the node and its clients, as JSON. Every quantity is a string of decimal digits (with a leading
 * "-" where it may be negative) in the unit of protocol/params.ts; only counts and indices are JSON numbers.
 * @module
 */
import type { ReasonCode } from "./engine/refusal.ts";
import type { RefusalCode } from "./errors.ts";

/** Digits, possibly with a leading minus sign. */
export type Decimal = string;
/** 0x and 64 hexadecimal digits. */
export type Hash = string;
export type WirePoint = readonly [x: Decimal, y: Decimal];
export type WireSignature = { readonly r8: WirePoint; readonly s: Decimal };

type WireCommon = {
  readonly account: number;
  readonly epoch: Decimal;
  readonly nonce: Decimal;
  /** Unix seconds. */
  readonly validUntil: Decimal;
};
type WireTerms = {
  /** Lots of an order, units of a spread. */
  readonly size: Decimal;
  /** Most the owner pays, 1e-6 USDC per lot of any leg. */
  readonly feePerLot: Decimal;
  /** All false by default. A market order is `ioc` or `fok` with the worst price that its owner takes. */
  readonly postOnly?: boolean;
  readonly ioc?: boolean;
  readonly fok?: boolean;
  readonly reduceOnly?: boolean;
};
export type WireOrder = WireCommon &
  WireTerms & {
    readonly kind: "order";
    /** e.g. BTC-27FEB26-70000-C or BTC-PERP; its hash is what is signed. */
    readonly series: string;
    readonly side: "buy" | "sell";
    /** Limit, 1e-2 USDC per unit. */
    readonly price: Decimal;
  };
export type WireSpread = WireCommon &
  WireTerms & {
    readonly kind: "spread";
    /** `ratio`: lots in one unit of the spread, signed: what the owner receives. */
    readonly legs: readonly { readonly series: string; readonly ratio: Decimal }[];
    /** Net limit of one unit, 1e-2 USDC, signed: positive if the owner pays at most this. */
    readonly price: Decimal;
  };
/** `amount`: 1e-6 USDC. `contribute` gives cash to the insurance fund, `collect` pays fees out to the fee account. */
export type WireAmount = WireCommon & {
  readonly kind: "withdraw" | "contribute" | "collect";
  readonly amount: Decimal;
};
export type WireCancel = WireCommon & { readonly kind: "cancel" | "cancelAll" };
/** Makes the account reduce-only, or ends that. */
export type WireMode = WireCommon & { readonly kind: "mode"; readonly reduceOnly: boolean };
export type WireBackstop = WireCommon & {
  readonly kind: "backstop";
  /** Lots, over all series. */
  readonly size: Decimal;
  /** Parts per million of spot. */
  readonly discountPpm: Decimal;
  readonly feePerLot: Decimal;
};
export type WireIntent = WireOrder | WireSpread | WireAmount | WireCancel | WireMode | WireBackstop;

/** Where an intent stands among those that one signature covers: the nodes on the way up, by level. */
export type WireBulkPath = { readonly index: number; readonly children: readonly (readonly Decimal[])[] };
export type SubmitParams = {
  readonly intent: WireIntent;
  /** By the master key or a session's: the node finds out whose. */
  readonly signature: WireSignature;
  /** The signature is of the root that this path leads to. */
  readonly bulk?: WireBulkPath;
  /** The order leaves when its owner has not said for a while that it is there. */
  readonly cancelOnDisconnect?: boolean;
  /** 1 to 64 of [A-Za-z0-9_.:-], chosen by the client, unique per account. The same call again returns the same receipt. */
  readonly clientOrderId: string;
};

/** Many intents under one signature, of the root of their tree; each stands or is refused by itself. */
export type MassQuoteParams = {
  /** Of one account. */
  readonly intents: readonly WireIntent[];
  readonly signature: WireSignature;
  /** Each intent's own is this, a dot and its place. */
  readonly clientOrderId: string;
};
export type MassQuoteResult = readonly (
  | { readonly result: SubmitResult; readonly refusal: null }
  | { readonly result: null; readonly refusal: { readonly code: RefusalCode; readonly message: string } }
)[];

/**
 * What one of an account's keys may ask of the venue, and no circuit has to know. `kill` takes its orders in an underlying out and
 * admits none until `release`; `keepAlive` holds its orders that leave with their owner's connection for so many seconds more;
 * `take` executes an ask at its best quote.
 */
export type WireControl = {
  readonly action: "kill" | "release" | "keepAlive" | "take";
  readonly account: number;
  /** Underlying, seconds or ask. */
  readonly subject: number;
  /** Unix seconds of L1 time at which it was signed: newer than the last of the account's. */
  readonly time: Decimal;
};
export type ControlResult = { readonly sequence: number; readonly left: number };

/** Waits for quotes until `until`, unix seconds of L1 time, and executes at the best. */
export type AskParams = SubmitParams & { readonly until: Decimal };
export type QuoteParams = SubmitParams & { readonly ask: number };
export type AskView = {
  readonly id: number;
  readonly legs: readonly { readonly series: string; readonly ratio: Decimal }[];
  readonly size: Decimal;
  readonly until: Decimal;
  /** Net prices per unit that the asker would pay, best first: 1e-2 USDC, signed. */
  readonly quotes: readonly { readonly account: number; readonly price: Decimal; readonly size: Decimal }[];
};

export type WireSpotSum = {
  readonly spotSum: { readonly underlying: number; readonly timestamp: Decimal; readonly sum: Decimal };
  readonly signature: WireSignature;
};
/** A settlement that still waits: how many oracles have both sums. */
export type SettlementView = {
  readonly series: string;
  readonly expiry: Decimal;
  readonly oracles: readonly number[];
  readonly needed: number;
};

/** An operation of the board, as JSON text that the operator has signed (EIP-191, over keccak256 of domain and text). */
export type BoardParams = { readonly operation: string; readonly signature: string };
export type BoardResult = { readonly sequence: number; readonly slot: number | null };

/** The operator's signed promise that the intent stands in its journal at `sequence`. */
export type Receipt = {
  readonly sequence: number;
  /** The message that the intent's owner signed. */
  readonly intentHash: Decimal;
  /** Head of the journal's hash chain at `sequence`. */
  readonly journalHash: Hash;
  /** EIP-191 signature by `operator` over keccak256(domain, sequence, intentHash, journalHash), 32 bytes each. */
  readonly signature: string;
  readonly operator: string;
};

/** `open`: rests in the book. The states behind `matched` are those of the newest step that executes the intent. */
export type OrderStatus =
  | "accepted"
  | "open"
  | "matched"
  | "sealed"
  | "proven"
  | "posted"
  | "final"
  | "cancelled"
  | "expired"
  | "quarantined";
export type OrderView = {
  /** account:epoch:nonce */
  readonly id: string;
  readonly account: number;
  readonly kind: WireIntent["kind"];
  readonly clientOrderId: string;
  readonly sequence: number;
  /** How far the intent is: of a partly filled order, how far its executed part is. */
  readonly status: OrderStatus;
  /** Rests in the book with `remaining` lots. */
  readonly isOpen: boolean;
  /** Of a spread, its series in order, with a plus between them. */
  readonly series: string | null;
  readonly side: "buy" | "sell" | null;
  /** Lots per unit and leg of a spread, signed; 1 or -1 of an order. */
  readonly ratios: readonly Decimal[];
  readonly price: Decimal;
  readonly size: Decimal;
  readonly filled: Decimal;
  readonly remaining: Decimal;
  /** 1e-6 USDC, signed: what its fills paid or cost before fees. */
  readonly cash: Decimal;
  readonly fee: Decimal;
  readonly amount: Decimal;
  /** Why it is cancelled, expired or quarantined, or why its remainder is. */
  readonly reason: { readonly code: ReasonCode; readonly message: string } | null;
  /** Steps that executed it. */
  readonly steps: readonly number[];
};
/** `trades`: of this intent so far. */
export type SubmitResult = {
  readonly receipt: Receipt;
  readonly order: OrderView;
  readonly trades: readonly TradeView[];
};

export type TradeView = {
  /** Counts from 1. */
  readonly id: number;
  readonly cause: "book" | "spread" | "quote" | "liquidation" | "backstop" | "close";
  /** Of a spread, its series in order, with a plus between them. */
  readonly series: string;
  /** Net price of one unit of the taker, 1e-2 USDC; negative of a spread for which the taker is paid. */
  readonly price: Decimal;
  /** Lots; units of a spread. */
  readonly size: Decimal;
  /** Of a spread: `buy`. */
  readonly takerSide: "buy" | "sell";
  /** The first of the makers. */
  readonly maker: number;
  /** Of what is forced: the account that was. */
  readonly taker: number;
  readonly makerOrder: string;
  /** Null of what is forced. */
  readonly takerOrder: string | null;
  /** Every account's part: lots by series. */
  readonly fills: readonly {
    readonly account: number;
    readonly role: "maker" | "taker" | "forced";
    readonly order: string | null;
    readonly legs: readonly { readonly series: string; readonly size: Decimal }[];
    /** 1e-6 USDC, before fee. */
    readonly cash: Decimal;
    readonly fee: Decimal;
  }[];
  /** 1e-6 USDC. */
  readonly makerFee: Decimal;
  readonly takerFee: Decimal;
  /** L1 time at which it matched. */
  readonly timestamp: Decimal;
  readonly status: "matched" | "sealed" | "proven" | "posted" | "final" | "quarantined";
  readonly step: number | null;
};

/** 1e-6 USDC. Equity is rounded down, margins up. */
export type MarginView = {
  readonly cash: Decimal;
  readonly equity: Decimal;
  /** Equity less maintenance margin: below 0 the account can be liquidated. */
  readonly health: Decimal;
  readonly maintenance: Decimal;
  readonly initial: Decimal;
  /** Most that could be withdrawn, 0 if nothing. */
  readonly available: Decimal;
  /** Equity is at least initial margin. */
  readonly isHealthy: boolean;
  /** Per underlying: index of the scenario with the largest loss, -1 if none loses. */
  readonly worstScenario: readonly number[];
};
export type PositionView = {
  readonly series: string;
  readonly slot: number /** Lots, signed. */;
  readonly size: Decimal;
  readonly mark: Decimal;
  /** 1e-2 USDC per unit: the index of its side up to which it is settled. */
  readonly index: Decimal;
  /** Of a perpetual, 1e-6 USDC: what its funding comes to since genesis at this size; positive if it was received. Null of an option. */
  readonly funding: Decimal | null;
};
export type SessionView = {
  /** 1 to 4. */
  readonly place: number;
  readonly key: WirePoint;
  /** Numbers of the underlyings that it may trade. */
  readonly underlyings: readonly number[];
  readonly validUntil: Decimal;
  /** Lots of one order. */
  readonly maxSize: Decimal;
};
export type AccountView = {
  readonly account: number;
  /** L1 address. */
  readonly owner: string;
  readonly key: WirePoint;
  readonly epoch: Decimal;
  readonly modes: { readonly reduceOnly: boolean; readonly closing: boolean; readonly killed: readonly number[] };
  readonly sessions: readonly SessionView[];
  readonly margin: MarginView;
  readonly positions: readonly PositionView[];
  readonly openOrders: readonly OrderView[];
};

export type PreviewParams = Pick<WireOrder, "account" | "series" | "side" | "size" | "price"> & {
  readonly feePerLot?: Decimal;
  readonly reduceOnly?: boolean;
};
export type PreviewResult = {
  readonly before: MarginView;
  /** If the whole order filled at its limit. */
  readonly after: MarginView;
  readonly refusal: { readonly code: RefusalCode; readonly message: string } | null;
};

export type BookLevel = { readonly price: Decimal; readonly size: Decimal; readonly orders: number };
export type BookView = {
  readonly series: string;
  readonly sequence: number;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
};

export type SeriesView = {
  readonly series: string;
  readonly slot: number;
  readonly seriesHash: Decimal;
  readonly status: string;
  /** 1e-6 USDC per unit: the mark in force, and the price in every scenario. */
  readonly mark: Decimal;
  readonly scenarioPrices: readonly Decimal[];
  readonly openLong: Decimal;
  readonly openShort: Decimal;
  readonly cap: Decimal;
  /** 1e-2 USDC per unit: what a settled series pays. */
  readonly payoff: Decimal;
  /** 1e-6 USDC that bankrupt accounts owe, to be charged to one side. */
  readonly deficitLong: Decimal;
  readonly deficitShort: Decimal;
};
export type MarksView = {
  readonly underlyings: readonly {
    readonly timestamp: Decimal;
    readonly mode: string /** 1e-8 USDC. */;
    readonly spot: Decimal;
    /** Of the perpetual, 1e-2 USDC per unit: its mark less the funding paid since genesis. */
    readonly index: Decimal;
    /** 1e-8 USDC seconds per unit, to be divided by the seconds of a funding period. */
    readonly fundingSum: Decimal;
  }[];
  readonly expiries: readonly {
    readonly expiry: Decimal /** 1e-8 USDC. */;
    readonly forward: Decimal /** 2^-40. */;
    readonly discount: Decimal;
  }[];
  readonly series: readonly SeriesView[];
};

export type StepStatus = "sealed" | "proven" | "posted" | "final";
export type StepView = {
  readonly number: number;
  readonly kind: "marks" | "trade" | "board";
  readonly status: StepStatus;
  readonly timestamp: Decimal;
  readonly oldRoot: Decimal;
  readonly newRoot: Decimal;
  readonly trades: readonly number[];
  readonly executions: number;
  readonly lanes: number;
  readonly requests: number;
  /** Milliseconds, null before the proof exists. */
  readonly timings: Readonly<Record<string, number>> | null;
  readonly transaction: Hash | null;
  readonly block: number | null;
  /** Gas of the whole transaction, which may carry several steps. */
  readonly gas: Decimal | null;
};
export type StepDetail = StepView & {
  readonly words: readonly Decimal[];
  readonly commitment: Decimal;
  readonly publicInputs: readonly Decimal[];
  readonly proof: readonly Decimal[] | null;
  /** Of a marks step, by underlying and ascending oracle: the signed reports that its prices are proved from. */
  readonly reports: readonly (readonly WireSignedReport[])[] | null;
};

export type MarksStatusView = {
  readonly underlying: string;
  /** Of the oldest report used, unix seconds; 0 before the first table. */
  readonly timestamp: Decimal;
  /** Seconds of L1 time since then. */
  readonly age: Decimal;
  /** Close-only: positions may only shrink, because a table too far off waits as a candidate or the marks are too old. */
  readonly mode: "open" | "closeOnly";
  readonly reason: "candidate" | "age" | null;
};
export type OracleView = {
  readonly key: WirePoint;
  /** By underlying, unix seconds of its newest report since the node started; null if none was heard. */
  readonly heard: readonly (Decimal | null)[];
};

export type StatusView = {
  readonly version: string;
  readonly profile: string;
  readonly health: "ok" | "degraded" | "stopped";
  /** Why it is not ok. */
  readonly reason: string | null;
  readonly domain: Decimal;
  readonly operator: string;
  readonly chain: {
    readonly id: number;
    readonly block: number;
    readonly timestamp: Decimal;
    readonly confirmations: number;
  };
  readonly addresses: { readonly rollup: string; readonly token: string };
  /** keccak256 of each deployed verifying key, by kind of step. */
  readonly verifyingKeys: Readonly<Record<string, Hash>>;
  /** Number of the newest step in each state. */
  readonly heights: {
    readonly journal: number;
    readonly sealed: number;
    readonly proven: number;
    readonly posted: number;
    readonly final: number;
  };
  /** State roots after those steps; `posted` is the one that the contract holds. */
  readonly roots: {
    readonly sealed: Decimal;
    readonly proven: Decimal;
    readonly posted: Decimal;
    readonly final: Decimal;
  };
  readonly requests: {
    /** L1 requests read. */ readonly seen: number /** Consumed by a sealed step. */;
    readonly sealed: number;
  };
  /** Matched or admitted, not yet sealed. */
  readonly pending: number;
  readonly quarantined: number;
  readonly accounts: number;
  readonly trades: number;
  /** 1e-6 USDC. `clearing`: owed to accounts that were not visited since; `deficit`: debts that no side is charged for. */
  readonly pots: Readonly<Record<"fees" | "insurance" | "clearing" | "deficit" | "totalCash", Decimal>>;
  /** Expired series that await their settlement. */
  readonly settlements: readonly SettlementView[];
  /** The price table in force by underlying. */
  readonly marks: readonly MarksStatusView[];
  /** The oracle set: reports of `needed` of them make a table. */
  readonly oracles: {
    readonly needed: number;
    readonly set: readonly OracleView[];
    readonly waiting: readonly WaitingView[];
  };
  /** 1e-2 USDC per unit. */
  readonly tick: Decimal;
  readonly fees: { /** 1e-6 USDC per lot. */ readonly maker: Decimal; readonly taker: Decimal };
  /** An order must be valid for at least this many seconds, so that its trades can still be sealed and posted. */
  readonly settlementSeconds: Decimal;
};

/** A report as protocol/report.ts has it, quantities as decimal strings. */
export type WireReport = {
  readonly underlying: number;
  readonly timestamp: Decimal;
  readonly spot: Decimal;
  /** Of the perpetual's own book; 0 if there is none. */
  readonly impactMid: Decimal;
  readonly expiries: readonly {
    readonly expiry: Decimal;
    readonly forward: Decimal;
    readonly discount: Decimal;
    readonly svi: {
      readonly a: Decimal;
      readonly b: Decimal;
      readonly rho: Decimal;
      readonly m: Decimal;
      readonly sigma: Decimal;
    };
  }[];
};
export type WireSignedReport = { readonly report: WireReport; readonly signature: WireSignature };
/** Reports of one or several oracles on any underlyings, in any order. All are taken or, if one is refused, none. */
export type PublishMarksParams = { readonly reports: readonly WireSignedReport[] };
/** Of one underlying: oracles whose newest report may enter the next table, and how many more a quorum needs. */
export type WaitingView = {
  readonly underlying: number;
  readonly oracles: readonly number[];
  readonly needed: number;
};
/**
 * `adopted`: the journal's entry of the table that these reports entered; null while they wait for a quorum. On an underlying of
 * `candidates` the table is too far from the one in force and waits to be confirmed.
 */
export type PublishMarksResult = {
  readonly adopted: {
    readonly sequence: number;
    readonly journalHash: Hash;
    readonly candidates: readonly number[];
  } | null;
  readonly waiting: readonly WaitingView[];
};

/** Methods of the API: parameters and result. */
export type Methods = {
  provega_submitIntent: [SubmitParams, SubmitResult];
  provega_massQuote: [MassQuoteParams, MassQuoteResult];
  provega_control: [{ readonly control: WireControl; readonly signature: WireSignature }, ControlResult];
  provega_ask: [AskParams, { readonly receipt: Receipt; readonly ask: AskView }];
  provega_quote: [QuoteParams, { readonly receipt: Receipt; readonly ask: AskView | null }];
  provega_asks: [Record<string, never>, readonly AskView[]];
  provega_publishSums: [{ readonly sums: readonly WireSpotSum[] }, { readonly settlements: readonly SettlementView[] }];
  provega_board: [BoardParams, BoardResult];
  provega_previewOrder: [PreviewParams, PreviewResult];
  provega_account: [{ readonly account: number }, AccountView];
  provega_accounts: [{ readonly from?: number; readonly limit?: number }, readonly AccountView[]];
  provega_book: [{ readonly series: string; readonly depth?: number }, BookView];
  provega_marks: [Record<string, never>, MarksView];
  /** Newest first; `before` is exclusive. */
  provega_trades: [
    { readonly series?: string; readonly account?: number; readonly before?: number; readonly limit?: number },
    readonly TradeView[],
  ];
  provega_steps: [{ readonly before?: number; readonly limit?: number }, readonly StepView[]];
  provega_step: [{ readonly number: number }, StepDetail];
  provega_order: [{ readonly id: string } | { readonly account: number; readonly clientOrderId: string }, OrderView];
  /** The point B to register on L1 for key A = 8 B. Refuses keys outside the prime-order subgroup. */
  provega_registration: [{ readonly key: WirePoint }, { readonly b: WirePoint }];
  provega_publishMarks: [PublishMarksParams, PublishMarksResult];
  provega_status: [Record<string, never>, StatusView];
};
export type Method = keyof Methods;
