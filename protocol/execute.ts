/**
 * One intent executed on an account, or one forced execution: the twin of `circuits/trade/execute.circom`.
 * @module
 */
import { type Account, type OrderSlot, orderAt, orderKey, orderSlotOf, setOrder } from "./account.ts";
import { seriesHashes } from "./board.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import { abs } from "./field.ts";
import { type Backstop, type Intent, legsOf, netPrice, type SignedIntent, signedMessage } from "./intent.ts";
import { FILLED_ALL, isPerpetualSlot, SCALE, underlyingOfSlot, WIDTH } from "./params.ts";
import { verify } from "./signature.ts";
import type { State } from "./state.ts";

/**
 * An executed intent. `size`: signed lots of an order or backstop, units of a spread, else 0. `cash`: the account's change before
 * fee, 1e-6 USDC; what a perpetual is worth at its mark comes on top. `slot`: of a backstop, the one it takes.
 */
export type SignedExecution = SignedIntent & {
  readonly size: bigint;
  readonly cash: bigint;
  readonly fee: bigint;
  readonly slot?: number;
};
/** Nobody's wish: a liquidation, whose `fee` is the penalty, or a forced close. */
export type ForcedExecution = {
  readonly intent: null;
  readonly slot: number;
  /** Lots, signed. */
  readonly size: bigint;
  readonly cash: bigint;
  readonly fee: bigint;
};
export type Execution = SignedExecution | ForcedExecution;

/** Lots of one slot per unit, signed. */
export type ExecutedLeg = { readonly slot: number; readonly ratio: bigint };
/** What the circuit needs of one execution beside its fields. */
export type ExecutionTrace = {
  readonly execution: Execution;
  /** None unless it trades. */
  readonly legs: readonly ExecutedLeg[];
  /** Of the legs; 0 unless it trades. */
  readonly units: bigint;
  readonly orderBefore: OrderSlot;
  readonly orderPath: readonly (readonly bigint[])[];
};

/** `checkSignatures: false` where every signature was verified before, as at admission. */
export type TradeOptions = { readonly checkSignatures?: boolean };

/** Lots that an execution moves, over all its legs, unsigned. */
export const lotsOf = ({ legs, units }: Pick<ExecutionTrace, "legs" | "units">): bigint =>
  units * legs.reduce((sum, { ratio }) => sum + abs(ratio), 0n);
/** Lots times spot, 1e-12 USDC. */
export const notionalOf = (
  { marks, profile }: State,
  { legs, units }: Pick<ExecutionTrace, "legs" | "units">,
): bigint =>
  legs.reduce(
    (sum, { slot, ratio }) =>
      sum + units * abs(ratio) * (marks.underlyings[underlyingOfSlot(profile, slot)]?.spot ?? 0n),
    0n,
  );

/** Executes one intent on `account`, which the lane visits under `id`. */
export function execute(
  state: State,
  id: number,
  account: Account,
  epoch: bigint,
  execution: Execution,
  timestamp: bigint,
  options: TradeOptions,
): { trace: ExecutionTrace; next: Account } {
  const { legs, units } =
    execution.intent === null
      ? forcedLegs(state, execution, timestamp)
      : signedLegs(state, id, account, epoch, execution, timestamp, options);
  const orderSlot = execution.intent === null ? 0 : orderSlotOf(state.profile, execution.intent.nonce);
  const orderBefore = orderAt(account.orders, orderSlot);
  const orderPath = account.orders.tree.path(BigInt(orderSlot));
  const orders =
    execution.intent === null
      ? account.orders
      : setOrder(account.orders, orderSlot, orderAfter(execution.intent, orderBefore, filledBy(execution, units)));
  const next = withLegs(state, { ...account, orders }, legs, units);
  return {
    trace: { execution, legs, units, orderBefore, orderPath },
    next: { ...next, cash: next.cash + execution.cash - execution.fee },
  };
}

const filledBy = ({ intent }: SignedExecution, units: bigint): bigint =>
  intent.kind === "order" || intent.kind === "spread" || intent.kind === "backstop" ? units : 0n;

/** Positions after `units` of `legs`. A perpetual's are booked at its mark: it is settled to that already. */
export function withLegs(state: State, account: Account, legs: readonly ExecutedLeg[], units: bigint): Account {
  const sizes = account.positions.map(({ size }) => size);
  let booked = 0n;
  for (const { slot, ratio } of legs) {
    const lots = units * ratio;
    sizes[slot] = (sizes[slot] ?? 0n) + lots;
    if (isPerpetualSlot(state.profile, slot)) booked += lots * settledMark(state, slot);
  }
  return {
    ...account,
    cash: account.cash + booked,
    positions: account.positions.map((position, slot) => ({ ...position, size: sizes[slot] ?? 0n })),
  };
}

