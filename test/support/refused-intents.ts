/**
 * Intents that a step must not execute.
 * @module
 */
import { SUBGROUP_ORDER } from "#protocol/babyjub.ts";

import type { SignedExecution } from "#protocol/execute.ts";
import { type BulkPath, type Intent, intentMessage, type Order } from "#protocol/intent.ts";
import { FIELD, type SeriesStatus } from "#protocol/params.ts";
import { sign } from "#protocol/signature.ts";
import { type State, withAccounts } from "#protocol/state.ts";
import { applyTrade } from "#protocol/trade.ts";
import { type Refusal, refusal } from "./refusals.ts";
import { signAnyway } from "./sign-anyway.ts";
import {
  backstop,
  cancel,
  cancelAll,
  collect,
  contribute,
  DOMAIN,
  EXPIRY,
  expired,
  fill,
  fillSpread,
  hashOfSlot,
  type Leg,
  lane,
  markPrice,
  marksAt,
  mode,
  NOW,
  order,
  PARAMETERS,
  run,
  type Signed,
  SPOT_USD,
  sessionSecret,
  settledAt,
  signedBySession,
  signedInBulk,
  spread,
  step,
  taken,
  trade,
  USD_CASH,
  withdraw,
  withGlobals,
  withSession,
  worldState,
} from "./world.ts";

const LOTS = 1_000n;
const world = (): State => worldState({ accounts: Array.from({ length: 4 }, () => ({ cash: 100_000n * USD_CASH })) });

type Change = {
  readonly state?: State;
  /** Of the buyer's order, before it is signed. */
  readonly order?: Partial<Order>;
  /** Who signs it, and for which domain. */
  readonly by?: number;
  readonly domain?: bigint;
  /** How it is signed, if not so. */
  readonly sign?: (state: State, intent: Order) => Signed<Order>;
  /** Of the buyer's execution, after. */
  readonly execution?: (honest: SignedExecution) => Partial<SignedExecution>;
  readonly timestamp?: bigint;
};

/** Account 0 buys from account 1 at the mark, as it should be but for `change`. */
function bought({
  state = world(),
  order: terms = {},
  by = 0,
  domain = state.domain,
  sign = (so, intent) => signAnyway({ ...so, domain }, intent, by),
  execution = () => ({}),
  timestamp,
}: Change) {
  const price = markPrice(state, 0);
  const honest = trade(state, { slot: 0, lots: LOTS, price, buyer: 0, seller: 1, nonce: 5n });
  const intent = { ...order(state, 0, 5n, { slot: 0, side: "buy", size: LOTS, price }), ...terms };
  const filled = fill(sign(state, intent), LOTS, price);
  const lanes = [lane(0, [{ ...filled, ...execution(filled) }]), ...honest.lanes.slice(1)];
  return { state, step: { ...honest, lanes, timestamp: timestamp ?? honest.timestamp } };
}

/** Account 0 executes `intent` alone, with what `execution` changes. */
function alone(state: State, intent: Intent, execution: Partial<SignedExecution> = {}) {
  return { state, step: step(state, [lane(0, [{ ...run(signAnyway(state, intent)), ...execution }])]) };
}

const BUTTERFLY: readonly Leg[] = [
  { slot: 0, ratio: 1n },
  { slot: 2, ratio: -2n },
  { slot: 3, ratio: 1n },
];
const netOf = (state: State, legs: readonly Leg[]): bigint =>
  legs.reduce((sum, { slot, ratio }) => sum + ratio * markPrice(state, slot), 0n);
/** Accounts 0 and 1 trade 50 units of `legs` at the mark, account 0's execution being changed. */
function spreadTraded(
  execution: (honest: SignedExecution, net: bigint) => Partial<SignedExecution> = () => ({}),
  { state = world(), legs = BUTTERFLY, size = 50n }: { state?: State; legs?: readonly Leg[]; size?: bigint } = {},
) {
  const sides = [1n, -1n].map((sign, id) => {
    const own = legs.map(({ slot, ratio }) => ({ slot, ratio: sign * ratio }));
    const net = netOf(state, own);
    const intent = signAnyway(state, spread(state, id, 5n, { legs: own, size: id === 0 ? size : 50n, price: net }));
    const honest = fillSpread(intent, 50n, net);
    return lane(id, [id === 0 ? { ...honest, ...execution(honest, net) } : honest]);
  });
  return { state, step: step(state, sides) };
}

