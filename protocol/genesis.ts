/**
 * Genesis: the state before the first step, from data that L1 publishes at deployment.
 * @module
 */
import { EMPTY_SLOT } from "./board.ts";
import { ProtocolError } from "./errors.ts";
import { emptyMarks } from "./marks.ts";
import { PROFILE, type ProfileName } from "./params.ts";
import { parseSeries, type Series, seriesName } from "./series.ts";
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
  epsilonPpm: 1n,
  priceBandPpm: 10_000n,
  maxMarksAge: 43_200n,
  expiryGuard: 1_800n,
} as const;

/** The state before the first step. `domain` is the deployment's. Throws `OutOfRange` if the board is too small. */
export function genesisState({ profile: name, series, parameters }: Genesis, domain: bigint): State {
  const profile = PROFILE[name];
  if (series.length > profile.series) {
    throw new ProtocolError(
      "OutOfRange",
      `${series.length} series do not fit the ${profile.series} slots of profile ${name}`,
    );
  }
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

/** The text that the constructor publishes, from which `decodeGenesis` restores the same genesis. */
export function encodeGenesis({ profile, series, parameters }: Genesis): string {
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
      oracles: oracles.map(([x, y]) => ({ x: BigInt(x), y: BigInt(y) })),
    },
  };
}
