import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD } from "#protocol/params.ts";
import { beyond, element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "lib/uint.circom";
const bitsOf = (value: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, i) => (value >> BigInt(i)) & 1n);
const bitList = (count: number) => fc.array(uintOf(1), { minLength: count, maxLength: count });
const toField = (value: bigint): bigint => ((value % FIELD) + FIELD) % FIELD;

for (const N of [1, 2, 8, 253]) {
  describe(`Uint(${N})`, () => {
    const LIMIT = 1n << BigInt(N);
    let uint: Circuit;
    let range: Circuit;
    before(async () => {
      uint = await circuit(FILE, "Uint", [N]);
      range = await circuit(FILE, "CheckRange", [N, 0]);
    });

    it("passes every integer of its width", () => {
      fc.assert(fc.property(uintOf(N), (n) => assert.deepEqual(uint.read({ in: n }, ["out"]), { out: n })));
    });

    it("has no witness just outside: neither 2^n nor -1 (attacks 15, 16)", () => {
      fc.assert(
        fc.property(beyond(N), (n) => uint.rejects({ in: n }, "Uint/CheckRange")),
        { examples: [[LIMIT], [FIELD - 1n], [LIMIT + 1n]] },
      );
    });

    it("accepts no bits but the true ones (attack 19)", () => {
      const lie = fc
        .tuple(element, bitList(N - 1))
        .filter(([n, low]) => low.join() !== bitsOf(n, N - 1).join() || n >= LIMIT);
      if (N > 1) fc.assert(fc.property(lie, ([n, low]) => range.rejects({ in: n, low }, "CheckRange")));
      // Not bits, though they add up.
      if (N > 2) range.rejects({ in: 2n, low: [2n, ...Array(N - 2).fill(0n)] }, "CheckRange");
      if (N > 2) range.rejects({ in: 1n, low: [-1n, 1n, ...Array(N - 3).fill(0n)] }, "CheckRange");
    });

    it("leaves no signal free, and costs a constraint per bit", () => {
      // Of one bit there is no advice, and the output is the input's own wire.
      for (const n of N > 1 ? [0n, LIMIT - 1n, LIMIT / 3n] : []) {
        assert.deepEqual([uint.loose({ in: n }), uint.movable({ in: n })], [[], []]);
      }
      assert.deepEqual(uint.constraints, { nonLinear: N, linear: 0 });
    });
  });

  describe(`Int(${N})`, () => {
    const HALF = 1n << BigInt(N - 1);
    let int: Circuit;
    let range: Circuit;
    before(async () => {
      int = await circuit(FILE, "Int", [N]);
      range = await circuit(FILE, "CheckRange", [N, HALF]);
    });

    it("passes every integer of its width", () => {
      fc.assert(fc.property(intOf(N), (n) => assert.deepEqual(int.read({ in: n }, ["out"]), { out: toField(n) })));
    });

    it("has no witness just outside", () => {
      fc.assert(
        fc.property(beyond(N), (n) => int.rejects({ in: n - HALF }, "Int/CheckRange")),
        { examples: [[2n * HALF], [-1n]] },
      );
    });

    it("accepts no bits but the true ones, so 0 has one encoding (attack 22)", () => {
      const lie = fc
        .tuple(element, bitList(N - 1))
        .filter(
          ([n, low]) => toField(n + HALF) >> BigInt(N) !== 0n || low.join() !== bitsOf(toField(n + HALF), N - 1).join(),
        );
      if (N > 1) {
        fc.assert(fc.property(lie, ([n, low]) => range.rejects({ in: n, low }, "CheckRange")));
        fc.assert(
          fc.property(
            bitList(N - 1).filter((low) => low.includes(1n)),
            (low) => range.rejects({ in: 0n, low }, "CheckRange"),
          ),
        );
      }
    });

    it("leaves no signal free, and costs a constraint per bit", () => {
      for (const n of N > 2 ? [0n, -HALF, HALF - 1n] : [])
        assert.deepEqual([int.loose({ in: n }), int.movable({ in: n })], [[], []]);
      assert.deepEqual(int.constraints, { nonLinear: N, linear: 0 });
    });
  });
}