/** Account 0's backstop takes `size` lots of a call from account 1, `away` (1e-2 USDC) from the mark, for a discount of 0.5 %. */
function backstopped({ size = LOTS, away = 32_001n, slot = 0, discountPpm = 5_000n, lots = LOTS } = {}) {
  const state = world();
  const price = markPrice(state, 0) - (size < 0n ? -away : away);
  const signedBackstop = signAnyway(state, backstop(state, 0, 5n, lots, discountPpm));
  const side = size < 0n ? "buy" : "sell";
  const other = fill(signAnyway(state, order(state, 1, 5n, { slot: 0, side, size: LOTS, price })), LOTS, price);
  return { state, step: step(state, [lane(0, [taken(signedBackstop, { slot, size, price })]), lane(1, [other])]) };
}

const bySession =
  (place = 1) =>
  (state: State, intent: Order): Signed<Order> =>
    signedBySession(state, intent, place);
/** Account 0 executes alone what its session key signed. */
function aloneBySession(intent: (state: State) => Intent) {
  const state = withSession(world(), 0, 1);
  return { state, step: step(state, [lane(0, [run(signedBySession(state, intent(state), 1))])]) };
}

/** The second of two orders under one signature, its path changed. */
const inBulk =
  (change: (path: BulkPath) => BulkPath = (path) => path, by?: number) =>
  (state: State, intent: Order): Signed<Order> => {
    const [, one] = signedInBulk(state, [{ ...intent, nonce: 9n, account: by ?? intent.account }, intent]);
    if (!one?.bulk) throw new RangeError("the second of two is in the bulk");
    return { ...one, bulk: change(one.bulk) };
  };

const withStatus = (state: State, status: SeriesStatus): State => ({
  ...state,
  board: state.board.map((slot) => ({ ...slot, status })),
});
/** The world at a later time, with marks as fresh. */
const later = (timestamp: bigint): State => {
  const state = world();
  return { ...state, marks: marksAt(state.profile, SPOT_USD, timestamp), globals: { ...state.globals, timestamp } };
};
/** Accounts 0 and 1 with the same key. */
const sameKeys = (state: State): State => {
  const [first, second] = [state.accounts.get(0), state.accounts.get(1)];
  if (!first || !second) throw new RangeError("the world has two accounts");
  return withAccounts(state, new Map([[1, { ...second, key: first.key }]]));
};
/** The world after account 0 bought `lots` with its order of nonce 5, for `LOTS`. */
const partlyFilled = (lots: bigint): State => {
  const state = world();
  const price = markPrice(state, 0);
  const buy = fill(signAnyway(state, order(state, 0, 5n, { slot: 0, side: "buy", size: LOTS, price })), lots, price);
  const sell = fill(signAnyway(state, order(state, 1, 4n, { slot: 0, side: "sell", size: lots, price })), lots, price);
  return applyTrade(state, step(state, [lane(0, [buy]), lane(1, [sell])])).state;
};
/** The world after account 0 executed `intent` of it. */
const executed = (intent: (state: State) => Intent): State => {
  const { state, step } = alone(world(), intent(world()));
  return applyTrade(state, step).state;
};

const SIGNATURE = "Execute/EdDSAPoseidon";
const PRICE = "CheckPrice/Uint/CheckRange";
const FEE = "CheckFee/Uint/CheckRange";
const LIMITS = "CheckLimits/Uint/CheckRange";

