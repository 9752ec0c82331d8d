/**
 * Random valid `marks` steps.
 * @module
 */
import { type Board, EMPTY_SLOT, isAhead } from "#protocol/board.ts";
import { abs } from "#protocol/field.ts";
import { fundingIndex } from "#protocol/funding.ts";
import {
  type Candidate,
  emptyMarks,
  type Levels,
  levelsOf,
  type Marks,
  type UnderlyingMarks,
} from "#protocol/marks.ts";
import { applyMarks, type MarksStep } from "#protocol/marks-step.ts";
import { isPerpetualSlot, type Profile, type ProfileName } from "#protocol/params.ts";
import { type Report, type ReportedExpiry, reportMessage, type SignedReport } from "#protocol/report.ts";
import { sign } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import { isNonNegative } from "#protocol/svi.ts";
import type { Random } from "./random.ts";
import { binary } from "./surfaces.ts";
import { DOMAIN, NOW, ORACLE_SECRETS, PARAMETERS, worldState } from "./world.ts";

export type MarksSample = { readonly state: State; readonly step: MarksStep };

/** Signed without a look at what it says. */
export const signBlindly = (
  profile: Profile,
  report: Report,
  secret = ORACLE_SECRETS[0] as Uint8Array,
  domain = DOMAIN,
): SignedReport => ({
  report,
  signature: sign(secret, reportMessage(profile, domain, report)),
});

const real = (random: Random, min: number, max: number): number =>
  min + ((max - min) * random.int(1 << 30)) / (1 << 30);
const spread = (random: Random, min: number, max: number): number => min * (max / min) ** real(random, 0, 1);

/** A surface that prices most of the time: volatilities from below 1 % to above 500 %. */
function randomSurface(random: Random, seconds: number): ReportedExpiry["svi"] {
  const years = seconds / 31_536_000;
  const vol = spread(random, 0.005, 8);
  const total = Math.min(vol * vol * years, 10);
  const [b, rho, sigma] = [total * real(random, 0, 1.5), real(random, -0.99, 0.99), real(random, 0, 1)];
  const lowest = -Math.min(0.1 * total, 0.9 * b * sigma * Math.sqrt(1 - rho * rho));
  const svi = {
    a: binary(real(random, lowest, total)),
    b: binary(b),
    rho: binary(rho),
    m: binary(real(random, -0.5, 0.5)),
    sigma: binary(sigma),
  };
  // Of tiny variances the roundings may leave a negative minimum.
  return isNonNegative(svi) ? svi : { ...svi, a: 0n };
}

function randomExpiry(random: Random, expiry: bigint, now: bigint, spot: number): ReportedExpiry {
  return {
    expiry,
    forward: BigInt(Math.max(1, Math.round(spot * real(random, 0.97, 1.05)))),
    discount: random.chance(0.2) ? 1n << 40n : binary(real(random, 0.8, 1)),
    svi: randomSurface(random, Number(expiry - now)),
  };
}

/** Listed, live, at their end with this step, and past it. */
const STAGES = ["listed", "live", "due", "due listed", "expired", "settled"] as const;

/** A board of slots at all stages, empty ones among them, with strikes from deep in to far out of the money. */
function randomBoard(
  state: State,
  random: Random,
  expiries: readonly bigint[],
  { now, spot }: { readonly now: bigint; readonly spot: number },
): Board {
  const strikes = new Set<bigint>();
  return state.board.map((slot, at) => {
    if (random.chance(0.15)) return EMPTY_SLOT;
    if (isPerpetualSlot(state.profile, at))
      return { ...slot, status: random.pick(["listed", "live", "live"] as const) };
    const ratio = random.chance(0.8) ? spread(random, 0.6, 1.6) : spread(random, 0.03, 30);
    let strike = BigInt(Math.max(1, Math.round(spot * ratio)));
    if (strike >> 54n) strike = (1n << 54n) - 1n;
    while (strikes.has(strike)) strike--;
    strikes.add(strike);
    const stage = random.chance(0.7) ? random.pick(["listed", "live"] as const) : random.pick(STAGES);
    const isAhead = stage === "listed" || stage === "live";
    const series = {
      underlying: slot.series?.underlying ?? 0,
      kind: random.pick(["call", "put"] as const),
      strike,
      expiry: isAhead ? random.pick(expiries) : now - BigInt(random.chance(0.3) ? 0 : random.int(100_000)),
    };
    const status = stage === "due" ? "live" : stage === "due listed" ? "listed" : stage;
    return { ...slot, series, status };
  });
}

/** What another oracle reports of the same market: a little off in everything, or in nothing. */
function another(random: Random, report: Report): Report {
  const off = (value: bigint, most: bigint): bigint => {
    const near = (value * BigInt(995_000 + random.int(10_001))) / 1_000_000n;
    return near < 1n ? 1n : near > most ? most : near;
  };
  const isEqual = random.chance(0.2);
  const most = (1n << 53n) - 1n;
  return {
    ...report,
    timestamp: report.timestamp + BigInt(random.int(30)),
    spot: isEqual ? report.spot : off(report.spot, most),
    impactMid: isEqual || report.impactMid === 0n ? report.impactMid : off(report.impactMid, most),
    expiries: report.expiries.map((each) =>
      isEqual
        ? each
        : {
            ...each,
            forward: off(each.forward, most),
            discount: off(each.discount, 1n << 40n),
            svi: random.chance(0.1)
              ? randomSurface(random, Number(each.expiry - report.timestamp))
              : {
                  ...each.svi,
                  b: off(each.svi.b, 1n << 43n),
                  sigma: off(each.svi.sigma, 1n << 43n),
                  a: abs(each.svi.a),
                },
          },
    ),
  };
}

