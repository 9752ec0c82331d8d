/**
 * Random valid `board` steps, each on a state that is made for it: all four operations, in every form that they have.
 * @module
 */
import { EMPTY_SLOT, type Slot } from "#protocol/board.ts";
import type { BoardOperation, BoardStep, Side } from "#protocol/board-step.ts";
import { GRID, isPerpetualSlot, type Profile, quorum, SETTLEMENT, underlyingOfSlot, WIDTH } from "#protocol/params.ts";
import { perpetual, type Series } from "#protocol/series.ts";
import { publicKey, sign } from "#protocol/signature.ts";
import { type SignedAverage, type SignedSpotSum, type SpotSum, spotSumMessage } from "#protocol/spot-sum.ts";
import type { Parameters, State } from "#protocol/state.ts";
import type { Random } from "./random.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS, worldState } from "./world.ts";

export type BoardSample = { readonly state: State; readonly step: BoardStep };
/** What a sample does, in words. */
export const BOARD_MEETINGS = [
  "list into an empty slot",
  "list over a settled one",
  "list a perpetual",
  "settle by a quorum",
  "settle by the last mark",
  "socialise, insured",
  "socialise, charged",
  "socialise, nobody open",
  "repay nobody's deficit",
  "parameters",
] as const;
export type BoardMeeting = (typeof BOARD_MEETINGS)[number];

/** Signed without a look at what it says. */
export const signSum = (spotSum: SpotSum, secret: Uint8Array, domain = DOMAIN): SignedSpotSum => ({
  spotSum,
  signature: sign(secret, spotSumMessage(domain, spotSum)),
});
/** Two sums of one oracle, `growth` apart. */
export const average = (
  { underlying, expiry }: Series,
  secret: Uint8Array,
  growth: bigint,
  sum = 10n ** 20n,
): SignedAverage => ({
  start: signSum({ underlying, timestamp: expiry - SETTLEMENT.averageSeconds, sum }, secret),
  end: signSum({ underlying, timestamp: expiry, sum: sum + growth }, secret),
});

const cash = (random: Random): bigint => random.amount(0n, 1n << 60n);
const lots = (random: Random): bigint => (random.chance(0.2) ? 0n : random.amount(0n, (1n << 40n) - 1n));

/** A slot with something of everything in it. */
function filled(random: Random, slot: Slot, series: Series | null): Slot {
  if (!series || random.chance(0.2)) return EMPTY_SLOT;
  return {
    ...slot,
    series,
    status: series.kind === "perpetual" ? "live" : random.pick(["listed", "live", "expired", "settled"] as const),
    openLong: lots(random),
    openShort: lots(random),
    deficitLong: cash(random),
    deficitShort: cash(random),
    index: random.amount(0n, 1n << 34n),
    lossLong: random.amount(0n, 1n << 30n),
    lossShort: random.amount(0n, 1n << 30n),
    cap: lots(random),
  };
}

/** A state with random boards and pots; one slot as it is given. */
function stateWith(random: Random, profile: Profile["name"], at = -1, slot = EMPTY_SLOT): State {
  const base = worldState({ profile });
  return {
    ...base,
    board: base.board.map((each, place) => (place === at ? slot : filled(random, each, each.series))),
    globals: {
      ...base.globals,
      feePot: cash(random),
      insurance: random.chance(0.2) ? 0n : cash(random),
      clearing: cash(random) - cash(random),
      deficit: cash(random),
      totalCash: cash(random),
      requestCursor: BigInt(random.int(1_000)),
    },
  };
}

const optionSlot = (random: Random, profile: Profile): number => {
  for (;;) {
    const slot = random.int(profile.series);
    if (!isPerpetualSlot(profile, slot)) return slot;
  }
};
const perpetualSlot = (random: Random, profile: Profile): number =>
  random.pick(
    Array.from({ length: profile.series }, (_, slot) => slot).filter((slot) => isPerpetualSlot(profile, slot)),
  );

const onGrid = (random: Random, underlying: number): Series => ({
  underlying,
  kind: random.pick(["call", "put"] as const),
  strike: GRID.strike * random.amount(1n, (1n << 27n) - 1n),
  expiry: EXPIRY + GRID.daySeconds * BigInt(1 + random.int(400)),
});

const stepOf = (operation: BoardOperation, timestamp: bigint): BoardStep => ({ kind: "board", timestamp, operation });

/** A random valid step. */
export function randomBoard(
  random: Random,
  name: Profile["name"] = "tiny",
  meeting: BoardMeeting = random.pick(BOARD_MEETINGS),
): BoardSample & { readonly meeting: BoardMeeting } {
  return { ...sampleOf(random, name, meeting), meeting };
}

