/**
 * Everything by which a `board` step can break a rule, each breaking one: what the twin refuses by this code and the circuit in
 * this template. Numbers in the names are those of the list of attacks.
 * @module
 */
import type { Slot } from "#protocol/board.ts";
import { EMPTY_SLOT } from "#protocol/board.ts";
import { type BoardOperation, type BoardStep, type BoardTrace, carriedOut, type List } from "#protocol/board-step.ts";
import type { ProtocolErrorCode } from "#protocol/errors.ts";
import { toField } from "#protocol/field.ts";
import { GRID, NEVER, SETTLEMENT, SETTLEMENT_SOURCE } from "#protocol/params.ts";
import { perpetual, type Series } from "#protocol/series.ts";
import { fallbackPayoff, payoff, type SignedAverage } from "#protocol/spot-sum.ts";
import type { Parameters, State } from "#protocol/state.ts";
import { average, type BoardSample, signSum } from "./random-board.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS, PARAMETERS, worldState } from "./world.ts";

export type BoardRefusal = {
  readonly name: string;
  readonly code: ProtocolErrorCode;
  /** Where the circuit refuses, as the end of a chain of templates; null if it has no input to say it with. */
  readonly by: string | null;
  readonly make: () => BoardSample;
};

const SPOT = 64_000n * 100_000_000n;
/** Growth of a sum over the average's seconds at one spot. */
export const grown = (spot: bigint): bigint => spot * SETTLEMENT.averageSeconds;
const [FIRST = new Uint8Array()] = ORACLE_SECRETS;

/** The world with one slot as it is given. */
const stateWith = (change: Partial<Slot>, at = 0): State => {
  const state = worldState();
  return { ...state, board: state.board.map((slot, each) => (each === at ? { ...slot, ...change } : slot)) };
};
const stepOf = (operation: BoardOperation, timestamp: bigint): BoardStep => ({ kind: "board", timestamp, operation });

const SERIES: Series = {
  underlying: 0,
  kind: "call",
  strike: 70_000n * GRID.strike,
  expiry: EXPIRY + GRID.daySeconds,
};
const listing = (change: Partial<List>, state = stateWith(EMPTY_SLOT), timestamp = NOW + 9n): BoardSample => ({
  state,
  step: stepOf({ kind: "list", slot: 0, series: SERIES, cap: 1_000n, ...change }, timestamp),
});
const listed = (change: Partial<Series>): BoardSample => listing({ series: { ...SERIES, ...change } });
/** Over a slot that was settled, and then this. */
const over = (change: Partial<Slot>): BoardSample =>
  listing({}, stateWith({ ...EMPTY_SLOT, series: { ...SERIES, expiry: EXPIRY }, status: "settled", ...change }));

/** The series of the world's first slot. */
const settled = (worldState().board[0] as Slot).series as Series;
/** Averages of the world's first oracles. */
export const averagesBy = (
  secrets: readonly Uint8Array[] = ORACLE_SECRETS.slice(0, 3),
  series: Series = settled,
  spot = SPOT,
): readonly SignedAverage[] => secrets.map((secret) => average(series, secret, grown(spot)));
const settling = (
  averages: readonly SignedAverage[] | null,
  timestamp = EXPIRY + 10n,
  change: Partial<Slot> = {},
): BoardSample => ({ state: stateWith(change), step: stepOf({ kind: "settle", slot: 0, averages }, timestamp) });
/** A quorum of which the last is this. */
const withLast = (last: SignedAverage): BoardSample => settling([...averagesBy().slice(0, 2), last]);
const at = (seconds: bigint, growth = 0n, secret = ORACLE_SECRETS[2] as Uint8Array, underlying = 0) =>
  signSum({ underlying, timestamp: EXPIRY + seconds, sum: 10n ** 20n + growth }, secret);
const honest = average(settled, ORACLE_SECRETS[2] as Uint8Array, grown(SPOT));

