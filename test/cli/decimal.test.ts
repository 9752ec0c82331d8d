import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCount, parseDecimal, parsePositive } from "#cli/decimal.ts";
import { formatDecimal } from "#scripts/format.ts";
import { table } from "#scripts/table.ts";

describe("decimals", () => {
  it("reads what it writes", () =>
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
        fc.integer({ min: 0, max: 8 }),
        (value, digits) => {
          assert.equal(parseDecimal(formatDecimal(value, digits).replaceAll(",", ""), digits, "it"), value);
        },
      ),
    ));

  it("rounds only what is shown, half away from zero", () => {
    assert.equal(formatDecimal(1_234_565_000n, 6, 2), "1,234.57");
    assert.equal(formatDecimal(-1_234_565_000n, 6, 2), "-1,234.57");
    assert.equal(formatDecimal(-4_999n, 6, 2), "0.00");
    assert.equal(formatDecimal(5n, 2, 0), "0");
    assert.equal(formatDecimal(1_000_000n, 0), "1,000,000");
  });

  it("refuses what is not a decimal or has too many digits", () => {
    for (const text of ["", "1.", ".5", "1e3", "0x10", "1,000", "1.123", "--1", " 1", "NaN", "१"]) {
      assert.throws(() => parseDecimal(text, 2, "the price"), { code: "Usage" }, text);
    }
    assert.throws(() => parsePositive("0", 2, "the size"), /above 0/);
    assert.throws(() => parsePositive("-1", 2, "the size"), /above 0/);
    assert.throws(() => parseCount("1.5", "--depth"), /whole number/);
  });

  it("aligns tables", () => {
    const text = table(
      [{ title: "name", align: "left" }, { title: "size" }],
      [
        ["a", "10"],
        ["longer", "2"],
      ],
    );
    assert.equal(text, "name    size\na         10\nlonger     2");
  });
});
