import assert from "node:assert/strict";
import fc from "fast-check";
import { fromField, toField } from "#protocol/field.ts";
import { EDGE, fullPrice, type Volatility } from "#protocol/greeks.ts";
import { FORWARD_BITS, PRECISION, STRIKE_BITS } from "#protocol/precision.ts";
import { beyond, element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { kind, logUniform, type Money, money } from "#test/support/options.ts";

const FILE = "pricing/greeks.circom";
const INCLUDE = { include: ["lib/uint.circom"] };
const volatility: fc.Arbitrary<Volatility> = fc.record({
  years: fc.oneof(
    logUniform(2e-6, 1.999).map((years) => BigInt(Math.round(years * 2 ** 52)) << 8n),
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
    const inside: Volatility = { years: 1n << 60n, vol: 1n << 40n };
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
    const inside: Volatility = { years: 1n << 60n, vol: 1n << 40n };
    const terms: Money = { forward: 100n, strike: 100n };
    const refuses = (change: Record<string, bigint>) =>
      greeks.rejects({ ...input(terms, inside, "call"), ...change }, "Uint/CheckRange", "CheckLn", "Bool");
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
    const when: Volatility = { years: 1n << 57n, vol: 3n << 38n };
    isFixed(greeks, input({ forward: 6_500_000_000_000n, strike: 7_000_000_000_000n }, when, "call"));
    isFixed(greeks, input({ forward: 6_500_000_000_000n, strike: 1_000_000_000n }, when, "put"));
  });

  it("costs less than 4,000 constraints", () =>
    assert.ok(greeks.constraints.nonLinear + greeks.constraints.linear < 4_000));
});

describe("parts of Black76Greeks", () => {
  it("IsPriceable holds inside the domain only", async () => {
    const source = `template Probe() {
      signal input years, vol, forward, strike;
      signal output out <== IsPriceable()(Uint(PRECISION_YEARS() + 2)(years), Uint(PRECISION_VOL() + 3)(vol), forward, strike);
    }`;
    const priceable = await circuit(FILE, "Probe", [], { source, ...INCLUDE });
    fc.assert(
      fc.property(uintOf(62), uintOf(43), uintOf(53), uintOf(54), (years, vol, forward, strike) => {
        const terms = { years, vol, forward: forward || 1n, strike: strike || 1n };
        const expected = fullPrice({ ...terms, kind: "call" }).isInDomain;
        assert.equal(priceable.read(terms, ["out"]).out, expected ? 1n : 0n);
      }),
    );
    isFixed(priceable, { years: 1n << 60n, vol: 1n << 40n, forward: 100n, strike: 99n });
  });

  it("Residuals are what the grid dropped, to the last unit", async () => {
    const residuals = await circuit(FILE, "Residuals", []);
    fc.assert(
      fc.property(intOf(51), uintOf(52), uintOf(40), intOf(28), uintOf(45), (logRatio, half, ratio, fine, inverse) => {
        const rest = ((logRatio << 20n) - 2n * half * ratio) * inverse;
        const input = { logRatio: toField(logRatio), half, ratio, fine: toField(fine), inverse };
        assert.deepEqual(residuals.read(input, ["near", "far"]), {
          near: toField((fine << 46n) - rest),
          far: toField((fine << 46n) + rest),
        });
      }),
    );
    isFixed(residuals, { logRatio: 5n, half: 1n << 40n, ratio: 3n, fine: 9n, inverse: 1n << 30n });
  });

  it("CallDelta, DensityAtD1 and ByDensity have no witness for a quotient beyond its bits", async () => {
    const delta = await circuit(FILE, "CallDelta", []);
    const honest = { isStrikeAbove: 1n, cdfNear: 1n << 163n, densityNear: 1n << 114n, tailFar: 0n, densityFar: 0n };
    assert.equal(delta.read({ ...honest, restNear: 0n, restFar: 0n }, ["out"]).out, 1n << 63n);
    delta.rejects({ ...honest, cdfNear: 1n << 166n, restNear: 0n, restFar: 0n }, "Uint/CheckRange");
    isFixed(delta, { ...honest, restNear: 77n, restFar: 0n });

    const source = `template Probe() {
      signal input forward, lower, e1, densityNear, restNear;
      signal output out <== DensityAtD1()(Uint(60)(forward), lower, e1, densityNear, restNear);
    }`;
    const density = await circuit(FILE, "Probe", [], { source, ...INCLUDE });
    const near = { forward: 1_000n, lower: 500n, e1: 0n, densityNear: 1n << 114n, restNear: 0n };
    assert.equal(density.read(near, ["out"]).out, 1n << 77n);
    density.rejects({ ...near, forward: 0n }, "Uint/CheckRange");
    isFixed(density, { ...near, e1: 5n, restNear: 3n });

    const rest = `template Probe() {
      signal input forward, half, rootYears, vol, density;
      signal output gamma, vega, theta;
      (gamma, vega, theta) <== ByDensity()(Uint(60)(forward), Uint(52)(half), Uint(49)(rootYears), vol, density);
    }`;
    const others = await circuit(FILE, "Probe", [], { source: rest, ...INCLUDE });
    const terms = { forward: 1n << 50n, half: 1n << 47n, rootYears: 1n << 48n, vol: 1n << 40n, density: 1n << 78n };
    const { gamma, vega, theta } = others.read(terms, ["gamma", "vega", "theta"]);
    // φ = 1/4, s = 1, T = 1, vol = 1 and F = 2^50 units of 1e-10 USDC.
    assert.deepEqual([gamma, vega], [(10_000_000_000n << 94n) >> 50n, 1n << 176n]);
    assert.equal(fromField(theta as bigint), -(1n << 87n));
    others.rejects({ ...terms, half: 0n }, "Uint/CheckRange");
    isFixed(others, { ...terms, density: 12_345n });
  });
});
