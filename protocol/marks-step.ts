/**
 * The `marks` step: signed reports in, a proved price table out. The executable twin of `circuits/marks/step.circom`.
 * @module
 */

import { adoption } from "./adoption.ts";
import { calldataWords, parseWords } from "./binding.ts";
import { isNearTheMoney } from "./black76.ts";
import { isAhead, isRunning, type Slot } from "./board.ts";
import { refuse } from "./errors.ts";
import { logMoneyness } from "./functions.ts";
import { LAYOUT, pack, unpack } from "./layout.ts";
import {
  type ExpiryMarks,
  expiriesOf,
  expiriesPerUnderlying,
  levelsOf,
  type Marks,
  type SlotMarks,
  slotsOf,
} from "./marks.ts";
import { isPerpetualSlot, MARKS_MODE, type Profile, underlyingOfSlot } from "./params.ts";
import { type AttributedReport, type Consensus, consensusOf, lowerMedian } from "./quorum.ts";
import type { SignedReport } from "./report.ts";
import { frozenMarks, perpetualMarks, slotMarks } from "./scenarios.ts";
import type { Series } from "./series.ts";
import { type State, stateRoot } from "./state.ts";
import { isPricedAt, sviVariance, varianceBounds } from "./svi.ts";

/** Per underlying, in their order, the reports of a quorum of oracles by ascending oracle. */
export type MarksStep = {
  readonly kind: "marks";
  readonly timestamp: bigint;
  readonly reports: readonly (readonly SignedReport[])[];
};

export type MarksTrace = {
  readonly kind: "marks";
  readonly before: State;
  readonly after: State;
  readonly timestamp: bigint;
  /** Per underlying. */
  readonly reports: readonly (readonly AttributedReport[])[];
  /** Total variance per slot, 2^-40; 0 for an empty slot and for one outside the domain. */
  readonly variances: readonly bigint[];
  readonly words: readonly bigint[];
};
export type AppliedMarks = { readonly state: State; readonly trace: MarksTrace; readonly words: readonly bigint[] };

/** All that prices and their adoption follow from, beside the state: what the words publish. */
type Published = {
  readonly underlyings: readonly Pick<Consensus, "timestamp" | "reported" | "spot" | "perpetual">[];
  /** By place. */
  readonly expiries: readonly ExpiryMarks[];
  readonly variances: readonly bigint[];
};

const UNUSED: ExpiryMarks = { expiry: 0n, forward: 0n, discount: 0n };

/** Applies a step. Throws `ProtocolError` on whatever the circuit would not prove. */
export function applyMarks(state: State, { timestamp, reports: signed }: MarksStep): AppliedMarks {
  const { profile, globals } = state;
  // 1 Time
  if (timestamp < globals.timestamp) {
    refuse("TimestampTooOld", `step timestamp ${timestamp} is before the last step's, ${globals.timestamp}`);
  }
  // 2 Quorums and medians
  if (signed.length !== profile.underlyings) {
    refuse(
      "NoQuorum",
      `reports on ${signed.length} underlyings; profile ${profile.name} takes a quorum on each of ${profile.underlyings}`,
    );
  }
  const consensus = signed.map((each, underlying) => consensusOf(state, each, underlying, timestamp));
  // 3 Variances
  const variances = state.board.map((slot, at) => {
    const agreed = consensus[underlyingOfSlot(profile, at)];
    const series = seriesAt(profile, slot, at);
    return agreed && series && series.kind !== "perpetual" ? medianVariance(agreed, slot, series, at) : 0n;
  });
  // 4 Table, adoption, statuses, globals
  const published: Published = {
    underlyings: consensus,
    expiries: consensus.flatMap(({ expiries }) =>
      Array.from({ length: expiriesPerUnderlying(profile) }, (_, at) => expiries[at] ?? UNUSED),
    ),
    variances,
  };
  const after = withMarks(state, timestamp, published);
  // 5 Words
  const words = marksWords(state, after, published);
  const reports = consensus.map((each) => each.reports);
  return { state: after, words, trace: { kind: "marks", before: state, after, timestamp, reports, variances, words } };
}

