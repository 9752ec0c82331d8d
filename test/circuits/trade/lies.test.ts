import assert from "node:assert/strict";
import { FIELD, PROFILE } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import { applyTrade, type TradeStep } from "#protocol/trade.ts";
import type { SignalValue } from "#prover/calculator.ts";
import { tradeInput } from "#prover/trade-input.ts";
import type { Circuit } from "#test/support/circuit.ts";
import { forgeTrade } from "#test/support/forge.ts";
import type { Refusal } from "#test/support/refusals.ts";
import { REFUSED_STEPS } from "#test/support/refused-steps.ts";
import { tradeStep } from "#test/support/trade-circuit.ts";
import {
  backstop,
  cancel,
  deposit,
  forced,
  lane,
  markPrice,
  register,
  run,
  signed,
  socialised,
  step,
  taken,
  trade,
  USD_CASH,
  withdraw,
  worldState,
} from "#test/support/world.ts";

type Input = Record<string, SignalValue>;
type Path = readonly (string | number)[];
/** One number of an input; the path ends with its name, or with its place in an array. */
type Place = { readonly path: Path; readonly value: bigint };

const placesOf = (signal: SignalValue, path: Path = []): Place[] => {
  if (typeof signal === "bigint") return [{ path, value: signal }];
  if (Array.isArray(signal)) return signal.flatMap((item: SignalValue, at) => placesOf(item, [...path, at]));
  return Object.entries(signal).flatMap(([name, item]) => placesOf(item, [...path, name]));
};
const withValue = (signal: SignalValue, [at, ...rest]: Path, value: SignalValue): SignalValue => {
  if (at === undefined) return value;
  if (Array.isArray(signal))
    return signal.map((item: SignalValue, each) => (each === at ? withValue(item, rest, value) : item));
  const bus = signal as Input;
  return { ...bus, [at]: withValue(bus[at] ?? 0n, rest, value) };
};
const changed = (input: Input, path: Path, value: SignalValue): Input => withValue(input, path, value) as Input;
const valueAt = (signal: SignalValue, path: Path): SignalValue =>
  path.reduce((so, at) => (so as Record<string | number, SignalValue>)[at] ?? 0n, signal);
/** The last name on a path. */
const nameOf = (path: Path): string => path.findLast((at) => typeof at === "string") ?? "";

const honest = ({ state, step }: { readonly state: State; readonly step: TradeStep }): Input => ({
  ...tradeInput(applyTrade(state, step).trace),
});
const world = (cash = 100_000n): State =>
  worldState({ accounts: Array.from({ length: 3 }, () => ({ cash: cash * USD_CASH })) });
const aTrade = (state = world()) => ({
  state,
  step: trade(state, { slot: 2, lots: 10n, price: markPrice(state, 2), buyer: 0, seller: 1, nonce: 1n }),
});
/** A short that has sunk is bought back, from a backstop. */
const aLiquidation = () => {
  const state = worldState({
    accounts: [
      { cash: 3_000n * USD_CASH, positions: [0n, 0n, -10_000n] },
      { cash: 900_000n * USD_CASH, positions: [0n, 0n, 10_000n] },
    ],
  });
  const price = markPrice(state, 2) + 300n;
  const offer = signed(state, backstop(state, 1, 1n, 5_000n, 40n));
  return {
    state,
    step: step(state, [
      lane(0, [forced(2, 1_000n, price, 7n)]),
      lane(1, [taken(offer, { slot: 2, size: -1_000n, price })]),
    ]),
  };
};
const aCancel = (state = world()) => ({
  state,
  step: step(state, [lane(0, [run(signed(state, cancel(state, 0, 1n)))])]),
});

/**
 * Inputs that do not decide anything: a point where no key is written, the loss before a lane that meets initial margin, holding
 * oneself to the rules of a sinking account, saying of a slot in which nothing happens that it does not trade, by which of two
 * bounds open interest is within both, and whether a fund without a debt to pay suffices for it.
 */
