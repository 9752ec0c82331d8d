/**
 * From the trace of a `marks` step to the inputs of its circuit: names as in `circuits/marks/step.circom`.
 * @module
 */
import { publicInputs } from "#protocol/binding.ts";
import { interestHash } from "#protocol/board.ts";
import { toField } from "#protocol/field.ts";
import { marksParts } from "#protocol/marks.ts";
import type { MarksTrace } from "#protocol/marks-step.ts";
import { MARKS_MODE, underlyingOfSlot } from "#protocol/params.ts";
import { expiriesPerUnderlying, type ReportedExpiry } from "#protocol/report.ts";
import { oracleKeys } from "#protocol/state.ts";
import type { CircuitInput } from "./calculator.ts";
import { bit, oneHot, stateInput } from "./state-input.ts";

export function marksInput({ before, timestamp, reports, words }: MarksTrace): CircuitInput {
  const { profile, marks, board, parameters } = before;
  const count = expiriesPerUnderlying(profile);
  const parts = marks.underlyings.map((_, underlying) => marksParts(profile, marks, underlying));
  const places = reports.flatMap(({ report }) => Array.from({ length: count }, (_, at) => report.expiries[at]));
  const reported = (of: (expiry: ReportedExpiry) => bigint): bigint[] =>
    places.map((expiry) => (expiry ? toField(of(expiry)) : 0n));
  return {
    ...publicInputs(words),
    ...stateInput(before),
    timestamp,
    oracle: oracleKeys(profile, parameters).map(({ x, y }) => [x, y]),
    interestHash: interestHash(board),
    lastTimestamp: marks.underlyings.map((each) => each.timestamp),
    lastMode: marks.underlyings.map(({ mode }) => BigInt(MARKS_MODE[mode])),
    lastSpot: marks.underlyings.map(({ spot }) => spot),
    lastExpiriesHash: parts.map(({ expiriesHash }) => expiriesHash),
    lastTableHash: parts.map(({ tableHash }) => tableHash),
    lastCandidateHash: parts.map(({ candidateHash }) => candidateHash),
    reportTimestamp: reports.map(({ report }) => report.timestamp),
    spot: reports.map(({ report }) => report.spot),
    isUsed: places.map((expiry) => bit(expiry !== undefined)),
    expiry: reported(({ expiry }) => expiry),
    forward: reported(({ forward }) => forward),
    discount: reported(({ discount }) => discount),
    sviA: reported(({ svi }) => svi.a),
    sviB: reported(({ svi }) => svi.b),
    sviRho: reported(({ svi }) => svi.rho),
    sviM: reported(({ svi }) => svi.m),
    sviSigma: reported(({ svi }) => svi.sigma),
    isOracle: reports.map(({ oracle }) => oneHot(oracle, profile.reports)),
    r8: reports.map(({ signature }) => [signature.r8.x, signature.r8.y]),
    s: reports.map(({ signature }) => signature.s),
    isListed: board.map(({ status }) => bit(status === "listed")),
    isLive: board.map(({ status }) => bit(status === "live")),
    isExpiry: board.map(({ series }, slot) => {
      const expiries = reports[underlyingOfSlot(profile, slot)]?.report.expiries ?? [];
      return oneHot(series ? expiries.findIndex(({ expiry }) => expiry === series.expiry) : -1, count);
    }),
    isPut: board.map(({ series }) => bit(series?.kind === "put")),
    strike: board.map(({ series }) => series?.strike ?? 1n),
  };
}
