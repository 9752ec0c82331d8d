/**
 * The `board` step: one operation on the board or the parameters. It lists a series, settles one that expired, charges a side for
 * what bankrupt accounts owe, or changes the parameters. The executable twin of `circuits/board/step.circom`.
 * @module
 */
import { calldataWords, keccakWords, parseWords } from "./binding.ts";
import { EMPTY_SLOT, type Slot } from "./board.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import { floorDiv } from "./fixed-point.ts";
import { checkParameters } from "./genesis.ts";
import { LAYOUT, pack, unpack } from "./layout.ts";
import {
  BOARD_OPERATION,
  GRID,
  isPerpetualSlot,
  NEVER,
  type Profile,
  SERIES_KIND,
  SETTLEMENT,
  SETTLEMENT_SOURCE,
  type SeriesKind,
  underlyingOfSlot,
  WIDTH,
} from "./params.ts";
import { STRIKE_BITS } from "./precision.ts";
import { type Series, seriesHash, seriesName } from "./series.ts";
import { type AttributedAverage, attributedAverages, fallbackPayoff, payoff, type SignedAverage } from "./spot-sum.ts";
import { oracleKeys, type Parameters, parametersOf, riskValues, type State, stateRoot } from "./state.ts";

/** Puts a series into an empty slot, or over a settled one that nobody holds any more. */
export type List = { readonly kind: "list"; readonly slot: number; readonly series: Series; readonly cap: bigint };
/** Fixes the payoff of an expired series: by the averages of a quorum, or without them by the last mark. */
export type Settle = {
  readonly kind: "settle";
  readonly slot: number;
  readonly averages: readonly SignedAverage[] | null;
};
/** Repays a deficit: out of the insurance fund, then by a charge on those who are long, or short; nobody's by the fund alone. */
export type Socialise = { readonly kind: "socialise"; readonly slot: number; readonly side: Side };
/** Replaces risk values and oracles. L1 admits it only after it was announced long enough. */
export type SetParameters = { readonly kind: "parameters"; readonly parameters: Parameters };
export type BoardOperation = List | Settle | Socialise | SetParameters;

/** Whom a deficit is charged to; `nobody` is that of the globals, with slot 0. */
export type Side = keyof typeof SIDE_CODE;
const SIDE_CODE = { nobody: 0n, long: 1n, short: 2n } as const;

export type BoardStep = { readonly kind: "board"; readonly timestamp: bigint; readonly operation: BoardOperation };

/** All that a step does, beside the state: what its words publish. */
export type BoardEffect =
  | List
  | { readonly kind: "settle"; readonly slot: number; readonly payoff: bigint; readonly source: bigint }
  | Socialise
  | SetParameters;

export type BoardTrace = {
  readonly kind: "board";
  readonly before: State;
  readonly after: State;
  readonly timestamp: bigint;
  readonly effect: BoardEffect;
  /** Of a settlement by quorum, by ascending oracle; else none. */
  readonly averages: readonly AttributedAverage[];
  readonly words: readonly bigint[];
};

/** Applies a step. Throws `ProtocolError` on whatever the circuit would not prove. */
export function applyBoard(
  state: State,
  { timestamp, operation }: BoardStep,
): { readonly state: State; readonly trace: BoardTrace } {
  // 1 Time
  if (timestamp < state.globals.timestamp)
    refuse("TimestampTooOld", `step timestamp ${timestamp} is before the last step's, ${state.globals.timestamp}`);
  // 2 The operation
  const { effect, averages } = checkedOperation(state, operation, timestamp);
  // 3 State and words
  return carriedOut(state, timestamp, effect, averages);
}

/** The step that does this, whether or not a rule allows it. */
export function carriedOut(
  state: State,
  timestamp: bigint,
  effect: BoardEffect,
  averages: readonly AttributedAverage[],
): { readonly state: State; readonly trace: BoardTrace } {
  const after = withEffect(state, timestamp, effect);
  const words = boardWords(state, after, effect);
  return { state: after, trace: { kind: "board", before: state, after, timestamp, effect, averages, words } };
}

