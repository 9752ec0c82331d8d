/**
 * The demonstration's oracles. Each sees the same snapshot less another quarter of the strikes, as if every one collected its
 * quotes by itself, and fits what it sees: their reports differ as honest ones do, and none is made up.
 * @module
 */
import { PROFILE } from "#protocol/params.ts";
import type { Report } from "#protocol/report.ts";
import type { Quote, Snapshot } from "./chain.ts";
import { EXPIRIES } from "./series.ts";
import { survey } from "./survey.ts";

const { oracles: ORACLES } = PROFILE.devnet;
const known = new WeakMap<Snapshot, readonly Report[]>();

/** One report per oracle, in the order of the set; remembered per snapshot, since a fit takes a while. */
export function oracleReports(snapshot: Snapshot): readonly Report[] {
  const before = known.get(snapshot);
  if (before) return before;
  const reports = Array.from({ length: ORACLES }, (_, oracle) => {
    const quotes = EXPIRIES.flatMap((expiry) => seenBy(oracle, snapshot.quotes, expiry));
    return survey({ ...snapshot, quotes }, 0, EXPIRIES).report;
  });
  known.set(snapshot, reports);
  return reports;
}

/** Quotes of one expiry at all strikes but every fourth: a strike's call and put go together, for parity. */
function seenBy(oracle: number, quotes: readonly Quote[], expiry: number): Quote[] {
  const own = quotes.filter((quote) => quote.expiry === expiry);
  const strikes = [...new Set(own.map(({ strike }) => strike))].toSorted((a, b) => a - b);
  return own.filter(({ strike }) => strikes.indexOf(strike) % ORACLES !== oracle);
}
