import assert from "node:assert/strict";
import fc from "fast-check";
import { shockedPrice } from "#protocol/black76.ts";
import { toField } from "#protocol/field.ts";
import { ln, volShock } from "#protocol/functions.ts";
import { PROFILE, type Profile } from "#protocol/params.ts";
import { shockedHalf, slotMarks } from "#protocol/scenarios.ts";
import { uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { discount, kind, type Money, money, stdev, type Time, time } from "#test/support/options.ts";

const FILE = "pricing/scenarios.circom";

const slotPrices = (profile: Profile): Promise<Circuit> =>
  circuit(FILE, "Probe", [profile.code, profile.scenarios.length], {
    include: ["generated/constants.circom"],
    source: `template Probe(PROFILE_CODE, S) {
      signal input forward, strike, logMoneyness, isPut, discount, isPriced, variance, shock;
      signal output mark, price[S];
      (mark, price) <== SlotPrices(PROFILE_CODE, S)(
        forward, strike, logMoneyness, isPut, discount, isPriced, shock, Uint(WIDTH_VARIANCE())(variance)
      );
    }`,
  });

describe("ShockedHalf", () => {
  const shocked = new Map<string, Circuit>();
  before(async () => {
    const source = `template Probe(IS_UP) {
      signal input half, shock;
      signal output out <== ShockedHalf(IS_UP)(Uint(HALF_BITS() - 1)(half), shock);
    }`;
    for (const [vol, isUp] of [
      ["up", 1],
      ["down", 0],
    ] as const)
      shocked.set(vol, await circuit(FILE, "Probe", [isUp], { source }));
  });

  it("equals the specification", () =>
    fc.assert(
      fc.property(uintOf(51), uintOf(32), fc.constantFrom("up" as const, "down" as const), (half, shock, vol) =>
        assert.equal(shocked.get(vol)?.read({ half, shock }, ["out"]).out, shockedHalf(half, shock, vol)),
      ),
    ));

  it("has no witness for a half beyond its range", () =>
    shocked.get("up")?.rejects({ half: 1n << 51n, shock: 1n }, "Uint/CheckRange"));

  it("leaves no signal free", () => {
    const up = shocked.get("up") ?? assert.fail();
    isFixed(up, { half: 1n << 40n, shock: 1n << 30n });
  });
});

describe("PriceAt", () => {
  it("equals the specification", async () => {
    const source = `template Probe() {
      signal input forward, strike, logMoneyness, isPut, discount, coarse, fine, inverse;
      signal output mark;
      component pair = OrderPair(92);
      pair.forward <== forward; pair.strike <== strike; pair.logMoneyness <== logMoneyness; pair.isPriced <== 1;
      signal intrinsic <== Intrinsic()(pair.isStrikeAbove, pair.pair.gap, isPut);
      component at = PriceAt();
      at.pair <== pair.pair; at.intrinsic <== intrinsic; at.discount <== discount;
      at.stdev.coarse <== coarse; at.stdev.fine <== fine; at.stdev.inverse <== inverse;
      mark <== at.mark;
    }`;
    const price = await circuit(FILE, "Probe", [], { source });
    fc.assert(
      fc.property(money, stdev, discount, kind, (terms, deviation, factor, side) => {
        const logMoneyness = ln(terms.strike) - ln(terms.forward);
        const expected = shockedPrice({ ...terms, kind: side, discount: factor }, logMoneyness, deviation, 92n);
        const { coarse, fine, inverse } = deviation;
        const { mark } = price.read(
          {
            ...terms,
            logMoneyness: toField(logMoneyness),
            isPut: side === "put" ? 1n : 0n,
            discount: factor,
            coarse,
            fine: toField(fine),
            inverse,
          },
          ["mark"],
        );
        assert.equal(mark, expected.mark);
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
      logMoneyness: toField(ln(terms.strike) - ln(terms.forward)),
      isPut: side === "put" ? 1n : 0n,
      discount: factor,
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
          const gap = terms.forward - terms.strike;
          const exercise = (side === "call" ? gap : -gap) * 100n;
          assert.equal(mark, exercise > 0n ? (exercise * factor) / (10_000n << 40n) : 0n);
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
  it("is below 700 constraints, a shocked forward and a shocked deviation included", async () => {
    const [tiny, devnet] = [await slotPrices(PROFILE.tiny), await slotPrices(PROFILE.devnet)].map(
      ({ constraints: { nonLinear, linear } }) => nonLinear + linear,
    );
    assert.ok(tiny && devnet && (devnet - tiny) / 6 < 700, `${devnet} - ${tiny}`);
  });
});
