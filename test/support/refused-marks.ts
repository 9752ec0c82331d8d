/**
 * Everything by which a `marks` step can break a rule, each breaking one: what the twin refuses by this code and the circuit
 * in this template.
 * @module
 */
import { BASE8 } from "#protocol/babyjub.ts";
import { type Board, EMPTY_SLOT } from "#protocol/board.ts";
import type { ProtocolErrorCode } from "#protocol/errors.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import { FIELD, PROFILE, quorum } from "#protocol/params.ts";
import type { Report, ReportedExpiry, SignedReport } from "#protocol/report.ts";
import type { Series } from "#protocol/series.ts";
import type { State } from "#protocol/state.ts";
import { type MarksSample, signBlindly } from "./random-marks.ts";
import { reportOf, SMILE } from "./surfaces.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS, worldState } from "./world.ts";

export type MarksRefusal = {
  readonly name: string;
  readonly code: ProtocolErrorCode;
  /** Where the circuit refuses, as the end of a chain of templates; null if it has no input to say it with. */
  readonly by: string | null;
  readonly make: () => MarksSample;
};

const tiny = PROFILE.tiny;
const honest = (): State => worldState();
/** The same report by the first oracles of the set. */
const byFirst = (report: Report, count = quorum(tiny), domain = DOMAIN): readonly SignedReport[] =>
  ORACLE_SECRETS.slice(0, count).map((secret) => signBlindly(tiny, report, secret, domain));
const stepOf = (report: Report, timestamp = NOW + 70n): MarksStep => ({
  kind: "marks",
  timestamp,
  reports: [byFirst(report)],
});
const withReports = (reports: readonly SignedReport[]): MarksSample => ({
  state: honest(),
  step: { ...stepOf(reportOf(0)), reports: [reports] },
});
/** Reports of which only the last one is changed. */
const withLast = (change: Partial<Report>): MarksSample =>
  withReports(byFirst(reportOf(0)).with(-1, signBlindly(tiny, reportOf(0, change), ORACLE_SECRETS[quorum(tiny) - 1])));
const withSecrets = (...oracles: readonly number[]): MarksSample =>
  withReports(oracles.map((oracle) => signBlindly(tiny, reportOf(0), ORACLE_SECRETS[oracle])));
const changed = (change: Partial<Report>, timestamp?: bigint): MarksSample => ({
  state: honest(),
  step: stepOf(reportOf(0, change), timestamp),
});
const withExpiry = (change: Partial<ReportedExpiry>): MarksSample => {
  const report = reportOf(0);
  return changed({ expiries: report.expiries.map((expiry) => ({ ...expiry, ...change })) });
};
const withSlot = (change: (board: Board) => Board): MarksSample => {
  const state = honest();
  return { state: { ...state, board: change(state.board) }, step: stepOf(reportOf(0)) };
};
const withFirst = (change: Partial<Series>): MarksSample =>
  withSlot((board) =>
    board.map((slot, at) => (at === 0 && slot.series ? { ...slot, series: { ...slot.series, ...change } } : slot)),
  );
const withStatus = (status: Board[number]["status"]): MarksSample =>
  withSlot((board) => board.map((slot, at) => (at === 0 ? { ...slot, status } : slot)));
const refusal = (
  name: string,
  code: ProtocolErrorCode,
  by: string | null,
  make: MarksRefusal["make"],
): MarksRefusal => ({ name, code, by, make });

