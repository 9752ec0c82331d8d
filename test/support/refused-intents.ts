/**
 * Intents that a step must not execute.
 * @module
 */
import { SUBGROUP_ORDER } from "#protocol/babyjub.ts";

import type { Execution } from "#protocol/execute.ts";
import type { Intent, Order } from "#protocol/intent.ts";
import { FIELD, type SeriesStatus } from "#protocol/params.ts";
import { type State, withAccounts } from "#protocol/state.ts";
import { applyTrade } from "#protocol/trade.ts";
import { signAnyway } from "./forge.ts";
import { type Refusal, refusal } from "./refusals.ts";
import {
  cancel,
  cancelAll,
  DOMAIN,
  EXPIRY,
  fill,
  hashOfSlot,
  lane,
  markPrice,
  marksAt,
  NOW,
  order,
  PARAMETERS,
  run,
  SPOT_USD,
  step,
  trade,
  USD_CASH,
  withdraw,
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
  /** Of the buyer's execution, after. */
  readonly execution?: (honest: Execution) => Partial<Execution>;
  readonly timestamp?: bigint;
};

/** Account 0 buys from account 1 at the mark, as it should be but for `change`. */
function bought({
  state = world(),
  order: terms = {},
  by = 0,
  domain = state.domain,
  execution = () => ({}),
  timestamp,
}: Change) {
  const price = markPrice(state, 0);
  const honest = trade(state, { slot: 0, lots: LOTS, price, buyer: 0, seller: 1, nonce: 5n });
  const intent = { ...order(state, 0, 5n, { slot: 0, side: "buy", size: LOTS, price }), ...terms };
  const filled = fill(signAnyway({ ...state, domain }, intent, by), LOTS, price);
  const lanes = [lane(0, [{ ...filled, ...execution(filled) }]), ...honest.lanes.slice(1)];
  return { state, step: { ...honest, lanes, timestamp: timestamp ?? honest.timestamp } };
}

/** Account 0 executes `intent` alone, with what `execution` changes. */
function alone(state: State, intent: Intent, execution: Partial<Execution> = {}) {
  return { state, step: step(state, [lane(0, [{ ...run(signAnyway(state, intent)), ...execution }])]) };
}

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
  refusal("of a series that no slot lists", "UnknownSeries", "Execute", () => bought({ order: { seriesHash: 42n } })),
  refusal("of an empty slot", "UnknownSeries", "Execute/Uint/CheckRange", () => {
    const state = world();
    const board = state.board.map((slot, at) =>
      at === 3 ? { ...slot, series: null, status: "empty" as const } : slot,
    );
    return bought({ state: { ...state, board }, order: { seriesHash: 0n } });
  }),
  ...(["listed", "expired", "settled"] as const).map((status) =>
    refusal(`of a series that is ${status}`, "SeriesNotLive", "Execute/Uint/CheckRange", () =>
      bought({ state: withStatus(world(), status) }),
    ),
  ),
  refusal("within the guard before expiry", "SeriesExpiring", "Execute/Uint/CheckRange", () =>
    bought({ state: later(EXPIRY - PARAMETERS.expiryGuard - 1n) }),
  ),
  refusal("at expiry", "SeriesExpiring", "Execute/Uint/CheckRange", () => bought({ state: later(EXPIRY - 1n) })),
  refusal("after expiry", "SeriesExpiring", "Execute/Uint/CheckRange", () =>
    bought({ state: later(EXPIRY + 86_400n) }),
  ),

  // Terms of the order
  refusal("of no lots", "WrongSide", "Execute/Uint/CheckRange", () =>
    bought({ execution: () => ({ size: 0n, cash: 0n }) }),
  ),
  refusal("on the other side", "WrongSide", "CheckMagnitude/Uint/CheckRange", () =>
    bought({ execution: ({ size, cash }) => ({ size: -size, cash: -cash }) }),
  ),
  refusal("24 a buy above its limit", "LimitPrice", "Execute/Uint/CheckRange", () =>
    bought({ execution: ({ cash }) => ({ cash: cash - 1n }) }),
  ),
  refusal("24 a sale below its limit", "LimitPrice", "Execute/Uint/CheckRange", () => {
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
  refusal("45 with a fee above the maximum", "FeeAboveMaximum", "Execute/Uint/CheckRange", () =>
    bought({ execution: () => ({ fee: 100n * LOTS + 1n }) }),
  ),
  refusal("45 with a negative fee", "FeeAboveMaximum", "Execute/Uint/CheckRange", () =>
    bought({ execution: () => ({ fee: -1n }) }),
  ),
  refusal("45 with a fee for more lots than it executes", "FeeAboveMaximum", "Execute/Uint/CheckRange", () =>
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
  refusal("45 a cancel with a fee", "OutOfRange", "Execute/Uint/CheckRange", () =>
    alone(world(), cancel(world(), 0, 1n), { fee: 1n }),
  ),
  refusal("45 a withdrawal with a fee", "OutOfRange", "Execute/Uint/CheckRange", () =>
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
  refusal("16 a limit of 2^40", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    bought({ order: { price: 1n << 40n } }),
  ),
  refusal("16 a fee of 2^24 per lot", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    bought({ order: { feePerLot: 1n << 24n } }),
  ),
  refusal("16 a validity of 2^40", "OutOfRange", "IntentMessage/Uint/CheckRange", () =>
    bought({ order: { validUntil: 1n << 40n } }),
  ),
  refusal("16 a nonce of 2^32", "OutOfRange", "ToBits/CheckBits", () => bought({ order: { nonce: 1n << 32n } })),
  refusal("a nonce of 0", "OutOfRange", "Execute", () => bought({ order: { nonce: 0n } })),
];