function sampleOf(random: Random, name: Profile["name"], meeting: BoardMeeting): BoardSample {
  const { profile, board } = worldState({ profile: name });
  const soon = NOW + BigInt(random.int(100_000));
  switch (meeting) {
    case "list into an empty slot":
    case "list over a settled one": {
      const slot = optionSlot(random, profile);
      const done: Slot = {
        ...EMPTY_SLOT,
        series: { ...onGrid(random, underlyingOfSlot(profile, slot)), expiry: NOW - 5n },
        status: "settled",
        index: random.amount(0n, 1n << 34n),
        lossLong: random.amount(0n, 1n << 30n),
        lossShort: random.amount(0n, 1n << 30n),
        cap: lots(random),
      };
      const state = stateWith(random, name, slot, meeting === "list into an empty slot" ? EMPTY_SLOT : done);
      const series = onGrid(random, underlyingOfSlot(profile, slot));
      return { state, step: stepOf({ kind: "list", slot, series, cap: lots(random) }, soon) };
    }
    case "list a perpetual": {
      const slot = perpetualSlot(random, profile);
      const series = perpetual(underlyingOfSlot(profile, slot));
      return {
        state: stateWith(random, name, slot, EMPTY_SLOT),
        step: stepOf({ kind: "list", slot, series, cap: lots(random) }, soon),
      };
    }
    case "settle by a quorum":
    case "settle by the last mark":
      return settlementOf(random, name, meeting === "settle by a quorum");
    case "socialise, insured":
    case "socialise, charged":
    case "socialise, nobody open": {
      const slot = random.int(profile.series);
      const side = random.pick(["long", "short"] as const);
      const open = meeting === "socialise, nobody open" ? 0n : random.amount(1n, (1n << 40n) - 1n);
      const deficit = random.amount(1n, open === 0n ? 1n << 90n : open << 46n);
      const owed = { deficitLong: deficit, deficitShort: deficit, openLong: open, openShort: open };
      const held = filled(random, board[slot] ?? EMPTY_SLOT, board[slot]?.series ?? null);
      const state = stateWith(random, name, slot, { ...held, ...owed });
      const insurance = meeting === "socialise, insured" ? deficit + random.amount(0n, 1n << 60n) : deficit >> 3n;
      return { state: withPots(state, { insurance }), step: socialise(slot, side, soon) };
    }
    case "repay nobody's deficit":
      return { state: stateWith(random, name), step: socialise(0, "nobody", soon) };
    case "parameters":
      return {
        state: stateWith(random, name),
        step: stepOf({ kind: "parameters", parameters: randomParameters(random, profile) }, soon),
      };
  }
}

const withPots = (state: State, change: Partial<State["globals"]>): State => ({
  ...state,
  globals: { ...state.globals, ...change },
});
const socialise = (slot: number, side: Side, timestamp: bigint): BoardStep =>
  stepOf({ kind: "socialise", slot, side }, timestamp);

/** Spot at, near or far from the strike; by three or four oracles who see it a little differently. */
function settlementOf(random: Random, name: Profile["name"], isByQuorum: boolean): BoardSample {
  const { profile, board } = worldState({ profile: name });
  const slot = optionSlot(random, profile);
  const series = { ...onGrid(random, underlyingOfSlot(profile, slot)), expiry: EXPIRY };
  const status = random.pick(["live", "expired"] as const);
  const held = { ...(board[slot] ?? EMPTY_SLOT), series, status, openLong: lots(random), lossLong: lots(random) >> 4n };
  const state = stateWith(random, name, slot, held);
  const late = BigInt(random.int(9_000));
  if (!isByQuorum) {
    const timestamp = EXPIRY + SETTLEMENT.fallbackSeconds + late;
    return { state, step: stepOf({ kind: "settle", slot, averages: null }, timestamp) };
  }
  const spot = random.chance(0.5) ? series.strike : random.amount(1n, (1n << 53n) - 1n);
  const most = SETTLEMENT.averageSeconds * ((1n << 53n) - 1n);
  const absent = random.int(profile.oracles + 1);
  const averages = ORACLE_SECRETS.slice(0, profile.oracles)
    .filter((_, oracle) => oracle !== absent)
    .map((secret) => {
      const seen = spot * SETTLEMENT.averageSeconds + random.amount(0n, spot) - random.amount(0n, spot);
      return average(series, secret, seen > most ? most : seen, random.amount(0n, (1n << BigInt(WIDTH.spotSum)) - 1n));
    });
  return { state, step: stepOf({ kind: "settle", slot, averages }, EXPIRY + late) };
}

/** Any parameters within their widths, and a set of any size that can still make a quorum. */
function randomParameters(random: Random, profile: Profile): Parameters {
  const up = (bits: number, least = 0n): bigint => random.amount(least, (1n << BigInt(bits)) - 1n);
  const count = quorum(profile) + random.int(profile.oracles - quorum(profile) + 1);
  const first = random.int(200);
  return {
    contingencyPpm: up(WIDTH.ppm),
    epsilonPpm: up(WIDTH.ppm, 1n),
    priceBandPpm: up(WIDTH.ppm),
    maxMarksAge: up(WIDTH.seconds),
    expiryGuard: up(WIDTH.seconds),
    deviationPpm: up(WIDTH.ppm),
    candidateAge: up(WIDTH.seconds),
    sizePpm: up(WIDTH.ppm),
    penaltyPpm: up(WIDTH.ppm),
    liquidationCap: up(WIDTH.seconds),
    fundingCapPpm: up(WIDTH.ppm),
    feeAccount: up(WIDTH.account),
    leveragePpm: Array.from({ length: profile.underlyings }, () => up(WIDTH.ppm)),
    oracles: Array.from({ length: count }, (_, at) => publicKey(new Uint8Array(32).fill(1 + first + at))),
  };
}
