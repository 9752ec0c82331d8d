import assert from "node:assert/strict";
import fc from "fast-check";
import { floorDiv } from "#protocol/fixed-point.ts";
import { FIELD } from "#protocol/params.ts";
import { element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "lib/division.circom";
const BITS = 40;
const toField = (value: bigint): bigint => ((value % FIELD) + FIELD) % FIELD;

for (const D of [2n, 1_000n, 1n << 40n]) {
  const LIMIT = D << BigInt(BITS);

  describe(`FloorDiv by ${D}`, () => {
    let div: Circuit;
    let check: Circuit;
    before(async () => {
      div = await circuit(FILE, "FloorDiv", [D, BITS]);
      check = await circuit(FILE, "CheckFloorDiv", [D, BITS]);
    });
    const dividend = fc.bigInt({ min: 0n, max: LIMIT - 1n });

    it("equals the specification over its whole domain", () => {
      fc.assert(
        fc.property(dividend, (n) => {
          assert.deepEqual(div.read({ in: n }, ["quotient"]), { quotient: floorDiv(n, D).quotient });
        }),
        { examples: [[0n], [D - 1n], [D], [LIMIT - 1n]] },
      );
    });

    it("has no witness just outside its domain", () => {
      for (const n of [LIMIT, LIMIT + D, -1n]) div.rejects({ in: n }, "Uint/CheckRange");
    });

    it("accepts no advice but the true one (attack 20)", () => {
      const anything = fc.record({ q: element, r: element });
      const balanced = (n: bigint) => intOf(50).map((k) => ({ q: n / D - k, r: (n % D) + k * D }));
      const lie = dividend
        .chain((n) => fc.tuple(fc.constant(n), fc.oneof(anything, balanced(n))))
        .filter(([n, { q }]) => toField(q) !== n / D);
      fc.assert(
        fc.property(lie, ([n, advice]) => check.rejects({ in: n, ...advice }, "CheckFloorDiv", "Uint/CheckRange")),
        { examples: [[[D, { q: 0n, r: D }]], [[D - 1n, { q: 1n, r: -1n }]]] },
      );
    });

    it("leaves no signal free", () => {
      for (const n of [0n, 123_456n]) assert.deepEqual([div.loose({ in: n }), div.movable({ in: n })], [[], []]);
    });
  });

  describe(`FloorDivInt by ${D}`, () => {
    let div: Circuit;
    let check: Circuit;
    before(async () => {
      div = await circuit(FILE, "FloorDivInt", [D, BITS]);
      check = await circuit(FILE, "CheckFloorDivInt", [D, BITS]);
    });
    const dividend = fc.bigInt({ min: -LIMIT / 2n, max: LIMIT / 2n - 1n });

    it("equals the specification, rounding towards minus infinity", () => {
      fc.assert(
        fc.property(dividend, (n) => {
          assert.deepEqual(div.read({ in: n }, ["quotient"]), { quotient: toField(floorDiv(n, D).quotient) });
        }),
        { examples: [[0n], [-1n], [D], [-D], [-D - 1n], [-LIMIT / 2n], [LIMIT / 2n - 1n]] },
      );
    });

    it("has no witness just outside its domain", () => {
      for (const n of [LIMIT / 2n, -LIMIT / 2n - 1n]) div.rejects({ in: n }, "Int/CheckRange", "CheckFloorDivInt");
    });

    it("accepts no advice but the true one", () => {
      const lie = dividend.chain((n) => {
        const { quotient, remainder } = floorDiv(n, D);
        const shifted = intOf(50).filter((k) => k !== 0n);
        return fc.tuple(
          fc.constant(n),
          shifted.map((k) => ({ q: quotient - k, r: remainder + k * D })),
        );
      });
      fc.assert(
        fc.property(lie, ([n, advice]) => check.rejects({ in: n, ...advice }, "Uint/CheckRange", "Int/CheckRange")),
        { examples: [[[-1n, { q: 0n, r: -1n }]]] },
      );
    });

    it("leaves no signal free", () => {
      for (const n of [0n, -123_456n]) assert.deepEqual([div.loose({ in: n }), div.movable({ in: n })], [[], []]);
    });
  });
}

describe("CheckRemainder", () => {
  it("accepts exactly the remainders", async () => {
    for (const D of [2n, 8n, 10n]) {
      const check = await circuit(FILE, "CheckRemainder", [D]);
      for (let r = 0n; r < D; r++) assert.equal(check.satisfied(check.witness({ in: r })), true);
      for (const r of [D, D + 1n, 16n, -1n, -D]) check.rejects({ in: r }, "Uint/CheckRange");
    }
  });

  it("ranges a power of two once", async () => {
    const once = await circuit(FILE, "FloorDiv", [1n << 40n, BITS]);
    const twice = await circuit(FILE, "FloorDiv", [1_000n, BITS]);
    assert.deepEqual(once.constraints, { nonLinear: BITS + 40, linear: 1 });
    assert.deepEqual(twice.constraints, { nonLinear: BITS + 2 * 10, linear: 2 });
  });
});

describe("Divide", () => {
  const DIVISOR_BITS = 20;
  const source = `
    template Quotient() {
      signal input in, by;
      signal output quotient, remainder;
      (quotient, remainder) <== Divide(${BITS})(in, Uint(${DIVISOR_BITS})(by));
    }
    template Lie() {
      signal input in, by, q;
      signal output quotient, remainder;
      (quotient, remainder) <== CheckDivide(${BITS})(in, Uint(${DIVISOR_BITS})(by), q);
    }`;
  let div: Circuit;
  let lie: Circuit;
  before(async () => {
    div = await circuit(FILE, "Quotient", [], { source });
    lie = await circuit(FILE, "Lie", [], { source });
  });
  const operands = fc
    .tuple(uintOf(BITS), fc.bigInt({ min: 1n, max: (1n << 20n) - 1n }), uintOf(30))
    .map(([q, by, r]) => ({ in: q * by + (r % by), by }));

  it("equals the specification over its whole domain", () => {
    fc.assert(
      fc.property(operands, (input) => {
        assert.deepEqual(div.read(input, ["quotient", "remainder"]), { ...floorDiv(input.in, input.by) });
      }),
      { examples: [[{ in: 0n, by: 1n }], [{ in: (1n << 40n) - 1n, by: 1n }]] },
    );
  });

  it("has no witness outside, nor for a divisor of 0 (attack 20)", () => {
    div.rejects({ in: 1n << 40n, by: 1n }, "CheckDivide/Uint/CheckRange");
    div.rejects({ in: -1n, by: 3n }, "CheckDivide/Uint/CheckRange");
    for (const n of [0n, 1n, 17n]) div.rejects({ in: n, by: 0n }, "CheckDivide/Uint/CheckRange");
    div.rejects({ in: 5n, by: 1n << 20n }, "Quotient/Uint/CheckRange");
  });

  it("accepts no other quotient", () => {
    const forged = fc
      .tuple(operands, fc.oneof(element, uintOf(BITS)))
      .filter(([input, q]) => q !== input.in / input.by);
    fc.assert(
      fc.property(forged, ([input, q]) => lie.rejects({ ...input, q }, "CheckDivide/Uint/CheckRange")),
      {
        examples: [
          [{ in: 10n, by: 10n }, 0n],
          [{ in: 9n, by: 10n }, 1n],
        ].map(([input, q]) => [[input, q]]) as never,
      },
    );
    for (const q of [0n, 1n, 5n]) lie.rejects({ in: 5n, by: 0n, q }, "CheckDivide/Uint/CheckRange");
  });

  it("leaves no signal free", () => {
    const input = { in: 123_456n, by: 789n };
    assert.deepEqual([div.loose(input), div.movable(input)], [[], []]);
  });
});
