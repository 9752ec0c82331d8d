import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { toField } from "#protocol/field.ts";
import { DOMAIN } from "#protocol/precision.ts";
import { isPricedAt, packSurface, SURFACE, type Svi, sviVariance, varianceBounds } from "#protocol/svi.ts";
import { intOf, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { SMILE } from "#test/support/surfaces.ts";

const FILE = "pricing/svi.circom";
const FIELDS = ["a", "b", "rho", "m", "sigma"] as const;
const widthOf = (name: string) => SURFACE.fields.find((field) => field.name === name) ?? assert.fail(name);
/** Any surface that can be reported, plausible or not. */
const surface: fc.Arbitrary<Svi> = fc.record({
  a: intOf(widthOf("a").bits),
  b: uintOf(widthOf("b").bits),
  rho: intOf(widthOf("rho").bits),
  m: intOf(widthOf("m").bits),
  sigma: uintOf(widthOf("sigma").bits),
});
const fields = (svi: Svi) => Object.fromEntries(FIELDS.map((name) => [name, toField(svi[name])]));
const PROBE = (body: string) => `template Probe() {
  signal input a, b, rho, m, sigma;
  signal output out;
  ${body}
}`;
const PASS = (name: string) => FIELDS.map((field) => `${name}.svi.${field} <== ${field};`).join(" ");

describe("PackSurface", () => {
  let pack: Circuit;
  before(async () => {
    const source = PROBE(`component pack = PackSurface(); ${PASS("pack")} out <== pack.word;`);
    pack = await circuit(FILE, "Probe", [], { source });
  });

  it("equals the specification over its whole range", () =>
    fc.assert(fc.property(surface, (svi) => assert.equal(pack.read(fields(svi), ["out"]).out, packSurface(svi)))));

  it("refuses every parameter just outside its range, as the specification does", () => {
    for (const { name, bits, signed } of SURFACE.fields) {
      const limit = 1n << BigInt(signed ? bits - 1 : bits);
      for (const value of [limit, signed ? -limit - 1n : -1n]) {
        const svi = { ...SMILE, [name]: value };
        pack.rejects(fields(svi), "Uint/CheckRange", "Int/CheckRange");
        assert.throws(
          () => packSurface(svi),
          (error) => error instanceof ProtocolError && error.code === "BadSurface",
        );
      }
    }
  });

  it("leaves no signal free", () => isFixed(pack, fields(SMILE)));
});

describe("SviVariance", () => {
  let variance: Circuit;
  before(async () => {
    const source = PROBE(
      `signal input k; component svi = SviVariance(); ${PASS("svi")} svi.logMoneyness <== k; out <== svi.out;`,
    );
    variance = await circuit(FILE, "Probe", [], { source });
  });
  const LIMIT = 38n << 48n;
  const moneyness = fc.oneof(fc.bigInt({ min: -LIMIT, max: LIMIT }), intOf(48));

  it("equals the specification for any surface and strike", () =>
    fc.assert(
      fc.property(surface, moneyness, (svi, k) =>
        assert.equal(variance.read({ ...fields(svi), k: toField(k) }, ["out"]).out, toField(sviVariance(svi, k))),
      ),
      {
        numRuns: 300,
        examples: [
          [SMILE, 0n],
          [SMILE, LIMIT],
          [{ ...SMILE, sigma: 0n, m: 0n }, 0n],
        ],
      },
    ));

  it("has no witness where no logarithm leads", () =>
    variance.rejects({ ...fields(SMILE), k: 1n << 58n }, "CheckFloorSqrt/Uint/CheckRange"));

  it("leaves no signal free", () => isFixed(variance, { ...fields(SMILE), k: 1n << 45n }));
});

describe("VarianceBounds and IsPricedAt", () => {
  let bounds: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input seconds;
      signal output min, max, isPriced;
      (min, max) <== VarianceBounds()(Uint(WIDTH_SECONDS())(seconds));
      isPriced <== IsPricedAt()(Uint(WIDTH_SECONDS())(seconds));
    }`;
    bounds = await circuit(FILE, "Probe", [], { source });
  });

  it("equal the specification", () => {
    const { minSeconds, maxSeconds } = DOMAIN;
    fc.assert(
      fc.property(uintOf(32), (seconds) =>
        assert.deepEqual(bounds.read({ seconds }, ["min", "max", "isPriced"]), {
          ...varianceBounds(seconds),
          isPriced: isPricedAt(seconds) ? 1n : 0n,
        }),
      ),
      { examples: [[0n], [1n], [minSeconds - 1n], [minSeconds], [maxSeconds], [maxSeconds + 1n]] },
    );
  });

  it("leave no signal free", () => {
    isFixed(bounds, { seconds: 1_000_000n }, { seconds: 1n });
  });
});