/** Everything by which a `marks` step can break a rule. Numbers are those of the list of attacks. */
export const REFUSED_MARKS: readonly MarksRefusal[] = [
  refusal("a step before the last one (11)", "TimestampTooOld", "Uint/CheckRange", () => {
    const { state, step } = changed({ timestamp: NOW - 200n }, NOW - 100n);
    const underlyings = state.marks.underlyings.map((each) => ({ ...each, timestamp: NOW - 300n }));
    return { state: { ...state, marks: { ...state.marks, underlyings } }, step };
  }),
  refusal("no reports", "NoQuorum", null, () => ({ state: honest(), step: { ...stepOf(reportOf(0)), reports: [] } })),
  refusal("two signers of four", "NoQuorum", "CheckMajority/Uint/CheckRange", () => withSecrets(0, 1)),
  refusal("more reports than oracles", "NoQuorum", null, () => withSecrets(0, 1, 2, 3, 3)),
  refusal("a signer twice (49)", "BadReport", "Quorum/EdDSAPoseidon", () => withSecrets(0, 0, 2)),
  refusal("signers out of order (49)", "BadReport", "Quorum/EdDSAPoseidon", () => withSecrets(1, 0, 2)),
  refusal("a report with other expiries than the others", "BadReport", "Quorum/EdDSAPoseidon", () =>
    withLast({ expiries: reportOf(0).expiries.map((each) => ({ ...each, expiry: each.expiry + 1n })) }),
  ),
  refusal("one replayed report among new ones (50)", "BadReport", "CheckTimes/Uint/CheckRange", () =>
    withLast({ timestamp: NOW }),
  ),
  refusal("reports not newer than a candidate (50)", "BadReport", "CheckTimes/Uint/CheckRange", () => {
    const { state, step } = changed({});
    const [before] = state.marks.underlyings;
    if (!before) throw new RangeError("a world without an underlying");
    const { expiries, slots } = state.marks;
    const marks = slots.map(({ mark }) => mark);
    const candidate = { since: NOW, newest: NOW + 60n, spot: before.spot, expiries, marks };
    const underlyings = [{ ...before, mode: "closeOnly" as const, candidate }];
    return { state: { ...state, marks: { ...state.marks, underlyings } }, step };
  }),
  refusal("a report of another asset (50)", "BadReport", "EdDSAPoseidon", () => changed({ underlying: 1 })),
  refusal("a report replayed (50)", "BadReport", "CheckTimes/Uint/CheckRange", () => changed({ timestamp: NOW })),
  refusal("a report from the future (51)", "BadReport", "CheckTimes/Uint/CheckRange", () =>
    changed({ timestamp: NOW + 71n }),
  ),
  refusal("a report that is too old (53)", "BadReport", "CheckTimes/Uint/CheckRange", () =>
    changed({}, NOW + 60n + 43_201n),
  ),
  refusal("a spot of 0 (52)", "BadReport", "Consensus/Uint/CheckRange", () => changed({ spot: 0n })),
  refusal("a spot of 2^53 + 1 (52)", "BadReport", "Consensus/Uint/CheckRange", () =>
    changed({ spot: (1n << 53n) + 1n }),
  ),
  refusal("a forward of 0 (52)", "BadReport", "PackExpiry", () => withExpiry({ forward: 0n })),
  refusal("a forward of 2^53 (52)", "BadReport", "PackExpiry/Uint/CheckRange", () =>
    withExpiry({ forward: 1n << 53n }),
  ),
  refusal("a discount of 0", "BadReport", "PackExpiry/Uint/CheckRange", () => withExpiry({ discount: 0n })),
  refusal("a discount above 1", "BadReport", "PackExpiry/Uint/CheckRange", () =>
    withExpiry({ discount: (1n << 40n) + 1n }),
  ),
  refusal("an expiry that is now (40)", "BadReport", "VolShock/LnFloor/Ln/CheckLn/CheckMantissa", () =>
    withExpiry({ expiry: NOW + 60n }),
  ),
  refusal("an expiry that is past (40)", "BadReport", "CheckExpiryTerms/Uint/CheckRange", () =>
    withExpiry({ expiry: NOW }),
  ),
  refusal("an expiry 2^32 s ahead", "BadReport", "CheckExpiryTerms/Uint/CheckRange", () =>
    withExpiry({ expiry: NOW + 60n + (1n << 32n) }),
  ),
  refusal("two expiries where there is place for one", "BadReport", null, () =>
    changed({ expiries: [...reportOf(0).expiries, ...reportOf(0).expiries] }),
  ),
  refusal("no expiry that a slot needs", "BadReport", "CheckMarksSlot", () => withExpiry({ expiry: EXPIRY + 1n })),
  refusal("no expiry at all", "BadReport", "CheckMarksSlot", () => changed({ expiries: [] })),
  refusal("a surface of negative variance", "BadSurface", "CheckSurface/Uint/CheckRange", () =>
    withExpiry({ svi: { ...SMILE, a: -SMILE.a } }),
  ),
  refusal("an unknown signer (49)", "BadSignature", "Quorum/EdDSAPoseidon", () =>
    withReports(byFirst(reportOf(0)).with(1, signBlindly(tiny, reportOf(0), new Uint8Array(32).fill(9)))),
  ),
  refusal("reports signed for another contract (27)", "BadSignature", "Quorum/EdDSAPoseidon", () =>
    withReports(byFirst(reportOf(0), quorum(tiny), DOMAIN + 1n)),
  ),
  refusal("a key of small order in the set (28)", "BadSignature", "EdDSAPoseidon/MultiplyPoint/ToMontgomery", () => {
    // Under the point of order 2 every message has the signature S BASE8 = R8.
    const { state, step } = changed({});
    const [, ...others] = state.parameters.oracles;
    const oracles = [{ x: 0n, y: FIELD - 1n }, ...others];
    const signature = { r8: BASE8, s: 1n };
    const reports = [(step.reports[0] ?? []).map((each, at) => (at === 0 ? { ...each, signature } : each))];
    return { state: { ...state, parameters: { ...state.parameters, oracles } }, step: { ...step, reports } };
  }),
  refusal("a report under an empty place of the set", "BadSignature", "TimesEight/CheckOnCurve", () => {
    const { state, step } = changed({});
    const oracles = state.parameters.oracles.slice(0, 2);
    return { state: { ...state, parameters: { ...state.parameters, oracles } }, step };
  }),
  refusal("no impact mid of a listed perpetual", "BadReport", "CheckImpactMid", () => withLast({ impactMid: 0n })),
  refusal("an impact mid of 2^53 (52)", "BadReport", "CheckImpactMid/Uint/CheckRange", () =>
    withLast({ impactMid: 1n << 53n }),
  ),
  refusal("funding that no index carries", "OutOfRange", "CheckFloorDivInt/Int/CheckRange", () => {
    const { state, step } = changed({});
    const underlyings = state.marks.underlyings.map((each) => ({ ...each, fundingSum: 1n << 81n }));
    return { state: { ...state, marks: { ...state.marks, underlyings } }, step };
  }),
  refusal("a series in a slot that is empty", "UnknownSeries", null, () => withStatus("empty")),
  refusal("a perpetual in an option's place", "UnknownSeries", null, () => withFirst({ kind: "perpetual" })),
  refusal("an option in the perpetual's place", "UnknownSeries", null, () =>
    withSlot((board) => board.with(-1, board[0] ?? EMPTY_SLOT)),
  ),
  refusal("a perpetual that has expired", "UnknownSeries", null, () =>
    withSlot((board) => board.with(-1, { ...(board.at(-1) ?? EMPTY_SLOT), status: "expired" })),
  ),
  refusal("a series of another underlying (50)", "UnknownSeries", null, () => withFirst({ underlying: 1 })),
];
