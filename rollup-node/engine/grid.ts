/**
 * What follows from marks, board and parameters, worked out once per table: where each series sits, side-indices, and the
 * scenario prices as doubles for the filter of risk.ts.
 * @module
 */
import { sideIndex } from "#protocol/accrue.ts";
import { type Board, seriesHashes } from "#protocol/board.ts";
import { settledMark } from "#protocol/executed.ts";
import type { Marks } from "#protocol/marks.ts";
import { isPerpetualSlot, type Profile, underlyingOfSlot } from "#protocol/params.ts";
import type { Parameters, State } from "#protocol/state.ts";

/** Charges of one underlying as doubles: `unit` in 1e-8 USDC per unit of it, the others times that and parts per million. */
export type Charges = {
  readonly spot: number;
  readonly contingency: number;
  readonly epsilon: number;
  readonly size: number;
  readonly leverage: number;
};

export type Grid = {
  /** Slot by hash of its series. */
  readonly slotOf: ReadonlyMap<bigint, number>;
  readonly underlyingOf: readonly number[];
  readonly isPerpetual: readonly boolean[];
  /** 1e-2 USDC per unit. */
  readonly indexLong: readonly bigint[];
  readonly indexShort: readonly bigint[];
  /** Perpetuals' settled mark, 1e-2 USDC per unit; 0 of options. */
  readonly settledMarks: readonly bigint[];
  /** 1e-6 USDC per unit, exact: mark of each option (0 of a perpetual), and mark less price by slot and scenario. */
  readonly marks: Float64Array;
  readonly losses: Float64Array;
  /** Largest of a slot's `losses`, unsigned. */
  readonly largest: Float64Array;
  readonly charges: readonly Charges[];
};

export type GridInputs = {
  readonly profile: Profile;
  readonly board: Board;
  readonly marks: Marks;
  readonly parameters: Parameters;
};

export function gridOf({ profile, board, marks, parameters }: GridInputs): Grid {
  const state = { profile, board, marks } as State;
  const slots = board.map((_, slot) => slot);
  const scenarios = profile.scenarios.length;
  const isPerpetual = slots.map((slot) => isPerpetualSlot(profile, slot));
  const losses = new Float64Array(slots.length * scenarios);
  const largest = new Float64Array(slots.length);
  for (const slot of slots) {
    const row = marks.slots[slot];
    row?.prices.forEach((price, scenario) => {
      const loss = Number(row.mark - price);
      losses[slot * scenarios + scenario] = loss;
      largest[slot] = Math.max(largest[slot] ?? 0, Math.abs(loss));
    });
  }
  return {
    slotOf: new Map(seriesHashes(board).flatMap((hash, slot) => (hash === 0n ? [] : [[hash, slot] as const]))),
    underlyingOf: slots.map((slot) => underlyingOfSlot(profile, slot)),
    isPerpetual,
    indexLong: slots.map((slot) => sideIndex(state, slot, false)),
    indexShort: slots.map((slot) => sideIndex(state, slot, true)),
    settledMarks: slots.map((slot) => (isPerpetual[slot] ? settledMark(state, slot) : 0n)),
    marks: Float64Array.from(slots, (slot) => (isPerpetual[slot] ? 0 : Number(marks.slots[slot]?.mark ?? 0n))),
    losses,
    largest,
    charges: marks.underlyings.map(({ spot }, underlying) => ({
      spot: Number(spot),
      contingency: Number(spot * parameters.contingencyPpm),
      epsilon: Number(spot * parameters.epsilonPpm),
      size: Number(spot * parameters.sizePpm),
      leverage: Number(spot * (parameters.leveragePpm[underlying] ?? 0n)),
    })),
  };
}
