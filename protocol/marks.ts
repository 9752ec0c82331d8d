/**
 * The proved price table: per underlying a timestamp and spot, per expiry forward and discount,
 * per slot the mark and its price in every risk scenario; and, while a table too far off waits, what it is compared by.
 * @module
 */
import { toField } from "./field.ts";
import { hash, hashList } from "./hash.ts";
import { isPerpetualSlot, MARKS_MODE, type MarksMode, type Profile, TAG, underlyingOfSlot } from "./params.ts";
import { remembered } from "./remember.ts";

/** `mark` and `prices`: 1e-6 USDC per unit; `prices` in the order of the profile's scenarios. */
export type SlotMarks = { readonly mark: bigint; readonly prices: readonly bigint[] };
/** `forward`: 1e-8 USDC per unit; `discount`: 2^-40; `expiry`: unix seconds. */
export type ExpiryMarks = { readonly expiry: bigint; readonly forward: bigint; readonly discount: bigint };

/** What deviations are measured by: the spot, the expiries and the marks of one underlying. */
export type Levels = {
  /** 1e-8 USDC per unit. */
  readonly spot: bigint;
  readonly expiries: readonly ExpiryMarks[];
  /** 1e-6 USDC per unit, by the underlying's slots. */
  readonly marks: readonly bigint[];
};
/** A table that was too far from the one in force to be adopted. */
export type Candidate = Levels & {
  /** Unix seconds: the lower median of its reports' times. */
  readonly since: bigint;
  /** Timestamp of the newest table, which need not be the candidate's own: later reports are newer. */
  readonly newest: bigint;
};
/** `timestamp` of the oldest report used; `spot`: 1e-8 USDC per unit; a candidate exactly while the mode is close-only. */
export type UnderlyingMarks = {
  readonly timestamp: bigint;
  readonly mode: MarksMode;
  readonly spot: bigint;
  /** Of the perpetual, 1e-2 USDC per unit: its mark less the funding paid since genesis. */
  readonly index: bigint;
  /** Of the perpetual: 1e-8 USDC seconds per unit; the index rounds what this carries exactly. */
  readonly fundingSum: bigint;
  readonly candidate: Candidate | null;
};

export type Marks = {
  readonly underlyings: readonly UnderlyingMarks[];
  /** Partitioned evenly among the underlyings, like the slots. */
  readonly expiries: readonly ExpiryMarks[];
  readonly slots: readonly SlotMarks[];
};

export const expiriesPerUnderlying = (profile: Profile): number => profile.expiries / profile.underlyings;

export const emptyMarks = (profile: Profile): Marks => ({
  underlyings: Array.from({ length: profile.underlyings }, () => ({
    timestamp: 0n,
    mode: "open" as const,
    spot: 0n,
    index: 0n,
    fundingSum: 0n,
    candidate: null,
  })),
  expiries: Array.from({ length: profile.expiries }, () => ({ expiry: 0n, forward: 0n, discount: 0n })),
  slots: Array.from({ length: profile.series }, () => ({ mark: 0n, prices: profile.scenarios.map(() => 0n) })),
});

/** Slots of one underlying. */
export const slotsOf = (profile: Profile, underlying: number): readonly number[] =>
  Array.from({ length: profile.series }, (_, slot) => slot).filter(
    (slot) => underlyingOfSlot(profile, slot) === underlying,
  );
/** Place of an underlying's perpetual, and the places of options of all underlyings. */
export const perpetualSlot = (profile: Profile, underlying: number): number =>
  slotsOf(profile, underlying).at(-1) ?? -1;
export const optionSlots = (profile: Profile): readonly number[] =>
  Array.from({ length: profile.series }, (_, slot) => slot).filter((slot) => !isPerpetualSlot(profile, slot));
/** The part of `all`, of the expiries of every underlying, that is of one. */
export const expiriesOf = <T>(profile: Profile, all: readonly T[], underlying: number): readonly T[] =>
  all.slice(underlying * expiriesPerUnderlying(profile), (underlying + 1) * expiriesPerUnderlying(profile));

/** The levels of the table in force. */
export const levelsOf = (profile: Profile, marks: Marks, underlying: number): Levels => ({
  spot: marks.underlyings[underlying]?.spot ?? 0n,
  expiries: expiriesOf(profile, marks.expiries, underlying),
  marks: slotsOf(profile, underlying).map((slot) => marks.slots[slot]?.mark ?? 0n),
});

const expiriesHash = (expiries: readonly ExpiryMarks[]): bigint =>
  hashList(
    TAG.markExpiries,
    expiries.flatMap(({ expiry, forward, discount }) => [expiry, forward, discount]),
  );
const valuesHash = (marks: readonly bigint[]): bigint => hashList(TAG.markValues, marks);

/** Twin of `CandidateHash`; 0 if there is none. */
export const candidateHash = (candidate: Candidate | null): bigint =>
  candidate
    ? hash(TAG.candidate, [
        candidate.since,
        candidate.newest,
        candidate.spot,
        expiriesHash(candidate.expiries),
        valuesHash(candidate.marks),
      ])
    : 0n;

/** The hashes under one underlying's marks: the `trade` circuit opens marks and prices and passes the rest through. */
export function marksParts(profile: Profile, marks: Marks, underlying: number) {
  const levels = levelsOf(profile, marks, underlying);
  return {
    expiriesHash: expiriesHash(levels.expiries),
    valuesHash: valuesHash(levels.marks),
    pricesHash: hashList(
      TAG.markPrices,
      slotsOf(profile, underlying).flatMap((slot) => marks.slots[slot]?.prices ?? []),
    ),
    candidateHash: candidateHash(marks.underlyings[underlying]?.candidate ?? null),
  };
}

/** What is hashed of one underlying's marks. */
export function marksElements(profile: Profile, marks: Marks, underlying: number): readonly bigint[] {
  const { timestamp = 0n, mode = "open", spot = 0n, index = 0n, fundingSum = 0n } = marks.underlyings[underlying] ?? {};
  const parts = marksParts(profile, marks, underlying);
  return [
    timestamp,
    BigInt(MARKS_MODE[mode]),
    spot,
    parts.expiriesHash,
    parts.valuesHash,
    parts.pricesHash,
    parts.candidateHash,
    toField(index),
    toField(fundingSum),
  ];
}

/** Twin of `MarksHash`. */
export const marksHash = remembered((profile: Profile, marks: Marks): bigint => {
  const hashes = marks.underlyings.map((_, underlying) => hash(TAG.marks, marksElements(profile, marks, underlying)));
  const [first] = hashes;
  return hashes.length === 1 && first !== undefined ? first : hashList(TAG.marksSet, hashes);
});

/** Names the tables in force together: it rises with every table that is adopted. */
export const tableId = ({ underlyings }: Marks): bigint =>
  underlyings.reduce((sum, { timestamp }) => sum + timestamp, 0n);
