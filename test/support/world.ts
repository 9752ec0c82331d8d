/**
 * A small world for tests: traders with keys, live series, plausible marks, and the state they make up.
 * @module
 */
import { type Account, freshAccount, type SessionLimits } from "#protocol/account.ts";
import { settled } from "#protocol/accrue.ts";
import type { Slot } from "#protocol/board.ts";
import { type Execution, type ForcedExecution, movedCash, type SignedExecution } from "#protocol/execute.ts";
import { DEVNET_CAP, genesisState } from "#protocol/genesis.ts";
import {
  type Backstop,
  bulkOf,
  type Cancel,
  type Collect,
  type Contribute,
  type Intent,
  intentMessage,
  type Mode,
  type Order,
  type SignedIntent,
  type Spread,
  type Withdraw,
} from "#protocol/intent.ts";
import type { Lane } from "#protocol/lane.ts";
import type { Marks } from "#protocol/marks.ts";
import {
  FUNDING,
  isPerpetualSlot,
  NEVER,
  PROFILE,
  type Profile,
  type ProfileName,
  type Scenario,
  underlyingOfSlot,
} from "#protocol/params.ts";
import type { Close, Deposit, Register, SetKey, Stop } from "#protocol/request.ts";
import type { Series } from "#protocol/series.ts";
import { perpetual, seriesHash } from "#protocol/series.ts";
import { publicKey, registrationPoint, sign } from "#protocol/signature.ts";
import { type Parameters, type State, withAccounts } from "#protocol/state.ts";
import type { TradeStep } from "#protocol/trade.ts";

/** 5 Feb 2026 21:29 UTC, in the sell-off. */
export const NOW = 1_770_326_940n;
/** 27 Feb 2026 08:00 UTC. */
export const EXPIRY = 1_772_179_200n;
export const DOMAIN = 0x5eed_d0_1234n;
export const SPOT_USD = 64_000n;
const USD_SPOT = 100_000_000n;
const USD_MARK = 1_000_000n;
export const USD_CASH = 1_000_000n;

export type Trader = {
  readonly id: number;
  readonly secret: Uint8Array;
  readonly key: { readonly x: bigint; readonly y: bigint };
};

const traders = new Map<number, Trader>();
/** The trader who owns account `id`: always the same key. */
export function trader(id: number): Trader {
  const known = traders.get(id);
  if (known) return known;
  const secret = new Uint8Array(32).fill(id % 256, 1).fill(1 + Math.floor(id / 256), 0, 1);
  const made = { id, secret, key: publicKey(secret) };
  traders.set(id, made);
  return made;
}
/** L1 address of a trader. */
export const ownerOf = ({ id }: Trader): bigint => 0xa11ce_0000n + BigInt(id);

const usd = (strike: bigint): bigint => strike * USD_SPOT;
/** Strikes around the spot, calls and puts in turn, all of one expiry; in its place the perpetual. */
export const seriesList = (profile: Profile): readonly Series[] =>
  Array.from({ length: profile.series }, (_, slot) => {
    const underlying = underlyingOfSlot(profile, slot);
    if (isPerpetualSlot(profile, slot)) return perpetual(underlying);
    return {
      underlying,
      kind: slot % 2 === 0 ? "call" : "put",
      strike: usd(SPOT_USD + 2_000n * BigInt((slot >> 1) - (profile.series >> 2))),
      expiry: EXPIRY,
    };
  });

/** The secrets of the world's oracles. */
export const ORACLE_SECRETS: readonly Uint8Array[] = [0xee, 0xef, 0xf0, 0xf1].map((byte) =>
  new Uint8Array(32).fill(byte),
);

export const PARAMETERS: Parameters = {
  contingencyPpm: 7_500n,
  epsilonPpm: 1n,
  priceBandPpm: 10_000n,
  maxMarksAge: 43_200n,
  expiryGuard: 1_800n,
  deviationPpm: 150_000n,
  candidateAge: 600n,
  sizePpm: 50n,
  penaltyPpm: 5_000n,
  liquidationCap: 1_000_000n,
  fundingCapPpm: 5_000n,
  feeAccount: 0n,
  leveragePpm: [20_000n],
  oracles: ORACLE_SECRETS.map(publicKey),
};

