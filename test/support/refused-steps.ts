/**
 * Requests, margins and sums that a step must not have.
 * @module
 */
import type { Account } from "#protocol/account.ts";
import { IDENTITY } from "#protocol/babyjub.ts";
import type { Order } from "#protocol/intent.ts";
import type { Lane } from "#protocol/lane.ts";
import type { State } from "#protocol/state.ts";
import { applyTrade } from "#protocol/trade.ts";
import { type Refusal, refusal } from "./refusals.ts";
import { signAnyway } from "./sign-anyway.ts";
import {
  backstop,
  cancel,
  cancelAll,
  close,
  closeOnly,
  deposit,
  expired,
  fill,
  forced,
  lane,
  markPrice,
  NOW,
  order,
  register,
  run,
  setKey,
  settledAt,
  signed,
  stale,
  step,
  stop,
  taken,
  trade,
  trader,
  USD_CASH,
  withAccount,
  withdraw,
  withSlot,
  worldState,
  writtenOff,
} from "./world.ts";

const usd = (amount: bigint): bigint => amount * USD_CASH;
const BTC = 10_000n;
const CALL = 2;
const world = (): State => worldState({ accounts: Array.from({ length: 4 }, () => ({ cash: usd(100_000n) })) });
/** Account 0 is short a call and unhealthy (12,636 USDC would meet maintenance, 14,958 initial margin); account 1 is its counterparty. */
const sinking = (cash = usd(12_000n)): State =>
  worldState({
    accounts: [
      { cash, positions: [0n, 0n, -BTC] },
      { cash: usd(100_000n), positions: [0n, 0n, BTC] },
      { cash: usd(100_000n) },
    ],
  });
const change = (state: State, id: number, changed: (account: Account) => Partial<Account>): State => {
  const account = state.accounts.get(id);
  if (!account) throw new RangeError(`no account ${id}`);
  return withAccount(state, id, changed(account));
};
/** Account 0 asked to be closed; it is healthy. */
const closing = (positions: readonly bigint[] = [0n, 0n, -BTC]): State =>
  withAccount(
    worldState({
      accounts: [
        { cash: usd(90_000n), positions },
        { cash: usd(90_000n), positions: positions.map((size) => -size) },
        { cash: usd(90_000n) },
      ],
    }),
    0,
    { isClosing: true },
  );
/** Accounts 0 and 1 have debts and no positions. */
const bankrupt = (): State => worldState({ accounts: [{ cash: -usd(5n) }, { cash: -usd(7n) }, { cash: usd(100n) }] });

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

