/**
 * A small world for tests: traders with keys, live series, plausible marks, and the state they make up.
 * @module
 */
import { type Account, freshAccount } from "#protocol/account.ts";
import { settled } from "#protocol/accrue.ts";
import { type Execution, movedCash } from "#protocol/execute.ts";
import { DEVNET_CAP, genesisState } from "#protocol/genesis.ts";
import {
  type Cancel,
  type Intent,
  intentMessage,
  type Order,
  type SignedIntent,
  type Withdraw,
} from "#protocol/intent.ts";
import type { Lane } from "#protocol/lane.ts";
import type { Marks } from "#protocol/marks.ts";
import {
  isPerpetualSlot,
  PROFILE,
  type Profile,
  type ProfileName,
  type Scenario,
  underlyingOfSlot,
} from "#protocol/params.ts";
import type { Deposit, Register } from "#protocol/request.ts";
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

/** Marks at `spotUsd` as of `timestamp`; of the perpetuals at spot, no funding having been paid. */
export function marksAt(profile: Profile, spotUsd: bigint, timestamp: bigint): Marks {
  const spot = usd(spotUsd);
  return {
    underlyings: Array.from({ length: profile.underlyings }, () => ({
      timestamp,
      mode: "open",
      spot,
      index: spotUsd * 100n,
      fundingSum: 0n,
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
type OrderTerms = {
  readonly slot: number;
  readonly side: Order["side"];
  readonly size: bigint;
  readonly price: bigint;
};
export const order = (state: State, id: number, nonce: bigint, { slot, side, size, price }: OrderTerms): Order => ({
  ...common(state, id, nonce),
  kind: "order",
  seriesHash: hashOfSlot(state, slot),
  side,
  size,
  price,
  feePerLot: 100n,
  postOnly: false,
  ioc: false,
  fok: false,
  reduceOnly: false,
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

/** `intent` signed with the key of the trader of its account, or of `by`. */
export const signed = <I extends Intent>(
  state: State,
  intent: I,
  by = intent.account,
): SignedIntent & { readonly intent: I } => ({
  intent,
  signature: sign(trader(by).secret, intentMessage(state.domain, intent)),
});

/** `lots` of a signed order at `price`. */
export function fill(
  { intent, signature }: SignedIntent & { readonly intent: Order },
  lots: bigint,
  price: bigint,
  fee = 0n,
): Execution {
  const size = intent.side === "sell" ? -lots : lots;
  return { intent, signature, size, cash: -price * size, fee };
}
/** A signed intent other than an order, executed. */
export const run = ({ intent, signature }: SignedIntent): Execution => ({
  intent,
  signature,
  size: 0n,
  cash: movedCash(intent),
  fee: 0n,
});

export const lane = (account: number, executions: readonly Execution[], request: Lane["request"] = null): Lane => ({
  account,
  request,
  executions,
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
