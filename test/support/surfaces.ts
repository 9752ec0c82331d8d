/**
 * Signed reports for tests: plausible surfaces around the world's spot.
 * @module
 */
import { type Profile, quorum } from "#protocol/params.ts";
import { type Report, type SignedReport, signReport } from "#protocol/report.ts";
import type { Svi } from "#protocol/svi.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS, SPOT_USD } from "./world.ts";

const USD = 100_000_000n;

/** `value` at 2^-40. */
export const binary = (value: number): bigint => BigInt(Math.round(value * 2 ** 40));

/** A smile of 60 to 80 % volatility over 21 days. */
export const SMILE: Svi = {
  a: binary(0.012),
  b: binary(0.06),
  rho: binary(-0.3),
  m: binary(0.02),
  sigma: binary(0.15),
};

/** A report of `underlying` with the world's expiry. */
export const reportOf = (underlying: number, change: Partial<Report> = {}): Report => ({
  underlying,
  timestamp: NOW + 60n,
  spot: SPOT_USD * USD,
  impactMid: SPOT_USD * USD,
  expiries: [{ expiry: EXPIRY, forward: (SPOT_USD + 120n) * USD, discount: binary(0.998), svi: SMILE }],
  ...change,
});

/** The report signed by the first oracles of the world, as many as a step needs unless more are asked for. */
export const signedByQuorum = (
  profile: Profile,
  report: Report,
  count = quorum(profile),
  domain = DOMAIN,
): readonly SignedReport[] =>
  ORACLE_SECRETS.slice(0, count).map((secret) => signReport(profile, domain, report, secret));