function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let [root, next] = [value, (value + 1n) >> 1n];
  while (next < root) [root, next] = [next, (next + value / next) >> 1n];
  return root;
}

/** A price with the shape of an option's, 1e-6 USDC per unit: convex in the forward, parity exact, `spread` of time value. */
function optionPrice({ kind, strike }: Series, forward: bigint, spreadPermille: bigint): bigint {
  const difference = ((forward - strike) * USD_MARK) / USD_SPOT;
  const width = (forward * spreadPermille * USD_MARK) / (1_000n * USD_SPOT);
  const call = (difference + squareRoot(difference * difference + width * width)) / 2n;
  return kind === "put" ? call - difference : call;
}

const shockedPrice = (series: Series, spot: bigint, { forwardPercent, vol }: Scenario): bigint =>
  series.kind === "perpetual"
    ? perpetualMark((spot * BigInt(100 + forwardPercent)) / 100n)
    : optionPrice(series, (spot * BigInt(100 + forwardPercent)) / 100n, vol === "up" ? 130n : 80n);

/** A perpetual at the spot, 1e-6 USDC per unit. */
const perpetualMark = (spot: bigint): bigint => (spot * USD_MARK) / USD_SPOT;

/** Marks at `spotUsd` as of `timestamp`; of the perpetuals at spot, longs having paid `funding` (1e-2 USDC per unit) since genesis. */
export function marksAt(profile: Profile, spotUsd: bigint, timestamp: bigint, funding = 0n): Marks {
  const spot = usd(spotUsd);
  return {
    underlyings: Array.from({ length: profile.underlyings }, () => ({
      timestamp,
      mode: "open",
      spot,
      index: spotUsd * 100n - funding,
      fundingSum: funding * FUNDING.periodSeconds * USD_MARK,
      candidate: null,
    })),
    expiries: Array.from({ length: profile.expiries }, () => ({ expiry: EXPIRY, forward: spot, discount: 1n << 40n })),
    slots: seriesList(profile).map((series) => ({
      mark: series.kind === "perpetual" ? perpetualMark(spot) : optionPrice(series, spot, 105n),
      prices: profile.scenarios.map((scenario) => shockedPrice(series, spot, scenario)),
    })),
  };
}

export type AccountSeed = {
  /** 1e-6 USDC. */
  readonly cash: bigint;
  /** Lots per slot; what is missing is 0. */
  readonly positions?: readonly bigint[];
};
export type WorldOptions = {
  readonly profile?: ProfileName;
  /** Account ids are their places. */
  readonly accounts?: readonly AccountSeed[];
  readonly spotUsd?: bigint;
};

/** A state at `NOW` with every series live and fresh marks. Open interest and total cash follow from the accounts. */
export function worldState({ profile: name = "tiny", accounts = [], spotUsd = SPOT_USD }: WorldOptions = {}): State {
  const profile = PROFILE[name];
  const empty = genesisState(
    {
      profile: name,
      series: seriesList(profile),
      cap: DEVNET_CAP,
      parameters: { ...PARAMETERS, leveragePpm: Array.from({ length: profile.underlyings }, () => 20_000n) },
    },
    DOMAIN,
  );
  const marks = marksAt(profile, spotUsd, NOW);
  const opened = new Map<number, Account>(
    accounts.map(({ cash, positions = [] }, id) => {
      const fresh = freshAccount(profile, ownerOf(trader(id)), trader(id).key);
      const held = fresh.positions.map((_, slot) => settled({ ...empty, marks }, positions[slot] ?? 0n, slot));
      return [id, { ...fresh, cash, positions: held }];
    }),
  );
  const open = (slot: number, sign: bigint) =>
    accounts.reduce((sum, { positions = [] }) => {
      const size = (positions[slot] ?? 0n) * sign;
      return size > 0n ? sum + size : sum;
    }, 0n);
  return withAccounts(
    {
      ...empty,
      board: empty.board.map((slot, at) => ({
        ...slot,
        status: "live",
        openLong: open(at, 1n),
        openShort: open(at, -1n),
      })),
      marks,
      globals: {
        ...empty.globals,
        number: 7n,
        timestamp: NOW,
        totalCash: accounts.reduce((sum, { cash }) => sum + cash, 0n),
      },
    },
    opened,
  );
}

