import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { hash } from "#protocol/hash.ts";
import {
  bulkOf,
  type Intent,
  intentFields,
  intentMessage,
  type Order,
  signedMessage,
  signedSize,
} from "#protocol/intent.ts";
import { FIELD, PROFILE, TAG } from "#protocol/params.ts";

const outOfRange = (error: unknown): boolean => error instanceof ProtocolError && error.code === "OutOfRange";
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const common = {
  account: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  epoch: bits(32),
  nonce: fc.bigInt({ min: 1n, max: (1n << 32n) - 1n }),
  validUntil: bits(40),
};
const anyOrder = fc.record({
  ...common,
  kind: fc.constant("order" as const),
  seriesHash: fc.bigInt({ min: 1n, max: FIELD - 1n }),
  side: fc.constantFrom("buy" as const, "sell" as const),
  size: bits(40),
  price: bits(40),
  feePerLot: bits(24),
  postOnly: fc.boolean(),
  ioc: fc.boolean(),
  fok: fc.boolean(),
  reduceOnly: fc.boolean(),
});
const signedBits = (n: number) => fc.bigInt({ min: -(1n << BigInt(n - 1)), max: (1n << BigInt(n - 1)) - 1n });
const anySpread = fc.record({
  ...common,
  kind: fc.constant("spread" as const),
  legs: fc.array(
    fc.record({ seriesHash: fc.bigInt({ min: 1n, max: FIELD - 1n }), ratio: signedBits(12).filter((n) => n !== 0n) }),
    { minLength: 1, maxLength: 4 },
  ),
  size: bits(40),
  price: signedBits(41),
  feePerLot: bits(24),
  postOnly: fc.boolean(),
  ioc: fc.boolean(),
  fok: fc.boolean(),
  reduceOnly: fc.boolean(),
});
const anyIntent: fc.Arbitrary<Intent> = fc.oneof(
  anyOrder,
  anySpread,
  fc.record({
    ...common,
    kind: fc.constantFrom("withdraw" as const, "contribute" as const, "collect" as const),
    amount: bits(64),
  }),
  fc.record({ ...common, kind: fc.constant("mode" as const), reduceOnly: fc.boolean() }),
  fc.record({
    ...common,
    kind: fc.constant("backstop" as const),
    size: bits(40),
    discountPpm: bits(40),
    feePerLot: bits(24),
  }),
  fc.record({ ...common, kind: fc.constantFrom("cancel" as const, "cancelAll" as const) }),
);
const ORDER: Order = {
  kind: "order",
  account: 3,
  epoch: 2n,
  nonce: 5n,
  validUntil: 7n,
  seriesHash: 11n,
  side: "sell",
  size: 13n,
  price: 17n,
  feePerLot: 19n,
  postOnly: true,
  ioc: false,
  fok: true,
  reduceOnly: false,
};

