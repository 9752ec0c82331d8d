import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { hash } from "#protocol/hash.ts";
import { type Intent, intentFields, intentMessage, signedSize } from "#protocol/intent.ts";
import { FIELD, TAG } from "#protocol/params.ts";

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
});
const anyIntent: fc.Arbitrary<Intent> = fc.oneof(
  anyOrder,
  fc.record({ ...common, kind: fc.constant("withdraw" as const), amount: bits(64) }),
  fc.record({ ...common, kind: fc.constantFrom("cancel" as const, "cancelAll" as const) }),
);
const ORDER: Intent = {
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
};

describe("intentMessage", () => {
  it("is the hash of domain, head, series and terms, packed as documented", () => {
    const head = 1n + (3n << 4n) + (2n << 28n) + (5n << 60n) + (7n << 92n) + (1n << 132n) + (1n << 140n);
    const terms = 13n + (17n << 40n) + (19n << 80n);
    assert.equal(intentMessage(23n, ORDER), hash(TAG.intent, [23n, head, 11n, terms]));
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
    ];
    for (const change of changes) assert.notEqual(intentMessage(1n, { ...ORDER, ...change } as Intent), before);
    const cancel = { kind: "cancel", account: 3, epoch: 2n, nonce: 5n, validUntil: 7n } as const;
    assert.notEqual(intentMessage(1n, cancel), intentMessage(1n, { ...cancel, kind: "cancelAll" }));
  });

  it("refuses nonce 0 and fields beyond their width", () => {
    for (const change of [
      { nonce: 0n },
      { nonce: 1n << 32n },
      { epoch: 1n << 32n },
      { account: 2 ** 24 },
      { size: 1n << 40n },
      { size: -1n },
      { price: 1n << 40n },
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
      isSell: 0n,
      size: 0n,
      price: 0n,
      feePerLot: 0n,
      amount: 0n,
      seriesHash: 0n,
    });
  });
  it("never sets the reduce-only flag, which nothing offers yet", () =>
    fc.assert(fc.property(anyIntent, (intent) => assert(intentFields(intent).flags < 4n))));
});

describe("signedSize", () => {
  it("has the sign of the side", () => {
    assert.equal(signedSize("buy", 5n), 5n);
    assert.equal(signedSize("sell", 5n), -5n);
  });
});

const show = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
