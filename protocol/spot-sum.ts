/**
 * What an expiry settles at: the average of spot over the last `SETTLEMENT.averageSeconds` before it, from cumulative sums that
 * oracles sign. An oracle adds spot up second by second; of two of its sums the difference is spot times time, and no single
 * moment weighs more than its seconds. The executable twin of `circuits/board/{spot-sums,settle}.circom`.
 * @module
 */
import { ranged, refuse } from "./errors.ts";
import { floorDiv } from "./fixed-point.ts";
import { hash } from "./hash.ts";
import { type Profile, quorum, SCALE, SETTLEMENT, TAG, WIDTH } from "./params.ts";
import { FORWARD_BITS } from "./precision.ts";
import { lowerMedian } from "./quorum.ts";
import type { Series } from "./series.ts";
import { type Point, type Signature, sign, verify } from "./signature.ts";

export type SpotSum = {
  readonly underlying: number;
  /** Unix seconds. */
  readonly timestamp: bigint;
  /** 1e-8 USDC seconds per unit: spot added up over every second since the oracle began. */
  readonly sum: bigint;
};
export type SignedSpotSum = { readonly spotSum: SpotSum; readonly signature: Signature };
/** One oracle's sums where the average begins, and at expiry. */
export type SignedAverage = { readonly start: SignedSpotSum; readonly end: SignedSpotSum };
/** `oracle`: index of the one that signed; `growth` from the first sum to the second. */
export type AttributedAverage = SignedAverage & { readonly oracle: number; readonly growth: bigint };

/** Bits of the growth of a sum while an average runs: spots below 2^53. */
export const GROWTH_BITS = FORWARD_BITS + SETTLEMENT.averageSeconds.toString(2).length;

/** Twin of `SpotSumMessage`: what is signed. */
export const spotSumMessage = (domain: bigint, { underlying, timestamp, sum }: SpotSum): bigint =>
  hash(TAG.spotSum, [domain, BigInt(underlying), timestamp, sum]);

/** Throws `OutOfRange`. */
export function signSpotSum(domain: bigint, spotSum: SpotSum, secret: Uint8Array): SignedSpotSum {
  ranged("spot sum", spotSum.sum, 0n, 1n << BigInt(WIDTH.spotSum));
  ranged("timestamp", spotSum.timestamp, 0n, 1n << BigInt(WIDTH.timestamp));
  return { spotSum, signature: sign(secret, spotSumMessage(domain, spotSum)) };
}

type Set = { readonly profile: Profile; readonly domain: bigint; readonly oracles: readonly Point[] };

/** Twin of `SpotSums`: a quorum's averages, by ascending oracle. Throws `NoQuorum`, `BadReport`, `BadSignature` or `OutOfRange`. */
export function attributedAverages(
  set: Set,
  { underlying, expiry }: Series,
  signed: readonly SignedAverage[],
): readonly AttributedAverage[] {
  const [least, most] = [quorum(set.profile), set.profile.oracles];
  if (signed.length < least || signed.length > most)
    refuse("NoQuorum", `sums of ${signed.length} oracles; a settlement takes ${least} to ${most}`);
  let last = -1;
  return signed.map((each) => {
    checkSum(each.start.spotSum, underlying, expiry - SETTLEMENT.averageSeconds);
    checkSum(each.end.spotSum, underlying, expiry);
    const oracle = signerOf(set, each);
    if (oracle < 0) refuse("BadSignature", `no oracle in force has signed both sums on underlying ${underlying}`);
    if (oracle <= last) refuse("BadReport", `sums stand by ascending oracle; ${oracle} comes after ${last}`);
    last = oracle;
    ranged("spot sum", each.start.spotSum.sum, 0n, 1n << BigInt(WIDTH.spotSum));
    const growth = each.end.spotSum.sum - each.start.spotSum.sum;
    return { ...each, oracle, growth: ranged("growth of a spot sum", growth, 0n, 1n << BigInt(GROWTH_BITS)) };
  });
}

function checkSum(spotSum: SpotSum, underlying: number, timestamp: bigint): void {
  if (spotSum.underlying !== underlying)
    refuse("BadReport", `a sum on underlying ${spotSum.underlying}; the series is on ${underlying}`);
  if (spotSum.timestamp !== timestamp)
    refuse("BadReport", `a sum of ${spotSum.timestamp}; the settlement takes those of ${timestamp}`);
}

/** Index of the oracle that signed both sums, -1 if none did. */
const signerOf = ({ domain, oracles }: Set, { start, end }: SignedAverage): number =>
  oracles.findIndex((key) =>
    [start, end].every(({ spotSum, signature }) => verify(key, spotSumMessage(domain, spotSum), signature)),
  );

/**
 * Twin of `Payoff`: 1e-2 USDC per unit, from the lower median of the averages. Rounded down once, for all holders of the series
 * alike: what it leaves out neither side gains.
 */
export function payoff({ kind, strike }: Series, averages: readonly Pick<AttributedAverage, "growth">[]): bigint {
  const growth = lowerMedian(averages.map((each) => each.growth));
  const above = growth - strike * SETTLEMENT.averageSeconds;
  const gain = kind === "put" ? -above : above;
  return gain > 0n ? floorDiv(gain, SETTLEMENT.averageSeconds * (SCALE.spot / SCALE.price)).quotient : 0n;
}

/** Twin of `FallbackPayoff`: 1e-2 USDC per unit, the last mark rounded down. */
export const fallbackPayoff = (mark: bigint): bigint => floorDiv(mark, SCALE.mark / SCALE.price).quotient;
