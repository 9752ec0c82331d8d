/**
 * Every width, scale, tag and size of the protocol, declared once.
 * `npm run generate` writes them into circom and Solidity.
 * @module
 */

/** Order of the BN254 scalar field: the field of every signal, hash and word. */
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Version of the words' format and of everything signed. */
export const VERSION = 1n;

/** Bits of every quantity. Signed ones say so: they range over [-2^(n-1), 2^(n-1)). */
export const WIDTH = {
  account: 24,
  owner: 160,
  epoch: 32,
  nonce: 32,
  orderKey: 64,
  timestamp: 40,
  stepNumber: 40,
  /** Lots, unsigned. */
  size: 40,
  /** Lots, signed: one execution, a position. */
  signedSize: 41,
  /** Lots of one leg in one unit of an order, signed. */
  ratio: 12,
  /** 1e-2 USDC per unit of underlying. */
  price: 40,
  /** 1e-2 USDC per unit, signed: net price of a unit of an order, positive if its owner pays. */
  netPrice: 41,
  /** 1e-6 USDC, signed: an account's balance. */
  cash: 96,
  /** 1e-6 USDC, signed: price times size of one execution. */
  tradeCash: 84,
  /** 1e-6 USDC: what enters or leaves L1 at once. */
  amount: 64,
  /** 1e-6 USDC per lot. */
  feePerLot: 24,
  /** 1e-6 USDC: fee of one execution. */
  fee: 64,
  /** 1e-6 USDC per unit: mark and scenario price. */
  mark: 48,
  /** 1e-2 USDC per unit, signed: side-index, that is payoff of a settled series or settled mark of a perpetual less its funding. */
  index: 48,
  /** 1e-8 USDC seconds per unit, signed: funding paid by one unit long since genesis, times the seconds of a funding period. Divided by those it has less than `index` bits. */
  fundingSum: 82,
  /** 1e-8 USDC seconds per unit: an oracle's sum of spot over time. */
  spotSum: 96,
  /** 1e-12 USDC: lots times spot, what liquidation has taken of an account. */
  notional: 104,
  /** 1e-8 USDC per unit: spot, forward, strike. */
  spot: 64,
  /** 2^-40: discount factor, at most 1. */
  discount: 41,
  /** 2^-40: total implied variance. */
  variance: 46,
  /** Series slot of an intent word: any board up to 256 slots. */
  slot: 8,
  /** Parts per million. */
  ppm: 20,
  seconds: 32,
} as const;

/** One unit of underlying is `LOTS_PER_UNIT` lots; USDC has six decimals; see the table of units in ARCHITECTURE.md. */
export const SCALE = {
  lotsPerUnit: 10_000n,
  /** Cash units (1e-6 USDC) per USDC. */
  cash: 1_000_000n,
  /** Price units (1e-2 USDC per unit) per USDC. */
  price: 100n,
  /** Mark units (1e-6 USDC per unit) per USDC. */
  mark: 1_000_000n,
  /** Spot units (1e-8 USDC per unit) per USDC. */
  spot: 100_000_000n,
  /** Equity is summed at 1e-10 USDC: mark times lots. Cash times this is equity. */
  equityPerCash: 10_000n,
  /** Margin is compared at 1e-18 USDC: equity times this. Spot times lots times ppm is margin. */
  marginPerEquity: 100_000_000n,
  /** Initial margin is compared at 1e-22 USDC: margin times this. Spot times lots squared times ppm is that. */
  surplusPerMargin: 10_000n,
  /** Fractional bits of internal fixed point, discount, variance and SVI parameters. */
  fractionBits: 40,
} as const;

/** Rules of the market that bind the engine only: no circuit knows them. */
export const MARKET = {
  /** Prices of orders are multiples of this, 1e-2 USDC per unit. */
  tick: 100n,
} as const;