type Checked = { readonly effect: BoardEffect; readonly averages: readonly AttributedAverage[] };

function checkedOperation(state: State, operation: BoardOperation, timestamp: bigint): Checked {
  switch (operation.kind) {
    case "list":
      checkListing(state, operation, timestamp);
      return { effect: operation, averages: [] };
    case "settle":
      return settlement(state, operation, timestamp);
    case "socialise":
      if (operation.side === "nobody" && operation.slot !== 0)
        refuse("WrongSlot", "a deficit that nobody is charged for stands in no slot");
      slotAt(state, operation.slot);
      return { effect: operation, averages: [] };
    case "parameters":
      checkParameters(state.profile, operation.parameters);
      return { effect: operation, averages: [] };
  }
}

const slotAt = ({ board }: State, slot: number): Slot =>
  board[slot] ?? refuse("WrongSlot", `there is no slot ${slot}; the board has ${board.length}`);

/** Twin of `CheckListing`. Throws `WrongSlot`, `SlotTaken`, `SeriesListed`, `OffGrid`, `SeriesExpiring` or `OutOfRange`. */
function checkListing(state: State, { slot, series, cap }: List, timestamp: bigint): void {
  const { profile, board } = state;
  const { status, openLong, openShort, deficitLong, deficitShort } = slotAt(state, slot);
  const name = seriesName(series);
  // 1 The place
  if (
    series.underlying !== underlyingOfSlot(profile, slot) ||
    (series.kind === "perpetual") !== isPerpetualSlot(profile, slot)
  )
    refuse("WrongSlot", `slot ${slot} is no place for ${name}: margin relies on its underlying, pricing on its kind`);
  if (status !== "empty" && status !== "settled") refuse("SlotTaken", `slot ${slot} is ${status}`);
  if (openLong + openShort + deficitLong + deficitShort !== 0n)
    refuse("SlotTaken", `slot ${slot} is settled, and not all of it is paid`);
  const other = board.findIndex((each) => each.series !== null && seriesHash(each.series) === seriesHash(series));
  if (other >= 0) refuse("SeriesListed", `${name} stands in slot ${other}`);
  // 2 The series
  ranged("cap", cap, 0n, 1n << BigInt(WIDTH.size));
  if (series.kind === "perpetual") {
    if (series.strike !== 0n || series.expiry !== NEVER) refuse("OffGrid", "a perpetual has no strike and no expiry");
    return;
  }
  ranged("strike", series.strike, 1n, 1n << BigInt(STRIKE_BITS));
  ranged("expiry", series.expiry, 0n, NEVER);
  if (series.strike % GRID.strike !== 0n) refuse("OffGrid", `strike ${series.strike} is no multiple of ${GRID.strike}`);
  if (series.expiry % GRID.daySeconds !== GRID.expirySecond)
    refuse("OffGrid", `expiry ${series.expiry} is not at second ${GRID.expirySecond} of a day`);
  if (series.expiry <= timestamp) refuse("SeriesExpiring", `${name} has expired at ${timestamp}`);
}

/** Twin of `CheckSettlement`. Throws `NotSettleable`, `NotExpired` or what `attributedAverages` throws. */
function settlement(state: State, { slot, averages: signed }: Settle, timestamp: bigint): Checked {
  const { series, status } = slotAt(state, slot);
  if (!series || (status !== "live" && status !== "expired"))
    return refuse("NotSettleable", `slot ${slot} is ${status}`);
  const from = series.expiry + (signed ? 0n : SETTLEMENT.fallbackSeconds);
  if (timestamp < from)
    refuse(
      "NotExpired",
      `${seriesName(series)} settles${signed ? "" : " without a quorum"} from ${from}; it is ${timestamp}`,
    );
  if (!signed) {
    const paid = fallbackPayoff(state.marks.slots[slot]?.mark ?? 0n);
    return { effect: { kind: "settle", slot, payoff: paid, source: SETTLEMENT_SOURCE.lastMark }, averages: [] };
  }
  const set = { profile: state.profile, domain: state.domain, oracles: state.parameters.oracles };
  const averages = attributedAverages(set, series, signed);
  return {
    effect: { kind: "settle", slot, payoff: payoff(series, averages), source: SETTLEMENT_SOURCE.quorum },
    averages,
  };
}

