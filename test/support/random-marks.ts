/**
 * Random valid `marks` steps.
 * @module
 */
import type { Board } from "#protocol/board.ts";
import { EMPTY_SLOT } from "#protocol/board.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import type { Profile, ProfileName } from "#protocol/params.ts";
import { type Report, type ReportedExpiry, reportMessage, type SignedReport } from "#protocol/report.ts";
import { sign } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import type { Random } from "./random.ts";
import { binary, ORACLE_SECRET } from "./surfaces.ts";
import { DOMAIN, NOW, worldState } from "./world.ts";

export type MarksSample = { readonly state: State; readonly step: MarksStep };

/** Signed without a look at what it says. */
export const signBlindly = (
  profile: Profile,
  report: Report,
  secret = ORACLE_SECRET,
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
  return {
    a: binary(total * real(random, -0.1, 1)),
    b: binary(total * real(random, 0, 1.5)),
    rho: binary(real(random, -0.99, 0.99)),
    m: binary(real(random, -0.5, 0.5)),
    sigma: binary(real(random, 0, 1)),
  };
}

function randomExpiry(random: Random, expiry: bigint, now: bigint, spot: number): ReportedExpiry {
  return {
    expiry,
    forward: BigInt(Math.max(1, Math.round(spot * real(random, 0.97, 1.05)))),
    discount: random.chance(0.2) ? 1n << 40n : binary(real(random, 0.8, 1)),
    svi: randomSurface(random, Number(expiry - now)),
  };
}

/** A board of listed, live and empty slots with strikes from deep in to far out of the money. */
function randomBoard(state: State, random: Random, expiries: readonly bigint[], spot: number): Board {
  const strikes = new Set<bigint>();
  return state.board.map((slot) => {
    if (random.chance(0.15)) return EMPTY_SLOT;
    const ratio = random.chance(0.8) ? spread(random, 0.6, 1.6) : spread(random, 0.03, 30);
    let strike = BigInt(Math.max(1, Math.round(spot * ratio)));
    if (strike >> 54n) strike = (1n << 54n) - 1n;
    while (strikes.has(strike)) strike--;
    strikes.add(strike);
    const series = {
      underlying: slot.series?.underlying ?? 0,
      kind: random.pick(["call", "put"] as const),
      strike,
      expiry: random.pick(expiries),
    };
    return { ...slot, series, status: random.pick(["listed", "live"] as const) };
  });
}

/** A valid step of one underlying: any spot, 1 s to 3 years before expiry, any surface. */
export function randomMarks(random: Random, name: ProfileName = "tiny"): MarksSample {
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
    expiries: expiries.map((expiry) => randomExpiry(random, expiry, now, spot)),
  };
  const state = { ...base, board: randomBoard(base, random, expiries, spot) };
  const timestamp = now + BigInt(random.int(40_000));
  return { state, step: { kind: "marks", timestamp, reports: [signBlindly(profile, report)] } };
}
