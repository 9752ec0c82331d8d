/**
 * Genesis: the state before the first step, from data that L1 publishes at deployment.
 * @module
 */
import { type Board, EMPTY_SLOT, type Slot } from "./board.ts";
import { ranged, refuse } from "./errors.ts";
import { emptyMarks } from "./marks.ts";
import { isPerpetualSlot, NEVER, PROFILE, type Profile, type ProfileName, underlyingOfSlot, WIDTH } from "./params.ts";
import { MIN_EPSILON_PPM, STRIKE_BITS } from "./precision.ts";
import { parseSeries, type Series, seriesHash, seriesName } from "./series.ts";
import { inPrimeSubgroup, type Point } from "./signature.ts";
import { emptyAccounts, type Parameters, type State } from "./state.ts";

export type Genesis = {
  readonly profile: ProfileName;
  /** Each takes the first free slot of its underlying, a perpetual the place that is kept for it. */
  readonly series: readonly Series[];
  /** Lots that may be open in each. */
  readonly cap: bigint;
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
  sizePpm: 50n,
  penaltyPpm: 5_000n,
  liquidationCap: 1_000_000n,
  fundingCapPpm: 5_000n,
  feeAccount: 0n,
} as const;
/** Leverage of a perpetual, at most 50: one value per underlying. */
export const DEVNET_LEVERAGE_PPM = 20_000n;
/** The devnet's parameters for a profile. */
export const devnetParameters = (profile: Profile, oracles: readonly Point[]): Parameters => ({
  ...DEVNET_RISK,
  leveragePpm: Array.from({ length: profile.underlyings }, () => DEVNET_LEVERAGE_PPM),
  oracles,
});
/** 10,000 units of underlying. */
export const DEVNET_CAP = 100_000_000n;

/** The state before the first step. `domain` is the deployment's. Throws `OutOfRange` on what no circuit could work with. */
export function genesisState({ profile: name, series, cap, parameters }: Genesis, domain: bigint): State {
  const profile = PROFILE[name];
  checkParameters(profile, parameters);
  ranged("cap", cap, 0n, 1n << BigInt(WIDTH.size));
  return {
    profile,
    domain,
    parameters,
    accounts: new Map(),
    accountTree: emptyAccounts(profile),
    board: boardOf(profile, series, cap),
    marks: emptyMarks(profile),
    globals: {
      number: 0n,
      timestamp: 0n,
      feePot: 0n,
      insurance: 0n,
      clearing: 0n,
      deficit: 0n,
      totalCash: 0n,
      requestCursor: 0n,
    },
  };
}

/** Every series in a slot of its own. */
function boardOf(profile: Profile, series: readonly Series[], cap: bigint): Board {
  const board: Slot[] = Array.from({ length: profile.series }, () => EMPTY_SLOT);
  if (new Set(series.map(seriesHash)).size < series.length) refuse("OutOfRange", "two series are the same");
  for (const each of series) {
    checkSeries(each);
    const at = freeSlot(profile, board, each);
    if (at < 0) refuse("OutOfRange", `no slot is left for ${seriesName(each)}; the board has ${profile.series}`);
    board[at] = { ...EMPTY_SLOT, series: each, status: "listed", cap };
  }
  return board;
}

/** The first empty slot that can take a series, -1 if none: margin relies on its underlying, pricing on its kind. */
export const freeSlot = (profile: Profile, board: Board, { underlying, kind }: Series): number =>
  board.findIndex(
    ({ status }, slot) =>
      status === "empty" &&
      underlyingOfSlot(profile, slot) === underlying &&
      isPerpetualSlot(profile, slot) === (kind === "perpetual"),
  );

function checkSeries({ kind, strike, expiry }: Series): void {
  if (kind === "perpetual") return;
  ranged("strike", strike, 1n, 1n << BigInt(STRIKE_BITS));
  ranged("expiry", expiry, 0n, NEVER);
}

/** What every circuit relies on. Throws `OutOfRange` or `BadKey`. */
export function checkParameters(profile: Profile, parameters: Parameters): void {
  checkRisk(profile, parameters);
  checkOracles(parameters);
}

/** The circuits take parameters as they stand in the state: their widths are kept here. */
function checkRisk(profile: Profile, parameters: Parameters): void {
  const ppm = [
    "contingencyPpm",
    "epsilonPpm",
    "priceBandPpm",
    "deviationPpm",
    "sizePpm",
    "penaltyPpm",
    "fundingCapPpm",
  ] as const;
  const least: Partial<Record<keyof Parameters, bigint>> = { epsilonPpm: MIN_EPSILON_PPM };
  for (const name of ppm) ranged(name, parameters[name], least[name] ?? 0n, 1n << BigInt(WIDTH.ppm));
  for (const name of ["maxMarksAge", "expiryGuard", "candidateAge", "liquidationCap"] as const) {
    ranged(name, parameters[name], 0n, 1n << BigInt(WIDTH.seconds));
  }
  ranged("feeAccount", parameters.feeAccount, 0n, 1n << BigInt(WIDTH.account));
  const { leveragePpm } = parameters;
  if (leveragePpm.length !== profile.underlyings)
    refuse(
      "OutOfRange",
      `${leveragePpm.length} leverage limits; profile ${profile.name} has ${profile.underlyings} underlyings`,
    );
  for (const each of leveragePpm) ranged("leveragePpm", each, 0n, 1n << BigInt(WIDTH.ppm));
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
export function encodeGenesis({ profile, series, cap, parameters }: Genesis): string {
  for (const each of series) {
    if (seriesHash(parseSeries(seriesName(each))) !== seriesHash(each)) {
      refuse("UnknownSeries", `${seriesName(each)} names another strike or expiry than the series has`);
    }
  }
  const { oracles, leveragePpm, ...risk } = parameters;
  return JSON.stringify({
    profile,
    series: series.map(seriesName),
    cap: cap.toString(),
    risk: Object.fromEntries(Object.entries(risk).map(([key, value]) => [key, value.toString()])),
    leveragePpm: leveragePpm.map(String),
    oracles: oracles.map(({ x, y }) => [x.toString(), y.toString()]),
  });
}

type GenesisJson = {
  profile: ProfileName;
  series: string[];
  cap: string;
  risk: Record<keyof Omit<Parameters, "oracles" | "leveragePpm">, string>;
  leveragePpm: string[];
  oracles: [string, string][];
};

/** Inverse of `encodeGenesis`; the text comes from the deployer of the contract. */
export function decodeGenesis(text: string): Genesis {
  const { profile, series, cap, risk, leveragePpm, oracles } = JSON.parse(text) as GenesisJson;
  return {
    profile,
    series: series.map(parseSeries),
    cap: BigInt(cap),
    parameters: {
      contingencyPpm: BigInt(risk.contingencyPpm),
      epsilonPpm: BigInt(risk.epsilonPpm),
      priceBandPpm: BigInt(risk.priceBandPpm),
      maxMarksAge: BigInt(risk.maxMarksAge),
      expiryGuard: BigInt(risk.expiryGuard),
      deviationPpm: BigInt(risk.deviationPpm),
      candidateAge: BigInt(risk.candidateAge),
      sizePpm: BigInt(risk.sizePpm),
      penaltyPpm: BigInt(risk.penaltyPpm),
      liquidationCap: BigInt(risk.liquidationCap),
      fundingCapPpm: BigInt(risk.fundingCapPpm),
      feeAccount: BigInt(risk.feeAccount),
      leveragePpm: leveragePpm.map(BigInt),
      oracles: oracles.map(([x, y]) => ({ x: BigInt(x), y: BigInt(y) })),
    },
  };
}
