/**
 * How far an account is from liquidation: the move of all forwards and the spot at which equity falls to maintenance margin. The
 * board is priced anew at every move with the twin's arithmetic, at a sticky strike: each series keeps its total variance.
 * @module
 */
import { logMoneyness } from "#protocol/functions.ts";
import { type MarginTerms, riskOf } from "#protocol/margin.ts";
import type { Marks } from "#protocol/marks.ts";
import { type Profile, SCALE } from "#protocol/params.ts";
import type { Report } from "#protocol/report.ts";
import { slotMarks } from "#protocol/scenarios.ts";
import type { Series } from "#protocol/series.ts";
import type { Parameters } from "#protocol/state.ts";
import { sviVariance } from "#protocol/svi.ts";

/** Steps of the search, in permille of the forward, and how far it goes. */
const STEP = 5;
const FURTHEST = 600;

/** Permille by which forwards fall or rise until maintenance is breached; null if not within 60 %. */
export type Distance = { readonly down: number | null; readonly up: number | null };

/** The price table of `report` with forwards and spot moved by `permille`. Rounded down to the forward's unit. */
export function movedMarks(profile: Profile, series: readonly Series[], report: Report, permille: number): Marks {
  const moved = (value: bigint): bigint => (value * BigInt(1000 + permille)) / 1000n;
  const slots = Array.from({ length: profile.series }, (_, slot) => {
    const listed = series[slot];
    const reported = report.expiries.find(({ expiry }) => expiry === listed?.expiry);
    if (!listed || !reported || listed.kind === "perpetual")
      return { mark: 0n, prices: profile.scenarios.map(() => 0n) };
    const { strike, kind, expiry } = listed;
    const variance = sviVariance(reported.svi, logMoneyness(reported.forward, strike));
    const seconds = expiry - report.timestamp;
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
    underlyings: [{ timestamp: report.timestamp, mode: "open", spot: moved(report.spot) }],
    expiries: report.expiries.map(({ expiry, forward, discount }) => ({ expiry, forward: moved(forward), discount })),
    slots,
  };
}

/** Distances of several accounts; a table is priced once for all of them. */
export function liquidationDistances(
  profile: Profile,
  parameters: Parameters,
  series: readonly Series[],
  report: Report,
  accounts: readonly MarginTerms[],
): Distance[] {
  const search = (direction: 1 | -1): (number | null)[] => {
    const found: (number | null)[] = accounts.map(() => null);
    for (let move = 0; move <= FURTHEST && found.includes(null); move += STEP) {
      const marks = movedMarks(profile, series, report, direction * move);
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
