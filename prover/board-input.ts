/**
 * From the trace of a `board` step to the inputs of its circuit: names as in `circuits/board/step.circom`.
 * @module
 */
import { publicInputs } from "#protocol/binding.ts";
import { accrual, interest, listing, STATUS_SHIFT } from "#protocol/board.ts";
import type { BoardEffect, BoardTrace } from "#protocol/board-step.ts";
import { marksElements, slotsOf } from "#protocol/marks.ts";
import { BOARD_OPERATION, quorum, SETTLEMENT_SOURCE, underlyingOfSlot } from "#protocol/params.ts";
import type { Series } from "#protocol/series.ts";
import { gridHash, oracleKeys, riskValues, type State } from "#protocol/state.ts";
import type { CircuitInput } from "./calculator.ts";
import { bit, stateInput } from "./state-input.ts";

export function boardInput({ before, timestamp, effect, averages, words }: BoardTrace): CircuitInput {
  const { profile, board } = before;
  const { accrualHash: _, ...state } = stateInput(before);
  return {
    ...publicInputs(words),
    ...state,
    timestamp,
    deficit: before.globals.deficit,
    oracle: oracleKeys(profile, before.parameters).map(({ x, y }) => [x, y]),
    gridHash: gridHash(profile),
    marksPart: before.marks.underlyings.map((_, underlying) => marksElements(profile, before.marks, underlying)),
    seriesHash: board.map((slot) => listing(slot)[0]),
    status: board.map((slot) => listing(slot)[1]),
    interest: board.map((slot) => [...interest(slot)]),
    accrual: board.map((slot) => [...accrual(slot)]),
    ...operationInput(before, effect),
    ...averagesInput(before, averages),
  };
}

/** The series that a step lists or settles; one without terms where there is none. */
function seriesOf({ board }: State, effect: BoardEffect): Pick<Series, "kind" | "strike" | "expiry"> {
  const series = effect.kind === "list" ? effect.series : effect.kind === "settle" ? board[effect.slot]?.series : null;
  return series ?? { kind: "call", strike: 0n, expiry: 0n };
}

function operationInput(before: State, effect: BoardEffect): CircuitInput {
  const { profile, board, marks } = before;
  const slot = "slot" in effect ? effect.slot : 0;
  const [, status = 0n] = board[slot] ? listing(board[slot]) : [];
  const { kind, strike, expiry } = seriesOf(before, effect);
  const after = effect.kind === "parameters" ? effect.parameters : before.parameters;
  return {
    operation: BigInt(BOARD_OPERATION[effect.kind]),
    slot: BigInt(slot),
    slotStatus: status >> STATUS_SHIFT,
    isPut: bit(kind === "put"),
    strike,
    expiry,
    cap: effect.kind === "list" ? effect.cap : 0n,
    isFallback: bit(effect.kind === "settle" && effect.source === SETTLEMENT_SOURCE.lastMark),
    mark: slotsOf(profile, underlyingOfSlot(profile, slot)).map((each) => marks.slots[each]?.mark ?? 0n),
    isLong: bit(effect.kind === "socialise" && effect.side === "long"),
    isShort: bit(effect.kind === "socialise" && effect.side === "short"),
    riskNew: riskValues(after),
    oracleNew: oracleKeys(profile, after).map(({ x, y }) => [x, y]),
  };
}

/** One place per oracle. Where nothing is settled by a quorum the first oracles stand for one, and sign nothing. */
function averagesInput({ profile }: State, averages: BoardTrace["averages"]): CircuitInput {
  const places = Array.from({ length: profile.oracles }, (_, oracle) =>
    averages.find((each) => each.oracle === oracle),
  );
  const isSigned = (oracle: number) => (averages.length > 0 ? places[oracle] !== undefined : oracle < quorum(profile));
  const signatures = places.map((own) => (own ? [own.start.signature, own.end.signature] : [null, null]));
  return {
    isSigned: places.map((_, oracle) => bit(isSigned(oracle))),
    sum: places.map((own) => own?.start.spotSum.sum ?? 0n),
    growth: places.map((own) => own?.growth ?? 0n),
    r8: signatures.map((both) => both.map((each) => (each ? [each.r8.x, each.r8.y] : [0n, 0n]))),
    s: signatures.map((both) => both.map((each) => each?.s ?? 0n)),
  };
}