describe("Bool", () => {
  let bool: Circuit;
  before(async () => {
    bool = await circuit(FILE, "Bool", []);
  });

  it("passes 0 and 1, and nothing else (attack 18)", () => {
    for (const bit of [0n, 1n]) assert.deepEqual(bool.read({ in: bit }, ["out"]), { out: bit });
    fc.assert(
      fc.property(beyond(1), (n) => bool.rejects({ in: n }, "Bool")),
      { examples: [[2n], [FIELD - 1n]] },
    );
  });

  it("costs one constraint", () => {
    assert.deepEqual(bool.constraints, { nonLinear: 1, linear: 0 });
  });

  it("is demanded where a bit is meant: an untagged signal does not compile", async () => {
    const source = "template Untagged() { signal input a; signal output out <== Choose()(a, 3, 4); }";
    await assert.rejects(circuit("lib/select.circom", "Untagged", [], { source }), /tag/i);
    const wide = "template Wide() { signal input a; signal output out <== Choose()(Uint(2)(a), 3, 4); }";
    await assert.rejects(circuit("lib/select.circom", "Wide", [], { source: wide }), /bit\.bits == 1/);
  });
});

describe("ToBits", () => {
  const N = 12;
  let bits: Circuit;
  let check: Circuit;
  before(async () => {
    bits = await circuit(FILE, "ToBits", [N]);
    check = await circuit(FILE, "CheckBits", [N]);
  });

  it("gives the bits of every integer of its width, and has no witness beyond", () => {
    fc.assert(fc.property(uintOf(N), (n) => assert.deepEqual(bits.read({ in: n }, ["out"]), { out: bitsOf(n, N) })));
    fc.assert(
      fc.property(beyond(N), (n) => bits.rejects({ in: n }, "ToBits/CheckBits")),
      { examples: [[1n << 12n], [FIELD - 1n]] },
    );
  });

  it("accepts no advice but the true bits", () => {
    const lie = fc.tuple(uintOf(N), bitList(N)).filter(([n, list]) => list.join() !== bitsOf(n, N).join());
    fc.assert(fc.property(lie, ([n, list]) => check.rejects({ in: n, bits: list }, "CheckBits")));
    check.rejects({ in: 2n, bits: [2n, ...Array(N - 1).fill(0n)] }, "CheckBits/Bool");
  });

  it("leaves no signal free", () => {
    assert.deepEqual([bits.loose({ in: 1234n }), bits.movable({ in: 1234n })], [[], []]);
    assert.deepEqual(bits.constraints, { nonLinear: N, linear: 1 });
  });
});

describe("ToBitsUpTo", () => {
  const MAX = 0b1011_0100n;
  let small: Circuit;
  let checkSmall: Circuit;
  let canonical: Circuit;
  let checkCanonical: Circuit;
  before(async () => {
    small = await circuit(FILE, "ToBitsUpTo", [8, MAX]);
    checkSmall = await circuit(FILE, "CheckBitsUpTo", [8, MAX]);
    canonical = await circuit(FILE, "ToBitsUpTo", [254, -1]);
    checkCanonical = await circuit(FILE, "CheckBitsUpTo", [254, -1]);
  });

  it("accepts exactly the integers up to its bound", () => {
    for (let n = 0n; n < 300n; n++) {
      if (n <= MAX) assert.deepEqual(small.read({ in: n }, ["out"]), { out: bitsOf(n, 8) });
      else small.rejects({ in: n }, "ToBitsUpTo/CheckBitsUpTo");
    }
  });

  it("gives every field element its canonical bits", () => {
    fc.assert(
      fc.property(element, (n) => assert.deepEqual(canonical.read({ in: n }, ["out"]), { out: bitsOf(n, 254) })),
      { examples: [[0n], [FIELD - 1n]] },
    );
  });

  it("refuses the bits of x + r (attack 19), and what are no bits", () => {
    const aliased = fc.bigInt({ min: 0n, max: (1n << 254n) - 1n - FIELD });
    fc.assert(
      fc.property(aliased, (n) => checkCanonical.rejects({ in: n, bits: bitsOf(n + FIELD, 254) }, "CheckBitsUpTo")),
      { examples: [[0n], [(1n << 254n) - 1n - FIELD]] },
    );
    const lie = fc.tuple(uintOf(8), bitList(8)).filter(([n, list]) => n > MAX || list.join() !== bitsOf(n, 8).join());
    fc.assert(fc.property(lie, ([n, list]) => checkSmall.rejects({ in: n, bits: list }, "CheckBitsUpTo")));
    // Below a bit that has left the bound every place still wants a bit: a 2 at a 0 of the bound, and at a 1.
    checkSmall.rejects({ in: 2n, bits: [2n, 0n, 0n, 0n, 0n, 0n, 0n, 0n] }, "CheckBitsUpTo");
    checkSmall.rejects({ in: 8n, bits: [0n, 0n, 2n, 0n, 0n, 0n, 0n, 0n] }, "CheckBitsUpTo");
  });

  it("leaves no signal free", () => {
    assert.deepEqual([canonical.loose({ in: 12345n }), canonical.movable({ in: 12345n })], [[], []]);
    // To first order only (b * b = 0) a bit seems to move where the number still equals the bound.
    assert.deepEqual([small.loose({ in: MAX }), small.movable({ in: 0b0110_1011n })], [[], []]);
    assert.deepEqual(canonical.constraints, { nonLinear: 353, linear: 1 });
  });
});

