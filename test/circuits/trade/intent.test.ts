import assert from "node:assert/strict";
import fc from "fast-check";
import { toField } from "#protocol/field.ts";
import { bulkOf, type Intent, intentFields, intentMessage } from "#protocol/intent.ts";
import { FIELD, FILLED_ALL, PROFILE, TAG } from "#protocol/params.ts";
import { emptyTree } from "#protocol/tree.ts";
import { bits as bitsOf } from "#prover/state-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const signed = (n: number) => fc.bigInt({ min: -(1n << BigInt(n - 1)), max: (1n << BigInt(n - 1)) - 1n });
const element = fc.bigInt({ min: 0n, max: FIELD - 1n });
const common = {
  account: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  epoch: bits(32),
  nonce: fc.bigInt({ min: 1n, max: (1n << 32n) - 1n }),
  validUntil: bits(40),
};
const terms = {
  size: bits(40),
  feePerLot: bits(24),
  postOnly: fc.boolean(),
  ioc: fc.boolean(),
  fok: fc.boolean(),
  reduceOnly: fc.boolean(),
};
const legs = fc.array(fc.record({ seriesHash: element, ratio: signed(12) }), { minLength: 1, maxLength: 4 });
const anyIntent: fc.Arbitrary<Intent> = fc.oneof(
  fc.record({
    ...common,
    ...terms,
    kind: fc.constant("order" as const),
    seriesHash: element,
    side: fc.constantFrom("buy" as const, "sell" as const),
    price: bits(40),
  }),
  fc.record({ ...common, ...terms, kind: fc.constant("spread" as const), legs, price: signed(41) }),
  fc.record({
    ...common,
    kind: fc.constant("backstop" as const),
    size: bits(40),
    discountPpm: bits(40),
    feePerLot: bits(24),
  }),
  fc.record({ ...common, kind: fc.constantFrom("withdraw", "contribute", "collect"), amount: bits(64) }),
  fc.record({ ...common, kind: fc.constantFrom("cancel", "cancelAll") }),
  fc.record({ ...common, kind: fc.constant("mode" as const), reduceOnly: fc.boolean() }),
);
const isTrading = ({ kind }: Intent): boolean => kind === "order" || kind === "spread" || kind === "backstop";
const input = (domain: bigint, intent: Intent) => {
  const { kind, account, epoch, nonce, validUntil, flags, size, price, feePerLot, amount, ...rest } =
    intentFields(intent);
  const { hashes, ratio0, ratio1, ratio2, ratio3 } = rest;
  return {
    domain,
    kind,
    isTrading: isTrading(intent) ? 1n : 0n,
    account,
    epoch,
    nonce,
    validUntil,
    isPostOnly: flags & 1n,
    isIoc: (flags >> 1n) & 1n,
    isReduceOnly: (flags >> 2n) & 1n,
    isFok: (flags >> 3n) & 1n,
    ratio: [ratio0, ratio1, ratio2, ratio3].map(toField),
    low: isTrading(intent) ? size : amount & FILLED_ALL,
    high: isTrading(intent) ? feePerLot : amount >> 40n,
    price: toField(price),
    hash: hashes,
  };
};
const WIDEST: Intent = {
  kind: "spread",
  account: 2 ** 24 - 1,
  epoch: 2n ** 32n - 1n,
  nonce: 2n ** 32n - 1n,
  validUntil: 2n ** 40n - 1n,
  legs: [2047n, -2048n, 2047n, -2048n].map((ratio) => ({ seriesHash: FIELD - 1n, ratio })),
  size: 2n ** 40n - 1n,
  price: 2n ** 40n - 1n,
  feePerLot: 2n ** 24n - 1n,
  postOnly: true,
  ioc: true,
  fok: true,
  reduceOnly: true,
};

describe("IntentMessage", () => {
  let message: Circuit;
  before(async () => {
    message = await circuit("trade/intent.circom", "IntentMessage", []);
  });

  it("equals the specification", () =>
    fc.assert(
      fc.property(anyIntent, element, (intent, domain) => {
        const { size, feePerLot, amount } = intentFields(intent);
        assert.deepEqual(message.read(input(domain, intent), ["size", "feePerLot", "amount", "out"]), {
          size,
          feePerLot,
          amount,
          out: intentMessage(domain, intent),
        });
      }),
      {
        examples: [
          [WIDEST, FIELD - 1n],
          [{ ...WIDEST, price: -(1n << 40n) }, 0n],
        ],
      },
    ));

  it("has no witness for a field beyond its width (attacks 15, 16, 18)", () => {
    const widest = input(1n, WIDEST);
    for (const name of ["low", "high", "price"] as const) {
      message.rejects(
        { ...widest, [name]: widest[name] + 1n },
        `IntentMessage/${name === "price" ? "Int" : "Uint"}/CheckRange`,
      );
    }
    for (const name of ["low", "high"] as const)
      message.rejects({ ...widest, [name]: FIELD - 1n }, "IntentMessage/Uint/CheckRange");
    message.rejects({ ...widest, price: FIELD - (1n << 40n) - 1n }, "IntentMessage/Int/CheckRange");
    for (const name of ["isPostOnly", "isIoc", "isReduceOnly", "isFok"])
      message.rejects({ ...widest, [name]: 2n }, "IntentMessage/Bool");
  });

  it("leaves no signal free", () => assert.deepEqual(message.movable(input(5n, WIDEST)), []));
});

describe("SignedMessage", () => {
  const DEVNET = PROFILE.devnet;
  const DEPTH = DEVNET.bulkDepth;
  let signedOf: Circuit;
  const messages = Array.from({ length: 21 }, (_, at) => BigInt(1_000 + at));
  const { root, paths } = bulkOf(DEVNET, messages);
  const inBulk = (at: number) => ({
    message: messages[at] ?? 0n,
    isBulk: 1n,
    bits: bitsOf(BigInt(at), 2 * DEPTH),
    children: paths[at]?.children ?? [],
  });
  const alone = (message: bigint) => ({
    message,
    isBulk: 0n,
    bits: bitsOf(0n, 2 * DEPTH),
    children: emptyTree(DEPTH, 0n, TAG.bulk).path(0n),
  });
  before(async () => {
    signedOf = await circuit("trade/intent.circom", "SignedMessage", [DEPTH]);
  });
  it("is the message of an intent alone, and the root over those in bulk", () => {
    assert.equal(signedOf.read(alone(77n), ["out"]).out, 77n);
    for (const at of [0, 3, 4, 20]) assert.equal(signedOf.read(inBulk(at), ["out"]).out, root);
  });
  it("leads from no other message, place or node to the root (attacks 31, 32)", () => {
    const third = inBulk(3);
    signedOf.rejects({ ...third, message: 1n }, "CheckPath/CheckChild");
    signedOf.rejects({ ...third, bits: bitsOf(2n, 2 * DEPTH) }, "CheckPath/CheckChild");
    signedOf.rejects({ ...third, bits: third.bits.with(0, 2n) }, "SignedMessage/Bool");
    signedOf.rejects({ ...third, isBulk: 2n }, "SignedMessage/Bool");
    const [first = [], ...others] = third.children;
    signedOf.rejects({ ...third, children: [first.with(0, 5n), ...others] }, "CheckPath/CheckChild");
  });
  it("leaves no signal free", () => {
    assert.deepEqual(signedOf.movable(inBulk(7)), []);
    assert.deepEqual(signedOf.movable(alone(5n)), []);
  });
});
