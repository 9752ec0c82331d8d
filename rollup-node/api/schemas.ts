/**
 * The shape of every call. Unknown fields, numbers in place of decimal strings and values beyond their width are refused,
 * each with its own code.
 * @module
 */
import { z } from "zod";
import { FIELD, LEGS, PROFILE, WIDTH } from "#protocol/params.ts";
import { type RefusalCode, type Refused, refused } from "../errors.ts";

const DECIMAL = /^(0|[1-9][0-9]*)$/;
const SIGNED_DECIMAL = /^(0|-?[1-9][0-9]*)$/;
const MAX_DIGITS = 78;

/** Marks an issue with the code it is refused under. */
const coded = (code: RefusalCode, message: string) => ({ message, params: { code } });

/** Decimal digits in [0, limit). */
const below = (limit: bigint, name: string) =>
  z
    .string()
    .max(MAX_DIGITS)
    .refine((text) => DECIMAL.test(text), coded("NotADecimalString", "is not a string of decimal digits"))
    .transform((text) => (DECIMAL.test(text) ? BigInt(text) : 0n))
    .refine((value) => value < limit, coded("OutOfRange", `is not below ${name}`));
const uint = (bits: number) => below(1n << BigInt(bits), `2^${bits}`);
/** Decimal digits, perhaps negative; the pricing layer ranges them. */
const int = (bits: number) =>
  z
    .string()
    .max(MAX_DIGITS)
    .refine((text) => SIGNED_DECIMAL.test(text), coded("NotADecimalString", "is not a string of decimal digits"))
    .transform((text) => (SIGNED_DECIMAL.test(text) ? BigInt(text) : 0n))
    .refine(
      (value) => value >= -(1n << BigInt(bits - 1)) && value < 1n << BigInt(bits - 1),
      coded("OutOfRange", `does not fit ${bits} signed bits`),
    );
const element = below(FIELD, "the field's order");
const index = (limit: number) => z.number().int().min(0).max(limit);

const account = index(2 ** WIDTH.account - 1);
const series = z.string().min(1).max(40);
const clientOrderId = z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/);
const point = z.tuple([element, element]).transform(([x, y]) => ({ x, y }));
const signature = z.strictObject({ r8: point, s: element });
const side = z.enum(["buy", "sell"]);
const nonce = uint(WIDTH.nonce).refine((value) => value > 0n, coded("OutOfRange", "is 0; nonces start at 1"));
const common = { account, epoch: uint(WIDTH.epoch), nonce, validUntil: uint(WIDTH.timestamp) };

const terms = {
  size: uint(WIDTH.size),
  feePerLot: uint(WIDTH.feePerLot),
  postOnly: z.boolean().default(false),
  ioc: z.boolean().default(false),
  fok: z.boolean().default(false),
  reduceOnly: z.boolean().default(false),
};
const leg = z.strictObject({ series, ratio: int(WIDTH.ratio) });
const amount = uint(WIDTH.amount);

const intent = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("order"), ...common, series, side, price: uint(WIDTH.price), ...terms }),
  z.strictObject({
    kind: z.literal("spread"),
    ...common,
    legs: z.array(leg).min(2).max(LEGS),
    price: int(WIDTH.netPrice),
    ...terms,
  }),
  z.strictObject({ kind: z.literal("withdraw"), ...common, amount }),
  z.strictObject({ kind: z.literal("contribute"), ...common, amount }),
  z.strictObject({ kind: z.literal("collect"), ...common, amount }),
  z.strictObject({ kind: z.literal("cancel"), ...common }),
  z.strictObject({ kind: z.literal("cancelAll"), ...common }),
  z.strictObject({ kind: z.literal("mode"), ...common, reduceOnly: z.boolean() }),
  z.strictObject({
    kind: z.literal("backstop"),
    ...common,
    size: uint(WIDTH.size),
    discountPpm: uint(WIDTH.ppm),
    feePerLot: uint(WIDTH.feePerLot),
  }),
]);
const MAX_BULK_DEPTH = Math.max(...Object.values(PROFILE).map(({ bulkDepth }) => bulkDepth));
const bulk = z.strictObject({
  index: index(4 ** MAX_BULK_DEPTH - 1),
  children: z.array(z.array(element).length(4)).min(1).max(MAX_BULK_DEPTH),
});
const control = z.strictObject({
  action: z.enum(["kill", "release", "keepAlive", "take"]),
  account,
  subject: index(2 ** 40),
  time: uint(WIDTH.timestamp),
});
const spotSum = z.strictObject({
  underlying: index(255),
  timestamp: uint(WIDTH.timestamp),
  sum: uint(WIDTH.spotSum),
});
const submission = z.strictObject({ intent, signature, bulk: bulk.optional(), clientOrderId });
const cancelOnDisconnect = z.boolean().default(false);
const report = z.strictObject({
  underlying: index(255),
  timestamp: uint(WIDTH.timestamp),
  spot: uint(WIDTH.spot),
  impactMid: uint(WIDTH.spot),
  expiries: z
    .array(
      z.strictObject({
        expiry: uint(WIDTH.timestamp),
        forward: uint(WIDTH.spot),
        discount: uint(WIDTH.discount),
        svi: z.strictObject({ a: int(64), b: int(64), rho: int(64), m: int(64), sigma: int(64) }),
      }),
    )
    .max(64),
});