/** A perpetual's mark at 1e-2 USDC per unit, of which it is a whole number. */
export const settledMark = ({ marks }: State, slot: number): bigint =>
  (marks.slots[slot]?.mark ?? 0n) / (SCALE.mark / SCALE.price);

type Legs = Pick<ExecutionTrace, "legs" | "units">;
const NO_LEGS: Legs = { legs: [], units: 0n };

function forcedLegs(state: State, { slot, size, cash, fee }: ForcedExecution, timestamp: bigint): Legs {
  checkTrading(state, slot, timestamp);
  const units = ranged("lots", abs(size), 1n, 1n << BigInt(WIDTH.size));
  signedInt("execution cash", cash, WIDTH.tradeCash);
  ranged("penalty", fee, 0n, 1n << BigInt(WIDTH.fee));
  return { legs: [{ slot, ratio: size < 0n ? -1n : 1n }], units };
}

function signedLegs(
  state: State,
  id: number,
  account: Account,
  epoch: bigint,
  execution: SignedExecution,
  timestamp: bigint,
  options: TradeOptions,
): Legs {
  const { intent, size, cash, fee } = execution;
  if (intent.account !== id)
    refuse("WrongAccount", `the intent is of account ${intent.account}, the lane visits ${id}`);
  if (intent.epoch !== epoch) refuse("WrongEpoch", `the intent is of epoch ${intent.epoch}, the account's is ${epoch}`);
  if (intent.validUntil < timestamp)
    refuse("IntentExpired", `the intent was valid until ${intent.validUntil}; the step is at ${timestamp}`);
  checkSignature(state, id, account, execution, options);
  if (intent.kind === "order" || intent.kind === "spread") return orderLegs(state, execution, timestamp);
  if (intent.kind === "backstop") return backstopLegs(state, intent, execution, timestamp);
  if (size !== 0n || fee !== 0n || cash !== movedCash(intent)) {
    refuse("OutOfRange", `a ${intent.kind} has no size and no fee, and cash ${movedCash(intent)}`);
  }
  if (intent.kind === "collect" && BigInt(id) !== state.parameters.feeAccount)
    refuse("NotFeeAccount", `fees are paid out to account ${state.parameters.feeAccount}, not ${id}`);
  return NO_LEGS;
}

/** What an intent that trades nothing adds to its account's cash, 1e-6 USDC. */
export function movedCash(intent: Intent): bigint {
  if (intent.kind === "withdraw" || intent.kind === "contribute") return -intent.amount;
  return intent.kind === "collect" ? intent.amount : 0n;
}

/** The key that signed, and for a session key what it may do. */
function checkSignature(state: State, id: number, account: Account, signed: SignedIntent, options: TradeOptions): void {
  const { intent, signature, signer = 0 } = signed;
  const session = account.sessions[signer - 1];
  if (signer !== 0 && !session) refuse("SessionLimit", `account ${id} has no session key ${signer}`);
  const key = session?.key ?? account.key;
  const message =
    options.checkSignatures === false && !signed.bulk ? null : signedMessage(state.profile, state.domain, signed);
  if (options.checkSignatures !== false && (message === null || !verify(key, message, signature))) {
    refuse(
      "BadSignature",
      `the signature of intent ${intent.nonce} does not verify under account ${id}'s key ${signer}`,
    );
  }
  if (session) checkSession(state, session.limits, intent);
}

/** Whether a session key may sign this intent. Throws `SessionLimit`. */
export function checkSession(
  { profile, board }: Pick<State, "profile" | "board">,
  { underlyings, validUntil, maxSize }: Account["sessions"][number]["limits"],
  intent: Intent,
): void {
  const isAllowed =
    intent.kind === "order" ||
    intent.kind === "spread" ||
    intent.kind === "cancel" ||
    (intent.kind === "mode" && intent.reduceOnly);
  if (!isAllowed) refuse("SessionLimit", `a session key signs orders, cancels and stops, no ${intent.kind}`);
  if (intent.validUntil > validUntil)
    refuse("SessionLimit", `the intent is valid until ${intent.validUntil}, its key until ${validUntil}`);
  const hashes = seriesHashes(board);
  const legs = legsOf(intent);
  for (const { seriesHash } of legs) {
    const underlying = underlyingOfSlot(profile, hashes.indexOf(seriesHash));
    if (((underlyings >> BigInt(underlying)) & 1n) === 0n)
      refuse("SessionLimit", `the session key may not trade underlying ${underlying}`);
  }
  const lots = "size" in intent ? intent.size * legs.reduce((sum, { ratio }) => sum + abs(ratio), 0n) : 0n;
  if (lots > maxSize) refuse("SessionLimit", `an order of ${lots} lots; the session key signs for at most ${maxSize}`);
}

