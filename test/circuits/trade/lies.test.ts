import assert from "node:assert/strict";
import { FIELD, PROFILE } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import { applyTrade, type TradeStep } from "#protocol/trade.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { tradeInput } from "#prover/trade-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { forgeTrade } from "#test/support/forge.ts";
import type { Refusal } from "#test/support/refusals.ts";
import { REFUSED_STEPS } from "#test/support/refused-steps.ts";
import { tradeStep } from "#test/support/trade-circuit.ts";
import {
  cancel,
  deposit,
  lane,
  markPrice,
  NOW,
  PARAMETERS,
  register,
  run,
  signed,
  step,
  trade,
  USD_CASH,
  withdraw,
  worldState,
} from "#test/support/world.ts";

type Signal = CircuitInput[string];
type Input = Record<string, Signal>;
/** One number of an input. */
type Place = { readonly name: string; readonly path: readonly number[]; readonly value: bigint };

const placesOf = (name: string, signal: Signal, path: readonly number[] = []): Place[] => {
  if (typeof signal === "bigint") return [{ name, path, value: signal }];
  return (signal as readonly Signal[]).flatMap((item, at) => placesOf(name, item, [...path, at]));
};
const withValue = (signal: Signal, [at, ...rest]: readonly number[], value: bigint): Signal =>
  at === undefined
    ? value
    : (signal as readonly Signal[]).map((item, each) => (each === at ? withValue(item, rest, value) : item));
const changed = (input: Input, name: string, path: readonly number[], value: bigint): Input => ({
  ...input,
  [name]: withValue(input[name] ?? [], path, value),
});

const honest = ({ state, step }: { readonly state: State; readonly step: TradeStep }): Input => ({
  ...tradeInput(applyTrade(state, step).trace),
});
const world = (cash = 100_000n): State =>
  worldState({ accounts: Array.from({ length: 3 }, () => ({ cash: cash * USD_CASH })) });
const aTrade = (state = world()) => ({
  state,
  step: trade(state, { slot: 2, lots: 10n, price: markPrice(state, 2), buyer: 0, seller: 1, nonce: 1n }),
});
const aCancel = (state = world()) => ({
  state,
  step: step(state, [lane(0, [run(signed(state, cancel(state, 0, 1n)))])]),
});

/** Inputs that do not decide anything: a registration point where nothing registers, the loss before a lane that meets initial margin,
 *  and holding oneself to the rules of a sinking account. */
const UNDECIDED = ["b", "isLossBefore", "isReducing"];
/** Where nothing is executed: terms that nothing signs. */
const IDLE = [
  "validUntil",
  "isPostOnly",
  "isIoc",
  "isSell",
  "orderSize",
  "limit",
  "feePerLot",
  "withdrawal",
  "r8",
  "s",
];