/** What repays a deficit. All 1e-6 USDC but `raise`, 1e-2 USDC per unit, which is 1e-6 USDC per lot. */
export type Repayment = { readonly paid: bigint; readonly raise: bigint; readonly charged: bigint };

/**
 * Twin of `Repayment`: the insurance fund first, then every open lot alike, rounded down in favour of the holders: what is left
 * stays a deficit until the fund has it.
 */
export function repayment(insurance: bigint, deficit: bigint, open: bigint): Repayment {
  const paid = insurance < deficit ? insurance : deficit;
  const raise = open > 0n ? floorDiv(deficit - paid, open).quotient : 0n;
  return { paid, raise, charged: raise * open };
}

/** The state after a step that does this. Throws `OutOfRange` if a balance or an index would leave its width. */
function withEffect(state: State, timestamp: bigint, effect: BoardEffect): State {
  const next = { ...state, globals: { ...state.globals, number: state.globals.number + 1n, timestamp } };
  const withSlot = (at: number, slot: Slot): State => ({ ...next, board: next.board.with(at, slot) });
  switch (effect.kind) {
    case "list":
      return withSlot(effect.slot, { ...EMPTY_SLOT, series: effect.series, status: "listed", cap: effect.cap });
    case "settle":
      return withSlot(effect.slot, { ...slotAt(state, effect.slot), status: "settled", index: effect.payoff });
    case "socialise":
      return socialised(next, effect);
    case "parameters":
      return { ...next, parameters: effect.parameters };
  }
}

/** What is charged is owed by accounts that are visited later: `clearing` falls by it, as the deficit does. */
function socialised(state: State, { slot: at, side }: Socialise): State {
  const { globals, board } = state;
  const slot = slotAt(state, at);
  const owed: Readonly<Record<Side, readonly [deficit: bigint, open: bigint]>> = {
    nobody: [globals.deficit, 0n],
    long: [slot.deficitLong, slot.openLong],
    short: [slot.deficitShort, slot.openShort],
  };
  const [deficit, open] = owed[side];
  const { paid, raise, charged } = repayment(globals.insurance, deficit, open);
  const left = deficit - paid - charged;
  const raised = (loss: bigint) => ranged("loss index", loss + raise, 0n, 1n << BigInt(WIDTH.index - 1));
  const changed: Slot =
    side === "long"
      ? { ...slot, deficitLong: left, lossLong: raised(slot.lossLong) }
      : side === "short"
        ? { ...slot, deficitShort: left, lossShort: raised(slot.lossShort) }
        : slot;
  return {
    ...state,
    board: board.with(at, changed),
    globals: {
      ...globals,
      insurance: globals.insurance - paid,
      clearing: signedInt("clearing", globals.clearing - charged, WIDTH.cash),
      deficit: side === "nobody" ? left : globals.deficit,
    },
  };
}

function boardWords(before: State, after: State, effect: BoardEffect): readonly bigint[] {
  const { profile, globals, domain } = after;
  const isParameters = effect.kind === "parameters";
  return calldataWords(profile, {
    header: {
      kind: "board",
      timestamp: globals.timestamp,
      number: globals.number,
      oldRoot: stateRoot(before),
      newRoot: stateRoot(after),
      domain,
    },
    entries: [
      [[operationWord(effect), effect.kind === "list" ? listingWord(effect.series) : 0n]],
      isParameters ? riskValues(effect.parameters).map((value) => [value]) : [],
      isParameters ? oracleKeys(profile, effect.parameters).map(({ x, y }) => [x, y]) : [],
    ],
  });
}

