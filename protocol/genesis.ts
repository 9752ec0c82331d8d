/**
 * Genesis: the state before the first step, from data that L1 publishes at deployment.
 * @module
 */
import { EMPTY_SLOT } from "./board.ts";
import { ranged, refuse } from "./errors.ts";
import { emptyMarks } from "./marks.ts";
import { PROFILE, type Profile, type ProfileName, underlyingOfSlot, WIDTH } from "./params.ts";
import { MIN_EPSILON_PPM, STRIKE_BITS } from "./precision.ts";
import { parseSeries, type Series, seriesHash, seriesName } from "./series.ts";
import { inPrimeSubgroup } from "./signature.ts";
import { emptyAccounts, type Parameters, type State } from "./state.ts";

export type Genesis = {
  readonly profile: ProfileName;
  /** By slot; at most as many as the profile's board has. */
  readonly series: readonly Series[];
  readonly parameters: Parameters;
};

/** Parameters of a local devnet; the oracle keys come with the deployment. */
export const DEVNET_RISK = {
  contingencyPpm: 7_500n,
  epsilonPpm: MIN_EPSILON_PPM,
  priceBandPpm: 10_000n,
  maxMarksAge: 43_200n,
  expiryGuard: 1_800n,
  deviationPpm: 150_000n,
  candidateAge: 600n,
} as const;

/** The state before the first step. `domain` is the deployment's. Throws `OutOfRange` on what no circuit could work with. */
export function genesisState({ profile: name, series, parameters }: Genesis, domain: bigint): State {
  const profile = PROFILE[name];
  checkSeries(profile, series);
  checkRisk(parameters);
  checkOracles(parameters);
  return {
    profile,
    domain,
    parameters,
    accounts: new Map(),
    accountTree: emptyAccounts(profile),
    board: Array.from({ length: profile.series }, (_, slot) => {
      const listed = series[slot];
      return listed ? { ...EMPTY_SLOT, series: listed, status: "listed" as const } : EMPTY_SLOT;
    }),
    marks: emptyMarks(profile),
    globals: { number: 0n, timestamp: 0n, feePot: 0n, insurance: 0n, clearing: 0n, totalCash: 0n, requestCursor: 0n },
  };
}

/** Margin relies on a slot's series being of the slot's underlying, orders on no two slots having the same series. */
function checkSeries(profile: Profile, series: readonly Series[]): void {
  const names = new Set(series.map(seriesHash));
  if (series.length > profile.series || names.size < series.length) {
    refuse("OutOfRange", `${names.size} of ${series.length} series differ; the board has ${profile.series} slots`);
  }
  series.forEach(({ underlying, strike, expiry }, slot) => {
    const due = underlyingOfSlot(profile, slot);
    if (underlying !== due) refuse("OutOfRange", `slot ${slot} is of underlying ${due}, its series of ${underlying}`);
    ranged("strike", strike, 1n, 1n << BigInt(STRIKE_BITS));
    ranged("expiry", expiry, 0n, 1n << BigInt(WIDTH.timestamp));
  });
}

/** The circuits take parameters as they stand in the state: their widths are kept here. */
function checkRisk(parameters: Parameters): void {
  const least: Partial<Record<keyof Parameters, bigint>> = { epsilonPpm: MIN_EPSILON_PPM };
  for (const name of ["contingencyPpm", "epsilonPpm", "priceBandPpm", "deviationPpm"] as const) {
    ranged(name, parameters[name], least[name] ?? 0n, 1n << BigInt(WIDTH.ppm));
  }
  for (const name of ["maxMarksAge", "expiryGuard", "candidateAge"] as const) {
    ranged(name, parameters[name], 0n, 1n << BigInt(WIDTH.seconds));
  }
}

/** One oracle under two places would count twice; a key outside the subgroup is nobody's. */
function checkOracles({ oracles }: Parameters): void {
  const keys = new Set(oracles.map(({ x, y }) => `${x},${y}`));
  if (keys.size < oracles.length) refuse("BadKey", `${keys.size} of ${oracles.length} oracles differ`);
  oracles.forEach((key, at) => {
    if (!inPrimeSubgroup(key)) refuse("BadKey", `the key of oracle ${at} is not in the prime-order subgroup`);
  });
}

/**
 * The text that the constructor publishes, from which `decodeGenesis` restores the same genesis.
 * Throws `UnknownSeries` on a series that its name does not describe.
 */
export function encodeGenesis({ profile, series, parameters }: Genesis): string {
  for (const each of series) {
    if (seriesHash(parseSeries(seriesName(each))) !== seriesHash(each)) {
      refuse("UnknownSeries", `${seriesName(each)} names another strike or expiry than the series has`);
    }
  }
  const { oracles, ...risk } = parameters;
  return JSON.stringify({
    profile,
    series: series.map(seriesName),
    risk: Object.fromEntries(Object.entries(risk).map(([key, value]) => [key, value.toString()])),
    oracles: oracles.map(({ x, y }) => [x.toString(), y.toString()]),
  });
}

type GenesisJson = {
  profile: ProfileName;
  series: string[];
  risk: Record<keyof Omit<Parameters, "oracles">, string>;
  oracles: [string, string][];
};

/** Inverse of `encodeGenesis`; the text comes from the deployer of the contract. */
export function decodeGenesis(text: string): Genesis {
  const { profile, series, risk, oracles } = JSON.parse(text) as GenesisJson;
  return {
    profile,
    series: series.map(parseSeries),
    parameters: {
      contingencyPpm: BigInt(risk.contingencyPpm),
      epsilonPpm: BigInt(risk.epsilonPpm),
      priceBandPpm: BigInt(risk.priceBandPpm),
      maxMarksAge: BigInt(risk.maxMarksAge),
      expiryGuard: BigInt(risk.expiryGuard),
      deviationPpm: BigInt(risk.deviationPpm),
      candidateAge: BigInt(risk.candidateAge),
      oracles: oracles.map(([x, y]) => ({ x: BigInt(x), y: BigInt(y) })),
    },
  };
}