/**
 * Lower median of the oracles' total variances of an option that lies ahead, all at the median forward; 0 of one that has expired. An
 * oracle outside the domain counts as 0, which is the variance of a mark at its bound: so marks rise with what enters the
 * median, and the slot's lies between those of two honest reports. Throws `UnknownSeries` or `BadReport`.
 */
function medianVariance({ timestamp, expiries, reports }: Consensus, slot: Slot, series: Series, at: number): bigint {
  const { strike, expiry } = series;
  if (!isAhead(slot, timestamp)) return 0n;
  const place = expiries.findIndex((each) => each.expiry === expiry);
  const agreed = expiries[place];
  if (!agreed) return refuse("BadReport", `no expiry ${expiry} in the reports; slot ${at} needs it`);
  const seconds = expiry - timestamp;
  if (!isPricedAt(seconds) || !isNearTheMoney(agreed.forward, strike)) return 0n;
  const { min, max } = varianceBounds(seconds);
  const log = logMoneyness(agreed.forward, strike);
  return lowerMedian(
    reports.flatMap(({ report }) => {
      const reported = report.expiries[place];
      const variance = reported ? sviVariance(reported.svi, log) : 0n;
      return [variance >= min && variance <= max ? variance : 0n];
    }),
  );
}

/** The series of a slot, where one of its underlying and of its kind sits; null if empty. Throws `UnknownSeries`. */
function seriesAt(profile: Profile, slot: Slot, at: number): Series | null {
  const { series, status } = slot;
  if (!series && status === "empty") return null;
  const underlying = underlyingOfSlot(profile, at);
  const isHere = series?.underlying === underlying && (series.kind === "perpetual") === isPerpetualSlot(profile, at);
  const isPossible = series?.kind === "perpetual" ? isRunning(slot) : status !== "empty";
  if (!series || !isHere || !isPossible) {
    return refuse("UnknownSeries", `slot ${at} is ${status} and holds nothing on underlying ${underlying} that it can`);
  }
  return series;
}

/** The new table's rows. */
function pricedSlots(state: State, { underlyings, expiries, variances }: Published): SlotMarks[] {
  const { profile, board, marks } = state;
  return board.map((slot, at) => {
    const series = seriesAt(profile, slot, at);
    if (!series) return frozenMarks(profile, 0n);
    const underlying = underlyingOfSlot(profile, at);
    const { timestamp = 0n, perpetual = 0n } = underlyings[underlying] ?? {};
    if (series.kind === "perpetual") return perpetualMarks(profile, perpetual);
    // A series that was never priced has no mark; what its slot holds is another's.
    if (!isAhead(slot, timestamp))
      return frozenMarks(profile, slot.status === "listed" ? 0n : (marks.slots[at]?.mark ?? 0n));
    const { kind, strike, expiry } = series;
    const found = expiriesOf(profile, expiries, underlying).find((each) => each.expiry === expiry);
    if (!found) return refuse("BadReport", `no expiry ${expiry} in the reports; slot ${at} needs it`);
    return slotMarks(profile, {
      strike,
      kind: kind === "put" ? "put" : "call",
      forward: found.forward,
      discount: found.discount,
      variance: variances[at] ?? 0n,
      seconds: expiry - timestamp,
    });
  });
}

/** Twin of the statuses of `UnderlyingMarks`: a series that is due expires, whatever is adopted; a listed one that is adopted is live. */
function statusAfter(slot: Slot, timestamp: bigint, isAdopted: boolean): Slot {
  if (!isRunning(slot)) return slot;
  if (!isAhead(slot, timestamp)) return { ...slot, status: "expired" };
  return slot.status === "listed" && isAdopted ? { ...slot, status: "live" } : slot;
}

