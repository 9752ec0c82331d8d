/**
 * Bit layouts: one declaration gives packing, unpacking, the TypeScript type and the generated constants.
 * Fields are packed least significant first.
 * @module
 */

import { ProtocolError } from "./errors.ts";
import { WIDTH } from "./params.ts";

type FieldSpec = number | { readonly signed: number };
type Fields = Readonly<Record<string, FieldSpec>>;

export type Layout<F extends Fields> = {
  readonly name: string;
  readonly fields: readonly {
    readonly name: keyof F & string;
    readonly bits: number;
    readonly offset: number;
    readonly signed: boolean;
  }[];
  readonly bits: number;
};
export type Packed<L> = L extends Layout<infer F> ? { readonly [K in keyof F]: bigint } : never;

/** Declares a layout. A packed word stays below 2^248, so that it is the same number to L1 and to the field. */
export function layout<const F extends Fields>(name: string, fields: F): Layout<F> {
  let offset = 0;
  const placed = Object.entries(fields).map(([field, spec]) => {
    const signed = typeof spec !== "number";
    const bits = typeof spec === "number" ? spec : spec.signed;
    const at = { name: field as keyof F & string, bits, offset, signed };
    offset += bits;
    return at;
  });
  if (offset > 248) throw new Error(`layout ${name} needs ${offset} bits; a word holds 248`);
  return { name, fields: placed, bits: offset };
}

/** Packs `values`; signed fields are stored as value + 2^(bits-1). Throws `OutOfRange`. */
export function pack<F extends Fields>(of: Layout<F>, values: { readonly [K in keyof F]: bigint }): bigint {
  let word = 0n;
  for (const { name, bits, offset, signed } of of.fields) {
    const stored = values[name] + (signed ? 1n << BigInt(bits - 1) : 0n);
    if (stored < 0n || stored >> BigInt(bits) !== 0n) {
      throw new ProtocolError(
        "OutOfRange",
        `${of.name}.${name} is ${values[name]}; it has ${bits} ${signed ? "signed " : ""}bits`,
      );
    }
    word |= stored << BigInt(offset);
  }
  return word;
}

/** Inverse of `pack`. Throws `OutOfRange` if bits beyond the layout are set. */
export function unpack<F extends Fields>(of: Layout<F>, word: bigint): { [K in keyof F]: bigint } {
  if (word < 0n || word >> BigInt(of.bits) !== 0n) {
    throw new ProtocolError("OutOfRange", `word ${word} has bits beyond the ${of.bits} of ${of.name}`);
  }
  const entries = of.fields.map(({ name, bits, offset, signed }) => {
    const stored = (word >> BigInt(offset)) & ((1n << BigInt(bits)) - 1n);
    return [name, signed ? stored - (1n << BigInt(bits - 1)) : stored];
  });
  return Object.fromEntries(entries) as { [K in keyof F]: bigint };
}

export const LAYOUT = {
  /** First word of a step. `count0..2` are the used entries of the kind's sections. */
  meta: layout("meta", {
    version: 8,
    kind: 8,
    profile: 8,
    timestamp: WIDTH.timestamp,
    number: WIDTH.stepNumber,
    count0: 16,
    count1: 16,
    count2: 16,
  }),
  /** `payout`: what the lane pays out on L1, 1e-6 USDC. `isWrittenOff`: the lane ends a bankrupt account's debt. */
  lane: layout("lane", { account: WIDTH.account, payout: WIDTH.amount, isWrittenOff: 1 }),
  /**
   * `size`: units of an order, or whether a mode is set. `cash`: of an order, the account's cash change before fee; else the
   * amount that enters (positive) or leaves its cash.
   */
  execution: layout("execution", {
    kind: 4,
    size: WIDTH.size,
    cash: { signed: WIDTH.tradeCash },
    fee: WIDTH.fee,
    nonce: WIDTH.nonce,
  }),
  /** The word behind an execution: board slots and lots per unit of an order, 0 of anything else. */
  legs: layout("legs", {
    slot0: WIDTH.slot,
    ratio0: { signed: WIDTH.ratio },
    slot1: WIDTH.slot,
    ratio1: { signed: WIDTH.ratio },
    slot2: WIDTH.slot,
    ratio2: { signed: WIDTH.ratio },
    slot3: WIDTH.slot,
    ratio3: { signed: WIDTH.ratio },
  }),
  /**
   * An L1 request; the words behind it are owner (of a registration) or limits (of a session key), Bx, By (of a key), else zero.
   * `place`: of a key, 0 the master's, 1 to 4 a session's.
   */
  request: layout("request", { kind: 8, account: WIDTH.account, amount: WIDTH.amount, place: 3 }),
  /** What a session key may do. `underlyings`: one bit each; `maxSize`: lots of one order, over all its legs. */
  session: layout("session", { underlyings: 8, validUntil: WIDTH.timestamp, maxSize: WIDTH.size }),
  /**
   * `timestamp`: the oldest report's; `reported`: the lower median of them all. `perpetual`: the perpetual's new mark, 1e-2 USDC
   * per unit, 0 if none is listed.
   */
  underlying: layout("underlying", {
    spot: WIDTH.spot,
    timestamp: WIDTH.timestamp,
    mode: 8,
    reported: WIDTH.timestamp,
    perpetual: WIDTH.price,
  }),
  expiry: layout("expiry", { expiry: WIDTH.timestamp, forward: WIDTH.spot, discount: WIDTH.discount }),
  variance: layout("variance", { variance: WIDTH.variance }),
  /** What an intent signs beside the hashes of its series: what it is. */
  intentHead: layout("intentHead", {
    kind: 4,
    account: WIDTH.account,
    epoch: WIDTH.epoch,
    nonce: WIDTH.nonce,
    validUntil: WIDTH.timestamp,
    flags: 8,
    ratio0: { signed: WIDTH.ratio },
    ratio1: { signed: WIDTH.ratio },
    ratio2: { signed: WIDTH.ratio },
    ratio3: { signed: WIDTH.ratio },
  }),
  /** And its terms. `price`: net, of one unit; of a backstop its discount in parts per million. `amount`: of what moves cash. */
  intentTerms: layout("intentTerms", {
    size: WIDTH.size,
    price: { signed: WIDTH.netPrice },
    feePerLot: WIDTH.feePerLot,
    amount: WIDTH.amount,
  }),
  /** A `board` step's operation. `slot`: the one concerned; `value`: cap of a listing, payoff of a settlement, side charged: 1 long, 2 short, 0 nobody. */
  board: layout("board", { operation: 8, slot: WIDTH.slot, value: WIDTH.index, source: 8 }),
  /** A listing. */
  listing: layout("listing", { kind: 8, strike: WIDTH.spot, expiry: WIDTH.timestamp }),
} as const;