export const withSlot = (state: State, at: number, change: Partial<Slot>): State => ({
  ...state,
  board: state.board.map((slot, each) => (each === at ? { ...slot, ...change } : slot)),
});
export function withAccount(state: State, id: number, change: Partial<Account>): State {
  const account = state.accounts.get(id);
  if (!account) throw new RangeError(`no account ${id}`);
  return withAccounts(state, new Map([[id, { ...account, ...change }]]));
}
export const withGlobals = (state: State, change: Partial<State["globals"]>): State => ({
  ...state,
  globals: { ...state.globals, ...change },
});
/** `amount` of cash that no account has: in the insurance fund. */
export const insured = (state: State, amount: bigint): State =>
  withGlobals(state, {
    insurance: state.globals.insurance + amount,
    totalCash: state.globals.totalCash + amount,
  });
/** `amount` that bankrupt accounts left owing, for the longs or shorts of a slot. */
export function indebted(state: State, at: number, side: "long" | "short", amount: bigint): State {
  const slot = state.board[at];
  if (!slot) throw new RangeError(`no slot ${at}`);
  const deficit =
    side === "long" ? { deficitLong: slot.deficitLong + amount } : { deficitShort: slot.deficitShort + amount };
  return withGlobals(withSlot(state, at, deficit), { totalCash: state.globals.totalCash - amount });
}
/** As a `board` step socialises: `raise` (1e-2 USDC per unit) of a debt charged to everybody on one side of a slot. */
export function socialised(state: State, at: number, side: "long" | "short", raise: bigint): State {
  const slot = state.board[at];
  if (!slot) throw new RangeError(`no slot ${at}`);
  const { openLong, openShort, lossLong, lossShort } = slot;
  const charged = raise * (side === "long" ? openLong : openShort);
  const owing = withGlobals(state, {
    totalCash: state.globals.totalCash - charged,
    clearing: state.globals.clearing - charged,
  });
  return withSlot(owing, at, side === "long" ? { lossLong: lossLong + raise } : { lossShort: lossShort + raise });
}
/** The series of a slot is past its expiry: it keeps its mark, and no scenario moves it. */
export function expired(state: State, at: number): State {
  const slots = state.marks.slots.map((row, each) =>
    each === at ? { mark: row.mark, prices: row.prices.map(() => row.mark) } : row,
  );
  return { ...withSlot(state, at, { status: "expired" }), marks: { ...state.marks, slots } };
}
/** Settled, every unit long being paid `payoff` (1e-2 USDC). */
export const settledAt = (state: State, at: number, payoff: bigint): State =>
  withSlot(expired(state, at), at, { status: "settled", index: payoff });
/** A later table of marks at `spotUsd`, longs of the perpetual having paid `funding`; what has expired keeps its mark. */
export function remarked(state: State, spotUsd: bigint, timestamp = state.globals.timestamp, funding = 0n): State {
  const marks = marksAt(state.profile, spotUsd, timestamp, funding);
  const slots = marks.slots.map((row, at) =>
    state.board[at]?.status === "live" ? row : (state.marks.slots[at] ?? row),
  );
  return { ...state, marks: { ...marks, slots } };
}
/** Marks so old that they imply close-only. */
export const stale = (state: State): State => withGlobals(state, { timestamp: NOW + PARAMETERS.maxMarksAge });
export const closeOnly = (state: State): State => ({
  ...state,
  marks: { ...state.marks, underlyings: state.marks.underlyings.map((each) => ({ ...each, mode: "closeOnly" })) },
});

/** The mark of a slot as an order price, 1e-2 USDC per unit, rounded down. */
export const markPrice = (state: State, slot: number): bigint => (state.marks.slots[slot]?.mark ?? 0n) / 10_000n;

export const hashOfSlot = (state: State, slot: number): bigint => {
  const series = state.board[slot]?.series;
  if (!series) throw new RangeError(`slot ${slot} is empty`);
  return seriesHash(series);
};