type Forced = {
  readonly size?: bigint;
  /** 1e-2 USDC from the mark, to the account's loss. */
  readonly away?: bigint;
  readonly penalty?: bigint;
  readonly slot?: number;
  readonly request?: Lane["request"];
};
/** `size` lots are forced on account 0, account 2 being on the other side. */
function forces(state: State, { size = 100n, away = 0n, penalty = 0n, slot = CALL, request = null }: Forced = {}) {
  const price = markPrice(state, slot) + (size < 0n ? -away : away);
  const other = executes(state, {
    id: 2,
    side: size < 0n ? "buy" : "sell",
    lots: size < 0n ? -size : size,
    price,
    slot,
  });
  return only(state, lane(0, [forced(slot, size, price, penalty)], request), other);
}
const withCap = (state: State, liquidationCap: bigint): State => ({
  ...state,
  parameters: { ...state.parameters, liquidationCap },
});
/** Account 2 holds a perpetual hedged by options to nothing, or nearly: only leverage asks for margin. */
const leveraged = (): State => {
  const state = worldState({
    accounts: [{ cash: usd(1_300n) }, { cash: usd(500_000n) }],
  });
  const flat = state.marks.slots.map(({ mark }) => ({ mark, prices: [mark, mark] }));
  return { ...state, marks: { ...state.marks, slots: flat } };
};

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
  refusal("39 a purchase far above the mark by a sinking account", "PriceBand", "CheckPrice/Uint/CheckRange", () =>
    between(sinking(), 0, 1, 1_000n, markPrice(sinking(), CALL) + 64_001n),
  ),
  refusal("a sale at 0 by a sinking account", "PriceBand", "CheckPrice/Uint/CheckRange", () => {
    const state = worldState({
      accounts: [
        { cash: usd(6_000n), positions: [BTC, -BTC] },
        { cash: usd(500_000n), positions: [-BTC, BTC] },
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
  refusal("a withdrawal with a position that awaits settlement", "MarksStale", "Lane", () => {
    const state = expired(sinking(usd(50_000n)), CALL);
    return only(state, withdrawal(state, 0, 1n));
  }),

  // Margin that rises with size, and leverage
  refusal("55 a position whose size asks for more than its risk", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = leveraged();
    const large = { ...state, parameters: { ...state.parameters, leveragePpm: [0n], sizePpm: 20_000n } };
    return between(large, 0, 1, 2n * BTC);
  }),
  refusal("a perpetual beyond the leverage that is allowed", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = leveraged();
    const price = markPrice(state, 3);
    return { state, step: trade(state, { slot: 3, lots: BTC + 200n, price, buyer: 0, seller: 1, nonce: 1n }) };
  }),
  refusal("55 open interest beyond its cap", "OpenInterestCap", "CheckOpenInterest/Uint/CheckRange", () =>
    between(withSlot(sinking(usd(99_000n)), CALL, { cap: BTC }), 1, 2, 1n),
  ),

  // Reducing only
  refusal("growth of an account that is reduce-only", "ReducingOnly", "Lane/Uint/CheckRange", () =>
    between(withAccount(world(), 0, { isReduceOnly: true }), 0, 1, 1n),
  ),
  refusal("growth in the lane that stops an account", "ReducingOnly", "Lane/Uint/CheckRange", () => {
    const state = world();
    const stopped = withAccount(state, 0, { epoch: 1n });
    const price = markPrice(state, CALL);
    return only(
      state,
      executes(stopped, { id: 0, side: "buy", lots: 1n, price }, stop(0)),
      executes(state, { id: 1, side: "sell", lots: 1n, price }),
    );
  }),
  refusal("growth of an account that closes", "ReducingOnly", "Lane/Uint/CheckRange", () =>
    between(closing(), 2, 0, 1n),
  ),
  refusal("growth in the lane that asks to close", "ReducingOnly", "Lane/Uint/CheckRange", () => {
    const state = world();
    const price = markPrice(state, CALL);
    return only(
      state,
      executes(state, { id: 0, side: "buy", lots: 1n, price }, close(0)),
      executes(state, { id: 1, side: "sell", lots: 1n, price }),
    );
  }),
  refusal("growth by a reduce-only order", "ReducingOnly", "Lane/Uint/CheckRange", () => {
    const state = world();
    const price = markPrice(state, CALL);
    const terms = { slot: CALL, side: "buy", size: 1n, price } as const;
    const own = signed(state, { ...order(state, 0, 1n, terms), reduceOnly: true });
    return only(state, lane(0, [fill(own, 1n, price)]), executes(state, { id: 1, side: "sell", lots: 1n, price }));
  }),
  refusal("a reduce-only order that changes sides", "ReducingOnly", "Lane", () => {
    const state = sinking(usd(90_000n));
    const price = markPrice(state, CALL);
    const terms = { slot: CALL, side: "buy", size: 2n * BTC, price } as const;
    const own = signed(state, { ...order(state, 0, 1n, terms), reduceOnly: true });
    const lots = BTC + 1n;
    return only(state, lane(0, [fill(own, lots, price)]), executes(state, { id: 1, side: "sell", lots, price }));
  }),

  // Liquidation
  refusal("37 a liquidation of an account that is healthy", "NotLiquidatable", "Lane/Uint/CheckRange", () =>
    forces(sinking(usd(12_636n))),
  ),
  refusal(
    "37 a liquidation of an account that its deposit makes healthy",
    "NotLiquidatable",
    "Lane/Uint/CheckRange",
    () => forces(sinking(), { request: deposit(0, usd(636n)) }),
  ),
  refusal("a liquidation above the cap", "LiquidationCap", "LiquidationRecord/Uint/CheckRange", () =>
    // 100 lots are 640 USDC.
    forces(withCap(sinking(), 639n)),
  ),
  refusal(
    "a second liquidation under one table, above the cap",
    "LiquidationCap",
    "LiquidationRecord/Uint/CheckRange",
    () => {
      const state = withCap(sinking(), 1_000n);
      const { step: first } = forces(state);
      return forces(applyTrade(state, first).state, { size: 57n });
    },
  ),
  refusal(
    "a second liquidation lane of a step, above the cap",
    "LiquidationCap",
    "LiquidationRecord/Uint/CheckRange",
    () => {
      const state = withCap(sinking(), 1_000n);
      const price = markPrice(state, CALL);
      return only(state, lane(0, [forced(CALL, 100n, price)]), lane(0, [forced(CALL, 57n, price)]));
    },
  ),
  refusal("a liquidation that takes the hedge away", "MaintenanceGrew", "Lane/Uint/CheckRange", () => {
    const state = worldState({
      accounts: [
        { cash: usd(0n), positions: [BTC, 0n, -3n * BTC] },
        { cash: usd(500_000n), positions: [-BTC, 0n, 3n * BTC] },
        { cash: usd(500_000n) },
      ],
    });
    return forces(state, { slot: 0, size: -100n });
  }),
  // 0.5 % of 640 USDC
  refusal("45 a penalty above its part of the notional", "PenaltyTooHigh", "CheckFee/Uint/CheckRange", () =>
    forces(sinking(), { penalty: 3_200_001n }),
  ),
  refusal("a penalty that is paid out of the insurance fund", "OutOfRange", "CheckFee/Uint/CheckRange", () =>
    forces(sinking(), { penalty: -1n }),
  ),
  refusal("39 a liquidation that buys above the price band", "PriceBand", "CheckPrice/Uint/CheckRange", () =>
    forces(sinking(), { away: 64_001n }),
  ),
  refusal("39 a liquidation that sells below the price band", "PriceBand", "CheckPrice/Uint/CheckRange", () => {
    const state = worldState({
      accounts: [
        { cash: -usd(3_000n), positions: [BTC] },
        { cash: usd(90_000n), positions: [-BTC] },
        { cash: usd(90_000n) },
      ],
    });
    return forces(state, { slot: 0, size: -100n, away: 64_001n });
  }),
  refusal("a liquidation that turns the position around", "ReducingOnly", "Lane", () =>
    forces(sinking(), { size: BTC + 1n }),
  ),
  refusal("a liquidation that makes the position grow", "MaintenanceGrew", "Lane/Uint/CheckRange", () =>
    forces(sinking(), { size: -100n }),
  ),
  refusal("53 a liquidation on old marks", "MarksStale", "Execute", () => forces(stale(sinking()))),
  refusal("48 a liquidation on close-only marks", "MarksStale", "Execute", () => forces(closeOnly(sinking()))),
  refusal("a liquidation of a series that has expired", "SeriesNotLive", "Legs", () =>
    forces(expired(sinking(), CALL)),
  ),
  refusal("a liquidation of nothing", "OutOfRange", "Execute/Uint/CheckRange", () => forces(sinking(), { size: 0n })),
  refusal("a backstop that takes something on old marks", "MarksStale", "Execute", () => {
    const state = stale(
      worldState({
        accounts: [
          { cash: usd(90_000n), positions: [0n, 0n, BTC] },
          { cash: usd(90_000n), positions: [0n, 0n, -BTC] },
        ],
      }),
    );
    const price = markPrice(state, CALL) - 1n;
    const own = signed(state, backstop(state, 1, 1n, 10n, 0n));
    return only(
      state,
      lane(1, [taken(own, { slot: CALL, size: 10n, price })]),
      executes(state, { id: 0, side: "sell", lots: 10n, price }),
    );
  }),

  // Forced closes
  refusal("a close that was not asked for", "NotLiquidatable", "Lane/Uint/CheckRange", () =>
    forces(withAccount(closing(), 0, { isClosing: false })),
  ),
  refusal("a forced close with a penalty", "PenaltyTooHigh", "CheckFee/Uint/CheckRange", () =>
    forces(closing(), { penalty: 1n }),
  ),
  refusal("a forced close outside the price band", "PriceBand", "CheckPrice/Uint/CheckRange", () =>
    forces(closing(), { away: 64_001n }),
  ),
  refusal("a forced close that turns the position around", "ReducingOnly", "Lane", () =>
    forces(closing(), { size: BTC + 1n }),
  ),
  refusal("a forced close on old marks", "MarksStale", "Execute", () => forces(stale(closing()))),
  refusal(
    "a forced close that takes the hedge of a sinking account",
    "InsufficientMargin",
    "Lane/Uint/CheckRange",
    () => {
      const state = worldState({
        accounts: [
          { cash: usd(0n), positions: [BTC, 0n, -3n * BTC] },
          { cash: usd(500_000n), positions: [-BTC, 0n, 3n * BTC] },
          { cash: usd(500_000n) },
        ],
      });
      return forces(withAccount(state, 0, { isClosing: true }), { slot: 0, size: -100n });
    },
  ),

  // Debts
  refusal("a write-off of an account that owes nothing", "NotBankrupt", "CheckWriteOff/Uint/CheckRange", () =>
    only(world(), writtenOff(0)),
  ),
  refusal("a write-off of nothing", "NotBankrupt", null, () =>
    only(
      change(world(), 0, () => ({ cash: 0n })),
      writtenOff(0),
    ),
  ),
  refusal("a write-off of an account that holds something", "NotBankrupt", "Lane", () =>
    only(sinking(-usd(1n)), writtenOff(0)),
  ),
  refusal("a write-off of what expires unsettled", "NotBankrupt", "Lane", () =>
    only(expired(sinking(-usd(1n)), CALL), writtenOff(0)),
  ),
  refusal("two write-offs in a step", "NotBankrupt", "CheckWriteOff/Bool", () =>
    only(bankrupt(), writtenOff(0), writtenOff(1)),
  ),
  refusal("a withdrawal from a debt that is written off", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = bankrupt();
    return only(state, { ...writtenOff(0), executions: withdrawal(state, 0, 0n).executions });
  }),

  // What has settled or expired
  refusal("40 a settled option exercised twice", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = settledAt(sinking(usd(50_000n)), CALL, 100_000n);
    const once = applyTrade(state, step(state, [lane(1, [])])).state;
    return only(once, withdrawal(once, 1, usd(101_001n)));
  }),
  refusal("43 what a settled option costs, withdrawn", "InsufficientMargin", "Lane/Uint/CheckRange", () => {
    const state = settledAt(sinking(usd(50_000n)), CALL, 100_000n);
    return only(state, withdrawal(state, 0, usd(49_001n)));
  }),

  // Requests
  ...([stop(1), close(1), setKey(1, 0), setKey(1, 1)] as const).map((request) =>
    refusal(`36 a ${request.kind} request of another account`, "WrongAccount", "TradeStep", () =>
      only(world(), lane(0, [], request)),
    ),
  ),
  refusal("a stop of an account that does not exist", "UnknownAccount", "UpdatePath/CheckChild", () =>
    only(world(), lane(9, [], stop(9))),
  ),
  refusal("a stop in the last epoch", "OutOfRange", "Lane/Uint/CheckRange", () =>
    only(
      change(world(), 0, () => ({ epoch: (1n << 32n) - 1n })),
      lane(0, [], stop(0)),
    ),
  ),
  refusal("28 a key of small order", "BadKey", "Request", () =>
    only(world(), lane(0, [], { ...setKey(0, 0), b: IDENTITY })),
  ),
  refusal("28 a session key off the curve", "BadKey", "TimesEight/CheckOnCurve", () =>
    only(world(), lane(0, [], { ...setKey(0, 1), b: { x: 2n, y: 3n } })),
  ),
  refusal("a key in a sixth place", "OutOfRange", null, () =>
    only(world(), lane(0, [], { ...setKey(0, 1), place: 5 })),
  ),
  refusal("25 an order of before a stop", "WrongEpoch", "Execute/EdDSAPoseidon", () => {
    const state = sinking(usd(90_000n));
    const price = markPrice(state, CALL);
    return only(
      state,
      executes(state, { id: 0, side: "buy", lots: 1n, price }, stop(0)),
      executes(state, { id: 1, side: "sell", lots: 1n, price }),
    );
  }),
  refusal("27 an order by the key that was replaced", "BadSignature", "Execute/EdDSAPoseidon", () => {
    const state = withAccount(world(), 0, { key: trader(7).key });
    return between(state, 0, 1, 1n);
  }),
  refusal("27 an order by the key that its lane replaces", "BadSignature", "Execute/EdDSAPoseidon", () => {
    const state = world();
    const price = markPrice(state, CALL);
    return only(
      state,
      executes(state, { id: 0, side: "buy", lots: 1n, price }, setKey(0, 0, {}, 7)),
      executes(state, { id: 1, side: "sell", lots: 1n, price }),
    );
  }),
];