describe("TradeStep, against a prover who lies", () => {
  let tiny: Circuit;
  before(async function () {
    this.timeout(120_000);
    tiny = await tradeStep(PROFILE.tiny);
  });
  const accepts = (input: Input): boolean => {
    try {
      tiny.read(input, ["c"]);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "WitnessRefused") return false;
      throw error;
    }
  };

  describe("pins every input that decides anything", () => {
    const free = (input: Input): readonly Place[] => {
      assert(accepts(input));
      return Object.entries(input)
        .flatMap(([name, signal]) => placesOf(name, signal))
        .filter(({ name, path, value }) => {
          const others = [(value + 1n) % FIELD, value < 2n ? 1n - value : FIELD - value];
          return others.some((other) => other !== value && accepts(changed(input, name, path, other)));
        });
    };

    it("of a trade", function () {
      this.timeout(240_000).slow(60_000);
      const places = free(honest(aTrade()));
      assert(places.some(({ name }) => name === "isLossBefore"));
      assert.deepEqual(
        places.filter(({ name }) => !UNDECIDED.includes(name)),
        [],
      );
    });

    it("of a trade that lets a sinking account reduce", function () {
      this.timeout(240_000).slow(60_000);
      const state = worldState({
        accounts: [
          { cash: 12_000n * USD_CASH, positions: [0n, 0n, -10_000n] },
          { cash: 100_000n * USD_CASH, positions: [0n, 0n, 10_000n] },
        ],
      });
      const input = honest(aTrade(state));
      assert.deepEqual(input["isReducing"], [1n, 0n]);
      const places = free(input).filter(
        ({ name, path }) => !UNDECIDED.includes(name) || (name !== "b" && path[0] === 0),
      );
      // Of the sinking account the loss before may only be understated, which makes the bar higher.
      assert.deepEqual(
        places.filter(({ name }) => name !== "isLossBefore"),
        [],
      );
    });

    it("of a registration and a cancel", function () {
      this.timeout(240_000).slow(60_000);
      const state = world();
      const lanes = [lane(3, [], register(3, 5n * USD_CASH)), lane(0, [run(signed(state, cancel(state, 0, 1n)))])];
      const places = free(honest({ state, step: step(state, lanes) }));
      // Nobody holds a position: every scenario is as bad as none.
      const wanting = places.filter(({ name, path }) => {
        if (name === "b") return path[0] === 0;
        if (IDLE.includes(name)) return path[0] !== 0;
        return ![...UNDECIDED, "isLossAfter"].includes(name);
      });
      assert.deepEqual(wanting, []);
    });
  });

  describe("leaves no signal free", () => {
    // In a place without an intent the nonce is 0, and a proof of that leaves its inverse open.
    const isInverse = (name: string): boolean => name.endsWith("inverse");
    const state = world();
    const steps = {
      "of a trade": aTrade().step,
      "of a registration and a withdrawal": step(state, [
        lane(3, [], register(3, 5n)),
        lane(0, [run(signed(state, withdraw(state, 0, 1n, 7n)))]),
      ]),
      "of a step with a padding lane": aCancel().step,
    };
    for (const [name, each] of Object.entries(steps)) {
      it(name, function () {
        this.timeout(60_000).slow(30_000);
        const input = honest({ state, step: each });
        assert.deepEqual(
          tiny.loose(input).filter((wire) => !isInverse(wire)),
          [],
        );
        assert.deepEqual(
          tiny.movable(input).filter((wire) => !isInverse(wire)),
          [],
        );
      });
    }
  });

  describe("grants no margin for a false advice", () => {
    const ofMargin = REFUSED_STEPS.filter(({ code }) =>
      ["InsufficientMargin", "ReducingOnly", "PriceBand", "NegativeCash"].includes(code),
    );
    const forgedOf = ({ make }: Refusal): Input => {
      const { state, step } = make();
      return { ...tradeInput(forgeTrade(state, step)) };
    };
    for (const each of ofMargin) {
      it(`on ${each.name}`, () => {
        const input = forgedOf(each);
        const bits = [0n, 1n];
        const chosen = [
          [0n, 0n],
          [1n, 0n],
          [0n, 1n],
        ];
        for (const isReducing of bits.flatMap((first) => bits.map((second) => [first, second]))) {
          for (const before of chosen) {
            for (const after of chosen) {
              const lie = { ...input, isReducing, isLossBefore: [[before], [before]], isLossAfter: [[after], [after]] };
              assert.equal(accepts(lie), false, `isReducing ${isReducing}, before ${before}, after ${after}`);
            }
          }
        }
      })
        .timeout(120_000)
        .slow(30_000);
    }

    it("takes only the worst scenario after the lane", () => {
      const input = honest(aTrade());
      for (const lie of [
        [0n, 0n],
        [1n, 1n],
      ])
        tiny.rejects(
          { ...input, isLossAfter: [[lie], [[0n, 1n]]] },
          "CheckWorstLoss/Uint/CheckRange",
          "CheckWorstLoss/CheckActualLoss/Bool",
        );
    });
  });

  describe("keeps order among lanes", () => {
    const idle = (input: Input, isUsed: readonly bigint[]): Input => ({ ...input, isUsed });
    it("uses the first lane", () => {
      tiny.rejects(idle(honest({ state: world(), step: step(world(), [lane(0, [])]) }), [0n, 0n]), "TradeStep");
    });
    it("uses lanes without a gap, and used ones wholly (attacks 13, 34)", () => {
      tiny.rejects(idle(honest(aTrade()), [1n, 0n]), "Lane");
      tiny.rejects(idle(honest(aTrade()), [0n, 1n]), "Lane");
      tiny.rejects(idle(honest(aTrade()), [2n, 1n]), "Lane/Bool");
      const padded = honest({ state: world(), step: step(world(), [lane(0, [])]) });
      tiny.rejects(idle(padded, [0n, 1n]), "TradeStep");
      // Claiming the padding lane as used changes the words that L1 hashed.
      tiny.rejects(idle(padded, [1n, 1n]), "TradeStep");
    });
    it("consumes no request in a lane that is not used", () => {
      const input = honest({ state: world(), step: step(world(), [lane(0, [])]) });
      tiny.rejects({ ...input, isDeposit: [0n, 1n], amount: [0n, 5n] }, "Lane");
    });
    it("opens no account twice from the same root (attack 31)", () => {
      const state = world();
      const input = honest({ state, step: step(state, [lane(0, [], deposit(0, 5n)), lane(0, [], deposit(0, 7n))]) });
      const { accountChildren, cash } = input as { accountChildren: Signal[]; cash: Signal[] };
      tiny.rejects(
        { ...input, accountChildren: [accountChildren[0] ?? [], accountChildren[0] ?? []] },
        "UpdatePath/CheckChild",
        "Lane",
      );
      tiny.rejects({ ...input, cash: [cash[0] ?? 0n, cash[0] ?? 0n] }, "UpdatePath/CheckChild");
    });
    it("opens no leaf of another account, and no node in its place (attacks 31, 32)", () => {
      const input = honest(aCancel());
      const { accountBits, accountChildren } = input as { accountBits: bigint[][]; accountChildren: bigint[][][] };
      const [first = [], second = []] = accountBits;
      tiny.rejects({ ...input, accountBits: [first.with(0, 1n), second] }, "UpdatePath/CheckChild", "EdDSAPoseidon");
      tiny.rejects({ ...input, accountBits: [first.with(0, 2n), second] }, "EdDSAPoseidon", "Lane/Bool");
      const [[leaves = [], nodes = []] = [], other = []] = accountChildren;
      tiny.rejects({ ...input, accountChildren: [[nodes, leaves], other] }, "UpdatePath/CheckChild", "Lane");
    });
  });
});