const common = (state: State, id: number, nonce: bigint) => ({
  account: id,
  epoch: state.accounts.get(id)?.epoch ?? 0n,
  nonce,
  validUntil: state.globals.timestamp + 600n,
});
const PLAIN = { feePerLot: 100n, postOnly: false, ioc: false, fok: false, reduceOnly: false } as const;
type OrderTerms = {
  readonly slot: number;
  readonly side: Order["side"];
  readonly size: bigint;
  readonly price: bigint;
};
export const order = (state: State, id: number, nonce: bigint, { slot, side, size, price }: OrderTerms): Order => ({
  ...common(state, id, nonce),
  ...PLAIN,
  kind: "order",
  seriesHash: hashOfSlot(state, slot),
  side,
  size,
  price,
});
export type Leg = { readonly slot: number; readonly ratio: bigint };
/** `size` units of `legs` at a net `price` of a unit, positive if the owner pays. */
export const spread = (
  state: State,
  id: number,
  nonce: bigint,
  { legs, size, price }: { readonly legs: readonly Leg[]; readonly size: bigint; readonly price: bigint },
): Spread => ({
  ...common(state, id, nonce),
  ...PLAIN,
  kind: "spread",
  legs: legs.map(({ slot, ratio }) => ({ seriesHash: hashOfSlot(state, slot), ratio })),
  size,
  price,
});
export const backstop = (state: State, id: number, nonce: bigint, size: bigint, discountPpm: bigint): Backstop => ({
  ...common(state, id, nonce),
  kind: "backstop",
  size,
  discountPpm,
  feePerLot: PLAIN.feePerLot,
});
export const withdraw = (state: State, id: number, nonce: bigint, amount: bigint): Withdraw => ({
  ...common(state, id, nonce),
  kind: "withdraw",
  amount,
});
export const cancel = (state: State, id: number, nonce: bigint): Cancel => ({
  ...common(state, id, nonce),
  kind: "cancel",
});
export const cancelAll = (state: State, id: number, nonce: bigint): Intent => ({
  ...common(state, id, nonce),
  kind: "cancelAll",
});

export const mode = (state: State, id: number, nonce: bigint, reduceOnly: boolean): Mode => ({
  ...common(state, id, nonce),
  kind: "mode",
  reduceOnly,
});
export const contribute = (state: State, id: number, nonce: bigint, amount: bigint): Contribute => ({
  ...common(state, id, nonce),
  kind: "contribute",
  amount,
});
export const collect = (state: State, id: number, nonce: bigint, amount: bigint): Collect => ({
  ...common(state, id, nonce),
  kind: "collect",
  amount,
});

export type Signed<I extends Intent> = SignedIntent & { readonly intent: I };
/** `intent` signed with the key of the trader of its account, or of `by`. */
export const signed = <I extends Intent>(state: State, intent: I, by = intent.account): Signed<I> => ({
  intent,
  signature: sign(trader(by).secret, intentMessage(state.domain, intent)),
});
/** The session key in `place` (1 to 4) of account `id`. */
export const sessionSecret = (id: number, place: number): Uint8Array =>
  Uint8Array.from(trader(id).secret).fill(0xa0 + place, 31);
/** What a session key may do that may do everything. */
export const UNLIMITED: SessionLimits = { underlyings: 255n, validUntil: NEVER, maxSize: (1n << 40n) - 1n };
/** Account `id` with its session key in `place`. */
export function withSession(state: State, id: number, place: number, limits: Partial<SessionLimits> = {}): State {
  const sessions = state.accounts.get(id)?.sessions ?? [];
  const session = { key: publicKey(sessionSecret(id, place)), limits: { ...UNLIMITED, ...limits } };
  return withAccount(state, id, { sessions: sessions.with(place - 1, session) });
}
/** `intent` signed by the session key in `place`. */
export const signedBySession = <I extends Intent>(state: State, intent: I, place: number): Signed<I> => ({
  intent,
  signature: sign(sessionSecret(intent.account, place), intentMessage(state.domain, intent)),
  signer: place,
});
/** All of `intents` of one account under one signature: of its master key, or of the session key in `place`. */
export function signedInBulk<I extends Intent>(state: State, intents: readonly I[], place = 0): readonly Signed<I>[] {
  const { root, paths } = bulkOf(
    state.profile,
    intents.map((intent) => intentMessage(state.domain, intent)),
  );
  const id = intents[0]?.account ?? 0;
  const signature = sign(place === 0 ? trader(id).secret : sessionSecret(id, place), root);
  return intents.map((intent, at) => {
    const bulk = paths[at];
    if (!bulk) throw new RangeError(`no path for intent ${at}`);
    return { intent, signature, signer: place, bulk };
  });
}

