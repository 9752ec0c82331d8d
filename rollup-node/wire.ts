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
export type WireOrder = WireCommon & {
  readonly kind: "order";
  /** e.g. BTC-27FEB26-70000-C; its hash is what is signed. */
  readonly series: string;
  readonly side: "buy" | "sell";
  /** Lots. */
  readonly size: Decimal;
  /** Limit, 1e-2 USDC per unit. */
  readonly price: Decimal;
  /** Most the owner pays, 1e-6 USDC per lot. */
  readonly feePerLot: Decimal;
  readonly postOnly?: boolean;
  readonly ioc?: boolean;
  /** Not supported yet: must be absent or false. */
  readonly reduceOnly?: boolean;
};
export type WireWithdraw = WireCommon & { readonly kind: "withdraw" /** 1e-6 USDC. */; readonly amount: Decimal };
export type WireCancel = WireCommon & { readonly kind: "cancel" };
export type WireCancelAll = WireCommon & { readonly kind: "cancelAll" };
export type WireIntent = WireOrder | WireWithdraw | WireCancel | WireCancelAll;

export type SubmitParams = {
  readonly intent: WireIntent;
  readonly signature: WireSignature;
  /** 1 to 64 of [A-Za-z0-9_.:-], chosen by the client, unique per account. The same call again returns the same receipt. */
  readonly clientOrderId: string;
};

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
  readonly series: string | null;
  readonly side: "buy" | "sell" | null;
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
  readonly series: string;
  /** 1e-2 USDC per unit: the maker's price. */
  readonly price: Decimal;
  /** Lots. */
  readonly size: Decimal;
  readonly takerSide: "buy" | "sell";
  readonly maker: number;
  readonly taker: number;
  readonly makerOrder: string;
  readonly takerOrder: string;
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
};
export type AccountView = {
  readonly account: number;
  /** L1 address. */
  readonly owner: string;
  readonly key: WirePoint;
  readonly epoch: Decimal;
  readonly margin: MarginView;
  readonly positions: readonly PositionView[];
  readonly openOrders: readonly OrderView[];
};

export type PreviewParams = Pick<WireOrder, "account" | "series" | "side" | "size" | "price"> & {
  readonly feePerLot?: Decimal;
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
};
export type MarksView = {
  readonly underlyings: readonly {
    readonly timestamp: Decimal;
    readonly mode: string /** 1e-8 USDC. */;
    readonly spot: Decimal;
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
  readonly kind: "marks" | "trade";
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
  /** Of a marks step: the signed reports that its prices are proved from. */
  readonly reports: PublishMarksParams["reports"] | null;
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
/** One signed report per underlying, in their order: what a `marks` step proves prices from. */
export type PublishMarksParams = {
  readonly reports: readonly { readonly report: WireReport; readonly signature: WireSignature }[];
};
export type PublishMarksResult = { readonly sequence: number; readonly journalHash: Hash; readonly marks: MarksView };

/** Methods of the API: parameters and result. */
export type Methods = {
  provega_submitIntent: [SubmitParams, SubmitResult];
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