/** The state after a step that publishes these values. */
function withMarks(state: State, timestamp: bigint, published: Published): State {
  const { profile, parameters, marks, board, globals } = state;
  const slots = pricedSlots(state, published);
  const table = { expiries: published.expiries, slots };
  const adopted = marks.underlyings.map((before, underlying) => {
    const { timestamp = 0n, reported = 0n, spot = 0n, perpetual = 0n } = published.underlyings[underlying] ?? {};
    const own = slotsOf(profile, underlying);
    const isLive = own.map((at) => board[at]?.status === "live" && isAhead(board[at], timestamp));
    const expiries = expiriesOf(profile, table.expiries, underlying);
    const levels = { spot, expiries, marks: own.map((at) => slots[at]?.mark ?? 0n) };
    return adoption(
      parameters,
      before,
      levelsOf(profile, marks, underlying),
      { ...levels, timestamp, reported, perpetual },
      isLive,
    );
  });
  const isAdopted = (underlying: number): boolean => adopted[underlying]?.isAdopted === true;
  const after: Marks = {
    underlyings: adopted.map(({ underlying }) => underlying),
    expiries: profileExpiries(profile, (underlying) => (isAdopted(underlying) ? table : marks).expiries),
    slots: slots.map((row, at) => (isAdopted(underlyingOfSlot(profile, at)) ? row : (marks.slots[at] ?? row))),
  };
  return {
    ...state,
    marks: after,
    board: board.map((slot, at) => {
      const underlying = underlyingOfSlot(profile, at);
      return statusAfter(slot, published.underlyings[underlying]?.timestamp ?? 0n, isAdopted(underlying));
    }),
    globals: { ...globals, number: globals.number + 1n, timestamp },
  };
}

/** Expiries of every underlying, each from the table that it is to have. */
const profileExpiries = (profile: Profile, from: (underlying: number) => readonly ExpiryMarks[]): ExpiryMarks[] =>
  Array.from({ length: profile.underlyings }, (_, underlying) =>
    expiriesOf(profile, from(underlying), underlying),
  ).flat();

function marksWords(before: State, after: State, { underlyings, expiries, variances }: Published): readonly bigint[] {
  const { marks, globals, profile, domain } = after;
  return calldataWords(profile, {
    header: {
      kind: "marks",
      timestamp: globals.timestamp,
      number: globals.number,
      oldRoot: stateRoot(before),
      newRoot: stateRoot(after),
      domain,
    },
    entries: [
      underlyings.map(({ spot, timestamp, reported, perpetual }, underlying) => {
        const mode = BigInt(MARKS_MODE[marks.underlyings[underlying]?.mode ?? "open"]);
        return [pack(LAYOUT.underlying, { spot, timestamp, mode, reported, perpetual })];
      }),
      expiries.map((expiry) => [pack(LAYOUT.expiry, expiry)]),
      variances.map((variance) => [pack(LAYOUT.variance, { variance })]),
    ],
  });
}

/** Whether nothing is published of what is not priced: the circuit has zeros there, which no root depends on. */
const isPlain = ({ profile, board }: State, { underlyings, variances }: Published): boolean =>
  board.every((slot, at) => {
    const { timestamp, perpetual } = underlyings[underlyingOfSlot(profile, at)] ?? { timestamp: 0n, perpetual: 0n };
    const isPriced = isAhead(slot, timestamp);
    if (!isPerpetualSlot(profile, at)) return isPriced || variances[at] === 0n;
    return variances[at] === 0n && (isPriced || perpetual === 0n);
  });

/** The state after a `marks` step of which only the words are known, as on L1. Throws `BadWords` if it has other words. */
export function applyMarksFromWords(state: State, words: readonly bigint[]): State {
  const { header, entries, profile } = parseWords(words);
  const isNext = header.number === state.globals.number + 1n && header.domain === state.domain;
  if (
    header.kind !== "marks" ||
    !isNext ||
    profile.name !== state.profile.name ||
    header.oldRoot !== stateRoot(state)
  ) {
    return refuse("BadWords", "these are not the words of a marks step from this state");
  }
  const [underlyings = [], expiries = [], slots = []] = entries.map((section) => section.map(([word = 0n]) => word));
  const published: Published = {
    underlyings: underlyings.map((word) => unpack(LAYOUT.underlying, word)),
    expiries: expiries.map((word) => unpack(LAYOUT.expiry, word)),
    variances: slots.map((word) => unpack(LAYOUT.variance, word).variance),
  };
  const after = withMarks(state, header.timestamp, published);
  const own = marksWords(state, after, published);
  return isPlain(state, published) && own.length === words.length && own.every((word, at) => word === words[at])
    ? after
    : refuse("BadWords", "the words do not lead to the root and the modes that they name");
}
