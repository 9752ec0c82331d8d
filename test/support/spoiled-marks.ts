/**
 * Ways to spoil a valid `marks` step of one underlying; what is not signed anew keeps the signature of the valid report.
 * @module
 */
import { type Report, type ReportedExpiry, type SignedReport, signerOf } from "#protocol/report.ts";
import type { Random } from "./random.ts";
import { type MarksSample, signBlindly } from "./random-marks.ts";
import { NOW, ORACLE_SECRETS } from "./world.ts";

/** The reports on the one underlying, or another time for the step. */
type Spoiled = { readonly reports: readonly SignedReport[] } | { readonly timestamp: bigint };
const delta = (random: Random): bigint => 1n + BigInt(random.int(1_000));
const reportsOf = ({ step }: MarksSample): readonly SignedReport[] => step.reports[0] ?? [];
const timeOf = (sample: MarksSample): bigint =>
  reportsOf(sample).reduce((oldest, { report }) => (report.timestamp < oldest ? report.timestamp : oldest), 1n << 40n);
const secretOf = ({ state }: MarksSample, signed: SignedReport): Uint8Array =>
  ORACLE_SECRETS[signerOf(state.profile, state.domain, state.parameters.oracles, signed)] as Uint8Array;

/** One report, picked at random, changed as a whole. */
const one = (sample: MarksSample, random: Random, change: (signed: SignedReport) => SignedReport): Spoiled => {
  const at = random.int(reportsOf(sample).length);
  return { reports: reportsOf(sample).map((each, place) => (place === at ? change(each) : each)) };
};
const unsigned = (sample: MarksSample, random: Random, change: (report: Report) => Partial<Report>): Spoiled =>
  one(sample, random, ({ report, signature }) => ({ report: { ...report, ...change(report) }, signature }));
const again = (sample: MarksSample, signed: SignedReport, change: (report: Report) => Partial<Report>): SignedReport =>
  signBlindly(sample.state.profile, { ...signed.report, ...change(signed.report) }, secretOf(sample, signed));
const resigned = (sample: MarksSample, random: Random, change: (report: Report) => Partial<Report>): Spoiled =>
  one(sample, random, (signed) => again(sample, signed, change));
const ofExpiry = (
  sample: MarksSample,
  random: Random,
  change: (expiry: ReportedExpiry) => Partial<ReportedExpiry>,
  how: "unsigned" | "resigned" | "by all" = "unsigned",
): Spoiled => {
  const at = random.int(reportsOf(sample)[0]?.report.expiries.length ?? 0);
  const spoil = ({ expiries }: Report) => ({
    expiries: expiries.map((each, place) => (place === at ? { ...each, ...change(each) } : each)),
  });
  if (how === "by all") return { reports: reportsOf(sample).map((signed) => again(sample, signed, spoil)) };
  return how === "resigned" ? resigned(sample, random, spoil) : unsigned(sample, random, spoil);
};

export const SPOILED_MARKS: Readonly<Record<string, (sample: MarksSample, random: Random) => Spoiled>> = {
  unsignedSpot: (sample, random) => unsigned(sample, random, (report) => ({ spot: report.spot + delta(random) })),
  unsignedMid: (sample, random) =>
    unsigned(sample, random, (report) => ({ impactMid: report.impactMid + delta(random) })),
  midBeyond: (sample, random) => resigned(sample, random, () => ({ impactMid: (1n << 53n) + delta(random) })),
  unsignedTime: (sample, random) => unsigned(sample, random, ({ timestamp }) => ({ timestamp: timestamp - 1n })),
  unsignedForward: (sample, random) =>
    ofExpiry(sample, random, ({ forward }) => ({ forward: forward + delta(random) })),
  unsignedDiscount: (sample, random) =>
    ofExpiry(sample, random, ({ discount }) => ({ discount: discount - delta(random) })),
  unsignedSurface: (sample, random) =>
    ofExpiry(sample, random, ({ svi }) => {
      const name = random.pick(["a", "b", "rho", "m", "sigma"] as const);
      return { svi: { ...svi, [name]: svi[name] + delta(random) } };
    }),
  signature: (sample, random) =>
    one(sample, random, ({ report, signature }) => ({
      report,
      signature: { ...signature, s: signature.s - delta(random) },
    })),
  signer: (sample, random) => {
    const secret = new Uint8Array(32).fill(random.int(0xed), 1);
    return one(sample, random, ({ report }) => signBlindly(sample.state.profile, report, secret));
  },
  contract: (sample, random) => {
    const { profile, domain } = sample.state;
    const other = domain + delta(random);
    return one(sample, random, (signed) => signBlindly(profile, signed.report, secretOf(sample, signed), other));
  },
  tooFew: (sample, random) => ({ reports: reportsOf(sample).slice(0, 1 + random.int(2)) }),
  replayed: (sample, random) => resigned(sample, random, () => ({ timestamp: NOW - BigInt(random.int(1_000)) })),
  future: (sample, random) => resigned(sample, random, () => ({ timestamp: sample.step.timestamp + delta(random) })),
  stale: (sample, random) => ({ timestamp: timeOf(sample) + 43_200n + delta(random) }),
  noSpot: (sample, random) => resigned(sample, random, () => ({ spot: 0n })),
  noForward: (sample, random) => ofExpiry(sample, random, () => ({ forward: 0n }), "resigned"),
  forwardBeyond: (sample, random) =>
    ofExpiry(sample, random, () => ({ forward: (1n << 53n) + delta(random) }), "resigned"),
  noDiscount: (sample, random) => ofExpiry(sample, random, () => ({ discount: 0n }), "resigned"),
  discountBeyond: (sample, random) =>
    ofExpiry(sample, random, () => ({ discount: (1n << 40n) + delta(random) }), "resigned"),
  negativeSurface: (sample, random) =>
    ofExpiry(sample, random, ({ svi }) => ({ svi: { ...svi, a: -delta(random), sigma: 0n } }), "resigned"),
  otherExpiry: (sample, random) =>
    ofExpiry(sample, random, ({ expiry }) => ({ expiry: expiry + delta(random) }), "resigned"),
  expired: (sample, random) => ofExpiry(sample, random, () => ({ expiry: timeOf(sample) - delta(random) }), "by all"),
};

/** `sample` spoiled in one of these ways. */
export function spoiled(sample: MarksSample, random: Random): { readonly name: string; readonly sample: MarksSample } {
  const [name, spoil] = random.pick(Object.entries(SPOILED_MARKS));
  const what = spoil(sample, random);
  const { state, step } = sample;
  const changed = "timestamp" in what ? { timestamp: what.timestamp } : { reports: [what.reports] };
  return { name, sample: { state, step: { ...step, ...changed } } };
}
