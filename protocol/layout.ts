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
  /** `payout`: what the lane pays out on L1, 1e-6 USDC. */
  lane: layout("lane", { account: WIDTH.account, payout: WIDTH.amount }),
  /** `cash`: of an order, the account's cash change before fee; of a withdrawal, minus its amount. */
  execution: layout("execution", {
    kind: 4,
    slot: WIDTH.slot,
    size: { signed: WIDTH.signedSize },
    cash: { signed: WIDTH.tradeCash },
    fee: WIDTH.fee,
    nonce: WIDTH.nonce,
  }),
  /** An L1 request; the words behind it are owner, Bx, By (zero unless it registers). */
  request: layout("request", { kind: 8, account: WIDTH.account, amount: WIDTH.amount }),
  /** `timestamp`: the oldest report's; `reported`: the lower median of them all. */
  underlying: layout("underlying", {
    spot: WIDTH.spot,
    timestamp: WIDTH.timestamp,
    mode: 8,
    reported: WIDTH.timestamp,
  }),
  expiry: layout("expiry", { expiry: WIDTH.timestamp, forward: WIDTH.spot, discount: WIDTH.discount }),
  variance: layout("variance", { variance: WIDTH.variance }),
  /** First half of what an intent signs. */
  intentHead: layout("intentHead", {
    kind: 4,
    account: WIDTH.account,
    epoch: WIDTH.epoch,
    nonce: WIDTH.nonce,
    validUntil: WIDTH.timestamp,
    flags: 8,
    isSell: 1,
  }),
  /** Second half: order terms, or the amount of a withdrawal. */
  intentTerms: layout("intentTerms", {
    size: WIDTH.size,
    price: WIDTH.price,
    feePerLot: WIDTH.feePerLot,
    amount: WIDTH.amount,
  }),
} as const;
