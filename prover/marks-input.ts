/**
 * From the trace of a `marks` step to the inputs of its circuit: names as in `circuits/marks/step.circom`.
 * @module
 */
import { publicInputs } from "#protocol/binding.ts";
import { EMPTY_SLOT, interestHash, isAhead, isRunning } from "#protocol/board.ts";
import { toField } from "#protocol/field.ts";
import {
  type Candidate,
  type ExpiryMarks,
  expiriesPerUnderlying,
  marksParts,
  optionSlots,
  slotsOf,
} from "#protocol/marks.ts";
import type { MarksTrace } from "#protocol/marks-step.ts";
import { MARKS_MODE, NEVER, type Profile, underlyingOfSlot } from "#protocol/params.ts";
import type { AttributedReport } from "#protocol/quorum.ts";
import type { ReportedExpiry } from "#protocol/report.ts";
import { oracleKeys } from "#protocol/state.ts";
import type { CircuitInput } from "./calculator.ts";
import { bit, oneHot, stateInput } from "./state-input.ts";

export function marksInput({ before, timestamp, reports, words }: MarksTrace): CircuitInput {
  const { profile, marks, board, parameters } = before;
  const count = expiriesPerUnderlying(profile);
  const oldest = reports.map((each) =>
    each.reduce((least, { report }) => (report.timestamp < least ? report.timestamp : least), NEVER),
  );
  const options = optionSlots(profile).map((slot) => {
    const underlying = underlyingOfSlot(profile, slot);
    const own = board[slot] ?? EMPTY_SLOT;
    const isPriced = isAhead(own, oldest[underlying] ?? NEVER);
    return { ...own, isPriced, isDue: isRunning(own) && !isPriced, underlying };
  });
  return {
    ...publicInputs(words),
    ...stateInput(before),
    timestamp,
    oracle: oracleKeys(profile, parameters).map(({ x, y }) => [x, y]),
    interestHash: interestHash(board),
    lastTimestamp: marks.underlyings.map((each) => each.timestamp),
    lastMode: marks.underlyings.map(({ mode }) => BigInt(MARKS_MODE[mode])),
    lastSpot: marks.underlyings.map(({ spot }) => spot),
    lastExpiry: marks.expiries.map(expiryValues),
    lastMark: marks.slots.map(({ mark }) => mark),
    lastPricesHash: marks.underlyings.map((_, underlying) => marksParts(profile, marks, underlying).pricesHash),
    lastIndex: marks.underlyings.map(({ index }) => toField(index)),
    lastFundingSum: marks.underlyings.map(({ fundingSum }) => toField(fundingSum)),
    ...candidateInput(
      profile,
      marks.underlyings.map(({ candidate }) => candidate),
    ),
    ...reportsInput(profile, reports),
    isListed: board.map(({ status }) => bit(status === "listed")),
    isLive: board.map(({ status }) => bit(status === "live")),
    isExpired: options.map(({ status }) => bit(status === "expired")),
    isSettled: options.map(({ status }) => bit(status === "settled")),
    isDue: options.map(({ isDue }) => bit(isDue)),
    isExpiry: options.map(({ series, isPriced, underlying }) => {
      const [first] = reports[underlying] ?? [];
      const at = first?.report.expiries.findIndex(({ expiry }) => isPriced && expiry === series?.expiry);
      return oneHot(at ?? -1, count);
    }),
    isPut: options.map(({ series }) => bit(series?.kind === "put")),
    strike: options.map(({ series }) => series?.strike ?? 1n),
    slotExpiry: options.map(({ series }) => series?.expiry ?? 0n),
  };
}

const expiryValues = ({ expiry, forward, discount }: ExpiryMarks): bigint[] => [expiry, forward, discount];

/** Zeros where there is no candidate. */
function candidateInput(profile: Profile, candidates: readonly (Candidate | null)[]): CircuitInput {
  const of = (value: (candidate: Candidate) => bigint): bigint[] =>
    candidates.map((candidate) => (candidate ? value(candidate) : 0n));
  return {
    hasCandidate: of(() => 1n),
    candidateSince: of(({ since }) => since),
    candidateNewest: of(({ newest }) => newest),
    candidateSpot: of(({ spot }) => spot),
    candidateExpiry: candidates.flatMap(
      (candidate) =>
        candidate?.expiries.map(expiryValues) ??
        Array.from({ length: expiriesPerUnderlying(profile) }, () => [0n, 0n, 0n]),
    ),
    candidateMark: candidates.flatMap(
      (candidate, underlying) => candidate?.marks ?? slotsOf(profile, underlying).map(() => 0n),
    ),
  };
}

/** One place per oracle. That of an absent one repeats the first report, unsigned: well-formed, and it counts for nothing. */
function reportsInput(profile: Profile, reports: MarksTrace["reports"]): CircuitInput {
  const count = expiriesPerUnderlying(profile);
  const places = reports.map((present) =>
    Array.from({ length: profile.oracles }, (_, oracle) => {
      const own = present.find((each) => each.oracle === oracle);
      return { isSigned: own !== undefined, report: (own ?? (present[0] as AttributedReport)).report, own };
    }),
  );
  const byOracle = <T>(of: (place: (typeof places)[number][number]) => T): T[][] => places.map((each) => each.map(of));
  const byExpiry = (of: (expiry: ReportedExpiry) => bigint): bigint[][] =>
    places.flatMap((each) =>
      Array.from({ length: count }, (_, at) =>
        each.map(({ report }) => (report.expiries[at] ? toField(of(report.expiries[at])) : 0n)),
      ),
    );
  const expiries = reports.flatMap(([first]) => Array.from({ length: count }, (_, at) => first?.report.expiries[at]));
  return {
    isSigned: byOracle(({ isSigned }) => bit(isSigned)),
    reportTimestamp: byOracle(({ report }) => report.timestamp),
    spot: byOracle(({ report }) => report.spot),
    impactMid: byOracle(({ report }) => report.impactMid),
    r8: byOracle(({ own }) => (own ? [own.signature.r8.x, own.signature.r8.y] : [0n, 0n])),
    s: byOracle(({ own }) => own?.signature.s ?? 0n),
    isUsed: expiries.map((expiry) => bit(expiry !== undefined)),
    expiry: expiries.map((expiry) => expiry?.expiry ?? 0n),
    forward: byExpiry(({ forward }) => forward),
    discount: byExpiry(({ discount }) => discount),
    sviA: byExpiry(({ svi }) => svi.a),
    sviB: byExpiry(({ svi }) => svi.b),
    sviRho: byExpiry(({ svi }) => svi.rho),
    sviM: byExpiry(({ svi }) => svi.m),
    sviSigma: byExpiry(({ svi }) => svi.sigma),
  };
}
