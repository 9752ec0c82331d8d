import assert from "node:assert/strict";
import fc from "fast-check";
import { toField } from "#protocol/field.ts";
import { clamp } from "#protocol/fixed-point.ts";
import { funded, fundingIndex, fundingRate, perpetualMark } from "#protocol/funding.ts";
import { FUNDING, NEVER, PROFILE, SERIES_STATUS, WIDTH } from "#protocol/params.ts";
import { perpetualMarks } from "#protocol/scenarios.ts";
import { perpetual, seriesHash } from "#protocol/series.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE, isFixed, isFixedBut } from "#test/support/fixed.ts";

const FILE = "marks/perpetual.circom";
const MOST = 1n << 53n;
const PPM = 1_000_000n;
const SPOT = 6_400_000_000_000n;
const flag = (value: boolean): bigint => (value ? 1n : 0n);
const spot = fc.oneof(
  fc.constantFrom(1n, 2n, 999_999n, SPOT, MOST),
  fc.bigInt({ min: 1n, max: MOST }),
  fc.bigInt({ min: 1n, max: 1n << 30n }),
);
const parts = (of: bigint, ppm: bigint): bigint => (of * (PPM + ppm)) / PPM;
/** A mid anywhere, and on either side of the band's ends. */
const mid = (around: bigint): fc.Arbitrary<bigint> =>
  fc
    .oneof(
      fc
        .constantFrom(-FUNDING.bandPpm, FUNDING.bandPpm, 0n)
        .chain((ppm) => fc.bigInt({ min: -2n, max: 2n }).map((by) => parts(around, ppm) + by)),
      fc.bigInt({ min: -6_000n, max: 6_000n }).map((ppm) => parts(around, ppm)),
      fc.bigInt({ min: 0n, max: MOST - 1n }),
    )
    .map((value) => clamp(value, 0n, MOST - 1n));
const market = spot.chain((each) => fc.tuple(fc.constant(each), mid(each)));

describe("Clamp", () => {
  it("equals the specification over its whole width, and leaves no signal free", async () => {
    const BITS = 8;
    const held = await circuit("pricing/compare.circom", "Clamp", [BITS]);
    const value = fc.bigInt({ min: -127n, max: 127n });
    fc.assert(
      fc.property(value, value, value, (x, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const input = { in: toField(x), low: toField(low), high: toField(high) };
        assert.equal(held.read(input, ["out"]).out, toField(clamp(x, low, high)));
      }),
      {
        examples: [
          [5n, 5n, 5n],
          [-127n, 127n, 127n],
          [127n, -127n, -127n],
        ],
      },
    );
    for (const x of [-9n, -5n, 0n, 7n, 100n]) isFixed(held, { in: toField(x), low: toField(-5n), high: 7n });
  });
});

describe("PerpetualMark", () => {
  let marked: Circuit;
  before(async () => {
    marked = await circuit(FILE, "PerpetualMark", []);
  });

  it("equals the specification at every spot, inside the band, on its ends and outside", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(market, ([each, impactMid]) => {
        const [low, high] = [parts(each, -FUNDING.bandPpm), parts(each, FUNDING.bandPpm)];
        seen.add(impactMid < low ? "below" : impactMid > high ? "above" : "inside");
        assert.equal(marked.read({ spot: each, impactMid }, ["mark"]).mark, perpetualMark(each, impactMid));
      }),
      { numRuns: 500 },
    );
    assert.equal(seen.size, 3);
  });

  it("leaves no signal free", () =>
    isFixed(
      marked,
      { spot: SPOT, impactMid: SPOT + 1n },
      { spot: SPOT, impactMid: 0n },
      { spot: 1n, impactMid: MOST - 1n },
    ));
});

describe("FundingRate", () => {
  let rate: Circuit;
  before(async () => {
    rate = await circuit(FILE, "FundingRate", []);
  });
  const input = (each: bigint, mark: bigint, capPpm: bigint) => ({ spot: each, mark, capPpm });

  it("equals the specification, at the ends of the dead zone and of the cap too", () => {
    const seen = new Set<string>();
    const cap = fc.constantFrom(0n, 100n, 1_000n, 5_000n, (1n << 20n) - 1n);
    fc.assert(
      fc.property(market, cap, ([each, impactMid], capPpm) => {
        const mark = perpetualMark(each, impactMid);
        const expected = fundingRate(each, mark, capPpm);
        seen.add(expected > 0n ? "positive" : expected < 0n ? "negative" : "none");
        assert.equal(rate.read(input(each, mark, capPpm), ["rate"]).rate, toField(expected));
      }),
      { numRuns: 500 },
    );
    assert.equal(seen.size, 3);
    // A spot at which the zone's end, a fortieth of a percent, and a cap of 0.1 % are whole marks.
    const whole = 4_000n * 100_000_000n;
    const mark = whole / 1_000_000n;
    const cases: readonly [bigint, bigint][] = [
      [100n, 0n],
      [101n, 1_000_000n],
      [-100n, 0n],
      [-101n, -1_000_000n],
      [499n, 399_000_000n],
      [500n, 400_000_000n],
      [501n, 400_000_000n],
      [-500n, -400_000_000n],
      [-501n, -400_000_000n],
    ];
    for (const [by, expected] of cases) {
      assert.equal(fundingRate(whole, mark + by, 1_000n), expected);
      assert.equal(rate.read(input(whole, mark + by, 1_000n), ["rate"]).rate, toField(expected));
    }
  });

  it("leaves no signal free", () => {
    const mark = SPOT / 1_000_000n;
    for (const by of [0n, 1_700n, -1_700n, 30_000n, -30_000n]) isFixed(rate, input(SPOT, mark + by, 1_000n));
  });
});