/** What the operator announces on L1 ahead of a step that brings in these parameters: the hash of the step's words for them. */
export const parametersHash = (profile: Profile, parameters: Parameters): bigint =>
  keccakWords([...riskValues(parameters), ...oracleKeys(profile, parameters).flatMap(({ x, y }) => [x, y])]);

function operationWord(effect: BoardEffect): bigint {
  const none = { slot: 0n, value: 0n, source: 0n };
  const about = (): typeof none => {
    switch (effect.kind) {
      case "list":
        return { ...none, slot: BigInt(effect.slot), value: effect.cap };
      case "settle":
        return { slot: BigInt(effect.slot), value: effect.payoff, source: effect.source };
      case "socialise":
        return { ...none, slot: BigInt(effect.slot), value: SIDE_CODE[effect.side] };
      case "parameters":
        return none;
    }
  };
  return pack(LAYOUT.board, { operation: BigInt(BOARD_OPERATION[effect.kind]), ...about() });
}

const listingWord = ({ kind, strike, expiry }: Series): bigint =>
  pack(LAYOUT.listing, { kind: BigInt(SERIES_KIND[kind]), strike, expiry });

/** The state after a `board` step of which only the words are known, as on L1. Throws `BadWords` if it has other words. */
export function applyBoardFromWords(state: State, words: readonly bigint[]): State {
  const { header, entries, profile } = parseWords(words);
  const isNext = header.number === state.globals.number + 1n && header.domain === state.domain;
  const isHere = profile.name === state.profile.name && header.oldRoot === stateRoot(state);
  if (header.kind !== "board" || !isNext || !isHere)
    return refuse("BadWords", "these are not the words of a board step from this state");
  const effect = effectOf(profile, entries);
  const after = withEffect(state, header.timestamp, effect);
  const own = boardWords(state, after, effect);
  return own.length === words.length && own.every((word, at) => word === words[at])
    ? after
    : refuse("BadWords", "the words do not lead to the root that they name");
}

function effectOf(profile: Profile, entries: readonly (readonly (readonly bigint[])[])[]): BoardEffect {
  const [operations = [], risk = [], keys = []] = entries;
  const [head = 0n, second = 0n] = operations[0] ?? [];
  const { operation, slot: place, value, source } = unpack(LAYOUT.board, head);
  const slot = Number(place);
  if (slot >= profile.series) return refuse("BadWords", `there is no slot ${slot}`);
  switch (operation) {
    case BigInt(BOARD_OPERATION.list): {
      const { kind: code, strike, expiry } = unpack(LAYOUT.listing, second);
      const kind = (Object.keys(SERIES_KIND) as SeriesKind[]).find((each) => BigInt(SERIES_KIND[each]) === code);
      if (!kind) return refuse("BadWords", `${code} is no kind of series`);
      return {
        kind: "list",
        slot,
        cap: value,
        series: { underlying: underlyingOfSlot(profile, slot), kind, strike, expiry },
      };
    }
    case BigInt(BOARD_OPERATION.settle):
      return { kind: "settle", slot, payoff: value, source };
    case BigInt(BOARD_OPERATION.socialise): {
      const side = (Object.keys(SIDE_CODE) as Side[]).find((each) => SIDE_CODE[each] === value);
      return side ? { kind: "socialise", slot, side } : refuse("BadWords", `${value} is no side`);
    }
    case BigInt(BOARD_OPERATION.parameters):
      return {
        kind: "parameters",
        parameters: parametersOf(
          risk.map(([word = 0n]) => word),
          keys.map(([x = 0n, y = 0n]) => ({ x, y })),
        ),
      };
    default:
      return refuse("BadWords", `${operation} is no operation on the board`);
  }
}