/** Throws unless `slot` trades at `timestamp`. */
function checkTrading({ board, parameters }: State, slot: number, timestamp: bigint): void {
  const { status, series } = board[slot] ?? {};
  if (!series) return refuse("UnknownSeries", `slot ${slot} lists no series`);
  if (status !== "live") refuse("SeriesNotLive", `the series is ${status}; only a live one trades`);
  if (timestamp + parameters.expiryGuard >= series.expiry) {
    refuse("SeriesExpiring", `trading ended ${parameters.expiryGuard} s before expiry ${series.expiry}`);
  }
}

/** Checks one execution against its order's terms. */
function orderLegs(state: State, { intent, size, cash, fee }: SignedExecution, timestamp: bigint): Legs {
  const hashes = seriesHashes(state.board);
  const legs = legsOf(intent).map(({ seriesHash, ratio }) => ({ slot: hashes.indexOf(seriesHash), ratio }));
  if (legs.length === 0) refuse("OutOfRange", "a spread has at least one leg");
  for (const [at, { slot, ratio }] of legs.entries()) {
    if (slot < 0) refuse("UnknownSeries", `no slot of the board lists series ${legsOf(intent)[at]?.seriesHash}`);
    checkTrading(state, slot, timestamp);
    signedInt("ratio", ratio, WIDTH.ratio);
  }
  const units = intent.kind === "order" ? abs(size) : size;
  const isSide = intent.kind === "order" ? size < 0n === (intent.side === "sell") : size > 0n;
  if (units === 0n || !isSide) refuse("WrongSide", `size ${size} does not fit the order`);
  if (cash + netPrice(intent) * units < 0n)
    refuse("LimitPrice", `cash ${cash} for ${units} units is worse than the net limit ${netPrice(intent)}`);
  signedInt("execution cash", cash, WIDTH.tradeCash);
  checkFee("feePerLot" in intent ? intent.feePerLot : 0n, lotsOf({ legs, units }), fee);
  return { legs, units };
}

function backstopLegs(
  state: State,
  intent: Backstop,
  { size, cash, fee, slot = -1 }: SignedExecution,
  timestamp: bigint,
): Legs {
  checkTrading(state, slot, timestamp);
  ranged("discount", intent.discountPpm, 0n, 1n << BigInt(WIDTH.price));
  if (size === 0n) refuse("WrongSide", "a backstop takes at least one lot");
  const legs = [{ slot, ratio: size < 0n ? -1n : 1n }];
  const units = abs(size);
  signedInt("execution cash", cash, WIDTH.tradeCash);
  checkFee(intent.feePerLot, units, fee);
  if (gainOf(state, legs, units, cash) - notionalOf(state, { legs, units }) * intent.discountPpm < 0n)
    refuse(
      "LimitPrice",
      `cash ${cash} for ${size} lots in slot ${slot} is less than ${intent.discountPpm} ppm of spot better than the mark`,
    );
  return { legs, units };
}

function checkFee(feePerLot: bigint, lots: bigint, fee: bigint): void {
  if (fee < 0n || fee > feePerLot * lots)
    refuse("FeeAboveMaximum", `fee ${fee}; the order allows ${feePerLot} per lot on ${lots} lots`);
  ranged("fee", fee, 0n, 1n << BigInt(WIDTH.fee));
}

/** What an execution gains against the mark, 1e-18 USDC. */
export const gainOf = ({ marks }: State, legs: readonly ExecutedLeg[], units: bigint, cash: bigint): bigint =>
  (cash * SCALE.equityPerCash +
    units * legs.reduce((sum, { slot, ratio }) => sum + ratio * (marks.slots[slot]?.mark ?? 0n), 0n)) *
  SCALE.marginPerEquity;

/** The order slot after an intent. Throws `StaleNonce` or `Overfilled`. */
export function orderAfter(intent: Intent, before: OrderSlot, units: bigint): OrderSlot {
  const key = orderKey(intent.epoch, intent.nonce);
  const isFillable = intent.kind === "order" || intent.kind === "spread" || intent.kind === "backstop";
  const isContinuing = isFillable && key === before.key;
  if (!isContinuing && key <= before.key) {
    refuse(
      "StaleNonce",
      `intent ${intent.nonce} of epoch ${intent.epoch} is not newer than its order slot's, ${before.key}`,
    );
  }
  if (!isFillable) return { key, filled: FILLED_ALL };
  const filled = (isContinuing ? before.filled : 0n) + units;
  if (filled > intent.size) refuse("Overfilled", `${filled} lots of an order for ${intent.size}`);
  return { key, filled };
}
