import assert from "node:assert/strict";
import fc from "fast-check";
import { type Intent, intentFields, intentMessage } from "#protocol/intent.ts";
import { FIELD } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const common = {
  account: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  epoch: bits(32),
  nonce: fc.bigInt({ min: 1n, max: (1n << 32n) - 1n }),
  validUntil: bits(40),
};
const anyIntent: fc.Arbitrary<Intent> = fc.oneof(
  fc.record({
    ...common,
    kind: fc.constant("order" as const),
    seriesHash: fc.bigInt({ min: 0n, max: FIELD - 1n }),
    side: fc.constantFrom("buy" as const, "sell" as const),
    size: bits(40),
    price: bits(40),
    feePerLot: bits(24),
    postOnly: fc.boolean(),
    ioc: fc.boolean(),
  }),
  fc.record({ ...common, kind: fc.constant("withdraw" as const), amount: bits(64) }),
  fc.record({ ...common, kind: fc.constantFrom("cancel" as const, "cancelAll" as const) }),
);
const input = (domain: bigint, intent: Intent) => {
  const { flags, ...fields } = intentFields(intent);
  return { domain, ...fields, isPostOnly: flags & 1n, isIoc: (flags >> 1n) & 1n };
};
const WIDEST: Intent = {
  kind: "order",
  account: 2 ** 24 - 1,
  epoch: 2n ** 32n - 1n,
  nonce: 2n ** 32n - 1n,
  validUntil: 2n ** 40n - 1n,
  seriesHash: FIELD - 1n,
  side: "sell",
  size: 2n ** 40n - 1n,
  price: 2n ** 40n - 1n,
  feePerLot: 2n ** 24n - 1n,
  postOnly: true,
  ioc: true,
};

describe("IntentMessage", () => {
  let message: Circuit;
  before(async () => {
    message = await circuit("trade/intent.circom", "IntentMessage", []);
  });

  it("equals the specification", () =>
    fc.assert(
      fc.property(anyIntent, fc.bigInt({ min: 0n, max: FIELD - 1n }), (intent, domain) => {
        assert.equal(message.read(input(domain, intent), ["out"]).out, intentMessage(domain, intent));
      }),
      { examples: [[WIDEST, FIELD - 1n]] },
    ));

  it("has no witness for a field beyond its width (attacks 15, 16, 18)", () => {
    const widest = input(1n, WIDEST);
    for (const name of ["validUntil", "size", "price", "feePerLot"] as const) {
      message.rejects({ ...widest, [name]: widest[name] + 1n }, "IntentMessage/Uint/CheckRange");
      message.rejects({ ...widest, [name]: FIELD - 1n }, "IntentMessage/Uint/CheckRange");
    }
    message.rejects({ ...widest, amount: 1n << 64n }, "IntentMessage/Uint/CheckRange");
    message.rejects({ ...widest, amount: FIELD - 1n }, "IntentMessage/Uint/CheckRange");
    for (const name of ["isPostOnly", "isIoc", "isSell"])
      message.rejects({ ...widest, [name]: 2n }, "IntentMessage/Bool");
  });

  it("leaves no signal free", () => assert.deepEqual(message.movable(input(5n, WIDEST)), []));
});
