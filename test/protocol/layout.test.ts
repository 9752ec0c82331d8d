import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { LAYOUT, layout, pack, unpack } from "#protocol/layout.ts";

const outOfRange = (error: unknown): boolean => error instanceof ProtocolError && error.code === "OutOfRange";
type AnyLayout = (typeof LAYOUT)[keyof typeof LAYOUT];
/** The same value under a type that every layout has: the tests go through all of them. */
const loosely = (of: AnyLayout) => of as ReturnType<typeof layout>;

const range = ({ bits, signed }: { readonly bits: number; readonly signed: boolean }) => {
  const size = 1n << BigInt(bits);
  return signed ? { min: -size / 2n, max: size / 2n - 1n } : { min: 0n, max: size - 1n };
};

for (const [name, declared] of Object.entries(LAYOUT)) {
  const of = loosely(declared);
  describe(`layout ${name}`, () => {
    const values = fc.record(Object.fromEntries(of.fields.map((field) => [field.name, fc.bigInt(range(field))])), {
      noNullPrototype: true,
    });

    it("unpacks what it packed, into a word that L1 and the field read alike", () =>
      fc.assert(
        fc.property(values, (record) => {
          const word = pack(of, record);
          assert(word >= 0n && word < 1n << 248n);
          assert.deepEqual(unpack(of, word), record);
        }),
        { examples: [[Object.fromEntries(of.fields.map((field) => [field.name, range(field).max]))]] },
      ));

    it("gives every field bits of its own", () => {
      const widths = of.fields.map(({ bits, offset }) => ({ from: offset, to: offset + bits }));
      widths.forEach(({ from }, at) => assert.equal(from, widths[at - 1]?.to ?? 0));
      assert.equal(widths.at(-1)?.to, of.bits);
    });

    it("refuses a value one beyond a field, on either side, and bits beyond the layout (attacks 15, 16, 22)", () => {
      const smallest = Object.fromEntries(of.fields.map((field) => [field.name, range(field).min]));
      for (const field of of.fields) {
        assert.throws(() => pack(of, { ...smallest, [field.name]: range(field).max + 1n }), outOfRange);
        assert.throws(() => pack(of, { ...smallest, [field.name]: range(field).min - 1n }), outOfRange);
      }
      assert.throws(() => unpack(of, 1n << BigInt(of.bits)), outOfRange);
      assert.throws(() => unpack(of, -1n), outOfRange);
    });
  });
}

describe("layout", () => {
  it("holds 248 bits and no more", () => {
    assert.equal(layout("full", { a: 200, b: { signed: 48 } }).bits, 248);
    assert.throws(() => layout("toWide", { a: 200, b: 49 }), /toWide needs 249 bits/);
  });

  it("packs the least significant field first, signed ones with an offset", () => {
    const of = layout("example", { low: 8, middle: { signed: 4 }, high: 3 });
    assert.equal(pack(of, { low: 0xabn, middle: -8n, high: 5n }), 0x50abn);
    assert.equal(pack(of, { low: 0n, middle: 0n, high: 0n }), 0x800n);
  });
});
