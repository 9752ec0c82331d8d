/**
 * What happens between random `trade` steps: new marks and funding, marks too old, expiry, settlement, a debt socialised, a
 * series listed again. Each keeps the books as the `marks` or `board` step does that it stands for.
 * @module
 */
import { isPerpetualSlot } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import type { Random } from "./random.ts";
import { expired, PARAMETERS, remarked, SPOT_USD, settledAt, withGlobals, withSlot } from "./world.ts";

const SPOT_PER_CENT = 1_000_000n;

/** One event; the state as it is if the one drawn cannot happen. */
export function randomEvent(random: Random, state: State): State {
  const draw = random.int(20);
  if (draw < 6) return newMarks(random, state, SPOT_USD + BigInt(random.int(20_000)) - 10_000n);
  if (draw < 10) return newMarks(random, state, SPOT_USD + BigInt(random.int(60_000)) - 30_000n);
  if (draw === 10) return later(state, PARAMETERS.maxMarksAge + 60n);
  if (draw < 13) return withAny(random, state, isExpiring, expired);
  if (draw < 15) return withAny(random, state, isOwed, socialise);
  if (draw < 17) return withAny(random, state, isDone, relisted);
  const settle = (so: State, at: number) => settledAt(so, at, random.chance(0.3) ? 0n : random.amount(1n, 2_000_000n));
  return withAny(random, state, ({ status }) => status === "expired", settle);
}

type Slot = State["board"][number];
const isOwed = ({ deficitLong, deficitShort }: Slot): boolean => deficitLong + deficitShort > 0n;
const isDone = (slot: Slot): boolean =>
  slot.status === "settled" && slot.openLong + slot.openShort === 0n && !isOwed(slot);
const isExpiring = ({ status }: Slot, at: number, state: State): boolean =>
  status === "live" && !isPerpetualSlot(state.profile, at);

function withAny(
  random: Random,
  state: State,
  of: (slot: Slot, at: number, state: State) => boolean,
  event: (state: State, at: number) => State,
): State {
  const places = state.board.flatMap((slot, at) => (of(slot, at, state) ? [at] : []));
  return places.length > 0 ? event(state, random.pick(places)) : state;
}

const later = (state: State, seconds: bigint): State =>
  withGlobals(state, { timestamp: state.globals.timestamp + seconds });

/** A minute later the market is elsewhere, and longs have paid some funding, or were paid. */
function newMarks(random: Random, state: State, spotUsd: bigint): State {
  const { spot = 0n, index = 0n } = state.marks.underlyings[0] ?? {};
  const funding = spot / SPOT_PER_CENT - index + BigInt(random.int(2_001) - 1_000);
  const next = later(state, 60n);
  return remarked(next, spotUsd, next.globals.timestamp, funding);
}

/** The same series again in a slot that everybody has left, on marks as fresh as the others. */
function relisted(state: State, at: number): State {
  const { spot = 0n, index = 0n, timestamp = 0n } = state.marks.underlyings[0] ?? {};
  const listed = withSlot(state, at, { status: "live", index: 0n, lossLong: 0n, lossShort: 0n });
  return remarked(listed, spot / (100n * SPOT_PER_CENT), timestamp, spot / SPOT_PER_CENT - index);
}

/** The insurance fund repays what it can, and what is left is charged to everybody on the side, whole 1e-2 USDC per unit. */
function socialise(state: State, at: number): State {
  const slot = state.board[at];
  if (!slot) return state;
  const isShort = slot.deficitLong === 0n;
  const deficit = isShort ? slot.deficitShort : slot.deficitLong;
  const open = isShort ? slot.openShort : slot.openLong;
  const { insurance, clearing } = state.globals;
  const repaid = insurance < deficit ? insurance : deficit;
  const raise = open > 0n ? (deficit - repaid) / open : 0n;
  const left = deficit - repaid - raise * open;
  return withGlobals(
    withSlot(
      state,
      at,
      isShort
        ? { deficitShort: left, lossShort: slot.lossShort + raise }
        : { deficitLong: left, lossLong: slot.lossLong + raise },
    ),
    { insurance: insurance - repaid, clearing: clearing - raise * open },
  );
}
