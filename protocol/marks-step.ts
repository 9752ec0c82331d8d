/**
 * The `marks` step: signed reports in, a proved price table out. The executable twin of `circuits/marks/step.circom`.
 * @module
 */

import { calldataWords, parseWords } from "./binding.ts";
import { isNearTheMoney } from "./black76.ts";
import type { Board, Slot } from "./board.ts";
import { refuse } from "./errors.ts";
import { logMoneyness } from "./functions.ts";
import { LAYOUT, pack, unpack } from "./layout.ts";
import type { ExpiryMarks, Marks, UnderlyingMarks } from "./marks.ts";
import { MARKS_MODE, type MarksMode, type Profile, underlyingOfSlot } from "./params.ts";
import { checkReport, expiriesPerUnderlying, type Report, type SignedReport, signerOf } from "./report.ts";
import { slotMarks } from "./scenarios.ts";
import type { Series } from "./series.ts";
import { type State, stateRoot } from "./state.ts";
import { isPricedAt, sviVariance, varianceBounds } from "./svi.ts";

/** One report per underlying, in their order. */
export type MarksStep = {
  readonly kind: "marks";
  readonly timestamp: bigint;
  readonly reports: readonly SignedReport[];
};

export type MarksTrace = {
  readonly kind: "marks";
  readonly before: State;
  readonly after: State;
  readonly timestamp: bigint;
  readonly reports: readonly (SignedReport & { /** Index of the oracle that signed. */ readonly oracle: number })[];
  /** Total variance per slot, 2^-40; 0 for an empty slot and for one outside the domain. */
  readonly variances: readonly bigint[];
  readonly words: readonly bigint[];
};
export type AppliedMarks = { readonly state: State; readonly trace: MarksTrace; readonly words: readonly bigint[] };

/** What prices follow from: all that the words publish. */
type Inputs = {
  readonly underlyings: readonly UnderlyingMarks[];
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
  // 2 Reports
  if (signed.length !== profile.underlyings) {
    refuse(
      "BadReport",
      `${signed.length} reports; profile ${profile.name} takes one per underlying, ${profile.underlyings}`,
    );
  }
  const reports = signed.map((each, underlying) => ({
    ...each,
    oracle: checkSigned(state, each, underlying, timestamp),
  }));
  // 3 Variances
  const variances = state.board.map((slot, at) => {
    const report = reports[underlyingOfSlot(profile, at)]?.report;
    return slot.series && report ? slotVariance(profile, report, slot, at) : 0n;
  });
  // 4 Table, statuses, globals
  const after = withMarks(state, timestamp, {
    underlyings: reports.map(({ report }) => ({ timestamp: report.timestamp, mode: "open", spot: report.spot })),
    expiries: reports.flatMap(({ report }) =>
      Array.from({ length: expiriesPerUnderlying(profile) }, (_, at) => {
        const { expiry, forward, discount } = report.expiries[at] ?? UNUSED;
        return { expiry, forward, discount };
      }),
    ),
    variances,
  });
  // 5 Words
  const words = marksWords(state, after, variances);
  return { state: after, words, trace: { kind: "marks", before: state, after, timestamp, reports, variances, words } };
}

/** Checks a report against the state and returns the index of its oracle. */
function checkSigned(state: State, signed: SignedReport, underlying: number, timestamp: bigint): number {
  const { profile, marks, parameters, domain } = state;
  const { report } = signed;
  if (report.underlying !== underlying)
    refuse("BadReport", `report ${underlying} is of underlying ${report.underlying}`);
  checkReport(profile, report);
  const last = marks.underlyings[underlying]?.timestamp ?? 0n;
  if (report.timestamp <= last)
    refuse("BadReport", `the report of ${report.timestamp} is not newer than the marks, ${last}`);
  if (report.timestamp > timestamp)
    refuse("BadReport", `the report of ${report.timestamp} is ahead of the step, ${timestamp}`);
  if (timestamp - report.timestamp > parameters.maxMarksAge) {
    refuse("BadReport", `the report of ${report.timestamp} is older than ${parameters.maxMarksAge} s at ${timestamp}`);
  }
  const oracle = signerOf(profile, domain, parameters.oracles, signed);
  return oracle >= 0
    ? oracle
    : refuse("BadSignature", `no oracle in force has signed the report of underlying ${underlying}`);
}

