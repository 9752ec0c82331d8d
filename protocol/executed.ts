/**
 * What an execution changes, apart from why it may: the two words that publish it, and the account behind it. So whoever
 * applies a step and whoever rebuilds one from its words do the same.
 * @module
 */
import { type Account, type OrderSlot, orderAt, orderKey, orderSlotOf, setOrder } from "./account.ts";
import { refuse } from "./errors.ts";
import { abs } from "./field.ts";
import { LAYOUT, pack, unpack } from "./layout.ts";
import { FILLED_ALL, INTENT_KIND, type IntentKind, isPerpetualSlot, LEGS, SCALE, underlyingOfSlot } from "./params.ts";
import type { State } from "./state.ts";

/** Lots of one slot per unit, signed. */
export type ExecutedLeg = { readonly slot: number; readonly ratio: bigint };
/** What is traded: `units` of some legs; of what trades nothing 0 of none. */
export type Legs = { readonly legs: readonly ExecutedLeg[]; readonly units: bigint };
export type Executed = Legs & {
  readonly kind: IntentKind;
  /** 0 of a forced execution. */
  readonly nonce: bigint;
  /** 1e-6 USDC that enter (positive) or leave the account's cash, before fee and what perpetuals are worth at their mark. */
  readonly cash: bigint;
  /** 1e-6 USDC; of a forced execution the penalty. */
  readonly fee: bigint;
  /** A mode is set rather than ended. */
  readonly isSet: boolean;
};

/** Lots that an execution moves, over all its legs, unsigned. */
export const lotsOf = ({ legs, units }: Legs): bigint => units * legs.reduce((sum, { ratio }) => sum + abs(ratio), 0n);
/** Lots times spot, 1e-12 USDC. */
export const notionalOf = ({ marks, profile }: State, { legs, units }: Legs): bigint =>
  legs.reduce(
    (sum, { slot, ratio }) =>
      sum + units * abs(ratio) * (marks.underlyings[underlyingOfSlot(profile, slot)]?.spot ?? 0n),
    0n,
  );

/** A perpetual's mark at 1e-2 USDC per unit, of which it is a whole number. */
export const settledMark = ({ marks }: State, slot: number): bigint =>
  (marks.slots[slot]?.mark ?? 0n) / (SCALE.mark / SCALE.price);

/** The account after an execution; `epoch` is the one in which its lane finds it. */
export function withExecuted(state: State, account: Account, epoch: bigint, executed: Executed): Account {
  const { kind, nonce, cash, fee, legs, units } = executed;
  const at = orderSlotOf(state.profile, nonce);
  const after = orderSlotAfter(orderAt(account.orders, at), orderKey(epoch, nonce), executed);
  const lotsIn = (slot: number) => legs.reduce((sum, leg) => (leg.slot === slot ? sum + units * leg.ratio : sum), 0n);
  return {
    ...account,
    cash: account.cash + bookedAtMark(state, executed) + cash - fee,
    positions: account.positions.map(({ size, index }, slot) => ({ size: size + lotsIn(slot), index })),
    orders: kind === "forced" ? account.orders : setOrder(account.orders, at, after),
  };
}

/** The order slot after an intent: only what trades can be continued. */
export const orderSlotAfter = (before: OrderSlot, key: bigint, { legs, units }: Legs): OrderSlot => ({
  key,
  filled: legs.length === 0 ? FILLED_ALL : units + (key === before.key ? before.filled : 0n),
});

/** What the perpetuals traded are worth at their mark, to which they are settled already: 1e-6 USDC. */
export const bookedAtMark = (state: State, { legs, units }: Legs): bigint =>
  legs.reduce(
    (sum, { slot, ratio }) =>
      isPerpetualSlot(state.profile, slot) ? sum + units * ratio * settledMark(state, slot) : sum,
    0n,
  );

/** What is published of an execution: the change, and which slots of the board it changes. Throws `OutOfRange`. */
export function executionWords({ kind, nonce, legs, units, cash, fee, isSet }: Executed): readonly [bigint, bigint] {
  const size = isSet ? 1n : units;
  const word = pack(LAYOUT.execution, { kind: BigInt(INTENT_KIND[kind]), size, cash, fee, nonce });
  const slot = (at: number) => BigInt(legs[at]?.slot ?? 0);
  const ratio = (at: number) => legs[at]?.ratio ?? 0n;
  const packed = {
    slot0: slot(0),
    ratio0: ratio(0),
    slot1: slot(1),
    ratio1: ratio(1),
    slot2: slot(2),
    ratio2: ratio(2),
    slot3: slot(3),
    ratio3: ratio(3),
  };
  return [word, legs.length > 0 ? pack(LAYOUT.legs, packed) : 0n];
}

const KINDS = Object.keys(INTENT_KIND) as readonly (keyof typeof INTENT_KIND)[];

/** Inverse of `executionWords`. Throws `BadWords` on words of nothing, `OutOfRange` on bits beyond their layouts. */
export function parseExecuted([word = 0n, legsWord = 0n]: readonly bigint[]): Executed {
  const { kind: code, size, cash, fee, nonce } = unpack(LAYOUT.execution, word);
  const kind = KINDS.find((each) => BigInt(INTENT_KIND[each]) === code);
  if (kind === undefined || kind === "none") return refuse("BadWords", `${word} is no executed intent`);
  const legs = legsWord === 0n ? [] : parseLegs(legsWord);
  const isSet = kind === "mode" && size === 1n;
  const executed = { kind, nonce, legs, units: isSet ? 0n : size, cash, fee, isSet };
  const [again, legsAgain] = executionWords(executed);
  return again === word && legsAgain === legsWord && isPlain(executed)
    ? executed
    : refuse("BadWords", `${word}, ${legsWord} are not the words of an executed intent`);
}

/** Whether nothing is said that the kind does not have. */
function isPlain({ kind, legs, units, cash, fee, nonce }: Executed): boolean {
  const isForced = kind === "forced";
  if (isForced !== (nonce === 0n)) return false;
  if (isForced || kind === "order" || kind === "backstop") return legs.length > 0 && units > 0n;
  const isMoving = kind === "withdraw" || kind === "contribute" || kind === "collect";
  return legs.length === 0 && units === 0n && fee === 0n && (isMoving || cash === 0n);
}

function parseLegs(word: bigint): readonly ExecutedLeg[] {
  const packed: Readonly<Record<string, bigint>> = unpack(LAYOUT.legs, word);
  const legs = Array.from({ length: LEGS }, (_, at) => ({
    slot: Number(packed[`slot${at}`]),
    ratio: packed[`ratio${at}`] ?? 0n,
  }));
  // A last leg of no lots in slot 0 looks like none and is as good as none, but what trades has one.
  return legs.slice(
    0,
    1 +
      Math.max(
        0,
        legs.findLastIndex(({ slot, ratio }) => slot !== 0 || ratio !== 0n),
      ),
  );
}
