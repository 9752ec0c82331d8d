import assert from "node:assert/strict";
import fc from "fast-check";
import { toField } from "#protocol/field.ts";
import { floorSqrt } from "#protocol/fixed-point.ts";
import { ln } from "#protocol/functions.ts";
import { isNonNegative, type Svi, sviVariance } from "#protocol/svi.ts";
import { element, intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { SMILE } from "#test/support/surfaces.ts";

const ONE = 1n << 40n;
const anySurface = fc.record({ a: intOf(47), b: uintOf(44), rho: intOf(41), m: intOf(44), sigma: uintOf(44) });

describe("CheckSurface", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit("marks/surface.circom", "CheckSurface", []);
  });
  const input = ({ a, b, rho, sigma }: Svi) => ({ a: toField(a), b, rho: toField(rho), sigma });
  /** The lowest a that is accepted. */
  const lowest = ({ b, rho, sigma }: Svi): bigint => -((b * sigma * floorSqrt(ONE * ONE - rho * rho)) >> 80n);

  it("accepts exactly what the specification does, up to the edge", () => {
    fc.assert(
      fc.property(anySurface, fc.constantFrom("any", "edge", "beyond"), (any, where) => {
        const least = lowest(any);
        const a = where === "any" ? any.a : where === "edge" ? least : least - 1n;
        if (a < -(1n << 46n)) return;
        const svi = { ...any, a };
        assert.equal(isNonNegative(svi), where === "any" ? a >= least : where === "edge");
        if (isNonNegative(svi)) check.witness(input(svi));
        else check.rejects(input(svi), "CheckSurface/Uint/CheckRange");
      }),
      { numRuns: 1_000, examples: [[{ a: -1n, b: 1n << 43n, rho: -ONE, m: 0n, sigma: 1n << 43n }, "any"]] },
    );
  });

  it("leaves no variance below 0 anywhere", () => {
    const strike = uintOf(53).filter((value) => value > 0n);
    fc.assert(
      fc.property(anySurface, strike, strike, (any, low, high) => {
        const svi = { ...any, a: lowest(any) };
        // One unit for the roundings of both roots and of the division.
        assert.ok(sviVariance(svi, ln(low) - ln(high)) >= -1n);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves no signal free", () => isFixed(check, input(SMILE), input({ ...SMILE, a: lowest(SMILE) })));
});

describe("SelectSurface", () => {
  it("is the selected one, or nothing", async () => {
    const source = `template Probe(E) {
      signal input each[E][5], isExpiry[E];
      signal output out[5];
      component select = SelectSurface(E);
      select.isExpiry <== isExpiry;
      for (var e = 0; e < E; e++) {
        ${["a", "b", "rho", "m", "sigma"].map((name, at) => `select.each[e].${name} <== each[e][${at}];`).join(" ")}
      }
      ${["a", "b", "rho", "m", "sigma"].map((name, at) => `out[${at}] <== select.out.${name};`).join(" ")}
    }`;
    const select = await circuit("marks/surface.circom", "Probe", [3], { source });
    const surfaces = fc.array(fc.array(element, { minLength: 5, maxLength: 5 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(surfaces, fc.nat(3), (each, at) => {
        const isExpiry = [0, 1, 2].map((place) => (place === at ? 1n : 0n));
        assert.deepEqual(select.read({ each, isExpiry }, ["out"]).out, each[at] ?? Array(5).fill(0n));
      }),
    );
    isFixed(select, { each: [1n, 2n, 3n].map((value) => Array<bigint>(5).fill(value)), isExpiry: [0n, 1n, 0n] });
  });
});