export const REFUSED_INTENTS: readonly Refusal[] = [
  // Signature
  refusal("27 signed by another key", "BadSignature", SIGNATURE, () => bought({ by: 2 })),
  refusal("27 signed for another chain or contract", "BadSignature", SIGNATURE, () => bought({ domain: DOMAIN + 1n })),
  refusal("27 for another series than was signed", "BadSignature", SIGNATURE, () =>
    bought({
      execution: ({ intent }) => ({ intent: { ...(intent as Order), seriesHash: hashOfSlot(world(), 2) } }),
    }),
  ),
  refusal("27 of another account with the same key", "WrongAccount", SIGNATURE, () => {
    const state = sameKeys(world());
    const price = markPrice(state, 0);
    const sell = fill(
      signAnyway(state, order(state, 0, 5n, { slot: 0, side: "sell", size: LOTS, price })),
      LOTS,
      price,
    );
    const buy = fill(signAnyway(state, order(state, 2, 5n, { slot: 0, side: "buy", size: LOTS, price })), LOTS, price);
    return { state, step: step(state, [lane(1, [sell]), lane(2, [buy])]) };
  }),
  refusal("27 with a limit that was not signed", "BadSignature", SIGNATURE, () =>
    bought({ execution: ({ intent }) => ({ intent: { ...(intent as Order), price: 1n << 39n } }) }),
  ),
  refusal("29 with S + l", "BadSignature", "EdDSAPoseidon/ToBitsUpTo/CheckBitsUpTo", () =>
    bought({ execution: ({ signature: { r8, s } }) => ({ signature: { r8, s: s + SUBGROUP_ORDER } }) }),
  ),
  refusal("28 with R8 off the curve", "BadSignature", SIGNATURE, () =>
    bought({ execution: ({ signature: { r8, s } }) => ({ signature: { r8: { ...r8, x: r8.x + 1n }, s } }) }),
  ),
  refusal("of a later epoch", "WrongEpoch", SIGNATURE, () => bought({ order: { epoch: 1n } })),
  refusal("25 of an epoch before cancel-all", "WrongEpoch", SIGNATURE, () =>
    bought({ state: executed((state) => cancelAll(state, 0, 1n)), order: { epoch: 0n } }),
  ),

  // Validity and series
  refusal("25 expired by a second", "IntentExpired", "Execute/Uint/CheckRange", () =>
    bought({ order: { validUntil: NOW } }),
  ),
  refusal("of a series that no slot lists", "UnknownSeries", "Execute/Legs", () =>
    bought({ order: { seriesHash: 42n } }),
  ),
  refusal("of an empty slot", "UnknownSeries", "Legs", () => {
    const state = world();
    const board = state.board.map((slot, at) =>
      at === 3 ? { ...slot, series: null, status: "empty" as const } : slot,
    );
    return bought({ state: { ...state, board }, order: { seriesHash: 0n } });
  }),
  ...(["listed", "expired", "settled"] as const).map((status) =>
    refusal(`of a series that is ${status}`, "SeriesNotLive", "Legs", () =>
      bought({ state: withStatus(world(), status) }),
    ),
  ),
  refusal("within the guard before expiry", "SeriesExpiring", "Legs", () =>
    bought({ state: later(EXPIRY - PARAMETERS.expiryGuard - 1n) }),
  ),
  refusal("at expiry", "SeriesExpiring", "Legs", () => bought({ state: later(EXPIRY - 1n) })),
  refusal("after expiry", "SeriesExpiring", "Legs", () => bought({ state: later(EXPIRY + 86_400n) })),

  // Terms of the order
  refusal("of no lots", "WrongSide", "Execute/Uint/CheckRange", () =>
    bought({ execution: () => ({ size: 0n, cash: 0n }) }),
  ),
  refusal("on the other side", "WrongSide", "TradeStep", () =>
    bought({ execution: ({ size, cash }) => ({ size: -size, cash: -cash }) }),
  ),
  refusal("24 a buy above its limit", "LimitPrice", PRICE, () =>
    bought({ execution: ({ cash }) => ({ cash: cash - 1n }) }),
  ),
  refusal("24 a sale below its limit", "LimitPrice", PRICE, () => {
    const state = world();
    const price = markPrice(state, 0);
    const sell = fill(
      signAnyway(state, order(state, 0, 5n, { slot: 0, side: "sell", size: LOTS, price })),
      LOTS,
      price,
    );
    return { state, step: step(state, [lane(0, [{ ...sell, cash: sell.cash - 1n }])]) };
  }),
  refusal("21 with cash beyond its width", "OutOfRange", "Execute/Int/CheckRange", () =>
    bought({ execution: () => ({ cash: 1n << 83n }) }),
  ),
  refusal("45 with a fee above the maximum", "FeeAboveMaximum", FEE, () =>
    bought({ execution: () => ({ fee: 100n * LOTS + 1n }) }),
  ),
  refusal("45 with a negative fee", "FeeAboveMaximum", FEE, () => bought({ execution: () => ({ fee: -1n }) })),
  refusal("45 with the fee of the whole order on a partial fill", "FeeAboveMaximum", FEE, () =>
    bought({ execution: () => ({ size: LOTS / 2n, cash: -markPrice(world(), 0) * (LOTS / 2n), fee: 100n * LOTS }) }),
  ),
  refusal("24 for more than its size", "Overfilled", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    bought({ order: { size: LOTS - 1n } }),
  ),
  refusal("24 for more than its size over two steps", "Overfilled", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    bought({ state: partlyFilled(1n) }),
  ),
  refusal("25 after it was cancelled by its own nonce", "Overfilled", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    bought({ state: executed((state) => cancel(state, 0, 5n)) }),
  ),
  refusal("25 after it was cancelled by a larger nonce", "StaleNonce", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    bought({ state: executed((state) => cancel(state, 0, 9n)) }),
  ),
  refusal("25 after a newer order replaced it", "StaleNonce", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    bought({ state: partlyFilled(LOTS), order: { nonce: 1n } }),
  ),
  refusal("25 a withdrawal replayed", "StaleNonce", "CheckOrderSlotUpdate/Uint/CheckRange", () => {
    const again = (state: State) => withdraw(state, 0, 5n, USD_CASH);
    return alone(executed(again), again(world()));
  }),
  refusal(
    "25 a cancel with the nonce of a partly filled order",
    "StaleNonce",
    "CheckOrderSlotUpdate/Uint/CheckRange",
    () => {
      const state = partlyFilled(1n);
      return alone(state, cancel(state, 0, 5n));
    },
  ),
  refusal("25 a cancel-all with an old nonce", "StaleNonce", "CheckOrderSlotUpdate/Uint/CheckRange", () => {
    const state = partlyFilled(1n);
    return alone(state, cancelAll(state, 0, 1n));
  }),

  // Other intents move nothing but what they say
  refusal("26 a cancel with lots", "OutOfRange", "Execute", () => alone(world(), cancel(world(), 0, 1n), { size: 1n })),
  refusal("26 a cancel with cash", "OutOfRange", "Lane", () => alone(world(), cancel(world(), 0, 1n), { cash: 1n })),
  refusal("45 a cancel with a fee", "OutOfRange", "CheckFee/Uint/CheckRange", () =>
    alone(world(), cancel(world(), 0, 1n), { fee: 1n }),
  ),
  refusal("45 a withdrawal with a fee", "OutOfRange", "CheckFee/Uint/CheckRange", () =>
    alone(world(), withdraw(world(), 0, 1n, USD_CASH), { fee: 1n }),
  ),
  refusal("a withdrawal of other cash than it pays", "OutOfRange", "Lane", () =>
    alone(world(), withdraw(world(), 0, 1n, USD_CASH), { cash: 0n }),
  ),

  // Widths
  refusal("15 a withdrawal of minus one", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    alone(world(), withdraw(world(), 0, 1n, FIELD - 1n)),
  ),
  refusal("16 a withdrawal of 2^64", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    alone(world(), withdraw(world(), 0, 1n, 1n << 64n)),
  ),
  refusal("16 a size of 2^40", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    bought({ order: { size: 1n << 40n } }),
  ),
  refusal("16 a limit of 2^40", "OutOfRange", "IntentMessage/Int/CheckRange", () =>
    bought({ order: { price: 1n << 40n } }),
  ),
  refusal("16 a fee of 2^24 per lot", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    bought({ order: { feePerLot: 1n << 24n } }),
  ),
  refusal("16 a validity of 2^40", "OutOfRange", "CheckLimits/Uint/CheckRange", () =>
    bought({ order: { validUntil: 1n << 40n } }),
  ),
  refusal("16 a nonce of 2^32", "OutOfRange", "ToBits/CheckBits", () => bought({ order: { nonce: 1n << 32n } })),
  refusal("a nonce of 0", "OutOfRange", "Execute", () => bought({ order: { nonce: 0n } })),

  // Spreads
  refusal("a spread of no legs", "OutOfRange", "Execute", () => spreadTraded(undefined, { legs: [] })),
  refusal("16 a spread with a ratio of 2^11", "OutOfRange", "CheckMagnitude/Uint/CheckRange", () =>
    spreadTraded(undefined, { legs: [{ slot: 0, ratio: 1n << 11n }] }),
  ),
  refusal("24 a spread above its net limit", "LimitPrice", PRICE, () =>
    spreadTraded(({ cash }) => ({ cash: cash - 1n })),
  ),
  refusal("24 more units of a spread than were signed", "Overfilled", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    spreadTraded(undefined, { size: 49n }),
  ),
  refusal("units of a spread the other way round", "WrongSide", null, () =>
    spreadTraded(({ size, cash }) => ({ size: -size, cash: -cash })),
  ),
  refusal("no units of a spread", "WrongSide", "Execute/Uint/CheckRange", () =>
    spreadTraded(() => ({ size: 0n, cash: 0n })),
  ),
  refusal("45 a fee for more lots than a spread has", "FeeAboveMaximum", FEE, () =>
    spreadTraded(() => ({ fee: 100n * 50n * 4n + 1n })),
  ),
  refusal("27 a spread in a ratio that was not signed", "BadSignature", SIGNATURE, () =>
    spreadTraded(({ intent }) =>
      intent.kind === "spread"
        ? { intent: { ...intent, legs: intent.legs.map((leg, at) => (at === 1 ? { ...leg, ratio: -1n } : leg)) } }
        : {},
    ),
  ),
  refusal("40 a spread one leg of which has expired", "SeriesNotLive", "Legs", () =>
    spreadTraded(undefined, { state: expired(world(), 2) }),
  ),
  refusal("40 a spread one leg of which is settled", "SeriesNotLive", "Legs", () =>
    spreadTraded(undefined, { state: settledAt(world(), 2, 1n) }),
  ),

  // Backstops
  refusal("a backstop that buys too near the mark", "LimitPrice", PRICE, () => backstopped({ away: 31_999n })),
  refusal("a backstop that sells too near the mark", "LimitPrice", PRICE, () =>
    backstopped({ size: -LOTS, away: 31_999n }),
  ),
  refusal("a backstop beyond its lots", "Overfilled", "CheckOrderSlotUpdate/Uint/CheckRange", () =>
    backstopped({ lots: LOTS - 1n }),
  ),
  refusal("a backstop that takes nothing", "WrongSide", "Execute/Uint/CheckRange", () => backstopped({ size: 0n })),
  refusal("a backstop in a slot that there is not", "UnknownSeries", null, () => backstopped({ slot: 4 })),
  refusal("a backstop at a negative discount", "OutOfRange", PRICE, () => backstopped({ discountPpm: -1n, away: 0n })),

  // Session keys
  ...(
    [
      ["a withdrawal", (state: State) => withdraw(state, 0, 5n, 1n)],
      ["a cancel-all", (state: State) => cancelAll(state, 0, 5n)],
      ["a contribution", (state: State) => contribute(state, 0, 5n, 1n)],
      ["a collection of fees", (state: State) => collect(state, 0, 5n, 0n)],
      ["the end of reduce-only", (state: State) => mode(state, 0, 5n, false)],
    ] as const
  ).map(([what, intent]) =>
    refusal(`a session key that signs ${what}`, "SessionLimit", "Execute", () => aloneBySession(intent)),
  ),
  refusal("a session key that signs a backstop", "SessionLimit", "Execute", () => {
    const { state, step: honest } = backstopped();
    const keyed = withSession(state, 0, 1);
    const own = taken(signedBySession(keyed, backstop(keyed, 0, 5n, LOTS, 5_000n), 1), {
      slot: 0,
      size: LOTS,
      price: markPrice(keyed, 0) - 32_001n,
    });
    return { state: keyed, step: { ...honest, lanes: honest.lanes.with(0, lane(0, [own])) } };
  }),
  refusal("a session key beyond its time", "SessionLimit", LIMITS, () =>
    bought({ state: withSession(world(), 0, 1, { validUntil: NOW + 599n }), sign: bySession() }),
  ),
  refusal("a session key that was revoked", "SessionLimit", LIMITS, () =>
    bought({ state: withSession(world(), 0, 1, { validUntil: 0n }), sign: bySession() }),
  ),
  refusal("a session key beyond its size", "SessionLimit", LIMITS, () =>
    bought({ state: withSession(world(), 0, 1, { maxSize: LOTS - 1n }), sign: bySession() }),
  ),
  refusal("a session key beyond its size over all legs", "SessionLimit", LIMITS, () => {
    const state = withSession(world(), 0, 1, { maxSize: 199n });
    const { step: honest } = spreadTraded(undefined, { state });
    const net = netOf(state, BUTTERFLY);
    const own = signedBySession(state, spread(state, 0, 5n, { legs: BUTTERFLY, size: 50n, price: net }), 1);
    return { state, step: { ...honest, lanes: honest.lanes.with(0, lane(0, [fillSpread(own, 50n, net)])) } };
  }),
  refusal("a session key in an underlying that is not its", "SessionLimit", "CheckLimits", () =>
    bought({ state: withSession(world(), 0, 1, { underlyings: 254n }), sign: bySession() }),
  ),
  refusal("a session key that would exhaust the nonces", "SessionLimit", "Execute", () =>
    bought({ state: withSession(world(), 0, 1), order: { nonce: 1n << 31n }, sign: bySession() }),
  ),
  refusal("a fifth session key", "SessionLimit", null, () =>
    bought({
      state: withSession(world(), 0, 1),
      sign: (state, intent) => ({ ...bySession()(state, intent), signer: 5 }),
    }),
  ),
  refusal("27 a session key in another's place", "BadSignature", SIGNATURE, () =>
    bought({
      state: withSession(withSession(world(), 0, 1), 0, 2),
      sign: (state, intent) => ({ ...bySession(1)(state, intent), signer: 2 }),
    }),
  ),
  refusal("28 a session key that was never set", "BadSignature", "EdDSAPoseidon/TimesEight/CheckOnCurve", () =>
    bought({ sign: bySession(3) }),
  ),
  refusal("27 a session key as the master key", "BadSignature", SIGNATURE, () =>
    bought({
      state: withSession(world(), 0, 1),
      sign: (state, intent) => ({ ...bySession()(state, intent), signer: 0 }),
    }),
  ),
  refusal("27 the session key of another account", "BadSignature", SIGNATURE, () => {
    const state = withSession(withSession(world(), 0, 1), 1, 1);
    const other = (so: State, intent: Order): Signed<Order> => ({
      intent,
      signature: sign(sessionSecret(1, 1), intentMessage(so.domain, intent)),
      signer: 1,
    });
    return bought({ state, sign: other });
  }),

  // One signature for many
  refusal("32 an intent that its path does not start from", "BadBulkPath", "CheckPath/CheckChild", () =>
    bought({ sign: inBulk((path) => ({ ...path, index: 0 })) }),
  ),
  refusal("32 an intent put into a bulk later", "BadBulkPath", "CheckPath/CheckChild", () =>
    bought({
      sign: inBulk(),
      execution: ({ intent }) => ({ intent: { ...(intent as Order), feePerLot: 101n } }),
    }),
  ),
  refusal("27 a bulk with an intent that was not signed for", "BadSignature", SIGNATURE, () =>
    bought({
      sign: inBulk(({ index, children }) => ({
        index,
        children: children.map((nodes, level) => (level === 0 ? nodes.with(3, 7n) : nodes)),
      })),
    }),
  ),
  refusal("27 a bulk that another account signed", "BadSignature", SIGNATURE, () =>
    bought({
      sign: (state, intent) => {
        const [one] = signedInBulk(state, [intent]);
        const [other] = signedInBulk(state, [{ ...intent, account: 1 }]);
        if (!one || !other) throw new RangeError("a bulk of one has one");
        return { ...one, signature: other.signature };
      },
    }),
  ),
  refusal("27 an intent of a bulk as if it were signed alone", "BadSignature", SIGNATURE, () =>
    bought({
      sign: (state, intent) => {
        const { signature } = inBulk()(state, intent);
        return { intent, signature };
      },
    }),
  ),
  refusal("a path of another depth", "BadBulkPath", null, () =>
    bought({ sign: inBulk(({ index }) => ({ index, children: [] })) }),
  ),
  refusal("a path to a place beyond its tree", "BadBulkPath", null, () =>
    bought({ sign: inBulk(({ children }) => ({ index: 5, children })) }),
  ),

  // Fees and the fund
  refusal("45 fees collected by another account", "NotFeeAccount", "Execute", () => {
    const state = withGlobals(world(), { feePot: USD_CASH });
    return { state, step: step(state, [lane(1, [run(signAnyway(state, collect(state, 1, 5n, 1n)))])]) };
  }),
  refusal("17 more fees collected than there are", "OutOfRange", "TradeStep/Uint/CheckRange", () =>
    alone(withGlobals(world(), { feePot: USD_CASH }), collect(world(), 0, 5n, USD_CASH + 1n)),
  ),
  refusal("a contribution of other cash than it gives", "OutOfRange", null, () =>
    alone(world(), contribute(world(), 0, 5n, USD_CASH), { cash: USD_CASH }),
  ),
  refusal("15 a contribution of minus one", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    alone(world(), contribute(world(), 0, 5n, -1n)),
  ),
  refusal("45 a contribution with a fee", "OutOfRange", FEE, () =>
    alone(world(), contribute(world(), 0, 5n, USD_CASH), { fee: 1n }),
  ),
  refusal("25 a contribution replayed", "StaleNonce", "CheckOrderSlotUpdate/Uint/CheckRange", () => {
    const again = (state: State) => contribute(state, 0, 5n, USD_CASH);
    return alone(executed(again), again(world()));
  }),
];
