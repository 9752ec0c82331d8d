import assert from "node:assert/strict";
import fc from "fast-check";
import * as lite from "poseidon-lite";
import { crypto, installCrypto, portableCrypto } from "#protocol/crypto.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { hash, hashList } from "#protocol/hash.ts";
import { FIELD } from "#protocol/params.ts";

const element = fc.oneof(
  fc.bigInt({ min: 0n, max: FIELD - 1n }),
  fc.constantFrom(0n, 1n, FIELD - 1n, (1n << 253n) - 1n, 1n << 64n),
);
const oracle = (inputs: bigint[]): bigint => {
  const poseidon = Object.entries(lite).find(([name]) => name === `poseidon${inputs.length}`)?.[1];
  return (poseidon as (inputs: bigint[]) => bigint)(inputs);
};

describe("hash", () => {
  it("is circomlib's Poseidon under tag 0, for every number of inputs", function () {
    this.timeout(60_000);
    for (let n = 1; n <= 16; n++) {
      fc.assert(
        fc.property(fc.array(element, { minLength: n, maxLength: n }), (inputs) => {
          assert.equal(hash(0n, inputs), oracle(inputs));
        }),
        { numRuns: 150 },
      );
    }
  });

  it("separates domains, and binds every input and its place", () => {
    fc.assert(
      fc.property(fc.uniqueArray(element, { minLength: 2, maxLength: 16 }), ([tag, ...inputs]) => {
        assert.notEqual(hash(tag as bigint, inputs), hash(((tag as bigint) + 1n) % FIELD, inputs));
        assert.notEqual(hash(1n, inputs), hash(1n, [...inputs.slice(1), ((inputs[0] as bigint) + 1n) % FIELD]));
      }),
    );
  });

  it("refuses what is not a canonical element, and a number of inputs that circomlib does not define", () => {
    const notInField = (error: unknown) => error instanceof ProtocolError && error.code === "NotInField";
    for (const bad of [-1n, FIELD, FIELD + 1n]) {
      assert.throws(() => hash(1n, [0n, bad]), notInField);
      assert.throws(() => hash(bad, [0n]), notInField);
    }
    assert.throws(() => hash(1n, []), RangeError);
    assert.throws(() => hash(1n, Array(17).fill(0n)), RangeError);
  });

  it("uses the implementation that is installed", () => {
    const before = installCrypto({ ...portableCrypto, permute: () => 42n });
    try {
      assert.equal(hash(1n, [1n]), 42n);
    } finally {
      assert.equal(installCrypto(before).permute(0n, []), 42n);
    }
    assert.equal(crypto(), before);
  });
});

describe("hashList", () => {
  it("chains sixteen values, then fifteen at a time", () => {
    const values = Array.from({ length: 40 }, (_, i) => BigInt(i));
    const first = hash(9n, values.slice(0, 16));
    const second = hash(9n, [first, ...values.slice(16, 31)]);
    assert.equal(hashList(9n, values.slice(0, 5)), hash(9n, values.slice(0, 5)));
    assert.equal(hashList(9n, values.slice(0, 16)), first);
    assert.equal(hashList(9n, values.slice(0, 17)), hash(9n, [first, 16n]));
    assert.equal(hashList(9n, values.slice(0, 31)), second);
    assert.equal(hashList(9n, values), hash(9n, [second, ...values.slice(31)]));
  });
});
