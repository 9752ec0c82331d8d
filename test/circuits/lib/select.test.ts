import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD } from "#protocol/params.ts";
import { element, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "lib/select.circom";
const N = 5;

describe("IsEqual", () => {
  let isEqual: Circuit;
  let isZero: Circuit;
  let check: Circuit;
  before(async () => {
    isEqual = await circuit(FILE, "IsEqual", []);
    isZero = await circuit(FILE, "IsZero", []);
    check = await circuit(FILE, "CheckIsEqual", []);
  });
  const pair = fc.oneof(
    fc.tuple(element, element),
    element.map((a) => [a, a] as [bigint, bigint]),
  );

  it("tells whether", () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        assert.deepEqual(isEqual.read({ a, b }, ["out"]), { out: a === b ? 1n : 0n });
        assert.deepEqual(isZero.read({ in: a }, ["out"]), { out: a === 0n ? 1n : 0n });
      }),
      { examples: [[[0n, 0n]], [[0n, FIELD - 1n]]] },
    );
  });

  it("accepts no false inverse, and says 1 of equals whatever the inverse", () => {
    fc.assert(
      fc.property(pair, element, ([a, b], inverse) => {
        if (a === b) assert.deepEqual(check.read({ a, b, inverse }, ["out"]), { out: 1n });
        else if (((a - b) * inverse - 1n) % FIELD !== 0n) check.rejects({ a, b, inverse }, "CheckIsEqual");
      }),
      { examples: [[[1n, 0n], 0n]] },
    );
  });

  it("leaves no signal free", () => {
    // Of equals the inverse is free, and nothing depends on it.
    assert.deepEqual(isEqual.loose({ a: 5n, b: 5n }), ["inverse"]);
    assert.deepEqual([isEqual.loose({ a: 5n, b: 7n }), isEqual.movable({ a: 5n, b: 7n })], [[], []]);
    assert.deepEqual(
      [isEqual.constraints, isZero.constraints],
      [
        { nonLinear: 2, linear: 0 },
        { nonLinear: 2, linear: 0 },
      ],
    );
  });
});

describe("OneHot", () => {
  let oneHot: Circuit;
  let check: Circuit;
  before(async () => {
    oneHot = await circuit(FILE, "OneHot", [N]);
    check = await circuit(FILE, "CheckOneHot", [N]);
  });
  const hotAt = (index: number): bigint[] => Array.from({ length: N }, (_, i) => (i === index ? 1n : 0n));

  it("marks the index", () => {
    for (let i = 0; i < N; i++) assert.deepEqual(oneHot.read({ index: BigInt(i) }, ["out"]), { out: hotAt(i) });
  });

  it("has no witness for an index beyond", () => {
    fc.assert(
      fc.property(element, (index) => {
        fc.pre(index >= BigInt(N));
        oneHot.rejects({ index }, "CheckOneHot");
      }),
      { examples: [[BigInt(N)], [FIELD - 1n]] },
    );
  });

  it("accepts no other selector", () => {
    const advice = fc.oneof(
      fc.array(uintOf(1), { minLength: N, maxLength: N }),
      fc.array(element, { minLength: N, maxLength: N }),
      fc.nat(N - 1).map(hotAt),
    );
    const lie = fc.tuple(fc.nat(N - 1), advice).filter(([index, hot]) => hot.join() !== hotAt(index).join());
    fc.assert(fc.property(lie, ([index, hot]) => check.rejects({ index: BigInt(index), hot }, "CheckOneHot")));
    // Marks that add up, and point at the index on average.
    check.rejects({ index: 1n, hot: [2n, -2n, 1n, 0n, 0n] }, "CheckOneHot");
    check.rejects({ index: 2n, hot: [0n, 1n, -1n, 1n, 0n] }, "CheckOneHot");
  });

  it("leaves no signal free", () => {
    for (const index of [0n, 3n]) assert.deepEqual([oneHot.loose({ index }), oneHot.movable({ index })], [[], []]);
    assert.deepEqual(oneHot.constraints, { nonLinear: N, linear: 1 });
  });
});

describe("Select and Choose", () => {
  const source = `
    template Pick() {
      signal input index, bit, values[${N}];
      signal hot[${N}] <== OneHot(${N})(index);
      signal output selected <== Select(${N})(hot, values);
      signal output chosen <== Choose()(Bool()(bit), values[0], values[1]);
    }`;
  let pick: Circuit;
  let select: Circuit;
  before(async () => {
    pick = await circuit(FILE, "Pick", [], { source });
    select = await circuit(FILE, "Select", [N]);
  });
  const values = fc.array(element, { minLength: N, maxLength: N });

  it("give the value at the mark, and one of two", () => {
    fc.assert(
      fc.property(values, fc.nat(N - 1), uintOf(1), (list, index, bit) => {
        const expected = { selected: list[index], chosen: bit === 1n ? list[0] : list[1] };
        assert.deepEqual(pick.read({ index: BigInt(index), bit, values: list }, ["selected", "chosen"]), expected);
        assert.deepEqual(select.read({ hot: Array(N).fill(0n), values: list }, ["out"]), { out: 0n });
      }),
    );
  });

  it("refuse what is no index and what is no bit (attack 18)", () => {
    pick.rejects({ index: BigInt(N), bit: 0n, values: Array(N).fill(1n) }, "CheckOneHot");
    pick.rejects({ index: 0n, bit: 2n, values: Array(N).fill(1n) }, "Bool");
  });

  it("leave no signal free", () => {
    const input = { index: 2n, bit: 1n, values: [5n, 6n, 7n, 8n, 9n] };
    assert.deepEqual([pick.loose(input), pick.movable(input)], [[], []]);
    assert.deepEqual(select.constraints, { nonLinear: N, linear: 0 });
  });
});