const parameters = (change: Partial<Parameters>): BoardSample => ({
  state: worldState(),
  step: stepOf({ kind: "parameters", parameters: { ...PARAMETERS, ...change } }, NOW + 9n),
});
const tooMuch: readonly (readonly [keyof Parameters, bigint])[] = [
  ["contingencyPpm", 1n << 20n],
  ["priceBandPpm", 1n << 20n],
  ["maxMarksAge", 1n << 32n],
  ["expiryGuard", 1n << 32n],
  ["deviationPpm", 1n << 20n],
  ["candidateAge", 1n << 32n],
  ["sizePpm", 1n << 20n],
  ["penaltyPpm", 1n << 20n],
  ["liquidationCap", 1n << 32n],
  ["fundingCapPpm", 1n << 20n],
  ["feeAccount", 1n << 24n],
];

/** The trace of a step with every check left out. */
export function forgeBoard({ state, step: { timestamp, operation } }: BoardSample): BoardTrace {
  if (operation.kind !== "settle") return carriedOut(state, timestamp, operation, []).trace;
  const { slot, averages: signed } = operation;
  const averages = (signed ?? []).map((each, oracle) => {
    const growth = each.end.spotSum.sum - each.start.spotSum.sum;
    return { ...each, oracle, growth };
  });
  const series = state.board[slot]?.series ?? settled;
  const paid = signed ? payoff(series, averages) : fallbackPayoff(state.marks.slots[slot]?.mark ?? 0n);
  const source = signed ? SETTLEMENT_SOURCE.quorum : SETTLEMENT_SOURCE.lastMark;
  return carriedOut(
    state,
    timestamp,
    { kind: "settle", slot, payoff: paid, source },
    averages.map((each) => ({ ...each, growth: toField(each.growth) })),
  ).trace;
}

const refusal = (
  name: string,
  code: ProtocolErrorCode,
  by: string | null,
  make: BoardRefusal["make"],
): BoardRefusal => ({ name, code, by, make });

const TERMS = "CheckSeriesTerms/Uint/CheckRange";
const TIMES = "CheckSettlement/Uint/CheckRange";
const SIGNED = "SpotSums/EdDSAPoseidon";

