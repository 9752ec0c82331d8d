import assert from "node:assert/strict";
import fc from "fast-check";
import { markPrice, orderPair, present, riskPrice, sidesOf } from "#protocol/black76.ts";
import { toField } from "#protocol/field.ts";
import { logMoneyness, volShock } from "#protocol/functions.ts";
import { PROFILE, type Profile } from "#protocol/params.ts";
import { shockedStdev, shockFactor, slotMarks } from "#protocol/scenarios.ts";
import { uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { discount, kind, type Money, money, shocked, stdev, type Time, time } from "#test/support/options.ts";

const FILE = "pricing/scenarios.circom";

const slotPrices = (profile: Profile): Promise<Circuit> =>
  circuit(FILE, "Probe", [profile.code, profile.scenarios.length], {
    include: ["generated/constants.circom"],
    source: `template Probe(PROFILE_CODE, S) {
      signal input forward, strike, isStrikeAbove, presentForward, presentStrike, logMoneyness, isPut, isPriced, variance, shock;
      signal output mark, price[S];
      component factors = ShockFactors();
      factors.shock <== shock;
      component slot = SlotPrices(PROFILE_CODE, S);
      slot.forward <== forward; slot.strike <== strike; slot.isStrikeAbove <== isStrikeAbove;
      slot.sides.presentForward <== presentForward; slot.sides.presentStrike <== presentStrike;
      slot.sides.logMoneyness <== logMoneyness; slot.isPut <== isPut; slot.isPriced <== isPriced;
      slot.down <== factors.down; slot.up <== factors.up; slot.variance <== Uint(WIDTH_VARIANCE())(variance);
      mark <== slot.mark; price <== slot.price;
    }`,
  });

describe("ShockFactors", () => {
  let factors: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input shock;
      signal output out[4];
      component each = ShockFactors();
      each.shock <== shock;
      out[0] <== each.down.factor + 1; out[1] <== each.down.reciprocal; out[2] <== each.up.factor + 1; out[3] <== each.up.reciprocal;
    }`;
    factors = await circuit(FILE, "Probe", [], { source });
  });
  /** At most 75 %. */
  const shock = fc.bigInt({ min: 0n, max: 3n << 30n });

  it("equals the specification", () =>
    fc.assert(
      fc.property(shock, (each) => {
        const [down, up] = (["down", "up"] as const).map((vol) => shockFactor(each, vol));
        assert.deepEqual(factors.read({ shock: each }, ["out"]).out, [
          (down?.factor ?? 0n) + 1n,
          down?.reciprocal,
          (up?.factor ?? 0n) + 1n,
          up?.reciprocal,
        ]);
      }),
      { examples: [[0n], [1n << 30n], [3n << 30n]] },
    ));

  it("has no witness for a shock that leaves nothing, or too little", () => {
    for (const each of [1n << 32n, (1n << 32n) - 1n, (1n << 32n) + 1n])
      factors.rejects({ shock: each }, "Uint/CheckRange");
  });

  it("leaves no signal free", () => isFixed(factors, { shock: 1n << 30n }));
});

describe("ShockedStdev", () => {
  let shockedBy: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input half, inverse, factor, reciprocal;
      signal output coarse, inverted;
      component each = ShockedStdev();
      each.half <== half; each.inverse <== inverse; each.shock.factor <== factor; each.shock.reciprocal <== reciprocal;
      coarse <== each.stdev.coarse; inverted <== each.stdev.inverse; _ <== each.stdev.fine;
    }`;
    shockedBy = await circuit(FILE, "Probe", [], { source });
  });

  it("equals the specification", () =>
    fc.assert(
      fc.property(
        uintOf(50),
        uintOf(41),
        uintOf(32),
        fc.constantFrom("up" as const, "down" as const),
        (half, inverse, each, vol) => {
          const by = shockFactor(each >> 1n, vol);
          const expected = shockedStdev(half, inverse, by);
          assert.deepEqual(shockedBy.read({ half, inverse, ...by }, ["coarse", "inverted"]), {
            coarse: expected.coarse,
            inverted: expected.inverse,
          });
        },
      ),
    ));

  it("has no witness for a deviation or a reciprocal beyond its range", () => {
    const by = shockFactor(1n << 30n, "up");
    shockedBy.rejects({ half: 1n << 52n, inverse: 1n, ...by }, "Uint/CheckRange");
    shockedBy.rejects({ half: 1n, inverse: 1n << 46n, ...by }, "Uint/CheckRange");
  });

  it("leaves no signal free", () =>
    isFixed(shockedBy, { half: 1n << 40n, inverse: 1n << 30n, ...shockFactor(1n << 30n, "down") }));
});

