import assert from "node:assert/strict";
import fc from "fast-check";
import { seriesHashes } from "#protocol/board.ts";
import { gainOf } from "#protocol/execute.ts";
import { bookedAtMark, type ExecutedLeg, type Legs, lotsOf, notionalOf } from "#protocol/executed.ts";
import { abs, toField } from "#protocol/field.ts";
import { FIELD, LEGS, SCALE, underlyingOfSlot } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import { bit, oneHot } from "#prover/state-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { worldState } from "#test/support/world.ts";

const ONE = worldState();
/** The same board shared by two underlyings of different spot. */
const TWO: State = {
  ...ONE,
  profile: { ...ONE.profile, underlyings: 2 },
  marks: {
    ...ONE.marks,
    underlyings: ONE.marks.underlyings.flatMap((each) => [each, { ...each, spot: each.spot / 3n }]),
    // The second slot of two is a perpetual's place then.
    slots: ONE.marks.slots.map((row, at) => (at === 1 ? { ...row, mark: 1_230_000n } : row)),
  },
};
const SLOTS = ONE.profile.series;
const perUnderlying = (state: State, value: (slot: number) => bigint) =>
  state.marks.underlyings.map((_, at) =>
    state.board.reduce((sum, __, slot) => (underlyingOfSlot(state.profile, slot) === at ? sum + value(slot) : sum), 0n),
  );
const input = (state: State, { legs, units }: Legs) => {
  const all = Array.from({ length: LEGS }, (_, at): ExecutedLeg => legs[at] ?? { slot: -1, ratio: 0n });
  return {
    isSlot: all.map(({ slot }) => oneHot(slot, SLOTS)),
    ratio: all.map(({ ratio }) => toField(ratio)),
    isNegative: all.map(({ ratio }) => bit(ratio < 0n)),
    units,
    isTrading: state.board.map(() => 1n),
    seriesHash: seriesHashes(state.board),
    mark: state.marks.slots.map(({ mark }) => mark),
    spot: state.marks.underlyings.map(({ spot }) => spot),
  };
};
const traded: fc.Arbitrary<Legs> = fc.record({
  legs: fc.array(
    fc.record({ slot: fc.integer({ min: 0, max: SLOTS - 1 }), ratio: fc.bigInt({ min: -2048n, max: 2047n }) }),
    { maxLength: LEGS },
  ),
  units: fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }),
});
const [STRADDLE, NONE]: readonly [Legs, Legs] = [
  {
    legs: [
      { slot: 0, ratio: 2n },
      { slot: 3, ratio: -1n },
    ],
    units: 7n,
  },
  { legs: [], units: 0n },
];

for (const state of [ONE, TWO]) {
  describe(`Legs, ${state.profile.underlyings} underlying(s)`, () => {
    let circuitOf: Circuit;
    before(async () => {
      circuitOf = await circuit("trade/legs.circom", "Legs", [SLOTS, state.profile.underlyings]);
    });
    it("equals the specification", () =>
      fc.assert(
        fc.property(traded, (all) => {
          const { legs, units } = all;
          const lotsIn = (slot: number) =>
            legs.reduce((sum, leg) => (leg.slot === slot ? sum + units * leg.ratio : sum), 0n);
          const at = <T>(of: (leg: ExecutedLeg) => T, none: T) =>
            Array.from({ length: LEGS }, (_, each) => (legs[each] ? of(legs[each]) : none));
          const hashes = seriesHashes(state.board);
          assert.deepEqual(
            circuitOf.read(input(state, all), [
              "isUsed",
              "hash",
              "slot",
              "magnitude",
              "change",
              "isIn",
              "lots",
              "notional",
              "value",
              "booked",
            ]),
            {
              isUsed: at(() => 1n, 0n),
              hash: at(({ slot }) => hashes[slot] ?? 0n, 0n),
              slot: at(({ slot }) => BigInt(slot), 0n),
              magnitude: at(({ ratio }) => abs(ratio), 0n),
              change: state.board.map((_, slot) => toField(lotsIn(slot))),
              isIn: perUnderlying(state, (slot) => BigInt(legs.filter((leg) => leg.slot === slot).length)),
              lots: lotsOf(all),
              notional: notionalOf(state, all),
              value: toField(gainOf(state, legs, units, 0n) / SCALE.marginPerEquity),
              booked: toField(bookedAtMark(state, all)),
            },
          );
        }),
        { examples: [[STRADDLE], [NONE]] },
      ));
    it("takes no lie about a slot, a sign, or what a leg that is not used moves", () => {
      const honest = input(state, STRADDLE);
      const rejects = (change: Partial<typeof honest>, ...by: [string, ...string[]]) =>
        circuitOf.rejects({ ...honest, ...change }, ...by);
      const slots = (leg: number, ...row: bigint[]) => ({ isSlot: honest.isSlot.with(leg, row) });
      rejects(slots(0, 1n, 1n, 0n, 0n), "Legs/Bool");
      rejects(slots(0, 2n, FIELD - 1n, 0n, 0n), "Legs/Bool");
      rejects(slots(0, FIELD - 1n, 1n, 1n, 0n), "Legs/Bool");
      // A gap among the legs, lots of an unused one, and one that does not trade.
      rejects(slots(0, 0n, 0n, 0n, 0n), "Legs");
      rejects({ ratio: honest.ratio.with(3, 1n) }, "Legs");
      rejects({ isTrading: [1n, 1n, 1n, 0n] }, "Legs");
      rejects({ isNegative: honest.isNegative.with(0, 1n) }, "CheckMagnitude/Uint/CheckRange");
      rejects({ isNegative: honest.isNegative.with(1, 0n) }, "CheckMagnitude/Uint/CheckRange");
      rejects({ ratio: honest.ratio.with(0, 2048n) }, "CheckMagnitude/Uint/CheckRange");
      rejects({ ratio: honest.ratio.with(1, FIELD - 2049n) }, "CheckMagnitude/Uint/CheckRange");
    });
    it("leaves no signal free", () => {
      assert.deepEqual(circuitOf.movable(input(state, STRADDLE)), []);
      assert.deepEqual(circuitOf.movable(input(state, NONE)), []);
    });
  });
}
