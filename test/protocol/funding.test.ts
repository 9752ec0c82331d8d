import assert from "node:assert/strict";
import fc from "fast-check";
import { settled, sideIndex } from "#protocol/accrue.ts";
import { funded, fundingIndex, fundingRate, perpetualMark } from "#protocol/funding.ts";
import { perpetualSlot } from "#protocol/marks.ts";
import { FUNDING } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { worldState } from "#test/support/world.ts";

const CAP = 5_000n;
/** 1e-8 USDC in 1e-2 USDC. */
const CENT = 1_000_000n;
const market = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: -8_000, max: 8_000 }))
  .map(([usd, ppm]) => {
    const spot = BigInt(usd) * 100_000_000n;
    return { spot, impactMid: (spot * BigInt(1_000_000 + ppm)) / 1_000_000n };
  });

describe("the mark of a perpetual", () => {
  it("is the mid held within half a percent of spot, to the cent below", () => {
    fc.assert(
      fc.property(market, ({ spot, impactMid }) => {
        const exact = Math.min(Math.max(Number(impactMid), Number(spot) * 0.995), Number(spot) * 1.005) / 1e6;
        const mark = Number(perpetualMark(spot, impactMid));
        assert.ok(mark <= exact + 1e-6 && exact - mark < 1 + 1e-6, `${mark} of ${exact}`);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("funding", () => {
  it("is max(0.025 %, p) + min(-0.025 %, p) of spot per eight hours, capped, to a cent and two units", () => {
    fc.assert(
      fc.property(market, fc.constantFrom(100n, 1_000n, CAP), ({ spot, impactMid }, capPpm) => {
        const mark = perpetualMark(spot, impactMid);
        const [s, cap, dead] = [Number(spot), Number(capPpm) / 1e6, 0.00025];
        const p = (Number(mark) * 1e6 - s) / s;
        const plain = Math.max(dead, p) + Math.min(-dead, p);
        const expected = Math.min(Math.max(plain, -cap), cap) * s;
        assert.ok(Math.abs(Number(fundingRate(spot, mark, capPpm)) - expected) <= 2 + 1e-9 * s);
      }),
      { numRuns: 2_000 },
    );
    assert.equal(FUNDING.periodSeconds, 8n * 3_600n);
  });

  it("is paid from adopted table to adopted table, and not before the first", () => {
    const table = { timestamp: 1_000n, spot: 4_000n * 100_000_000n, perpetual: 401_000n, isLive: false };
    const first = funded({ timestamp: 0n, fundingSum: 0n }, table, CAP);
    assert.deepEqual(first, { index: 401_000n, fundingSum: 0n });
    // A premium of 10 USDC less a dead zone of one: 9 USDC in eight hours.
    const next = funded({ timestamp: 1_000n, ...first }, { ...table, timestamp: 1_000n + 28_800n, isLive: true }, CAP);
    assert.deepEqual(next, { index: 401_000n - 900n, fundingSum: 9n * 100_000_000n * 28_800n });
    // And in one second a 28,800th of it, which an index does not show but the sum keeps.
    const second = funded({ timestamp: 1_000n, ...first }, { ...table, timestamp: 1_001n, isLive: true }, CAP);
    assert.deepEqual(second, { index: 401_000n, fundingSum: 9n * 100_000_000n });
    // Below spot by as much, shorts pay.
    const below = { ...table, perpetual: 399_000n, timestamp: 1_001n, isLive: true };
    assert.deepEqual(funded({ timestamp: 1_000n, ...first }, below, CAP), {
      index: 399_001n,
      fundingSum: -9n * 100_000_000n,
    });
  });

  const seed = runSeed();
  it(`does not drift over 10,000 tables, and sums to zero over long and short (PROVEGA_SEED=${seed})`, () => {
    const random = randomFrom(seed);
    const slot = perpetualSlot(worldState().profile, 0);
    let state = worldState();
    let [longs, shorts] = [0n, 0n];
    let exact = 0n;
    const size = 12_345n;
    const visit = (held: bigint, index: bigint, now: State) => held * (sideIndex(now, slot, held < 0n) - index);
    let long = settled(state, size, slot);
    let short = settled(state, -size, slot);
    const opening = state.marks.underlyings[0]?.index ?? 0n;
    let spot = 64_000n * 100_000_000n;
    for (let at = 0; at < 10_000; at++) {
      const [before = assert.fail()] = state.marks.underlyings;
      spot = (spot * BigInt(9_990 + random.int(21))) / 10_000n;
      const perpetual = perpetualMark(spot, (spot * BigInt(993_000 + random.int(14_001))) / 1_000_000n);
      const timestamp = before.timestamp + 1n + BigInt(random.int(7_200));
      exact += fundingRate(spot, perpetual, CAP) * (timestamp - before.timestamp);
      const paid = funded(before, { timestamp, spot, perpetual, isLive: true }, CAP);
      state = { ...state, marks: { ...state.marks, underlyings: [{ ...before, timestamp, spot, ...paid }] } };
      // Sum, index and mark belong together after any number of tables: the index is never off by a cent.
      assert.equal(paid.fundingSum, exact);
      const off = (perpetual - paid.index) * CENT * FUNDING.periodSeconds - exact;
      assert.ok(off <= 0n && off > -CENT * FUNDING.periodSeconds);
      // Whoever comes by, and whenever, is paid for all tables since the last visit.
      if (random.chance(0.3)) {
        longs += visit(long.size, long.index, state);
        long = settled(state, size, slot);
      }
      if (random.chance(0.1)) {
        shorts += visit(short.size, short.index, state);
        short = settled(state, -size, slot);
      }
    }
    longs += visit(long.size, long.index, state);
    shorts += visit(short.size, short.index, state);
    const closing = state.marks.underlyings[0]?.index ?? 0n;
    assert.deepEqual([longs, longs + shorts], [size * (closing - opening), 0n]);
  });

  it("beyond what an index carries is refused by name", () => {
    const most = (FUNDING.periodSeconds * CENT) << 46n;
    assert.equal(fundingIndex(0n, most - 1n), 1n - (1n << 46n));
    for (const sum of [most, -most - 1n]) assert.throws(() => fundingIndex(0n, sum), { code: "OutOfRange" });
  });
});
