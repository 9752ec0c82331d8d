import assert from "node:assert/strict";
import fc from "fast-check";
import { accrue, settled, sideIndex } from "#protocol/accrue.ts";
import { abs, toField } from "#protocol/field.ts";
import { SERIES_STATUS, type SeriesStatus } from "#protocol/params.ts";
import { accountOf, type State } from "#protocol/state.ts";
import { bit } from "#prover/state-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { withAccount, worldState } from "#test/support/world.ts";

const FILE = "trade/accrue.circom";
const BASE = worldState({ accounts: [{ cash: 0n }] });
const SLOTS = BASE.profile.series;
const signed = (bits: number) => fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n });
const loss = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n });
const many = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: SLOTS, maxLength: SLOTS });
const states: fc.Arbitrary<State> = fc
  .tuple(
    many(
      fc.record({
        status: fc.constantFrom(...(Object.keys(SERIES_STATUS) as SeriesStatus[])),
        index: signed(48),
        lossLong: loss,
        lossShort: loss,
      }),
    ),
    many(fc.record({ size: fc.oneof(signed(41), fc.constant(0n)), index: signed(50) })),
    signed(48),
  )
  .map(([slots, positions, index]) => ({
    ...withAccount(BASE, 0, { positions }),
    board: BASE.board.map((slot, at) => ({ ...slot, ...slots[at] })),
    marks: { ...BASE.marks, underlyings: BASE.marks.underlyings.map((each) => ({ ...each, index })) },
  }));
const side = (state: State) => ({
  long: state.board.map((_, slot) => toField(sideIndex(state, slot, false))),
  short: state.board.map((_, slot) => toField(sideIndex(state, slot, true))),
  isSettled: state.board.map(({ status }) => bit(status === "settled")),
});
const input = (state: State) => {
  const { positions } = accountOf(state, 0);
  return {
    side: side(state),
    size: positions.map(({ size }) => toField(size)),
    magnitude: positions.map(({ size }) => abs(size)),
    index: positions.map(({ index }) => toField(index)),
    isShort: positions.map(({ size }) => bit(size < 0n)),
  };
};
const [SAMPLE = BASE] = fc.sample(states, { numRuns: 1, seed: 3 });

describe("Accrue", () => {
  let accrues: Circuit;
  before(async () => {
    accrues = await circuit(FILE, "Accrue", [SLOTS]);
  });
  it("equals the specification", () =>
    fc.assert(
      fc.property(states, (state) => {
        const { account, paid } = accrue(state, accountOf(state, 0));
        assert.deepEqual(accrues.read(input(state), ["paid", "sizeAfter", "magnitudeAfter"]), {
          paid: toField(paid),
          sizeAfter: account.positions.map(({ size }) => toField(size)),
          magnitudeAfter: account.positions.map(({ size }) => abs(size)),
        });
      }),
    ));
  it("leaves no signal free", () => assert.deepEqual(accrues.movable(input(SAMPLE)), []));
});

describe("SettledIndex", () => {
  let index: Circuit;
  before(async () => {
    index = await circuit(FILE, "SettledIndex", [SLOTS]);
  });
  it("equals the specification, and leaves no signal free", () => {
    const of = (state: State) => ({ side: side(state), isShort: input(state).isShort });
    fc.assert(
      fc.property(states, (state) => {
        const { positions } = accountOf(state, 0);
        const expected = positions.map(({ size }, slot) => toField(settled(state, size, slot).index));
        assert.deepEqual(index.read(of(state), ["index"]).index, expected);
      }),
    );
    assert.deepEqual(index.movable(of(SAMPLE)), []);
  });
});