/** Funding of a perpetual, as the large venue has it: the premium of its mark over spot less a dead zone, per period. */
export const FUNDING = {
  periodSeconds: 28_800n,
  /** Premium that costs nothing, parts per million of spot. */
  deadZonePpm: 250n,
  /** How far a perpetual's mark may lie from spot, parts per million. */
  bandPpm: 5_000n,
} as const;

/** An option settles at the average of spot over this many seconds before its expiry. */
export const SETTLEMENT = {
  averageSeconds: 1_800n,
  /** Seconds behind expiry after which the last mark settles if there is no quorum. */
  fallbackSeconds: 86_400n,
} as const;

/** Where a payoff comes from: averages of a quorum, or the last mark. */
export const SETTLEMENT_SOURCE = { quorum: 1n, lastMark: 2n } as const;

/** What may be listed: whole dollars, and expiries at this second of a day (08:00 UTC). */
export const GRID = { strike: 100_000_000n, daySeconds: 86_400n, expirySecond: 28_800n } as const;

/** Expiry of a series that has none: the last second that there is. */
export const NEVER = (1n << 40n) - 1n;

/** Series in one order, at most. */
export const LEGS = 4;
/** Session keys of an account. */
export const SESSIONS = 4;
/** Nonces of session keys lie below this: whatever they sign, the master key can replace it and cancel all. */
export const SESSION_NONCES = 1n << BigInt(WIDTH.nonce - 1);

/** Initial margin is maintenance times IM_NUMERATOR / IM_DENOMINATOR. */
export const INITIAL_MARGIN = { numerator: 5n, denominator: 4n } as const;

/** A year of the venue whose conventions we follow: exactly 365 days. */
export const YEAR_SECONDS = 31_536_000n;

/** `filled` of an order slot that can never execute again. */
export const FILLED_ALL = (1n << BigInt(WIDTH.size)) - 1n;

/** Domain tags: the capacity element of each kind of hash. 0 is circomlib's plain Poseidon. */
export const TAG = {
  state: 1n,
  node: 2n,
  account: 3n,
  keys: 4n,
  positions: 6n,
  pages: 7n,
  board: 9n,
  listing: 10n,
  interest: 11n,
  accrual: 12n,
  series: 13n,
  marks: 14n,
  marksSet: 15n,
  markExpiries: 16n,
  markValues: 17n,
  globals: 18n,
  params: 19n,
  risk: 20n,
  oracles: 21n,
  grid: 22n,
  words: 23n,
  intent: 24n,
  report: 25n,
  markPrices: 26n,
  candidate: 27n,
  bulk: 28n,
  spotSum: 29n,
} as const;

export const STEP_KIND = { marks: 1, trade: 2, board: 3, exit: 4 } as const;
export type StepKind = keyof typeof STEP_KIND;

/** `order`: of one series or several; `forced`: nobody's wish, a liquidation or a forced close. */
export const INTENT_KIND = {
  none: 0,
  order: 1,
  withdraw: 2,
  cancel: 3,
  cancelAll: 4,
  mode: 5,
  contribute: 6,
  collect: 7,
  backstop: 8,
  forced: 9,
} as const;
export type IntentKind = Exclude<keyof typeof INTENT_KIND, "none">;

export const REQUEST_KIND = { none: 0, register: 1, deposit: 2, stop: 3, close: 4, key: 5 } as const;

export const SERIES_KIND = { call: 0, put: 1, perpetual: 2 } as const;
export type SeriesKind = keyof typeof SERIES_KIND;

export const SERIES_STATUS = { empty: 0, listed: 1, live: 2, expired: 3, settled: 4 } as const;
export type SeriesStatus = keyof typeof SERIES_STATUS;

export const MARKS_MODE = { open: 0, closeOnly: 1 } as const;
export type MarksMode = keyof typeof MARKS_MODE;

/** What a `board` step does, one thing each. */
export const BOARD_OPERATION = { list: 1, settle: 2, socialise: 3, parameters: 4 } as const;

/** Bits of an intent's `flags`. Reduce-only binds the circuit too; the others bind the engine, the circuit only signs for them. */
export const ORDER_FLAG = { postOnly: 1n, ioc: 2n, reduceOnly: 4n, fok: 8n } as const;