describe("intentMessage", () => {
  it("is the hash of domain, head, terms and series, packed as documented", () => {
    // Postonly and fill-or-kill; a sale is minus one lot per unit at a negative net price.
    const ratios = (2047n << 140n) + (2048n << 152n) + (2048n << 164n) + (2048n << 176n);
    const head = 1n + (3n << 4n) + (2n << 28n) + (5n << 60n) + (7n << 92n) + (9n << 132n) + ratios;
    const terms = 13n + (((1n << 40n) - 17n) << 40n) + (19n << 81n);
    assert.equal(intentMessage(23n, ORDER), hash(TAG.intent, [23n, head, terms, 11n, 0n, 0n, 0n]));
  });

  it("is of a spread of one leg what it is of the order", () => {
    const { seriesHash, side: _, ...rest } = ORDER;
    const spread: Intent = { ...rest, kind: "spread", legs: [{ seriesHash, ratio: -1n }], price: -17n };
    assert.equal(intentMessage(1n, spread), intentMessage(1n, ORDER));
  });

  it("differs for any two intents, and for any two deployments (attack 27)", () =>
    fc.assert(
      fc.property(anyIntent, anyIntent, bits(64), (one, other, domain) => {
        assert.notEqual(intentMessage(domain, one), intentMessage(domain + 1n, one));
        fc.pre(JSON.stringify(intentFields(one), show) !== JSON.stringify(intentFields(other), show));
        assert.notEqual(intentMessage(domain, one), intentMessage(domain, other));
      }),
    ));

  it("changes with every single field", () => {
    const before = intentMessage(1n, ORDER);
    const changes: readonly Partial<typeof ORDER>[] = [
      { account: 4 },
      { epoch: 3n },
      { nonce: 6n },
      { validUntil: 8n },
      { seriesHash: 12n },
      { side: "buy" },
      { size: 14n },
      { price: 18n },
      { feePerLot: 20n },
      { postOnly: false },
      { ioc: true },
      { fok: false },
      { reduceOnly: true },
    ];
    for (const change of changes) assert.notEqual(intentMessage(1n, { ...ORDER, ...change } as Intent), before);
    const cancel = { kind: "cancel", account: 3, epoch: 2n, nonce: 5n, validUntil: 7n } as const;
    assert.notEqual(intentMessage(1n, cancel), intentMessage(1n, { ...cancel, kind: "cancelAll" }));
    const modes = [true, false].map((reduceOnly) => intentMessage(1n, { ...cancel, kind: "mode", reduceOnly }));
    assert.notEqual(modes[0], modes[1]);
  });

  it("refuses nonce 0 and fields beyond their width", () => {
    for (const change of [
      { nonce: 0n },
      { nonce: 1n << 32n },
      { epoch: 1n << 32n },
      { account: 2 ** 24 },
      { size: 1n << 40n },
      { size: -1n },
      { price: (1n << 40n) + 1n },
      { price: -(1n << 40n) },
      { feePerLot: 1n << 24n },
      { validUntil: 1n << 40n },
    ]) {
      assert.throws(() => intentMessage(1n, { ...ORDER, ...change }), outOfRange);
    }
  });
});

describe("intentFields", () => {
  it("leaves at 0 what the kind does not have", () => {
    const cancel = intentFields({ kind: "cancel", account: 3, epoch: 2n, nonce: 5n, validUntil: 7n });
    assert.deepEqual(cancel, {
      kind: 3n,
      account: 3n,
      epoch: 2n,
      nonce: 5n,
      validUntil: 7n,
      flags: 0n,
      ratio0: 0n,
      ratio1: 0n,
      ratio2: 0n,
      ratio3: 0n,
      size: 0n,
      price: 0n,
      feePerLot: 0n,
      amount: 0n,
      hashes: [0n, 0n, 0n, 0n],
    });
  });
  it("refuses a fifth leg", () => {
    const leg = { seriesHash: 1n, ratio: 1n };
    const spread: Intent = { ...ORDER, kind: "spread", legs: [leg, leg, leg, leg, leg] };
    assert.throws(() => intentFields(spread), outOfRange);
  });
});

describe("bulkOf", () => {
  const DEVNET = PROFILE.devnet;
  const CANCEL: Intent = { kind: "cancel", account: 3, epoch: 2n, nonce: 5n, validUntil: 7n };
  const signature = { r8: { x: 0n, y: 1n }, s: 0n };
  const messages = (count: number) =>
    Array.from({ length: count }, (_, at) => intentMessage(1n, { ...CANCEL, nonce: BigInt(at + 1) }));

  it("leads from every intent to one root, of TINY's four or DEVNET's 256", () => {
    for (const [profile, count] of [
      [PROFILE.tiny, 4],
      [DEVNET, 256],
      [DEVNET, 1],
    ] as const) {
      const { root, paths } = bulkOf(profile, messages(count));
      for (const [at, bulk] of paths.entries()) {
        const intent: Intent = { ...CANCEL, nonce: BigInt(at + 1) };
        assert.equal(signedMessage(profile, 1n, { intent, signature, bulk }), root);
      }
    }
  });

  it("hashes nodes apart from messages and from the state's trees", () => {
    const [a = 0n, b = 0n] = messages(2);
    assert.equal(bulkOf(PROFILE.tiny, [a, b]).root, hash(TAG.bulk, [a, b, 0n, 0n]));
  });

  it("refuses none, or more than a path can tell apart", () => {
    assert.throws(() => bulkOf(PROFILE.tiny, []), outOfRange);
    assert.throws(() => bulkOf(PROFILE.tiny, messages(5)), outOfRange);
  });
});

describe("signedSize", () => {
  it("has the sign of the side", () => {
    assert.equal(signedSize("buy", 5n), 5n);
    assert.equal(signedSize("sell", 5n), -5n);
  });
});

const show = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
