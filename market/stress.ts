/**
 * How far an account is from liquidation: the move of all forwards and the spot at which equity falls to maintenance margin. The
 * board is priced anew at every move with the twin's arithmetic, at a sticky strike: each series keeps its total variance.
 * @module
 */

import { logMoneyness } from "#protocol/functions.ts";
import { perpetualMark } from "#protocol/funding.ts";
import { type MarginTerms, riskOf } from "#protocol/margin.ts";
import type { Marks } from "#protocol/marks.ts";
import { type Profile, SCALE } from "#protocol/params.ts";
import { lowerMedian } from "#protocol/quorum.ts";
import type { Report } from "#protocol/report.ts";
import { perpetualMarks, slotMarks } from "#protocol/scenarios.ts";
import type { Series } from "#protocol/series.ts";
import type { Parameters } from "#protocol/state.ts";
import { sviVariance } from "#protocol/svi.ts";

/** Steps of the search, in permille of the forward, and how far it goes. */
const STEP = 5;
const FURTHEST = 600;

/** Permille by which forwards fall or rise until maintenance is breached; null if not within 60 %. */
export type Distance = { readonly down: number | null; readonly up: number | null };

/** The price table of a quorum's reports, their medians, with forwards and spot moved by `permille`. Rounded down to the forward's unit. */
export function movedMarks(
  profile: Profile,
  series: readonly Series[],
  reports: readonly Report[],
  permille: number,
): Marks {
  const { timestamp, spot, impactMid, expiries } = mediansOf(reports);
  const moved = (value: bigint): bigint => (value * BigInt(1000 + permille)) / 1000n;
  const isListed = series.some(({ kind }) => kind === "perpetual");
  const perpetual = isListed ? perpetualMark(moved(spot), moved(impactMid)) : 0n;
  const slots = Array.from({ length: profile.series }, (_, slot) => {
    const listed = series[slot];
    const reported = expiries.find(({ expiry }) => expiry === listed?.expiry);
    // Its premium over spot stays what it is in parts of it.
    if (listed?.kind === "perpetual") return perpetualMarks(profile, perpetual);
    if (!listed || !reported) return { mark: 0n, prices: profile.scenarios.map(() => 0n) };
    const { strike, kind, expiry } = listed;
    const log = logMoneyness(reported.forward, strike);
    const variance = lowerMedian(reported.surfaces.map((svi) => sviVariance(svi, log)));
    const seconds = expiry - timestamp;
    return slotMarks(profile, {
      strike,
      kind,
      forward: moved(reported.forward),
      discount: reported.discount,
      variance,
      seconds,
    });
  });
  return {
    underlyings: [{ timestamp, mode: "open", spot: moved(spot), index: perpetual, fundingSum: 0n, candidate: null }],
    expiries: expiries.map(({ expiry, forward, discount }) => ({ expiry, forward: moved(forward), discount })),
    slots,
  };
}

/** What a marks step makes of reports, beside the median of each series' variance: oldest time, median spot, forward and discount. */
function mediansOf(reports: readonly Report[]) {
  const [first] = reports;
  const places = first?.expiries ?? [];
  return {
    timestamp: reports.reduce(
      (oldest, { timestamp }) => (timestamp < oldest ? timestamp : oldest),
      first?.timestamp ?? 0n,
    ),
    spot: lowerMedian(reports.map(({ spot }) => spot)),
    impactMid: lowerMedian(reports.map(({ impactMid }) => impactMid)),
    expiries: places.map(({ expiry }, at) => {
      const own = reports.flatMap(({ expiries }) => expiries[at] ?? []);
      return {
        expiry,
        forward: lowerMedian(own.map(({ forward }) => forward)),
        discount: lowerMedian(own.map(({ discount }) => discount)),
        surfaces: own.map(({ svi }) => svi),
      };
    }),
  };
}

/** Distances of several accounts; a table is priced once for all of them. */
export function liquidationDistances(
  profile: Profile,
  parameters: Parameters,
  series: readonly Series[],
  reports: readonly Report[],
  accounts: readonly MarginTerms[],
): Distance[] {
  const search = (direction: 1 | -1): (number | null)[] => {
    const found: (number | null)[] = accounts.map(() => null);
    for (let move = 0; move <= FURTHEST && found.includes(null); move += STEP) {
      const marks = movedMarks(profile, series, reports, direction * move);
      accounts.forEach((account, at) => {
        const { equity, maintenance } = riskOf(profile, marks, parameters, account);
        if (equity * SCALE.marginPerEquity < maintenance) found[at] ??= move;
      });
    }
    return found;
  };
  const [down, up] = [search(-1), search(1)];
  return accounts.map((_, at) => ({ down: down[at] ?? null, up: up[at] ?? null }));
}