const UNDECIDED = ["b", "isLossBefore", "isReducing", "isTrading", "isCapped", "isInsured"];
/** Where nothing is executed: terms that nothing signs. */
const IDLE = [
  "validUntil",
  "isPostOnly",
  "isIoc",
  "isReduceOnly",
  "isFok",
  "low",
  "high",
  "price",
  "isSigner",
  "isBulk",
  "bulkChildren",
  "bulkBits",
  "r8",
  "s",
];
/** A path from an intent that is signed alone, and limits that no request sets. */
const isUnused = (path: Path): boolean =>
  ["bulkChildren", "bulkBits"].includes(nameOf(path)) || path.slice(-2).join(".") === "asked.limits";

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
      return placesOf(input).filter(({ path, value }) => {
        const other = value < 2n ? 1n - value : (value + 1n) % FIELD;
        return accepts(changed(input, path, other));
      });
    };
    const names = (places: readonly Place[]) => [...new Set(places.map(({ path }) => path.join(".")))];
    const decided = ({ path }: Place): boolean => !UNDECIDED.includes(nameOf(path)) && !isUnused(path);

    it("of a trade", function () {
      this.timeout(240_000).slow(60_000);
      const places = free(honest(aTrade()));
      assert(places.some(({ path }) => nameOf(path) === "isLossBefore"));
      assert.deepEqual(names(places.filter(decided)), []);
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
      assert.equal(valueAt(input, ["visit", 0, "isReducing"]), 1n);
      // Of the sinking account the loss before may only be understated, which makes the bar higher.
      const places = free(input).filter(
        (place) => decided(place) || (nameOf(place.path) === "isReducing" && place.path[1] === 0),
      );
      assert.deepEqual(names(places), []);
    });

    it("of a liquidation that a backstop takes", function () {
      this.timeout(240_000).slow(60_000);
      const input = honest(aLiquidation());
      assert.equal(valueAt(input, ["visit", 0, "wish", 0, "isForced"]), 1n);
      // Nobody signs what is forced.
      const places = free(input).filter(
        (place) => decided(place) && !(place.path[1] === 0 && IDLE.includes(nameOf(place.path))),
      );
      assert.deepEqual(names(places), []);
    });

    it("of a registration and a cancel", function () {
      this.timeout(240_000).slow(60_000);
      const state = world();
      const lanes = [lane(3, [], register(3, 5n * USD_CASH)), lane(0, [run(signed(state, cancel(state, 0, 1n)))])];
      const places = free(honest({ state, step: step(state, lanes) }));
      // Nobody holds a position: every scenario is as bad as none.
      const wanting = places.filter((place) => {
        const name = nameOf(place.path);
        if (name === "b") return place.path[1] === 0;
        if (IDLE.includes(name) && place.path[2] === "wish") return place.path[1] !== 0 && decided(place);
        return decided(place) && name !== "isLossAfter";
      });
      assert.deepEqual(names(wanting), []);
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
    const cases = [
      ...Object.entries(steps).map(([name, each]) => [name, { state, step: each }] as const),
      ["of a liquidation that a backstop takes", aLiquidation()] as const,
    ];
    for (const [name, each] of cases) {
      it(name, function () {
        this.timeout(120_000).slow(30_000);
        const input = honest(each);
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
    const bits = [0n, 1n];
    const chosen = [
      [0n, 0n],
      [1n, 0n],
      [0n, 1n],
    ];
    const lies = bits.flatMap((first) =>
      bits.flatMap((second) =>
        chosen.flatMap((before) => chosen.map((after) => ({ isReducing: [first, second], before, after }))),
      ),
    );
    for (const each of ofMargin) {
      it(`on ${each.name}`, () => {
        const input = forgedOf(each);
        const visits = input["visit"] as readonly Input[];
        for (const { isReducing, before, after } of lies) {
          const visit = visits.map((honest, at) => ({
            ...honest,
            isReducing: isReducing[at] ?? 0n,
            isLossBefore: [before],
            isLossAfter: [after],
          }));
          assert.equal(
            accepts({ ...input, visit }),
            false,
            `isReducing ${isReducing}, before ${before}, after ${after}`,
          );
        }
      })
        .timeout(120_000)
        .slow(30_000);
    }

    it("takes only the worst scenario after the lane", () => {
      for (const lie of [
        [0n, 0n],
        [1n, 1n],
      ])
        tiny.rejects(
          changed(honest(aTrade()), ["visit", 0, "isLossAfter", 0], lie),
          "CheckWorstLoss/Uint/CheckRange",
          "CheckWorstLoss/CheckActualLoss/Bool",
        );
    });

    it("writes off nothing that is not owed", () => {
      tiny.rejects(changed(honest(aCancel()), ["visit", 0, "isWrittenOff"], 1n), "Lane", "UpdatePath/CheckChild");
      const empty = worldState({ accounts: [{ cash: 0n }] });
      const visit = honest({ state: empty, step: step(empty, [lane(0, [])]) });
      tiny.rejects(changed(visit, ["visit", 0, "isWrittenOff"], 1n), "CheckWriteOff/Uint/CheckRange");
    });
  });

  describe("keeps order among lanes", () => {
    const idle = (input: Input, isUsed: readonly bigint[]): Input =>
      isUsed.reduce((so, value, at) => changed(so, ["visit", at, "isUsed"], value), input);
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
      const asked = ["visit", 1, "asked"] as const;
      tiny.rejects(changed(changed(input, [...asked, "isDeposit"], 1n), [...asked, "amount"], 5n), "Lane");
    });
    it("opens no account twice from the same root (attack 31)", () => {
      const state = world();
      const input = honest({ state, step: step(state, [lane(0, [], deposit(0, 5n)), lane(0, [], deposit(0, 7n))]) });
      const first = (name: string) => valueAt(input, ["visit", 0, name]);
      const second = (name: string, value: SignalValue) => changed(input, ["visit", 1, name], value);
      tiny.rejects(second("accountChildren", first("accountChildren")), "UpdatePath/CheckChild", "Lane");
      tiny.rejects(second("cash", first("cash")), "UpdatePath/CheckChild");
    });
    it("opens no leaf of another account, and no node in its place (attacks 31, 32)", () => {
      const input = honest(aCancel());
      const digit = (value: bigint) => changed(input, ["visit", 0, "accountBits", 0], value);
      tiny.rejects(digit(1n), "UpdatePath/CheckChild", "EdDSAPoseidon");
      tiny.rejects(digit(2n), "EdDSAPoseidon", "Lane/Bool");
      const children = valueAt(input, ["visit", 0, "accountChildren"]) as readonly SignalValue[];
      tiny.rejects(
        changed(input, ["visit", 0, "accountChildren"], children.toReversed()),
        "UpdatePath/CheckChild",
        "Lane",
      );
    });
    it("changes nothing in a padding lane: no account earns there what no word tells (attack 34)", () => {
      const state = socialised(
        worldState({ accounts: [{ cash: 9n }, { cash: 100_000n * USD_CASH, positions: [10_000n] }] }),
        0,
        "long",
        5n,
      );
      const visits = honest({ state, step: step(state, [lane(0, []), lane(1, [])]) });
      tiny.rejects(idle(visits, [1n, 0n]), "Lane");
    });
  });
});
