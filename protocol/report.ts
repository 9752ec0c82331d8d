/**
 * What an oracle signs: spot, the perpetual's impact mid, and per expiry forward, discount and surface, of one underlying at one
 * time.
 * The executable twin of `circuits/marks/report.circom`.
 * @module
 */
import { refuse } from "./errors.ts";
import { hashList } from "./hash.ts";
import { LAYOUT, layout, pack } from "./layout.ts";
import { expiriesPerUnderlying } from "./marks.ts";
import { type Profile, TAG, WIDTH } from "./params.ts";
import { FORWARD_BITS } from "./precision.ts";
import { type Point, type Signature, sign, verify } from "./signature.ts";
import { isNonNegative, packSurface, type Svi } from "./svi.ts";

export type ReportedExpiry = {
  /** Unix seconds. */
  readonly expiry: bigint;
  /** 1e-8 USDC, below 2^53. */
  readonly forward: bigint;
  /** 2^-40, at most 1. */
  readonly discount: bigint;
  readonly svi: Svi;
};

export type Report = {
  readonly underlying: number;
  readonly timestamp: bigint;
  /** 1e-8 USDC. */
  readonly spot: bigint;
  /** 1e-8 USDC, below 2^53: middle of what a stated amount would fetch and cost in the perpetual's own book; 0 if it has none. */
  readonly impactMid: bigint;
  /** Ascending by expiry; at most the profile's expiries of one underlying. */
  readonly expiries: readonly ReportedExpiry[];
};
export type SignedReport = { readonly report: Report; readonly signature: Signature };

/** First word. */
export const REPORT_HEAD = layout("report", {
  underlying: 8,
  timestamp: WIDTH.timestamp,
  spot: WIDTH.spot,
  impactMid: WIDTH.spot,
});

/**
 * What a report must be whatever the state: ranges, and expiries that ascend and lie ahead of `now`.
 * Throws `BadReport`, `BadSurface` or `OutOfRange`.
 */
export function checkReport(
  profile: Profile,
  { underlying, timestamp, spot, impactMid, expiries }: Report,
  now: bigint = timestamp,
): void {
  if (underlying < 0 || underlying >= profile.underlyings)
    refuse("BadReport", `underlying ${underlying} is not of this profile`);
  if (spot < 1n || spot > 1n << BigInt(FORWARD_BITS)) {
    refuse("BadReport", `spot is ${spot}; it lies in [1, 2^${FORWARD_BITS}]`);
  }
  if (impactMid < 0n || impactMid >> BigInt(FORWARD_BITS)) {
    refuse("BadReport", `impact mid is ${impactMid}; it lies in [0, 2^${FORWARD_BITS})`);
  }
  if (expiries.length > expiriesPerUnderlying(profile)) {
    refuse(
      "BadReport",
      `${expiries.length} expiries; profile ${profile.name} has ${expiriesPerUnderlying(profile)} per underlying`,
    );
  }
  let last = now;
  for (const { expiry, forward, discount, svi } of expiries) {
    if (expiry <= last) refuse("BadReport", `expiry ${expiry} is not after ${last}: expiries lie ahead and ascend`);
    if ((expiry - now) >> BigInt(WIDTH.seconds))
      refuse("BadReport", `expiry ${expiry} is more than 2^${WIDTH.seconds} s ahead`);
    if (forward < 1n || forward >> BigInt(FORWARD_BITS))
      refuse("BadReport", `forward is ${forward}; it lies in [1, 2^${FORWARD_BITS})`);
    if (discount < 1n || discount > 1n << BigInt(WIDTH.discount - 1))
      refuse("BadReport", `discount is ${discount}; it lies in (0, 1]`);
    packSurface(svi);
    if (!isNonNegative(svi)) refuse("BadSurface", `the surface of ${expiry} has strikes of negative variance`);
    last = expiry;
  }
}

/** Twin of `ReportMessage`: what is signed. An unused expiry is two zero words. */
export function reportMessage(
  profile: Profile,
  domain: bigint,
  { underlying, timestamp, spot, impactMid, expiries }: Report,
): bigint {
  const head = pack(REPORT_HEAD, { underlying: BigInt(underlying), timestamp, spot, impactMid });
  const words = Array.from({ length: expiriesPerUnderlying(profile) }, (_, at) => {
    const reported = expiries[at];
    return reported ? [pack(LAYOUT.expiry, reported), packSurface(reported.svi)] : [0n, 0n];
  });
  return hashList(TAG.report, [domain, head, ...words.flat()]);
}

export const signReport = (profile: Profile, domain: bigint, report: Report, secret: Uint8Array): SignedReport => {
  checkReport(profile, report);
  return { report, signature: sign(secret, reportMessage(profile, domain, report)) };
};

/** Index of the oracle whose signature it is, -1 if nobody's. */
export function signerOf(
  profile: Profile,
  domain: bigint,
  oracles: readonly Point[],
  { report, signature }: SignedReport,
): number {
  const message = reportMessage(profile, domain, report);
  return oracles.findIndex((key) => verify(key, message, signature));
}
