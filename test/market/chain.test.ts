import assert from "node:assert/strict";
import fc from "fast-check";
import {
  coinToPrice,
  median,
  ofExpiry,
  parityForward,
  parseExtract,
  type Quote,
  quoteFor,
  toSpot,
  yearsTo,
} from "#market/chain.ts";
import { black76 } from "#market/implied-vol.ts";
import { loadExtract } from "#market/load.ts";
import { EXPIRIES, SERIES } from "#market/series.ts";
import { MARKET } from "#protocol/params.ts";
import { parseSeries } from "#protocol/series.ts";

const HEADER = "snapshot,row,expiry,strike,kind,bid,ask,mark,iv,future,index";
const ROW = "2026-02-04T04:24:03Z,425,2026-02-27T08:00:00Z,60000,put,0.0041,0.0043,0.00421946,0.6519,76783.19,76495.65";

describe("option chain", () => {
  const snapshots = loadExtract();

  it("reads rows and refuses broken ones", () => {
    const [snapshot] = parseExtract(`# comment\n${HEADER}\n${ROW}\n`);
    assert.deepEqual(snapshot?.quotes, [
      {
        row: 425,
        expiry: 1772179200,
        strike: 60000,
        kind: "put",
        bid: 0.0041,
        ask: 0.0043,
        mark: 0.00421946,
        iv: 0.6519,
        future: 76783.19,
        index: 76495.65,
      },
    ]);
    assert.equal(snapshot?.time, 1770179043);
    assert.throws(() => parseExtract(`${HEADER}\n${ROW.replace("0.0041", "")}\n`), /bid of row 425 is ""/);
    assert.throws(() => parseExtract(`${HEADER}\n${ROW.replace("put", "putt")}\n`), /kind of row 425/);
    assert.throws(() => parseExtract(`${HEADER}\n${ROW.replace("2026-02-27T", "27 Feb")}\n`), /is not a time/);
  });

  it("counts years of exactly 365 days", () => assert.equal(yearsTo(31_536_000, 0), 1));

  it("takes medians", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.throws(() => median([]));
  });

  it("recovers the forward from coin prices by parity, and one stray pair does not move it", () => {
    const forward = 70_000;
    const quotes = [64_000, 67_000, 70_000, 73_000, 76_000].flatMap((strike, at) =>
      (["call", "put"] as const).map((kind): Quote => {
        const coin = black76(kind, forward, strike, 0.02) / forward + (at === 1 && kind === "call" ? 0.02 : 0);
        return {
          row: at,
          expiry: 0,
          strike,
          kind,
          bid: coin - 0.001,
          ask: coin + 0.001,
          mark: coin,
          iv: 0.5,
          future: forward,
          index: forward,
        };
      }),
    );
    assert.ok(Math.abs(parityForward(quotes) - forward) < 1e-6);
  });

  it("agrees with the venue's futures within 10 basis points", () => {
    for (const snapshot of snapshots) {
      for (const expiry of EXPIRIES) {
        const quotes = ofExpiry(snapshot, expiry);
        const future = median(quotes.map((quote) => quote.future));
        assert.ok(Math.abs(parityForward(quotes) / future - 1) < 0.001, `${snapshot.stamp} ${expiry}`);
      }
    }
  });

  it("rounds maker prices to the tick, away from the middle and by less than one tick", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1_000_000, max: 20_000_000 }), (coin, cents) => {
        const [price, forward] = [coin / 10_000, cents / 100];
        const exact = BigInt(coin) * BigInt(cents); // 1e-6 USDC
        const [bid, ask] = [coinToPrice(price, forward, "bid"), coinToPrice(price, forward, "ask")];
        assert.equal(bid % MARKET.tick, 0n);
        assert.equal(ask % MARKET.tick, 0n);
        assert.ok(bid * 10_000n <= exact && exact < (bid + MARKET.tick) * 10_000n);
        assert.ok(ask * 10_000n >= exact && exact > (ask - MARKET.tick) * 10_000n);
      }),
    ));

  it("keeps eight decimals of USD exactly", () => assert.equal(toSpot(76784.67920248), 7678467920248n));

  it("finds every traded option in every snapshot, and no other", () => {
    const options = SERIES.filter(({ kind }) => kind !== "perpetual");
    for (const snapshot of snapshots) for (const series of options) assert.ok(quoteFor(snapshot, series).bid > 0);
    const [first] = snapshots;
    assert.throws(() => first && quoteFor(first, parseSeries("BTC-27FEB26-71234-C")), /has no quote of call 71234/);
  });
});
