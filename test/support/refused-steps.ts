/**
 * Requests, margins and sums that a step must not have.
 * @module
 */
import type { Account } from "#protocol/account.ts";
import { IDENTITY } from "#protocol/babyjub.ts";
import type { Order } from "#protocol/intent.ts";
import type { Lane } from "#protocol/lane.ts";
import { type State, withAccounts } from "#protocol/state.ts";
import { signAnyway } from "./forge.ts";
import { type Refusal, refusal } from "./refusals.ts";
import {
  cancel,
  cancelAll,
  deposit,
  fill,
  lane,
  markPrice,
  NOW,
  order,
  PARAMETERS,
  register,
  run,
  signed,
  step,
  trade,
  USD_CASH,
  withdraw,
  worldState,
} from "./world.ts";

const usd = (amount: bigint): bigint => amount * USD_CASH;
const BTC = 10_000n;
const CALL = 2;
const world = (): State => worldState({ accounts: Array.from({ length: 4 }, () => ({ cash: usd(100_000n) })) });
/** Account 0 is short a call and below initial margin (14,955 USDC would meet it); account 1 is its counterparty. */
const sinking = (cash = usd(12_000n)): State =>
  worldState({
    accounts: [
      { cash, positions: [0n, 0n, -BTC] },
      { cash: usd(100_000n), positions: [0n, 0n, BTC] },
      { cash: usd(100_000n) },
    ],
  });
const stale = (state: State): State => ({
  ...state,
  globals: { ...state.globals, timestamp: NOW + PARAMETERS.maxMarksAge },
});
const closeOnly = (state: State): State => ({
  ...state,
  marks: { ...state.marks, underlyings: state.marks.underlyings.map((each) => ({ ...each, mode: "closeOnly" })) },
});
const change = (state: State, id: number, changed: (account: Account) => Partial<Account>): State => {
  const account = state.accounts.get(id);
  if (!account) throw new RangeError(`no account ${id}`);
  return withAccounts(state, new Map([[id, { ...account, ...changed(account) }]]));
};

type Side = {
  readonly id: number;
  readonly side: Order["side"];
  readonly lots: bigint;
  readonly price: bigint;
  readonly slot?: number;
};
/** One execution of a fresh order, just large enough. */
const executes = (
  state: State,
  { id, side, lots, price, slot = CALL }: Side,
  request: Lane["request"] = null,
): Lane => {
  const signedOrder = signAnyway(state, order(state, id, 1n, { slot, side, size: lots, price }));
  return lane(id, [fill(signedOrder, lots, price)], request);
};
/** `buyer` and `seller` trade `lots` at `price`. */
const between = (state: State, buyer: number, seller: number, lots: bigint, price = markPrice(state, CALL)) => ({
  state,
  step: trade(state, { slot: CALL, lots, price, buyer, seller, nonce: 1n }),
});
const only = (state: State, ...lanes: readonly Lane[]) => ({ state, step: step(state, lanes) });
const withdrawal = (state: State, id: number, amount: bigint): Lane =>
  lane(id, [run(signed(state, withdraw(state, id, 1n, amount)))]);

