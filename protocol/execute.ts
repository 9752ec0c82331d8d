/**
 * One intent executed on an account: the twin of `circuits/trade/execute.circom`.
 * @module
 */
import { type Account, type OrderSlot, orderAt, orderKey, orderSlotOf, setOrder } from "./account.ts";
import { seriesHashes } from "./board.ts";
import { refuse, signedInt } from "./errors.ts";
import { abs } from "./field.ts";
import { type Intent, intentMessage, type Order, type SignedIntent } from "./intent.ts";
import { FILLED_ALL, WIDTH } from "./params.ts";
import { verify } from "./signature.ts";
import type { State } from "./state.ts";

/** An executed intent. `size` (lots, signed) and `cash` (1e-6 USDC, before fee) are the account's changes; zero unless it is an order. */
export type Execution = SignedIntent & { readonly size: bigint; readonly cash: bigint; readonly fee: bigint };

/** What the circuit needs of one executed intent beside its fields. */
export type ExecutionTrace = {
  readonly execution: Execution;
  /** Slot on the board, -1 unless an order. */
  readonly slot: number;
  readonly orderBefore: OrderSlot;
  readonly orderPath: readonly (readonly bigint[])[];
};

/** `checkSignatures: false` where every signature was verified before, as at admission. */
export type TradeOptions = { readonly checkSignatures?: boolean };

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
  const { profile } = state;
  const { intent, signature, size, cash, fee } = execution;
  if (intent.account !== id)
    refuse("WrongAccount", `the intent is of account ${intent.account}, the lane visits ${id}`);
  if (intent.epoch !== epoch) refuse("WrongEpoch", `the intent is of epoch ${intent.epoch}, the account's is ${epoch}`);
  if (intent.validUntil < timestamp)
    refuse("IntentExpired", `the intent was valid until ${intent.validUntil}; the step is at ${timestamp}`);
  if (options.checkSignatures !== false && !verify(account.key, intentMessage(state.domain, intent), signature)) {
    refuse("BadSignature", `the signature of intent ${intent.nonce} does not verify under account ${id}'s key`);
  }
  const slot = intent.kind === "order" ? checkOrder(state, intent, execution, timestamp) : -1;
  const amount = intent.kind === "withdraw" ? intent.amount : 0n;
  if (intent.kind !== "order" && (size !== 0n || cash !== -amount || fee !== 0n)) {
    refuse("OutOfRange", `a ${intent.kind} has no size and no fee, and cash -${amount}`);
  }
  const orderSlot = orderSlotOf(profile, intent.nonce);
  const orderBefore = orderAt(account.orders, orderSlot);
  const orderPath = account.orders.tree.path(BigInt(orderSlot));
  const orders = setOrder(account.orders, orderSlot, orderAfter(intent, orderBefore, abs(size)));
  const positions = account.positions.map((position, at) =>
    at === slot ? { ...position, size: position.size + size } : position,
  );
  return {
    trace: { execution, slot, orderBefore, orderPath },
    next: { ...account, orders, positions, cash: account.cash + cash - fee },
  };
}

/** Checks one execution against the order's terms and returns the board slot. */
function checkOrder(state: State, order: Order, { size, cash, fee }: Execution, timestamp: bigint): number {
  const slot = seriesHashes(state.board).indexOf(order.seriesHash);
  const { status, series } = state.board[slot] ?? {};
  if (!series) return refuse("UnknownSeries", `no slot of the board lists series ${order.seriesHash}`);
  if (status !== "live") refuse("SeriesNotLive", `the series is ${status}; only a live one trades`);
  if (timestamp + state.parameters.expiryGuard >= series.expiry) {
    refuse("SeriesExpiring", `trading ended ${state.parameters.expiryGuard} s before expiry ${series.expiry}`);
  }
  const lots = abs(size);
  if (lots === 0n || size < 0n !== (order.side === "sell"))
    refuse("WrongSide", `size ${size} does not fit a ${order.side} order`);
  if (cash + order.price * size < 0n)
    refuse("LimitPrice", `cash ${cash} for ${size} lots is worse than the limit ${order.price}`);
  signedInt("execution cash", cash, WIDTH.tradeCash);
  if (fee < 0n || fee > order.feePerLot * lots) {
    refuse("FeeAboveMaximum", `fee ${fee}; the order allows ${order.feePerLot} per lot on ${lots} lots`);
  }
  return slot;
}

/** The order slot after an intent. Throws `StaleNonce` or `Overfilled`. */
export function orderAfter(intent: Intent, before: OrderSlot, lots: bigint): OrderSlot {
  const key = orderKey(intent.epoch, intent.nonce);
  const isContinuing = intent.kind === "order" && key === before.key;
  if (!isContinuing && key <= before.key) {
    refuse(
      "StaleNonce",
      `intent ${intent.nonce} of epoch ${intent.epoch} is not newer than its order slot's, ${before.key}`,
    );
  }
  if (intent.kind !== "order") return { key, filled: FILLED_ALL };
  const filled = (isContinuing ? before.filled : 0n) + lots;
  if (filled > intent.size) refuse("Overfilled", `${filled} lots of an order for ${intent.size}`);
  return { key, filled };
}
