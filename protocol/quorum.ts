/**
 * From the reports of several oracles to one value of everything: lower medians. Of at least 2 f + 1 reports at most f lie, so
 * every median lies between two honest values. The executable twin of `circuits/marks/{quorum,median}.circom`.
 * @module
 */
import { refuse } from "./errors.ts";
import { perpetualMark } from "./funding.ts";
import { type ExpiryMarks, perpetualSlot } from "./marks.ts";
import { quorum } from "./params.ts";
import { checkReport, type ReportedExpiry, type SignedReport, signerOf } from "./report.ts";
import type { State } from "./state.ts";

/** `oracle`: index of the one that signed. */
export type AttributedReport = SignedReport & { readonly oracle: number };
/** What the reports on one underlying say together. */
export type Consensus = {
  /** By ascending oracle. */
  readonly reports: readonly AttributedReport[];
  /** Time of the oldest report, and the lower median of all of them; unix seconds. */
  readonly timestamp: bigint;
  readonly reported: bigint;
  /** 1e-8 USDC per unit. */
  readonly spot: bigint;
  /** 1e-2 USDC per unit: the perpetual's mark, 0 if none is listed. */
  readonly perpetual: bigint;
  readonly expiries: readonly ExpiryMarks[];
};

/** Twin of `Median`: the submitted value v with 2 #(<= v) >= m and 2 #(< v) < m. */
export function lowerMedian(values: readonly bigint[]): bigint {
  const ordered = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = ordered[(values.length - 1) >> 1];
  if (median === undefined) throw new RangeError("median of nothing");
  return median;
}

/** Twin of the first phases of `UnderlyingMarks`. Throws `NoQuorum`, `BadReport`, `BadSurface`, `BadSignature` or `OutOfRange`. */
export function consensusOf(
  state: State,
  signed: readonly SignedReport[],
  underlying: number,
  stepTimestamp: bigint,
): Consensus {
  const { profile } = state;
  const [least, most] = [quorum(profile), profile.oracles];
  const [first] = signed;
  if (!first || signed.length < least || signed.length > most) {
    return refuse("NoQuorum", `${signed.length} reports on underlying ${underlying}; a step takes ${least} to ${most}`);
  }
  // 1 Times and contents
  const times = signed.map(({ report }) => report.timestamp);
  const timestamp = times.reduce((oldest, time) => (time < oldest ? time : oldest));
  checkTimes(state, times, underlying, stepTimestamp);
  const hasPerpetual = state.board[perpetualSlot(profile, underlying)]?.series !== null;
  const dates = first.report.expiries.map(({ expiry }) => expiry);
  for (const { report } of signed) {
    if (report.underlying !== underlying)
      refuse("BadReport", `a report on underlying ${report.underlying} among those on ${underlying}`);
    checkReport(profile, report, timestamp);
    if (hasPerpetual && report.impactMid === 0n)
      refuse("BadReport", `a report on underlying ${underlying} without an impact mid, though its perpetual is listed`);
    if (report.expiries.length !== dates.length || report.expiries.some(({ expiry }, at) => expiry !== dates[at]))
      refuse("BadReport", "reports of one step name the same expiries");
  }
  // 2 Signers
  const reports = attributed(state, signed, underlying);
  // 3 Medians
  const median = (of: (expiry: ReportedExpiry) => bigint, at: number): bigint =>
    lowerMedian(signed.flatMap(({ report }) => (report.expiries[at] ? [of(report.expiries[at])] : [])));
  const spot = lowerMedian(signed.map(({ report }) => report.spot));
  return {
    reports,
    timestamp,
    reported: lowerMedian(times),
    spot,
    perpetual: hasPerpetual ? perpetualMark(spot, lowerMedian(signed.map(({ report }) => report.impactMid))) : 0n,
    expiries: dates.map((expiry, at) => ({
      expiry,
      forward: median(({ forward }) => forward, at),
      discount: median(({ discount }) => discount, at),
    })),
  };
}

/** Twin of `CheckTimes`: every report newer than the newest table, adopted or not, not ahead of the step and not too old. */
function checkTimes({ marks, parameters }: State, times: readonly bigint[], underlying: number, step: bigint): void {
  const { timestamp = 0n, candidate = null } = marks.underlyings[underlying] ?? {};
  const last = candidate?.newest ?? timestamp;
  for (const time of times) {
    if (time <= last) refuse("BadReport", `the report of ${time} is not newer than the marks, ${last}`);
    if (time > step) refuse("BadReport", `the report of ${time} is ahead of the step, ${step}`);
    if (step - time > parameters.maxMarksAge)
      refuse("BadReport", `the report of ${time} is older than ${parameters.maxMarksAge} s at ${step}`);
  }
}

/** Finds each report's oracle. In ascending order no oracle speaks twice. */
function attributed(
  { profile, domain, parameters: { oracles } }: State,
  signed: readonly SignedReport[],
  underlying: number,
): readonly AttributedReport[] {
  let last = -1;
  return signed.map((each, at) => {
    const oracle = signerOf(profile, domain, oracles, each);
    if (oracle < 0) refuse("BadSignature", `no oracle in force has signed report ${at} on underlying ${underlying}`);
    if (oracle <= last) refuse("BadReport", `reports stand by ascending oracle; ${oracle} comes after ${last}`);
    last = oracle;
    return { ...each, oracle };
  });
}
