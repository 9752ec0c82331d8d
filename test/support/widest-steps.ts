/**
 * Steps at the very edge of every width: what twin and circuit must both still accept.
 * @module
 */
import type { Order } from "#protocol/intent.ts";
import type { State } from "#protocol/state.ts";
import type { TradeStep } from "#protocol/trade.ts";
import {
  cancel,
  cancelAll,
  collect,
  contribute,
  deposit,
  fill,
  fillSpread,
  lane,
  markPrice,
  order,
  register,
  run,
  signed,
  signedBySession,
  spread,
  step,
  trade,
  withAccount,
  withdraw,
  withGlobals,
  withSession,
  worldState,
  writtenOff,
} from "./world.ts";

const widest = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
const SLOT = 2;

type Case = { readonly name: string; readonly make: () => { readonly state: State; readonly step: TradeStep } };
/** Accounts that can pay for anything, and no bound on open interest but that of its width. */
function rich(positions: readonly (readonly bigint[])[] = [[], []]): State {
  const state = worldState({ accounts: positions.map((held) => ({ cash: 1n << 94n, positions: held })) });
  return { ...state, board: state.board.map((slot) => ({ ...slot, cap: widest(40) })) };
}
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
        {
          feePerLot: widest(24),
          validUntil: widest(40),
          nonce: widest(32),
          postOnly: true,
          ioc: true,
          fok: true,
        },
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
      const state = withAccount(rich(), 0, { epoch: widest(32) - 1n });
      return { state, step: step(state, [lane(0, [run(signed(state, cancelAll(state, 0, widest(32))))])]) };
    },
  },
  {
    name: "an order in the last epoch",
    make: () => {
      const state = withAccount(rich(), 0, { epoch: widest(32) });
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
      const state = withAccount(withAccount(rich(), 0, { cash: widest(95) - 1n }), 1, { cash: -(1n << 95n) });
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
  {
    name: "the largest spread: four legs in the widest ratios",
    make: () => {
      const state = rich();
      const sides = [-2047n, 2047n].map((ratio, id) => {
        const legs = [0, 1, 2, 3].map((slot) => ({ slot, ratio: slot % 2 === 0 ? ratio : -ratio }));
        const units = widest(28);
        const price = ratio < 0n ? -widest(40) : widest(40);
        const intent = { ...spread(state, id, 1n, { legs, size: units, price }), feePerLot: widest(24) };
        return lane(id, [fillSpread(signed(state, intent), units, price, widest(40))]);
      });
      return { state, step: step(state, sides) };
    },
  },
  {
    name: "the most that a session key may sign",
    make: () => {
      const state = withSession(withSession(rich(), 0, 4), 1, 1);
      const [size, price] = [widest(40), widest(40)];
      const sides = (["buy", "sell"] as const).map((side, id) => {
        const intent = { ...order(state, id, widest(31), { slot: SLOT, side, size, price }), validUntil: widest(40) };
        return lane(id, [fill(signedBySession(state, intent, id === 0 ? 4 : 1), size, price)]);
      });
      return { state, step: step(state, sides) };
    },
  },
  {
    name: "the largest contribution, and all fees collected",
    make: () => {
      const state = withGlobals(rich(), { feePot: widest(96), insurance: widest(96) - widest(64) });
      const given = run(signed(state, contribute(state, 1, 1n, widest(64))));
      const taken = run(signed(state, collect(state, 0, 1n, widest(64))));
      return { state, step: step(state, [lane(0, [taken]), lane(1, [given])]) };
    },
  },
  {
    name: "the largest debt written off, all of it insured",
    make: () => {
      const state = withAccount(rich(), 0, { cash: -(1n << 95n) });
      return { state: withGlobals(state, { insurance: 1n << 95n }), step: step(state, [writtenOff(0)]) };
    },
  },
  {
    name: "the largest debt written off to nobody",
    make: () => {
      const state = withGlobals(withAccount(rich(), 0, { cash: -(1n << 95n) }), { deficit: (1n << 95n) - 1n });
      return { state, step: step(state, [writtenOff(0)]) };
    },
  },
];