const page = {
  before: index(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.number().int().min(1).max(1_000).default(100),
};
const nothing = z.strictObject({});

/** Parameters by method. */
export const PARAMS = {
  provega_submitIntent: submission.extend({ cancelOnDisconnect }),
  provega_massQuote: z.strictObject({
    intents: z
      .array(intent)
      .min(1)
      .max(4 ** MAX_BULK_DEPTH),
    signature,
    clientOrderId: z.string().regex(/^[A-Za-z0-9_.:-]{1,60}$/),
  }),
  provega_control: z.strictObject({ control, signature }),
  provega_ask: submission.extend({ until: uint(WIDTH.timestamp) }),
  provega_quote: submission.extend({ ask: index(Number.MAX_SAFE_INTEGER) }),
  provega_asks: nothing,
  provega_publishSums: z.strictObject({ sums: z.array(z.strictObject({ spotSum, signature })).min(1).max(32) }),
  provega_board: z.strictObject({
    operation: z.string().min(2).max(8_192),
    signature: z.string().regex(/^0x[0-9a-fA-F]{130}$/),
  }),
  provega_previewOrder: z.strictObject({
    account,
    series,
    side,
    size: uint(WIDTH.size),
    price: uint(WIDTH.price),
    feePerLot: uint(WIDTH.feePerLot).optional(),
    reduceOnly: z.boolean().default(false),
  }),
  provega_account: z.strictObject({ account }),
  provega_accounts: z.strictObject({ from: account.default(0), limit: page.limit }),
  provega_book: z.strictObject({ series, depth: z.number().int().min(1).max(1_000).default(50) }),
  provega_marks: nothing,
  provega_trades: z.strictObject({ series: series.optional(), account: account.optional(), ...page }),
  provega_steps: z.strictObject(page),
  provega_step: z.strictObject({ number: index(Number.MAX_SAFE_INTEGER) }),
  provega_order: z.union([
    z.strictObject({ id: z.string().regex(/^\d{1,8}:\d{1,10}:\d{1,10}$/) }),
    z.strictObject({ account, clientOrderId }),
  ]),
  provega_registration: z.strictObject({ key: point }),
  provega_publishMarks: z.strictObject({ reports: z.array(z.strictObject({ report, signature })).min(1).max(16) }),
  provega_status: nothing,
} as const;
export type Params = { readonly [M in keyof typeof PARAMS]: z.output<(typeof PARAMS)[M]> };

/** Parses the parameters of `method`, or says what is wrong with the first thing that is. */
export function parseParams<M extends keyof typeof PARAMS>(
  method: M,
  params: unknown,
): { readonly value: Params[M] } | Refused {
  const parsed = PARAMS[method].safeParse(params ?? {});
  if (parsed.success) return { value: parsed.data as Params[M] };
  const issue = innermost(parsed.error.issues[0] as z.ZodIssue);
  const at = issue.path.length ? issue.path.join(".") : "params";
  return refused(...explain(issue, at));
}

/** Of a union, the complaint of the alternative that fits best. */
function innermost(issue: z.ZodIssue): z.ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const best = issue.unionErrors.toSorted((a, b) => a.issues.length - b.issues.length)[0]?.issues[0];
  return best ? innermost(best) : issue;
}

function explain(issue: z.ZodIssue, at: string): [RefusalCode, string] {
  switch (issue.code) {
    case "unrecognized_keys":
      return ["UnknownField", `unknown field ${issue.keys.map((key) => `"${key}"`).join(", ")} in ${at}`];
    case "invalid_type":
      if (issue.received === "undefined") return ["MissingField", `${at} is missing`];
      if (issue.expected === "string" && issue.received === "number") {
        return ["NotADecimalString", `${at} is a JSON number; quantities are strings of decimal digits`];
      }
      return ["WrongType", `${at} is ${issue.received}; it must be ${issue.expected}`];
    case "custom":
      return [(issue.params?.["code"] as RefusalCode | undefined) ?? "InvalidParams", `${at} ${issue.message}`];
    case "too_big":
    case "too_small":
      return ["OutOfRange", `${at}: ${issue.message}`];
    default:
      return ["InvalidParams", `${at}: ${issue.message}`];
  }
}
