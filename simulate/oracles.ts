/**
 * The oracles of a simulation: each sees the hour's prices a little differently, and signs what it sees.
 * @module
 */
import { expiriesPerUnderlying } from "#protocol/marks.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import { quorum, SCALE } from "#protocol/params.ts";
import { type Report, type SignedReport, signReport } from "#protocol/report.ts";
import { publicKey } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import type { Hour } from "./path.ts";
import type { Random } from "./random.ts";
import { sviOf } from "./surface.ts";

/** How far an oracle's spot lies from the true one, part of it. */
const DISAGREEMENT = 2e-4;
/** What a forward gains on spot in a year. */
const CARRY = 0.03;
const YEAR = 31_536_000;

export const oracleSecrets = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, at) => new Uint8Array(32).fill(0xe0 + at));
export const oracleKeys = (count: number) => oracleSecrets(count).map(publicKey);

const price = (usd: number): bigint => BigInt(Math.round(usd * 1e4)) * (SCALE.spot / 10_000n);

/** The expiries that are to be priced at `time`, ascending: of what is listed or live and lies ahead. */
function expiriesAhead({ board, profile }: State, time: bigint): readonly bigint[] {
  const ahead = board.flatMap(({ series, status }) =>
    series && series.kind !== "perpetual" && (status === "listed" || status === "live") && series.expiry > time
      ? [series.expiry]
      : [],
  );
  return [...new Set(ahead)].toSorted((a, b) => Number(a - b)).slice(0, expiriesPerUnderlying(profile));
}

/** What a quorum reports on the hour, stamped `time` (unix seconds). */
export function marksStep(state: State, hour: Hour, time: bigint, random: Random): MarksStep {
  const { profile, domain } = state;
  const hasPerpetual = state.board.some(({ series }) => series?.kind === "perpetual");
  const expiries = expiriesAhead(state, time);
  const signed = oracleSecrets(quorum(profile)).map((secret): SignedReport => {
    const spot = hour.spot * (1 + random.between(-DISAGREEMENT, DISAGREEMENT));
    const report: Report = {
      underlying: 0,
      timestamp: time,
      spot: price(spot),
      impactMid: hasPerpetual ? price(spot * (1 + hour.premium)) : 0n,
      expiries: expiries.map((expiry) => {
        const seconds = Number(expiry - time);
        return {
          expiry,
          forward: price(spot * (1 + (CARRY * seconds) / YEAR)),
          discount: 1n << BigInt(SCALE.fractionBits),
          svi: sviOf(hour, seconds),
        };
      }),
    };
    return signReport(profile, domain, report, secret);
  });
  return { kind: "marks", timestamp: time, reports: [signed] };
}
