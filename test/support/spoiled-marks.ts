/**
 * Ways to spoil a valid `marks` step of one underlying; what is not signed anew keeps the signature of the valid report.
 * @module
 */
import type { Report, ReportedExpiry, SignedReport } from "#protocol/report.ts";
import type { Random } from "./random.ts";
import { type MarksSample, signBlindly } from "./random-marks.ts";
import { ORACLE_SECRET } from "./surfaces.ts";
import { NOW } from "./world.ts";

type Spoiled = { readonly report: Report } | { readonly signed: SignedReport } | { readonly timestamp: bigint };
const delta = (random: Random): bigint => 1n + BigInt(random.int(1_000));
const only = ({ step }: MarksSample): readonly [SignedReport] => {
  const [signed] = step.reports;
  if (!signed) throw new RangeError("a step without a report");
  return [signed];
};
const unsigned = (sample: MarksSample, change: (report: Report) => Partial<Report>): Spoiled => {
  const [{ report, signature }] = only(sample);
  return { signed: { report: { ...report, ...change(report) }, signature } };
};
const resigned = (sample: MarksSample, change: (report: Report) => Partial<Report>): Spoiled => {
  const [{ report }] = only(sample);
  return { report: { ...report, ...change(report) } };
};
const ofExpiry = (
  sample: MarksSample,
  random: Random,
  change: (expiry: ReportedExpiry) => Partial<ReportedExpiry>,
  isSigned = false,
): Spoiled => {
  const at = random.int(only(sample)[0].report.expiries.length);
  const spoil = ({ expiries }: Report) => ({
    expiries: expiries.map((each, place) => (place === at ? { ...each, ...change(each) } : each)),
  });
  return isSigned ? resigned(sample, spoil) : unsigned(sample, spoil);
};

export const SPOILED_MARKS: Readonly<Record<string, (sample: MarksSample, random: Random) => Spoiled>> = {
  unsignedSpot: (sample, random) => unsigned(sample, (report) => ({ spot: report.spot + delta(random) })),
  unsignedTime: (sample) => unsigned(sample, ({ timestamp }) => ({ timestamp: timestamp - 1n })),
  unsignedForward: (sample, random) =>
    ofExpiry(sample, random, ({ forward }) => ({ forward: forward + delta(random) })),
  unsignedDiscount: (sample, random) =>
    ofExpiry(sample, random, ({ discount }) => ({ discount: discount - delta(random) })),
  unsignedSurface: (sample, random) =>
    ofExpiry(sample, random, ({ svi }) => {
      const name = random.pick(["a", "b", "rho", "m", "sigma"] as const);
      return { svi: { ...svi, [name]: svi[name] + delta(random) } };
    }),
  signature: (sample, random) => {
    const [{ report, signature }] = only(sample);
    return { signed: { report, signature: { ...signature, s: signature.s - delta(random) } } };
  },
  signer: (sample, random) => {
    const secret = new Uint8Array(32).fill(random.int(0xed), 1);
    return { signed: signBlindly(sample.state.profile, only(sample)[0].report, secret) };
  },
  contract: (sample, random) => {
    const domain = sample.state.domain + delta(random);
    return { signed: signBlindly(sample.state.profile, only(sample)[0].report, ORACLE_SECRET, domain) };
  },
  replayed: (sample, random) => resigned(sample, () => ({ timestamp: NOW - BigInt(random.int(1_000)) })),
  future: (sample, random) => resigned(sample, () => ({ timestamp: sample.step.timestamp + delta(random) })),
  stale: (sample, random) => ({ timestamp: only(sample)[0].report.timestamp + 43_200n + delta(random) }),
  noSpot: (sample) => resigned(sample, () => ({ spot: 0n })),
  noForward: (sample, random) => ofExpiry(sample, random, () => ({ forward: 0n }), true),
  forwardBeyond: (sample, random) => ofExpiry(sample, random, () => ({ forward: (1n << 53n) + delta(random) }), true),
  noDiscount: (sample, random) => ofExpiry(sample, random, () => ({ discount: 0n }), true),
  discountBeyond: (sample, random) => ofExpiry(sample, random, () => ({ discount: (1n << 40n) + delta(random) }), true),
  expired: (sample, random) =>
    ofExpiry(sample, random, () => ({ expiry: only(sample)[0].report.timestamp - delta(random) }), true),
};

/** `sample` spoiled in one of these ways. */
export function spoiled(sample: MarksSample, random: Random): { readonly name: string; readonly sample: MarksSample } {
  const [name, spoil] = random.pick(Object.entries(SPOILED_MARKS));
  const what = spoil(sample, random);
  const { state, step } = sample;
  if ("timestamp" in what) return { name, sample: { state, step: { ...step, timestamp: what.timestamp } } };
  const signed = "signed" in what ? what.signed : signBlindly(state.profile, what.report);
  return { name, sample: { state, step: { ...step, reports: [signed] } } };
}