export const REFUSED_STEPS: readonly Refusal[] = [
  // Shape
  refusal("no lanes", "TooManyLanes", null, () => only(world())),
  refusal("more lanes than there are", "TooManyLanes", null, () =>
    only(world(), lane(0, []), lane(1, []), lane(2, [])),
  ),
  refusal("more intents than a lane holds", "TooManyIntents", null, () => {
    const state = world();
    return only(state, lane(0, [run(signed(state, cancel(state, 0, 1n))), run(signed(state, cancel(state, 0, 2n)))]));
  }),
  refusal("a timestamp before the last step's", "TimestampTooOld", "TradeStep/Uint/CheckRange", () => {
    const state = world();
    return { state, step: { ...step(state, [lane(0, [])]), timestamp: NOW - 1n } };
  }),
  refusal("16 a timestamp of 2^40", "OutOfRange", null, () => {
    const state = world();
    return { state, step: { ...step(state, [lane(0, [])]), timestamp: 1n << 40n } };
  }),
  refusal("a request behind a lane without one", "RequestOrder", "TradeStep", () =>
    only(world(), lane(0, []), lane(1, [], deposit(1, 1n))),
  ),

  // Requests and the leaf
  refusal("a request of another account", "WrongAccount", "TradeStep", () =>
    only(world(), lane(0, [], deposit(1, 1n))),
  ),
  refusal("31 a visit to an account that does not exist", "UnknownAccount", "UpdatePath/CheckChild", () =>
    only(world(), lane(9, [])),
  ),
  refusal("a deposit for an account that does not exist", "UnknownAccount", "UpdatePath/CheckChild", () =>
    only(world(), lane(9, [], deposit(9, 1n))),
  ),
  refusal("33 a registration over an account", "AccountOccupied", "UpdatePath/CheckChild", () =>
    only(world(), lane(0, [], register(0, 1n))),
  ),
  refusal("a registration beyond the tree", "OutOfRange", null, () => only(world(), lane(16, [], register(16, 1n)))),
  refusal("28 a registration of the identity", "BadKey", "Request", () =>
    only(world(), lane(9, [], { ...register(9, 1n), b: IDENTITY })),
  ),
  refusal("28 a registration off the curve", "BadKey", "TimesEight/CheckOnCurve", () =>
    only(world(), lane(9, [], { ...register(9, 1n), b: { x: 2n, y: 3n } })),
  ),
  refusal("16 a deposit of 2^64", "OutOfRange", "Request/Uint/CheckRange", () =>
    only(world(), lane(0, [], deposit(0, 1n << 64n))),
  ),
  refusal("15 a deposit of minus one", "OutOfRange", "Request/Uint/CheckRange", () =>
    only(world(), lane(0, [], deposit(0, -1n))),
  ),

  // Ranges of an account
  refusal("17 cash beyond its width", "OutOfRange", "Lane/Int/CheckRange", () =>
    only(
      change(world(), 0, () => ({ cash: (1n << 95n) - 1n })),
      lane(0, [], deposit(0, 1n)),
    ),
  ),
  refusal("21 a long position of 2^40", "OutOfRange", "CheckMagnitude/Uint/CheckRange", () => {
    const held = change(world(), 0, ({ positions }) => ({
      cash: 1n << 94n,
      positions: positions.map((position, slot) =>
        slot === CALL ? { ...position, size: (1n << 40n) - 1n } : position,
      ),
    }));
    return between(held, 0, 1, 1n);
  }),
  refusal("21 a short position beyond 2^40", "OutOfRange", "CheckMagnitude/Uint/CheckRange", () => {
    const held = change(world(), 1, ({ positions }) => ({
      cash: 1n << 94n,
      positions: positions.map((position, slot) => (slot === CALL ? { ...position, size: -(1n << 40n) } : position)),
    }));
    return between(held, 0, 1, 1n);
  }),
  refusal("a cancel-all in the last epoch", "OutOfRange", "Lane/Uint/CheckRange", () => {
    const state = change(world(), 0, () => ({ epoch: (1n << 32n) - 1n }));
    return only(state, lane(0, [run(signed(state, cancelAll(state, 0, 1n)))]));
  }),
  refusal("17 more paid out than there is", "OutOfRange", "TradeStep/Uint/CheckRange", () => {
    const state = world();
    return only({ ...state, globals: { ...state.globals, totalCash: usd(1n) - 1n } }, withdrawal(state, 0, usd(1n)));
  }),

  // Laws
  refusal("sizes that do not balance", "SizesDoNotBalance", "TradeStep", () => {
    const state = world();
    const price = markPrice(state, CALL);
    return only(
      state,
      executes(state, { id: 0, side: "buy", lots: 2n, price }),
      lane(
        1,
        executes(state, { id: 1, side: "sell", lots: 1n, price }).executions.map((each) => ({
          ...each,
          cash: 2n * price,
        })),
      ),
    );
  }),
  refusal("sizes that balance only over two series", "SizesDoNotBalance", "TradeStep", () => {
    const state = world();
    const price = markPrice(state, CALL);
    return only(
      state,
      executes(state, { id: 0, side: "buy", lots: 2n, price }),
      executes(state, { id: 1, side: "sell", lots: 2n, price, slot: 0 }),
    );
  }),
  refusal("cash out of nowhere", "CashDoesNotBalance", "TradeStep", () => {
    const { state, step } = between(world(), 0, 1, 10n);
    const [buyer, seller] = step.lanes;
    if (!buyer || !seller) throw new RangeError("a trade has two lanes");
    const paid = { ...seller, executions: seller.executions.map((each) => ({ ...each, cash: each.cash + 1n })) };
    return { state, step: { ...step, lanes: [buyer, paid] } };
  }),

  // Margin
  refusal("more risk than margin", "InsufficientMargin", "Lane/Uint/CheckRange", () =>
    between(world(), 1, 0, 9n * BTC),
  ),
  refusal("a withdrawal of what margin needs", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = sinking(usd(15_000n));
    return only(state, withdrawal(state, 0, usd(100n)));
  }),
  refusal("a withdrawal below initial margin", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = sinking();
    return only(state, withdrawal(state, 0, 1n));
  }),
  refusal("a withdrawal of nothing below initial margin", "InsufficientMargin", "Lane", () => {
    const state = sinking();
    return only(state, withdrawal(state, 0, 0n));
  }),
  refusal("17, 56 a withdrawal of unrealised profit", "NegativeCash", "Lane/Uint/CheckRange", () => {
    const state = worldState({
      accounts: [
        { cash: usd(10n), positions: [0n, 0n, 10n * BTC] },
        { cash: usd(900_000n), positions: [0n, 0n, -10n * BTC] },
      ],
    });
    return only(state, withdrawal(state, 0, usd(11n)));
  }),
  refusal("17 a fee that margin does not allow", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const { state, step } = between(sinking(), 0, 2, 1n);
    const [buyer, seller] = step.lanes;
    if (!buyer || !seller) throw new RangeError("a trade has two lanes");
    const dear = signAnyway(state, {
      ...order(state, 0, 1n, { slot: CALL, side: "buy", size: 1n, price: markPrice(state, CALL) }),
      feePerLot: usd(5n),
    });
    const charged = lane(0, [fill(dear, 1n, markPrice(state, CALL), usd(5n))]);
    return { state, step: { ...step, lanes: [charged, seller] } };
  }),
  refusal("a sinking account that sells its hedge", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = worldState({
      accounts: [
        { cash: usd(0n), positions: [BTC, 0n, -3n * BTC] },
        { cash: usd(500_000n), positions: [-BTC, 0n, 3n * BTC] },
      ],
    });
    return {
      state,
      step: trade(state, { slot: 0, lots: BTC, price: markPrice(state, 0), buyer: 1, seller: 0, nonce: 1n }),
    };
  }),
  refusal("growth below initial margin", "ReducingOnly", "Lane/Uint/CheckRange", () => {
    const state = sinking();
    // Buying at nothing only helps; it is growth all the same.
    const buyer = executes(state, { id: 0, side: "buy", lots: 10n, price: 0n, slot: 0 });
    return only(state, buyer, executes(state, { id: 2, side: "sell", lots: 10n, price: 0n, slot: 0 }));
  }),
  refusal("39 a purchase far above the mark by a sinking account", "PriceBand", "PriceBand/Uint/CheckRange", () =>
    between(sinking(), 0, 1, 1_000n, markPrice(sinking(), CALL) + 64_001n),
  ),
  refusal("a sale at 0 by a sinking account", "PriceBand", "PriceBand/Uint/CheckRange", () => {
    const state = worldState({
      accounts: [
        { cash: usd(6_000n), positions: [BTC, 0n, 0n, -BTC] },
        { cash: usd(500_000n), positions: [-BTC, 0n, 0n, BTC] },
      ],
    });
    // Worth nothing in the scenario that counts, the call costs more margin than it adds equity.
    const slots = state.marks.slots.map(({ mark, prices }, slot) => ({
      mark,
      prices: prices.map((price, at) => (slot === 0 && at === 0 ? 0n : price)),
    }));
    const worthless = { ...state, marks: { ...state.marks, slots } };
    return {
      state: worthless,
      step: trade(worthless, { slot: 0, lots: BTC, price: 0n, buyer: 1, seller: 0, nonce: 1n }),
    };
  }),

  // Old marks
  refusal("53 growth on old marks", "MarksStale", "Lane/Uint/CheckRange", () => between(stale(world()), 0, 1, 1n)),
  refusal("growth on close-only marks", "MarksStale", "Lane/Uint/CheckRange", () =>
    between(closeOnly(world()), 0, 1, 1n),
  ),
  ...(["old", "close-only"] as const).map((why) =>
    refusal(`a withdrawal with a position on ${why} marks`, "MarksStale", "Lane", () => {
      const rich = sinking(usd(50_000n));
      const state = why === "old" ? stale(rich) : closeOnly(rich);
      return only(state, withdrawal(state, 0, 1n));
    }),
  ),
];