export const REFUSED_BOARD: readonly BoardRefusal[] = [
  refusal("a step before the last one (11)", "TimestampTooOld", "BoardStep/Uint/CheckRange", () =>
    listing({}, stateWith(EMPTY_SLOT), NOW - 1n),
  ),
  // Listing
  refusal("a listing over a live slot", "SlotTaken", "CheckListing", () => listing({}, worldState())),
  refusal("a listing over a listed slot", "SlotTaken", "CheckListing", () =>
    listing({}, stateWith({ status: "listed" })),
  ),
  refusal("a listing over an expired slot", "SlotTaken", "CheckListing", () =>
    listing({}, stateWith({ status: "expired" })),
  ),
  refusal("a listing over a settled slot while a long is unvisited", "SlotTaken", "CheckListing", () =>
    over({ openLong: 1n }),
  ),
  refusal("a listing over a settled slot while a short is unvisited", "SlotTaken", "CheckListing", () =>
    over({ openShort: 1n }),
  ),
  refusal("a listing over a settled slot that owes its longs' debts", "SlotTaken", "CheckListing", () =>
    over({ deficitLong: 1n }),
  ),
  refusal("a listing over a settled slot that owes its shorts' debts", "SlotTaken", "CheckListing", () =>
    over({ deficitShort: 1n }),
  ),
  refusal("a series that stands in another slot (42)", "SeriesListed", "CheckListing", () =>
    listing({ series: (worldState().board[2] as Slot).series as Series }),
  ),
  refusal("a strike that is off the grid (42)", "OffGrid", TERMS, () => listed({ strike: SERIES.strike + 1n })),
  refusal("a strike of half a dollar more (42)", "OffGrid", TERMS, () =>
    listed({ strike: SERIES.strike + GRID.strike / 2n }),
  ),
  refusal("a strike of 0", "OutOfRange", TERMS, () => listed({ strike: 0n })),
  refusal("a strike beyond 2^54", "OutOfRange", TERMS, () =>
    listed({ strike: ((1n << 54n) / GRID.strike + 1n) * GRID.strike }),
  ),
  refusal("an expiry that is off the grid", "OffGrid", TERMS, () => listed({ expiry: SERIES.expiry + 60n })),
  refusal("an expiry that is now", "SeriesExpiring", TERMS, () =>
    listing({ series: { ...SERIES, expiry: EXPIRY } }, stateWith(EMPTY_SLOT), EXPIRY),
  ),
  refusal("an expiry that is past", "SeriesExpiring", TERMS, () => listed({ expiry: EXPIRY - 30n * GRID.daySeconds })),
  refusal("an option that never expires", "OutOfRange", TERMS, () => listed({ expiry: NEVER })),
  refusal("a series of another underlying (42)", "WrongSlot", "BoardStep", () => listed({ underlying: 1 })),
  refusal("a perpetual in an option's place", "WrongSlot", TERMS, () => listing({ series: perpetual(0) })),
  refusal("a call in the perpetual's place", "WrongSlot", "CheckSeriesTerms", () =>
    listing({ slot: 3 }, stateWith(EMPTY_SLOT, 3)),
  ),
  refusal("a put in the perpetual's place", "WrongSlot", "BoardStep", () =>
    listing({ slot: 3, series: { ...SERIES, kind: "put" } }, stateWith(EMPTY_SLOT, 3)),
  ),
  refusal("a perpetual with a strike", "OffGrid", "CheckSeriesTerms", () =>
    listing({ slot: 3, series: { ...perpetual(0), strike: GRID.strike } }, stateWith(EMPTY_SLOT, 3)),
  ),
  refusal("a perpetual that expires", "OffGrid", "CheckSeriesTerms", () =>
    listing({ slot: 3, series: { ...perpetual(0), expiry: SERIES.expiry } }, stateWith(EMPTY_SLOT, 3)),
  ),
  refusal("a cap of 2^40", "OutOfRange", "CheckListing/Uint/CheckRange", () => listing({ cap: 1n << 40n })),
  refusal("a slot that the board does not have", "WrongSlot", null, () => listing({ slot: 4 })),
  // Settlement
  refusal("a settlement before expiry (40)", "NotExpired", TIMES, () => settling(averagesBy(), EXPIRY - 1n)),
  refusal("a second settlement (40)", "NotSettleable", "CheckSettlement", () =>
    settling(averagesBy(), EXPIRY + 10n, { status: "settled", index: 5n }),
  ),
  refusal("a settlement of what was never priced", "NotSettleable", "CheckSettlement", () =>
    settling(averagesBy(), EXPIRY + 10n, { status: "listed" }),
  ),
  refusal("a settlement of nothing", "NotSettleable", "BoardStep", () =>
    settling(averagesBy(), EXPIRY + 10n, EMPTY_SLOT),
  ),
  refusal("a settlement of a perpetual", "NotExpired", TIMES, () => ({
    state: worldState(),
    step: stepOf({ kind: "settle", slot: 3, averages: averagesBy(undefined, perpetual(0)) }, EXPIRY),
  })),
  refusal("the last mark before a day has passed (40)", "NotExpired", TIMES, () =>
    settling(null, EXPIRY + SETTLEMENT.fallbackSeconds - 1n),
  ),
  refusal("sums of two oracles of four (47)", "NoQuorum", "CheckMajority/Uint/CheckRange", () =>
    settling(averagesBy(ORACLE_SECRETS.slice(0, 2))),
  ),
  refusal("sums of one oracle twice (49)", "BadReport", SIGNED, () =>
    settling(averagesBy([FIRST, FIRST, ...ORACLE_SECRETS.slice(2, 3)])),
  ),
  refusal("sums of oracles out of order (49)", "BadReport", SIGNED, () =>
    settling(averagesBy([1, 0, 2].map((oracle) => ORACLE_SECRETS[oracle] as Uint8Array))),
  ),
  refusal("sums by an unknown signer (49)", "BadSignature", SIGNED, () =>
    withLast(average(settled, new Uint8Array(32).fill(9), grown(SPOT))),
  ),
  refusal("two sums by two oracles", "BadSignature", SIGNED, () =>
    withLast({ ...honest, end: at(0n, grown(SPOT), ORACLE_SECRETS[3]) }),
  ),
  refusal("sums signed for another contract (27)", "BadSignature", SIGNED, () =>
    withLast({ ...honest, end: signSum(honest.end.spotSum, ORACLE_SECRETS[2] as Uint8Array, DOMAIN + 1n) }),
  ),
  refusal("a sum of a second after expiry (50)", "BadReport", SIGNED, () =>
    withLast({ ...honest, end: at(1n, grown(SPOT)) }),
  ),
  refusal("a sum that begins a second late (50)", "BadReport", SIGNED, () =>
    withLast({ ...honest, start: at(1n - SETTLEMENT.averageSeconds) }),
  ),
  refusal("sums of another underlying (50)", "BadReport", SIGNED, () =>
    withLast({
      start: at(-SETTLEMENT.averageSeconds, 0n, ORACLE_SECRETS[2], 1),
      end: at(0n, grown(SPOT), ORACLE_SECRETS[2], 1),
    }),
  ),
  refusal("a sum that falls (52)", "OutOfRange", "SpotSums/Uint/CheckRange", () =>
    withLast(average(settled, ORACLE_SECRETS[2] as Uint8Array, -1n)),
  ),
  refusal("a sum that grows by 2^64 (52)", "OutOfRange", "SpotSums/Uint/CheckRange", () =>
    withLast(average(settled, ORACLE_SECRETS[2] as Uint8Array, 1n << 64n)),
  ),
  refusal("a sum of 2^96 (52)", "OutOfRange", "SpotSums/Uint/CheckRange", () =>
    withLast(average(settled, ORACLE_SECRETS[2] as Uint8Array, grown(SPOT), 1n << 96n)),
  ),
  // Socialisation
  refusal("nobody's deficit in a slot", "WrongSlot", "BoardStep", () => ({
    state: worldState(),
    step: stepOf({ kind: "socialise", slot: 1, side: "nobody" }, NOW + 9n),
  })),
  // Parameters
  ...tooMuch.map(([name, value]) =>
    refusal(`${name} of ${value}`, "OutOfRange", "CheckRisk/Uint/CheckRange", () => parameters({ [name]: value })),
  ),
  refusal("epsilonPpm of 0", "OutOfRange", "CheckRisk/Uint/CheckRange", () => parameters({ epsilonPpm: 0n })),
  refusal("epsilonPpm of 2^20", "OutOfRange", "CheckRisk/Uint/CheckRange", () => parameters({ epsilonPpm: 1n << 20n })),
  refusal("leveragePpm of 2^20", "OutOfRange", "CheckRisk/Uint/CheckRange", () =>
    parameters({ leveragePpm: [1n << 20n] }),
  ),
  refusal("leverage limits of more underlyings than there are", "OutOfRange", null, () =>
    parameters({ leveragePpm: [1n, 1n] }),
  ),
  refusal("one oracle in two places", "BadKey", null, () => {
    const [first, second, third] = PARAMETERS.oracles;
    return parameters({ oracles: [first, second, third, first].flatMap((key) => key ?? []) });
  }),
  refusal("an oracle key of small order (28)", "BadKey", null, () => parameters({ oracles: [{ x: 0n, y: 1n }] })),
];