/** Total variance of a listed or live slot, 0 outside the domain. Throws `SeriesExpiring`, `UnknownSeries` or `BadReport`. */
function slotVariance(profile: Profile, report: Report, { series, status }: Slot, at: number): bigint {
  const { strike, expiry } = checkSeries(profile, series, at);
  const isAhead = status === "listed" || status === "live";
  if (!isAhead || expiry <= report.timestamp) {
    refuse("SeriesExpiring", `slot ${at} is ${status} and expires at ${expiry}; the report is of ${report.timestamp}`);
  }
  const reported = report.expiries.find((each) => each.expiry === expiry);
  if (!reported) return refuse("BadReport", `no expiry ${expiry} in the report; slot ${at} needs it`);
  const seconds = expiry - report.timestamp;
  const variance = sviVariance(reported.svi, logMoneyness(reported.forward, strike));
  const { min, max } = varianceBounds(seconds);
  const isPriced =
    isPricedAt(seconds) && isNearTheMoney(reported.forward, strike) && variance >= min && variance <= max;
  return isPriced ? variance : 0n;
}

/** A series that can be priced in slot `at`. Throws `UnknownSeries`. */
function checkSeries(profile: Profile, series: Series | null, at: number): Series {
  const underlying = underlyingOfSlot(profile, at);
  if (!series || series.kind === "perpetual" || series.underlying !== underlying) {
    return refuse("UnknownSeries", `slot ${at} holds no option on underlying ${underlying}`);
  }
  return series;
}

/** The state after a step that publishes `inputs`. */
function withMarks(state: State, timestamp: bigint, { underlyings, expiries, variances }: Inputs): State {
  const { profile } = state;
  const empty = { mark: 0n, prices: profile.scenarios.map(() => 0n) };
  const slots = state.board.map(({ series }, at) => {
    if (!series) return empty;
    const { kind, strike, expiry } = checkSeries(profile, series, at);
    const underlying = underlyingOfSlot(profile, at);
    const count = expiriesPerUnderlying(profile);
    const found = expiries.slice(underlying * count, (underlying + 1) * count).find((each) => each.expiry === expiry);
    const now = underlyings[underlying]?.timestamp ?? 0n;
    if (!found) return refuse("BadReport", `no expiry ${expiry} in the report; slot ${at} needs it`);
    return slotMarks(profile, {
      strike,
      kind: kind === "put" ? "put" : "call",
      forward: found.forward,
      discount: found.discount,
      variance: variances[at] ?? 0n,
      seconds: expiry - now,
    });
  });
  const marks: Marks = { underlyings, expiries, slots };
  const board: Board = state.board.map((slot) => (slot.status === "listed" ? { ...slot, status: "live" } : slot));
  return { ...state, marks, board, globals: { ...state.globals, number: state.globals.number + 1n, timestamp } };
}

function marksWords(before: State, after: State, variances: readonly bigint[]): readonly bigint[] {
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
      marks.underlyings.map(({ spot, timestamp, mode }) => [
        pack(LAYOUT.underlying, { spot, timestamp, mode: BigInt(MARKS_MODE[mode]) }),
      ]),
      marks.expiries.map((expiry) => [pack(LAYOUT.expiry, expiry)]),
      variances.map((variance) => [pack(LAYOUT.variance, { variance })]),
    ],
  });
}

/** The state after a `marks` step of which only the words are known, as on L1. Throws `BadWords` if they lead to another root. */
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
  const after = withMarks(state, header.timestamp, {
    underlyings: underlyings.map((word) => {
      const { spot, timestamp, mode } = unpack(LAYOUT.underlying, word);
      return { spot, timestamp, mode: modeOf(mode) };
    }),
    expiries: expiries.map((word) => unpack(LAYOUT.expiry, word)),
    variances: slots.map((word) => unpack(LAYOUT.variance, word).variance),
  });
  return stateRoot(after) === header.newRoot
    ? after
    : refuse("BadWords", "the words do not lead to the root that they name");
}

const modeOf = (code: bigint): MarksMode => (code === BigInt(MARKS_MODE.open) ? "open" : "closeOnly");