/** One scenario: forward shock in percent (signed) and direction of the volatility shock. */
export type Scenario = { readonly forwardPercent: number; readonly vol: "up" | "down" };

/** Risk parameters without those that stand per underlying. */
export const RISK_VALUES = 12;

export type Profile = {
  readonly name: ProfileName;
  readonly code: number;
  /** Lanes per step, `A`. */
  readonly lanes: number;
  /** Intents per lane, `K`. */
  readonly intents: number;
  /** Slots of the board, `M`. */
  readonly series: number;
  /** Risk scenarios, `S` of them. */
  readonly scenarios: readonly Scenario[];
  readonly underlyings: number;
  readonly expiries: number;
  /** Oracles of the set, at most: `n`, at least 3 f + 1. */
  readonly oracles: number;
  /** Oracles that may lie without moving a mark out of the honest range: `f`. A step needs 2 f + 1 reports. */
  readonly faults: number;
  /** Depth of the quaternary accounts tree. */
  readonly accountDepth: number;
  /** Depth of the quaternary tree of order slots. */
  readonly orderDepth: number;
  /** Depth of the quaternary tree of intents that one signature covers. */
  readonly bulkDepth: number;
};
export type ProfileName = "tiny" | "devnet" | "mainnet";

const grid = (shocks: readonly number[], vols: readonly ("up" | "down")[]): readonly Scenario[] =>
  shocks.flatMap((forwardPercent) => vols.map((vol) => ({ forwardPercent, vol })));

export const PROFILE: Readonly<Record<ProfileName, Profile>> = {
  tiny: {
    name: "tiny",
    code: 1,
    lanes: 2,
    intents: 1,
    series: 4,
    scenarios: grid([-16, 16], ["up"]),
    underlyings: 1,
    expiries: 1,
    oracles: 4,
    faults: 1,
    accountDepth: 2,
    orderDepth: 1,
    bulkDepth: 1,
  },
  devnet: {
    name: "devnet",
    code: 2,
    lanes: 4,
    intents: 2,
    series: 8,
    scenarios: grid([-16, -8, 8, 16], ["up", "down"]),
    underlyings: 1,
    expiries: 2,
    oracles: 4,
    faults: 1,
    accountDepth: 12,
    orderDepth: 5,
    bulkDepth: 4,
  },
  mainnet: {
    name: "mainnet",
    code: 3,
    lanes: 32,
    intents: 4,
    series: 64,
    scenarios: grid([-16, -12, -8, -4, 4, 8, 12, 16], ["up", "down"]),
    underlyings: 2,
    expiries: 8,
    oracles: 4,
    faults: 1,
    accountDepth: 12,
    orderDepth: 5,
    bulkDepth: 4,
  },
};

/** Slots hashed together: a board grows by whole pages. */
export const pageSize = (profile: Profile): number => Math.min(8, profile.series);
/** Slots `j` with `floor(j * U / M)` equal belong to one underlying. */
export const underlyingOfSlot = (profile: Profile, slot: number): number =>
  Math.floor((slot * profile.underlyings) / profile.series);
/** The last slot of each underlying is the place of its perpetual; the others are for options. */
export const isPerpetualSlot = (profile: Profile, slot: number): boolean =>
  slot + 1 === profile.series || underlyingOfSlot(profile, slot + 1) !== underlyingOfSlot(profile, slot);
/** Order slots of one account. */
export const orderSlots = (profile: Profile): bigint => 1n << BigInt(2 * profile.orderDepth);
/** Fewest reports of a `marks` step: among so many, most are honest. */
export const quorum = ({ faults }: Profile): number => 2 * faults + 1;
/** Intents under one signature, at most. */
export const bulkCapacity = (profile: Profile): number => 4 ** profile.bulkDepth;
/** Accounts the tree holds. */
export const accountCapacity = (profile: Profile): bigint => 1n << BigInt(2 * profile.accountDepth);