/** Levels near those of the step's own table (inside any limit), or far from them. */
function moved(random: Random, { spot, expiries, marks }: Levels, isNear: boolean): Levels {
  const by = isNear ? 990_000n + BigInt(random.int(20_001)) : random.pick([500_000n, 1_400_000n]);
  const scaled = (value: bigint): bigint => (value * by) / 1_000_000n;
  return {
    spot: scaled(spot),
    expiries: random.chance(0.2)
      ? expiries.map(({ discount }) => ({ expiry: 1n, forward: 1n, discount }))
      : expiries.map((each) => ({ ...each, forward: scaled(each.forward) })),
    marks: marks.map(scaled),
  };
}

/** How a step meets the state: what is in force and what waits. */
export const MEETINGS = ["first", "near", "far", "confirmed", "due", "unconfirmed", "back"] as const;
export type Meeting = (typeof MEETINGS)[number];

/** What longs have paid: nothing, a little, or centuries of it; and the index that goes with it. */
function randomFunding(random: Random, mark: bigint): Pick<UnderlyingMarks, "index" | "fundingSum"> {
  const most = random.pick([1n, 1n << 40n, 1n << 60n, 1n << 79n]);
  const fundingSum = (most * BigInt(random.int(2_000_001) - 1_000_000)) / 1_000_000n;
  return { index: fundingIndex(mark, fundingSum), fundingSum };
}

/** Marks before a step that would adopt `table`, were it the first; `isGone`: by slot, whether it keeps what mark it has. */
function marksBefore(
  random: Random,
  profile: Profile,
  table: Marks,
  { meeting, isGone }: { readonly meeting: Meeting; readonly isGone: readonly boolean[] },
): Marks {
  if (meeting === "first") return emptyMarks(profile);
  const own = levelsOf(profile, table, 0);
  const inForce = moved(random, own, meeting === "near" || meeting === "back");
  const oldest = table.underlyings[0]?.timestamp ?? 0n;
  const isWaiting = meeting !== "near" && meeting !== "far";
  const age = meeting === "due" ? PARAMETERS.candidateAge + BigInt(random.int(9_000)) : BigInt(random.int(500));
  const candidate: Candidate | null = isWaiting
    ? { ...moved(random, own, meeting !== "unconfirmed"), since: oldest - age, newest: oldest - 1n }
    : null;
  const mode = isWaiting ? "closeOnly" : "open";
  const funding = randomFunding(random, (inForce.marks.at(-1) ?? 0n) / 10_000n);
  return {
    underlyings: [{ timestamp: NOW, mode, spot: inForce.spot, ...funding, candidate }],
    expiries: inForce.expiries,
    slots: inForce.marks
      .map((mark, at) => (isGone[at] ? BigInt(random.int(1 << 30)) << BigInt(random.int(17)) : mark))
      .map((mark) => ({ mark, prices: profile.scenarios.map((_, at) => mark + BigInt(at)) })),
  };
}

/** A valid step of one underlying by three or four oracles: any spot, 1 s to 3 years before expiry, any surface. */
export function randomMarks(random: Random, name: ProfileName = "tiny"): MarksSample & { readonly meeting: Meeting } {
  const base = worldState({ profile: name });
  const { profile } = base;
  const seconds = Math.round(spread(random, 1, 95_000_000));
  const now = NOW + 1n + BigInt(random.int(86_400));
  const spot = spread(random, 1e8, 5e15);
  const count = 1 + random.int(profile.expiries);
  const expiries = Array.from({ length: count }, (_, at) => now + BigInt(seconds * (at + 1)));
  const report: Report = {
    underlying: 0,
    timestamp: now,
    spot: BigInt(Math.round(spot)),
    impactMid: BigInt(Math.round(spot * random.pick([1, real(random, 0.9995, 1.0005), real(random, 0.99, 1.01)]))),
    expiries: expiries.map((expiry) => randomExpiry(random, expiry, now, spot)),
  };
  const absent = random.int(ORACLE_SECRETS.length + 1);
  const signers = ORACLE_SECRETS.filter((_, oracle) => oracle !== absent);
  const first = random.int(signers.length);
  const reports = signers.map((secret, at) =>
    signBlindly(profile, at === first ? report : another(random, report), secret),
  );
  const timestamp = now + 30n + BigInt(random.int(40_000));
  const step: MarksStep = { kind: "marks", timestamp, reports: [reports] };
  const parameters = { ...base.parameters, fundingCapPpm: random.pick([5_000n, 1_000n, 100n]) };
  const board = randomBoard(base, random, expiries, { now, spot });
  const state = { ...base, parameters, board, marks: emptyMarks(profile) };
  const meeting = random.pick(MEETINGS);
  const isGone = board.map((slot) => slot.series !== null && !isAhead(slot, now));
  const marks = marksBefore(random, profile, applyMarks(state, step).state.marks, { meeting, isGone });
  return { state: { ...state, marks }, step, meeting };
}
