/**
 * The proved price table: per underlying a timestamp and spot, per expiry forward and discount,
 * per slot the mark and its price in every risk scenario.
 * @module
 */
import { hash, hashList } from "./hash.ts";
import { MARKS_MODE, type MarksMode, type Profile, TAG, underlyingOfSlot } from "./params.ts";

/** `mark` and `prices`: 1e-6 USDC per unit; `prices` in the order of the profile's scenarios. */
export type SlotMarks = { readonly mark: bigint; readonly prices: readonly bigint[] };
/** `forward`: 1e-8 USDC per unit; `discount`: 2^-40; `expiry`: unix seconds. */
export type ExpiryMarks = { readonly expiry: bigint; readonly forward: bigint; readonly discount: bigint };
/** `timestamp` of the oldest report used; `spot`: 1e-8 USDC per unit. */
export type UnderlyingMarks = { readonly timestamp: bigint; readonly mode: MarksMode; readonly spot: bigint };

export type Marks = {
  readonly underlyings: readonly UnderlyingMarks[];
  /** Partitioned evenly among the underlyings, like the slots. */
  readonly expiries: readonly ExpiryMarks[];
  readonly slots: readonly SlotMarks[];
};

export const emptyMarks = (profile: Profile): Marks => ({
  underlyings: Array.from({ length: profile.underlyings }, () => ({ timestamp: 0n, mode: "open" as const, spot: 0n })),
  expiries: Array.from({ length: profile.expiries }, () => ({ expiry: 0n, forward: 0n, discount: 0n })),
  slots: Array.from({ length: profile.series }, () => ({ mark: 0n, prices: profile.scenarios.map(() => 0n) })),
});

/** Slots of one underlying. */
export const slotsOf = (profile: Profile, underlying: number): readonly number[] =>
  Array.from({ length: profile.series }, (_, slot) => slot).filter(
    (slot) => underlyingOfSlot(profile, slot) === underlying,
  );

/** The hashes under one underlying's marks: the `trade` circuit opens the table and passes the rest through. */
export function marksParts(profile: Profile, marks: Marks, underlying: number) {
  const perUnderlying = profile.expiries / profile.underlyings;
  const expiries = marks.expiries.slice(underlying * perUnderlying, (underlying + 1) * perUnderlying);
  return {
    expiriesHash: hashList(
      TAG.markExpiries,
      expiries.flatMap(({ expiry, forward, discount }) => [expiry, forward, discount]),
    ),
    tableHash: hashList(
      TAG.markTable,
      slotsOf(profile, underlying).flatMap((slot) => {
        const row = marks.slots[slot];
        return row ? [row.mark, ...row.prices] : [];
      }),
    ),
    /** Place of the candidate table. */
    candidateHash: 0n,
  };
}

/** Twin of `MarksHash`. */
export function marksHash(profile: Profile, marks: Marks): bigint {
  const hashes = marks.underlyings.map(({ timestamp, mode, spot }, underlying) => {
    const { expiriesHash, tableHash, candidateHash } = marksParts(profile, marks, underlying);
    return hash(TAG.marks, [timestamp, BigInt(MARKS_MODE[mode]), spot, expiriesHash, tableHash, candidateHash]);
  });
  const [first] = hashes;
  return hashes.length === 1 && first !== undefined ? first : hashList(TAG.marksSet, hashes);
}
