/**
 * One intent executed on an account, or one forced execution: the twin of `circuits/trade/execute.circom`.
 * @module
 */
import { type Account, type OrderSlot, orderAt, orderKey, orderSlotOf } from "./account.ts";
import { seriesHashes } from "./board.ts";
import { ranged, refuse, signedInt } from "./errors.ts";
import {
  type Executed,
  type ExecutedLeg,
  type Legs,
  lotsOf,
  notionalOf,
  orderSlotAfter,
  withExecuted,
} from "./executed.ts";
import { abs } from "./field.ts";
import { type Backstop, type Intent, legsOf, netPrice, type SignedIntent, signedMessage } from "./intent.ts";
import { SCALE, SESSION_NONCES, underlyingOfSlot, WIDTH } from "./params.ts";
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

/** What the circuit needs of one execution beside its fields. */
export type ExecutionTrace = Legs & {
  readonly execution: Execution;
  readonly orderBefore: OrderSlot;
  readonly orderPath: readonly (readonly bigint[])[];
};

/** `checkSignatures: false` where every signature was verified before, as at admission. */
export type TradeOptions = { readonly checkSignatures?: boolean };

/** What of an execution is published. */
export const executedOf = ({ execution, legs, units }: Pick<ExecutionTrace, "execution" | keyof Legs>): Executed => {
  const { intent, cash, fee } = execution;
  const kind = intent === null ? "forced" : intent.kind === "spread" ? "order" : intent.kind;
  const isSet = intent?.kind === "mode" && intent.reduceOnly;
  return { kind, nonce: intent?.nonce ?? 0n, legs, units, cash, fee, isSet };
};

/** Executes one intent, or what is forced, on `account`, which the lane visits under `id` and found in `epoch`. */
export function execute(
  state: State,
  id: number,
  account: Account,
  epoch: bigint,
  execution: Execution,
  timestamp: bigint,
  options: TradeOptions,
): { trace: ExecutionTrace; next: Account } {
  const { intent } = execution;
  const traded =
    intent === null
      ? forcedLegs(state, execution, timestamp)
      : signedLegs(state, id, account, epoch, execution, timestamp, options);
  const orderSlot = orderSlotOf(state.profile, intent?.nonce ?? 0n);
  const orderBefore = orderAt(account.orders, orderSlot);
  const orderPath = account.orders.tree.path(BigInt(orderSlot));
  if (intent !== null) checkOrderSlot(intent, orderBefore, traded);
  const trace = { execution, ...traded, orderBefore, orderPath };
  return { trace, next: withExecuted(state, account, epoch, executedOf(trace)) };
}

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
  if (intent.nonce >= SESSION_NONCES)
    refuse("SessionLimit", `nonce ${intent.nonce}; a session key signs below ${SESSION_NONCES}`);
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
  if (!series) {
    refuse("UnknownSeries", `slot ${slot} lists no series`);
    return;
  }
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

/** An intent replaces what its order slot remembers if it is newer; only what trades continues, up to its size. */
function checkOrderSlot(intent: Intent, before: OrderSlot, traded: Legs): void {
  const key = orderKey(intent.epoch, intent.nonce);
  const isTrade = traded.legs.length > 0;
  if (key < before.key || (key === before.key && !isTrade)) {
    refuse(
      "StaleNonce",
      `intent ${intent.nonce} of epoch ${intent.epoch} is not newer than its order slot's, ${before.key}`,
    );
  }
  const { filled } = orderSlotAfter(before, key, traded);
  if (isTrade && "size" in intent && filled > intent.size)
    refuse("Overfilled", `${filled} lots of an order for ${intent.size}`);
}