describe("CheckStale", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit("trade/step.circom", "CheckStale", []);
  });
  const input = (age: bigint, isStale: bigint) => ({
    timestamp: NOW,
    marksTimestamp: NOW - age,
    maxAge: PARAMETERS.maxMarksAge,
    isStale,
  });
  it("has one witness on either side of the age allowed, and never the other", () => {
    for (const more of [-PARAMETERS.maxMarksAge, -1n, 0n, 1n, NOW - PARAMETERS.maxMarksAge]) {
      const age = PARAMETERS.maxMarksAge + more;
      const isStale = more > 0n ? 1n : 0n;
      assert.equal(check.read(input(age, isStale), ["out"]).out, isStale);
      check.rejects(input(age, 1n - isStale), "CheckStale/Uint/CheckRange");
    }
    check.rejects(input(1n, 2n), "CheckStale/Bool");
  });
  it("takes marks of the future for fresh", () => {
    assert.equal(check.read(input(-5n, 0n), ["out"]).out, 0n);
    check.rejects(input(-5n, 1n), "CheckStale/Uint/CheckRange");
  });
  it("leaves no signal free", () => {
    assert.deepEqual(check.movable(input(1n, 0n)), []);
    assert.deepEqual(check.movable(input(NOW, 1n)), []);
  });
});