describe("MarkPrice and RiskPrice", () => {
  const SOURCE = (template: string) => `template Probe() {
    signal input lower, upper, logRatio, intrinsic, coarse, fine, inverse;
    signal output mark;
    component at = ${template}();
    at.pair.lower <== lower; at.pair.upper <== upper; at.pair.logRatio <== logRatio; at.intrinsic <== intrinsic;
    at.stdev.coarse <== coarse; at.stdev.fine <== fine; at.stdev.inverse <== inverse;
    mark <== at.mark;
  }`;
  it("equal the specification", async () => {
    const [mark, risk] = [
      await circuit(FILE, "Probe", [], { source: SOURCE("MarkPrice") }),
      await circuit(FILE, "Probe", [], { source: SOURCE("RiskPrice") }),
    ];
    fc.assert(
      fc.property(money, stdev, shocked, discount, (terms, deviation, moved, factor) => {
        const sides = sidesOf(terms.forward, terms.strike, factor);
        for (const [price, each, percent] of [
          [mark, deviation, 100n],
          [risk, moved, 92n],
        ] as const) {
          const pair = orderPair(sides, percent);
          const input = {
            lower: pair.lower,
            upper: pair.upper,
            logRatio: toField(pair.logRatio),
            intrinsic: toField(pair.isStrikeAbove ? 0n : pair.upper - pair.lower),
            coarse: each.coarse,
            fine: toField(each.fine),
            inverse: each.inverse,
          };
          const expected = price === mark ? markPrice("call", pair, each).mark : riskPrice("call", pair, each);
          assert.equal(price.read(input, ["mark"]).mark, expected);
        }
      }),
    );
  });
});

for (const name of ["tiny", "devnet"] as const) {
  describe(`SlotPrices of profile ${name}`, () => {
    const profile: Profile = PROFILE[name];
    let slot: Circuit;
    before(async () => {
      slot = await slotPrices(profile);
    });
    const input = (terms: Money, { seconds, variance }: Time, factor: bigint, side: "call" | "put") => ({
      ...terms,
      isStrikeAbove: terms.strike > terms.forward ? 1n : 0n,
      presentForward: present(terms.forward, factor),
      presentStrike: present(terms.strike, factor),
      logMoneyness: toField(logMoneyness(terms.forward, terms.strike)),
      isPut: side === "put" ? 1n : 0n,
      isPriced: variance === 0n ? 0n : 1n,
      variance,
      shock: volShock(seconds),
    });
    const options = fc.tuple(money, time, discount, kind);

    it("equals the specification over the domain", () =>
      fc.assert(
        fc.property(options, ([terms, when, factor, side]) => {
          const { mark, prices } = slotMarks(profile, { ...terms, ...when, discount: factor, kind: side });
          assert.deepEqual(slot.read(input(terms, when, factor, side), ["mark", "price"]), { mark, price: prices });
        }),
        { numRuns: 200 },
      ));

    it("prices at intrinsic value outside it, whatever the moneyness", () =>
      fc.assert(
        fc.property(uintOf(53), uintOf(54), discount, kind, uintOf(26), (below, above, factor, side, seconds) => {
          const terms = { forward: below || 1n, strike: above || 1n };
          const when = { seconds: seconds || 1n, variance: 0n };
          const { mark, prices } = slotMarks(profile, { ...terms, ...when, discount: factor, kind: side });
          const gap = present(terms.forward, factor) - present(terms.strike, factor);
          const exercise = side === "call" ? gap : -gap;
          // One unit makes up for what rounding took.
          assert.equal(mark, exercise > 0n ? (exercise + 1n) / 12_800n : 0n);
          assert.deepEqual(slot.read(input(terms, when, factor, side), ["mark", "price"]), { mark, price: prices });
        }),
        {
          examples: [
            [1n, (1n << 54n) - 1n, 1n << 40n, "put", 1n],
            [(1n << 53n) - 1n, 1n, 1n << 40n, "call", 1n],
          ],
        },
      ));

    it("leaves no signal free", () => {
      const when = { seconds: 2_000_000n, variance: 1n << 36n };
      isFixed(slot, input({ forward: 6_400_000_000_000n, strike: 7_000_000_000_000n }, when, 1n << 40n, "call"));
    });
  });
}

describe("cost of a scenario", () => {
  it("is below 450 constraints, a shocked forward and a shocked deviation included", async () => {
    const [tiny, devnet] = [await slotPrices(PROFILE.tiny), await slotPrices(PROFILE.devnet)].map(
      ({ constraints: { nonLinear, linear } }) => nonLinear + linear,
    );
    assert.ok(tiny && devnet && (devnet - tiny) / 6 < 450, `${devnet} - ${tiny}`);
  });
});