describe("FundingIndex and Funding", () => {
  const PERIOD = FUNDING.periodSeconds * 1_000_000n;
  /** What an index can carry at most: one bit less than it has. */
  const LEAST = -(PERIOD << BigInt(WIDTH.index - 2));
  const PAST = (PERIOD << BigInt(WIDTH.index - 2)) - 1n;
  let index: Circuit;
  let funding: Circuit;
  before(async () => {
    index = await circuit(FILE, "FundingIndex", []);
    funding = await circuit(FILE, "Funding", []);
  });
  const sum = fc.oneof(
    fc.constantFrom(LEAST, PAST, 0n, -1n, 1n, PERIOD, PERIOD - 1n, -PERIOD, -PERIOD - 1n),
    fc.bigInt({ min: LEAST, max: PAST }),
    fc.bigInt({ min: -10n * PERIOD, max: 10n * PERIOD }),
  );

  it("equal the specification for sums of either sign, rounded down", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 34n) - 1n }), sum, (mark, fundingSum) => {
        const expected = toField(fundingIndex(mark, fundingSum));
        assert.equal(index.read({ mark, fundingSum: toField(fundingSum) }, ["index"]).index, expected);
      }),
      { numRuns: 300 },
    );
    assert.deepEqual(
      [-PERIOD - 1n, -PERIOD, -1n, 0n, PERIOD - 1n, PERIOD].map((each) => fundingIndex(0n, each)),
      [2n, 1n, 1n, 0n, 0n, -1n],
    );
    const elapsed = fc.oneof(fc.constantFrom(1n, 28_800n), fc.bigInt({ min: 1n, max: 1n << 31n }));
    const small = fc.bigInt({ min: -(1n << 75n), max: 1n << 75n });
    fc.assert(
      fc.property(market, elapsed, small, fc.boolean(), ([each, impactMid], seconds, fundingSum, isLive) => {
        const mark = perpetualMark(each, impactMid);
        const before = { timestamp: 5n, fundingSum };
        const table = { timestamp: 5n + seconds, spot: each, perpetual: mark, isLive };
        const expected = funded(before, table, 1_000n);
        const values = { spot: each, mark, capPpm: 1_000n, isOwed: flag(isLive), elapsed: seconds };
        assert.deepEqual(funding.read({ ...values, sumBefore: toField(fundingSum) }, ["index", "fundingSum"]), {
          index: toField(expected.index),
          fundingSum: toField(expected.fundingSum),
        });
      }),
      { numRuns: 300 },
    );
  });

  it("refuse what an index cannot carry, as the twin does", () => {
    for (const fundingSum of [LEAST - 1n, PAST + 1n]) {
      assert.throws(() => fundingIndex(0n, fundingSum), { code: "OutOfRange" });
      index.rejects({ mark: 0n, fundingSum: toField(fundingSum) }, "CheckFloorDivInt/Int/CheckRange");
    }
    assert.equal(PAST >> BigInt(WIDTH.fundingSum - 1), 0n);
  });

  it("leave no signal free", () => {
    isFixed(index, { mark: 9n, fundingSum: toField(-5n) }, { mark: 9n, fundingSum: PAST });
    const input = { spot: SPOT, mark: 64_100_00n, capPpm: 5_000n, isOwed: 1n, elapsed: 60n, sumBefore: toField(-7n) };
    isFixed(funding, input, { ...input, isOwed: 0n });
  });
});

describe("CheckPerpetualSlot", () => {
  const { code, scenarios } = PROFILE.devnet;
  let slot: Circuit;
  before(async () => {
    slot = await circuit(FILE, "CheckPerpetualSlot", [code, scenarios.length, 1]);
  });
  const OUT = ["seriesHash", "status", "perpetual", "mark", "price"] as const;
  const input = { isListed: 0n, isLive: 1n, spot: SPOT, impactMid: SPOT - 123_456_789n };

  it("equals the specification: listed, live and empty", () => {
    fc.assert(
      fc.property(market, fc.boolean(), ([each, impactMid], isLive) => {
        const held = perpetualMark(each, impactMid);
        const { mark, prices } = perpetualMarks(PROFILE.devnet, held);
        const flags = { isListed: flag(!isLive), isLive: flag(isLive) };
        assert.deepEqual(slot.read({ ...flags, spot: each, impactMid }, OUT), {
          seriesHash: seriesHash(perpetual(1)),
          status: NEVER + (BigInt(SERIES_STATUS[isLive ? "live" : "listed"]) << 48n),
          perpetual: held,
          mark,
          price: prices,
        });
        assert.ok(prices.every((price) => price >> BigInt(WIDTH.mark) === 0n));
      }),
    );
    const nothing = { seriesHash: 0n, status: 0n, perpetual: 0n, mark: 0n, price: scenarios.map(() => 0n) };
    assert.deepEqual(slot.read({ ...input, isLive: 0n }, OUT), nothing);
  });

  it("refuses a slot that is two things at once", () => {
    slot.rejects({ ...input, isListed: 1n }, "CheckPerpetualSlot");
    for (const name of ["isListed", "isLive"]) slot.rejects({ ...input, [name]: 2n }, "Bool");
  });

  it("leaves no signal free", () => isFixedBut(slot, INVERSE, input, { ...input, isLive: 0n }));
});