describe("LessThan", () => {
  const [WIDE, NARROW] = [9, 7];
  const source = `
    template Compare() {
      signal input a, b;
      signal {bits} left <== Uint(${WIDE})(a);
      signal {bits} right <== Uint(${NARROW})(b);
      signal output isLess <== LessThan()(left, right);
      signal output isMore <== LessThan()(right, left);
      signal output isAtLeast <== GreaterEq()(left, right);
    }
    template Lie() {
      signal input a, b, isLess, low[${WIDE - 1}];
      signal output out <== CheckLessThan(${WIDE})(Uint(${WIDE})(a), Uint(${NARROW})(b), isLess, low);
    }`;
  let compare: Circuit;
  let lie: Circuit;
  before(async () => {
    compare = await circuit(FILE, "Compare", [], { source });
    lie = await circuit(FILE, "Lie", [], { source });
  });
  const isLess = (a: bigint, b: bigint): bigint => (a < b ? 1n : 0n);
  const pair = fc.oneof(
    fc.tuple(uintOf(WIDE), uintOf(NARROW)),
    fc.tuple(uintOf(NARROW), fc.bigInt(-1n, 1n)).map(([b, d]) => [b + d < 0n ? 0n : b + d, b] as [bigint, bigint]),
  );

  it("compares", () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const expected = { isLess: isLess(a, b), isMore: isLess(b, a), isAtLeast: 1n - isLess(a, b) };
        assert.deepEqual(compare.read({ a, b }, ["isLess", "isMore", "isAtLeast"]), expected);
      }),
      { examples: [[[0n, 0n]], [[127n, 127n]], [[511n, 0n]], [[0n, 127n]]] },
    );
  });

  it("accepts no other answer, whatever bits go with it", () => {
    const forged = fc.tuple(pair, bitList(WIDE - 1), fc.boolean());
    fc.assert(
      fc.property(forged, ([[a, b], random, isRandom]) => {
        const wrong = 1n - isLess(a, b);
        const low = isRandom ? random : bitsOf(toField(a - b + wrong * 512n), WIDE - 1);
        lie.rejects({ a, b, isLess: wrong, low }, "CheckLessThan");
      }),
    );
    fc.assert(
      fc.property(pair, bitList(WIDE - 1), beyond(1), ([a, b], low, no) =>
        lie.rejects({ a, b, isLess: no, low }, "Bool"),
      ),
    );
  });

  it("has operands within their widths", () => {
    compare.rejects({ a: 512n, b: 0n }, "Uint/CheckRange");
    compare.rejects({ a: 0n, b: 128n }, "Uint/CheckRange");
  });

  it("leaves no signal free", () => {
    for (const input of [
      { a: 300n, b: 100n },
      { a: 3n, b: 100n },
      { a: 5n, b: 5n },
    ]) {
      assert.deepEqual([compare.loose(input), compare.movable(input)], [[], []]);
    }
    assert.deepEqual(lie.constraints, { nonLinear: WIDE + NARROW + WIDE + 1, linear: 0 });
  });
});
