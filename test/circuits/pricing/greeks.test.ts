import assert from "node:assert/strict";
import fc from "fast-check";
import { fromField, toField } from "#protocol/field.ts";
import { floorSqrt } from "#protocol/fixed-point.ts";
import { logMoneyness } from "#protocol/functions.ts";
import { EDGE, fullPrice, type Volatility } from "#protocol/greeks.ts";
import { FORWARD_BITS, FULL, PIECES, PRECISION, STRIKE_BITS } from "#protocol/precision.ts";
import { locate, prepareStdev } from "#protocol/time-value.ts";
import { beyond, element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { kind, logUniform, type Money, money } from "#test/support/options.ts";

const FILE = "pricing/greeks.circom";
const INCLUDE = { include: ["lib/uint.circom"] };
const volatility: fc.Arbitrary<Volatility> = fc.record({
  years: fc.oneof(
    logUniform(2e-6, 1.999).map((years) => BigInt(Math.round(years * 2 ** 50))),
    fc.constantFrom(EDGE.minYears, EDGE.maxYears),
  ),
  vol: fc.oneof(
    logUniform(0.011, 4.99).map((vol) => BigInt(Math.round(vol * 2 ** 40))),
    fc.constantFrom(EDGE.minVol, EDGE.maxVol),
  ),
});

describe("Black76Greeks", () => {
  let greeks: Circuit;
  before(async () => {
    greeks = await circuit(FILE, "Black76Greeks", []);
  });
  const input = (terms: Money, when: Volatility, side: "call" | "put") => ({
    ...terms,
    ...when,
    isPut: side === "put" ? 1n : 0n,
  });
  const outputs = (terms: Money, when: Volatility, side: "call" | "put") => {
    const read = greeks.read(input(terms, when, side), ["isInDomain", "value", "delta", "gamma", "vega", "theta"]);
    const signed = Object.fromEntries(Object.entries(read).map(([name, value]) => [name, fromField(value as bigint)]));
    return { ...signed, isInDomain: read.isInDomain === 1n };
  };

  it("equals the specification over the domain", () =>
    fc.assert(
      fc.property(money, volatility, kind, (terms, when, side) => {
        const expected = fullPrice({ ...terms, ...when, kind: side });
        assert.ok(expected.isInDomain);
        assert.deepEqual(outputs(terms, when, side), expected);
      }),
      { numRuns: 500 },
    ));

  it("equals the specification outside it: intrinsic value and a delta of 0 or 1", () => {
    const outside = (terms: Money, when: Volatility, side: "call" | "put") => {
      const expected = fullPrice({ ...terms, ...when, kind: side });
      assert.equal(expected.isInDomain, false);
      assert.deepEqual(outputs(terms, when, side), expected);
    };
    const inside: Volatility = { years: 1n << 50n, vol: 1n << 40n };
    const edges: readonly Volatility[] = [
      { ...inside, years: EDGE.minYears - 1n },
      { ...inside, years: EDGE.maxYears + 1n },
      { ...inside, vol: EDGE.minVol - 1n },
      { ...inside, vol: EDGE.maxVol + 1n },
      { years: 0n, vol: 0n },
    ];
    fc.assert(fc.property(money, fc.constantFrom(...edges), kind, outside), {
      examples: [[{ forward: 100n, strike: 100n }, { years: 0n, vol: 0n }, "put"]],
    });
    for (const terms of [
      { forward: 20n, strike: 401n },
      { forward: 401n, strike: 20n },
      { forward: 1n, strike: 1n << 53n },
    ]) {
      outside(terms, inside, "call");
      outside(terms, inside, "put");
    }
  });

  it("has no witness for terms beyond their width", () => {
    const inside: Volatility = { years: 1n << 50n, vol: 1n << 40n };
    const terms: Money = { forward: 100n, strike: 100n };
    const refuses = (change: Record<string, bigint>) =>
      greeks.rejects({ ...input(terms, inside, "call"), ...change }, "Uint/CheckRange", "CheckMantissa", "Bool");
    for (const change of [{ forward: 0n }, { strike: 0n }]) refuses(change);
    fc.assert(fc.property(beyond(FORWARD_BITS), (forward) => refuses({ forward })));
    fc.assert(fc.property(beyond(STRIKE_BITS), (strike) => refuses({ strike })));
    fc.assert(fc.property(beyond(PRECISION.years + 2), (years) => refuses({ years })));
    fc.assert(fc.property(beyond(PRECISION.vol + 3), (vol) => refuses({ vol })));
    fc.assert(
      fc.property(
        element.filter((bit) => bit > 1n),
        (isPut) => refuses({ isPut }),
      ),
    );
  });

  it("leaves no signal free", () => {
    const when: Volatility = { years: 1n << 47n, vol: 3n << 38n };
    isFixed(greeks, input({ forward: 6_500_000_000_000n, strike: 7_000_000_000_000n }, when, "call"));
    isFixed(greeks, input({ forward: 6_500_000_000_000n, strike: 1_000_000_000n }, when, "put"));
  });

  it("costs less than 2,500 constraints", () =>
    assert.ok(greeks.constraints.nonLinear + greeks.constraints.linear < 2_500));
});

describe("parts of Black76Greeks", () => {
  it("IsPriceable holds inside the domain only", async () => {
    const priceable = await circuit(FILE, "IsPriceable", []);
    fc.assert(
      fc.property(uintOf(52), uintOf(43), uintOf(1), (years, vol, isNear) => {
        const strike = isNear === 1n ? 100n : 5_000n;
        const expected = fullPrice({ years, vol, forward: 100n, strike, kind: "call" }).isInDomain;
        assert.equal(priceable.read({ years, vol, isNear }, ["out"]).out, expected ? 1n : 0n);
      }),
    );
    isFixed(priceable, { years: 1n << 50n, vol: 1n << 40n, isNear: 1n });
  });

  it("Residuals are what the grid dropped, to 2^-48", async () => {
    const residuals = await circuit(FILE, "Residuals", []);
    fc.assert(
      fc.property(money, volatility, ({ forward, strike }, { years, vol }) => {
        const half = floorSqrt((vol * vol * years) >> 36n);
        const stdev = prepareStdev(half, FULL);
        const log = logMoneyness(forward, strike);
        const logRatio = strike > forward ? log : -log;
        const { ratio } = locate(logRatio, stdev, FULL, PIECES.tail);
        const rest = (((logRatio << 20n) - 2n * half * ratio) * stdev.inverse) >> 52n;
        const { fine, inverse } = stdev;
        const input = { logRatio: toField(logRatio), half, ratio, fine: toField(fine), inverse };
        assert.deepEqual(residuals.read(input, ["near", "far"]), {
          near: toField(fine - rest),
          far: toField(fine + rest),
        });
      }),
    );
    residuals.rejects(
      { logRatio: 1n << 40n, half: 1n << 47n, ratio: 0n, fine: 0n, inverse: 1n << 32n },
      "Int/CheckRange",
    );
    isFixed(residuals, { logRatio: 5n, half: 1n << 40n, ratio: 3n, fine: 9n, inverse: 1n << 30n });
  });

  it("CallDelta, CorrectedDensity and DensityAtD1 equal the formulas, and have no witness beyond their bits", async () => {
    const delta = await circuit(FILE, "CallDelta", []);
    const honest = { isStrikeAbove: 1n, cdfNear: 1n << 163n, slopeNear: 1n << 114n, tailFar: 0n, slopeFar: 0n };
    assert.equal(delta.read({ ...honest, restNear: 0n, restFar: 0n }, ["out"]).out, 1n << 63n);
    assert.equal(delta.read({ ...honest, restNear: 1n << 40n, restFar: 0n }, ["out"]).out, (1n << 63n) + (1n << 54n));
    assert.equal(delta.read({ ...honest, isStrikeAbove: 0n, restNear: 0n, restFar: 0n }, ["out"]).out, 1n << 64n);
    delta.rejects({ ...honest, cdfNear: 1n << 165n, restNear: 0n, restFar: 0n }, "Uint/CheckRange");
    isFixed(delta, { ...honest, restNear: 7n, restFar: 3n });

    const corrected = await circuit(FILE, "CorrectedDensity", []);
    fc.assert(
      fc.property(uintOf(155), uintOf(115), intOf(24), intOf(29), (density, slope, x, rest) =>
        assert.equal(
          corrected.read({ density, slope, x: toField(x), rest: toField(rest) }, ["out"]).out,
          toField((density << 28n) - rest * x * slope),
        ),
      ),
    );
    isFixed(corrected, { density: 5n, slope: 7n, x: 3n, rest: 2n });

    const density = await circuit(FILE, "DensityAtD1", []);
    const at = { isStrikeAbove: 1n, near: 1n << 182n, far: 1n << 181n };
    assert.deepEqual(
      [density.read(at, ["out"]).out, density.read({ ...at, isStrikeAbove: 0n }, ["out"]).out],
      [1n << 38n, 1n << 37n],
    );
    density.rejects({ ...at, near: 1n << 184n }, "Uint/CheckRange");
    density.rejects({ ...at, near: toField(-1n) }, "Uint/CheckRange");
    isFixed(density, at);
  });

  it("ByDensity divides by the forward and by nothing else", async () => {
    const source = `template Probe() {
      signal input forward, years, vol, density, inverse;
      signal output gamma, vega, theta;
      (gamma, vega, theta) <== ByDensity()(Uint(FORWARD_BITS())(forward), years, vol, density, inverse);
    }`;
    const others = await circuit(FILE, "Probe", [], { source, ...INCLUDE });
    // φ = 1/4, s = 1, T = 1, vol = 1 and F = 2^43 units of 1e-8 USDC.
    const terms = { forward: 1n << 43n, years: 1n << 50n, vol: 1n << 40n, density: 1n << 38n, inverse: 1n << 32n };
    const { gamma, vega, theta } = others.read(terms, ["gamma", "vega", "theta"]);
    assert.deepEqual([gamma, vega], [(100_000_000n << 70n) >> 43n, 1n << 203n]);
    assert.equal(fromField(theta as bigint), -(1n << 193n));
    others.rejects({ ...terms, forward: 0n }, "Uint/CheckRange");
    isFixed(others, { ...terms, density: 12_345n });
  });
});
