/**
 * Steps at the very edge of every width: what twin and circuit must both still accept.
 * @module
 */
import type { Account } from "#protocol/account.ts";
import type { Order } from "#protocol/intent.ts";
import { type State, withAccounts } from "#protocol/state.ts";
import type { TradeStep } from "#protocol/trade.ts";
import {
  cancel,
  cancelAll,
  deposit,
  fill,
  lane,
  markPrice,
  order,
  register,
  run,
  signed,
  step,
  trade,
  withdraw,
  worldState,
} from "./world.ts";

const widest = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
const SLOT = 2;

type Case = { readonly name: string; readonly make: () => { readonly state: State; readonly step: TradeStep } };
const rich = (positions: readonly (readonly bigint[])[] = [[], []]): State =>
  worldState({ accounts: positions.map((held) => ({ cash: 1n << 94n, positions: held })) });
const changed = (state: State, id: number, change: Partial<Account>): State => {
  const account = state.accounts.get(id);
  if (!account) throw new RangeError(`no account ${id}`);
  return withAccounts(state, new Map([[id, { ...account, ...change }]]));
};
/** Accounts 0 and 1 trade `lots` at `price`, their orders as `terms` say. */
const traded = (state: State, lots: bigint, price: bigint, terms: Partial<Order>, fee = 0n) => {
  const sides = (["buy", "sell"] as const).map((side, id) => {
    const intent = { ...order(state, id, 1n, { slot: SLOT, side, size: lots, price }), ...terms };
    return lane(id, [fill(signed(state, intent), lots, price, fee)]);
  });
  return { state, step: step(state, sides) };
};

export const WIDEST_STEPS: readonly Case[] = [
  {
    name: "the largest price, size, fee, validity, nonce and flags at once",
    make: () =>
      traded(
        rich(),
        widest(40),
        widest(40),
        { feePerLot: widest(24), validUntil: widest(40), nonce: widest(32), postOnly: true, ioc: true },
        widest(24) * widest(40),
      ),
  },
  {
    name: "the largest long and short positions",
    make: () => {
      const state = rich([
        [0n, 0n, widest(40) - 1n],
        [0n, 0n, -widest(40)],
      ]);
      return {
        state,
        step: trade(state, { slot: SLOT, lots: 1n, price: markPrice(state, SLOT), buyer: 0, seller: 1, nonce: 1n }),
      };
    },
  },
  {
    name: "the largest positions, turned around",
    make: () => {
      const state = rich([
        [0n, 0n, -widest(40)],
        [0n, 0n, widest(40)],
      ]);
      return {
        state,
        step: trade(state, {
          slot: SLOT,
          lots: widest(40),
          price: markPrice(state, SLOT),
          buyer: 0,
          seller: 1,
          nonce: 1n,
        }),
      };
    },
  },
  {
    name: "the last epoch",
    make: () => {
      const state = changed(rich(), 0, { epoch: widest(32) - 1n });
      return { state, step: step(state, [lane(0, [run(signed(state, cancelAll(state, 0, widest(32))))])]) };
    },
  },
  {
    name: "an order in the last epoch",
    make: () => {
      const state = changed(rich(), 0, { epoch: widest(32) });
      return { state, step: trade(state, { slot: SLOT, lots: 1n, price: 1n, buyer: 0, seller: 1, nonce: widest(32) }) };
    },
  },
  {
    name: "the largest deposit, first deposit and withdrawal",
    make: () => {
      const state = rich();
      return {
        state,
        step: step(state, [
          lane(15, [run(signed(state, withdraw(state, 15, 1n, widest(64))))], register(15, widest(64))),
          lane(0, [run(signed(state, withdraw(state, 0, 1n, widest(64))))], deposit(0, widest(64))),
        ]),
      };
    },
  },
  {
    name: "the largest balance and the largest debt",
    make: () => {
      const state = changed(changed(rich(), 0, { cash: widest(95) - 1n }), 1, { cash: -(1n << 95n) });
      return { state, step: step(state, [lane(0, [], deposit(0, 1n)), lane(1, [])]) };
    },
  },
  {
    name: "the last second and the last step",
    make: () => {
      const state = rich();
      const late = { ...state, globals: { ...state.globals, number: widest(40) - 1n } };
      const intent = { ...cancel(late, 0, 1n), validUntil: widest(40) };
      return { state: late, step: { ...step(late, [lane(0, [run(signed(late, intent))])]), timestamp: widest(40) } };
    },
  },
  {
    name: "all the cash there can be",
    make: () => {
      const state = rich();
      return {
        state: { ...state, globals: { ...state.globals, totalCash: widest(96) - 1n } },
        step: step(state, [lane(0, [], deposit(0, 1n))]),
      };
    },
  },
];
