/**
 * A perpetual's mark and what its longs pay its shorts. The executable twin of `circuits/marks/perpetual.circom`.
 *
 * What a period costs is the premium of the mark over spot less a dead zone, capped: with p = premium / spot it is
 * max(0.025 %, p) + min(-0.025 %, p), as at the large venue. A table pays for the seconds since the last adopted one. The
 * sum is kept exactly, in periods times seconds; only the index rounds it, anew from the sum each time, so nothing drifts.
 * @module
 */
import { signedInt } from "./errors.ts";
import { clamp, floorDiv } from "./fixed-point.ts";
import type { UnderlyingMarks } from "./marks.ts";
import { FUNDING, SCALE, WIDTH } from "./params.ts";

const PPM = 1_000_000n;
/** 1e-8 USDC in 1e-2 USDC. */
const SPOT_PER_PRICE = SCALE.spot / SCALE.price;

/** Twin of `PerpetualMark`: the mid held within the band around spot, 1e-2 USDC per unit. Rounded down, once. */
export function perpetualMark(spot: bigint, impactMid: bigint): bigint {
  const band = FUNDING.bandPpm * spot;
  return floorDiv(clamp(PPM * impactMid, PPM * spot - band, PPM * spot + band), PPM * SPOT_PER_PRICE).quotient;
}

/**
 * Twin of `FundingRate`: what a unit long pays in one period, 1e-8 USDC, negative if it is paid. Dead zone and cap are rounded down,
 * towards less funding free of charge and towards less funding.
 */
export function fundingRate(spot: bigint, mark: bigint, capPpm: bigint): bigint {
  const premium = mark * SPOT_PER_PRICE - spot;
  const zone = floorDiv(spot * FUNDING.deadZonePpm, PPM).quotient;
  const cap = floorDiv(spot * capPpm, PPM).quotient;
  return clamp(premium - clamp(premium, -zone, zone), -cap, cap);
}

/**
 * Twin of `FundingIndex`: the mark less all funding paid by a long since genesis, 1e-2 USDC per unit. The funding is rounded
 * down, so a long's index is less than 1e-2 too high, and no more after any number of tables. Throws `OutOfRange`.
 */
export function fundingIndex(mark: bigint, fundingSum: bigint): bigint {
  const paid = floorDiv(fundingSum, FUNDING.periodSeconds * SPOT_PER_PRICE).quotient;
  return mark - signedInt("funding", paid, WIDTH.index - 1);
}

/** What an adopted table says of a perpetual. `isLive`: it was priced by the table before; else nothing is owed. */
export type PerpetualTable = {
  readonly timestamp: bigint;
  readonly spot: bigint;
  /** 1e-2 USDC per unit, 0 if there is none. */
  readonly perpetual: bigint;
  readonly isLive: boolean;
};

/** Twin of `Funding`: index and sum under a table that is adopted. */
export function funded(
  before: Pick<UnderlyingMarks, "timestamp" | "fundingSum">,
  { timestamp, spot, perpetual, isLive }: PerpetualTable,
  capPpm: bigint,
): Pick<UnderlyingMarks, "index" | "fundingSum"> {
  const owed = isLive ? fundingRate(spot, perpetual, capPpm) * (timestamp - before.timestamp) : 0n;
  const fundingSum = before.fundingSum + owed;
  return { index: fundingIndex(perpetual, fundingSum), fundingSum };
}