/** `lots` of a signed order at `price`. */
export function fill(signedOrder: Signed<Order>, lots: bigint, price: bigint, fee = 0n): SignedExecution {
  const size = signedOrder.intent.side === "sell" ? -lots : lots;
  return { ...signedOrder, size, cash: -price * size, fee };
}
/** `units` of a signed spread at a net `price`. */
export const fillSpread = (signedSpread: Signed<Spread>, units: bigint, price: bigint, fee = 0n): SignedExecution => ({
  ...signedSpread,
  size: units,
  cash: -price * units,
  fee,
});
/** A backstop takes `size` signed lots in a slot at `price`. */
export const taken = (
  signedBackstop: Signed<Backstop>,
  { slot, size, price }: { readonly slot: number; readonly size: bigint; readonly price: bigint },
  fee = 0n,
): SignedExecution => ({ ...signedBackstop, slot, size, cash: -price * size, fee });
/** `size` signed lots forced on an account at `price`; `penalty` only where it is liquidated. */
export const forced = (slot: number, size: bigint, price: bigint, penalty = 0n): ForcedExecution => ({
  intent: null,
  slot,
  size,
  cash: -price * size,
  fee: penalty,
});
/** A signed intent that trades nothing, executed. */
export const run = (each: SignedIntent): SignedExecution => ({
  ...each,
  size: 0n,
  cash: movedCash(each.intent),
  fee: 0n,
});

export const lane = (account: number, executions: readonly Execution[], request: Lane["request"] = null): Lane => ({
  account,
  request,
  executions,
});
/** A lane that ends the debt of a bankrupt account. */
export const writtenOff = (account: number, executions: readonly Execution[] = []): Lane => ({
  ...lane(account, executions),
  isWrittenOff: true,
});
export const step = (state: State, lanes: readonly Lane[], after = 1n): TradeStep => ({
  kind: "trade",
  timestamp: state.globals.timestamp + after,
  lanes,
});
export const deposit = (account: number, amount: bigint): Deposit => ({ kind: "deposit", account, amount });
export const register = (account: number, amount: bigint): Register => ({
  kind: "register",
  account,
  owner: ownerOf(trader(account)),
  b: registrationPoint(trader(account).key),
  amount,
});
export const stop = (account: number): Stop => ({ kind: "stop", account });
export const close = (account: number): Close => ({ kind: "close", account });
/** Writes a key of account `id`: at place 0 the trader `by`'s, else its own session key there. */
export const setKey = (id: number, place: number, limits: Partial<SessionLimits> = {}, by = id): SetKey => ({
  kind: "key",
  account: id,
  place,
  b: registrationPoint(place === 0 ? trader(by).key : publicKey(sessionSecret(id, place))),
  limits: place === 0 ? { underlyings: 0n, validUntil: 0n, maxSize: 0n } : { ...UNLIMITED, ...limits },
});

/** A fair trade of `lots` between two accounts at `price`, orders just large enough. */
export function trade(
  state: State,
  terms: {
    readonly slot: number;
    readonly lots: bigint;
    readonly price: bigint;
    readonly buyer: number;
    readonly seller: number;
    readonly nonce: bigint;
  },
): TradeStep {
  const { slot, lots, price, buyer, seller, nonce } = terms;
  return step(state, [
    lane(buyer, [
      fill(signed(state, order(state, buyer, nonce, { slot, side: "buy", size: lots, price })), lots, price),
    ]),
    lane(seller, [
      fill(signed(state, order(state, seller, nonce, { slot, side: "sell", size: lots, price })), lots, price),
    ]),
  ]);
}
