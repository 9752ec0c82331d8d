import assert from "node:assert/strict";
import { coinToPrice, quoteFor } from "#market/chain.ts";
import { loadExtract } from "#market/load.ts";
import { forwardOf, marketQuotes, perpetualMid, reportOf, surfaceOf } from "#market/quotes.ts";
import { SERIES } from "#market/series.ts";
import { fitSvi, fittedPrice, isInside, type Svi, sviVariance } from "#market/svi-fit.ts";

describe("surfaces", () => {
  const surfaces = loadExtract().map(surfaceOf);

  it("recovers a surface from its own prices", () => {
    const svi: Svi = { a: 0.01, b: 0.12, rho: -0.2, m: 0.02, sigma: 0.15 };
    const forward = 70_000;
    const quotes = Array.from({ length: 25 }, (_, at) => {
      const strike = 52_000 + 1_750 * at;
      const kind = strike >= forward ? ("call" as const) : ("put" as const);
      const coin = fittedPrice({ kind, strike }, forward, svi) / forward;
      return {
        row: at,
        expiry: 0,
        strike,
        kind,
        bid: coin * 0.98,
        ask: coin * 1.02,
        mark: coin,
        iv: 0,
        future: forward,
        index: forward,
      };
    });
    const fit = fitSvi(quotes, forward);
    assert.equal(fit.inside, fit.quotes);
    for (const k of [-0.25, -0.1, 0, 0.1, 0.25]) {
      assert.ok(Math.abs(sviVariance(fit.svi, k) / sviVariance(svi, k) - 1) < 0.005, `at ${k}`);
    }
    assert.throws(() => fitSvi(quotes.slice(0, 5), forward), /do not make a surface/);
  });

  it("keeps to the protocol's ranges", () => {
    for (const { slices } of surfaces) {
      for (const { fit } of slices) {
        const { a, b, rho, sigma } = fit.svi;
        assert.ok(b >= 0 && Math.abs(rho) < 1 && sigma > 0);
        assert.ok(a + b * sigma * Math.sqrt(1 - rho * rho) > 0, "the smallest variance is above zero");
      }
    }
  });

  it("fits nearly all quotes inside bid and ask", () => {
    const fits = surfaces.flatMap(({ slices }) => slices.map(({ fit }) => fit));
    const [inside, all] = [
      fits.reduce((sum, fit) => sum + fit.inside, 0),
      fits.reduce((sum, fit) => sum + fit.quotes, 0),
    ];
    assert.ok(inside / all > 0.97, `${inside} of ${all}`);
    for (const { error, quotes } of fits) assert.ok(error < 0.6 && quotes >= 20);
  });

  it("marks the traded series inside bid and ask in at least 90 % of cases", () => {
    const cases = surfaces.flatMap((surface) =>
      SERIES.filter(({ kind }) => kind !== "perpetual").map((series) => {
        const quote = quoteFor(surface.snapshot, series);
        const slice = surface.slices.find(({ expiry }) => BigInt(expiry) === series.expiry);
        assert.ok(slice);
        return isInside(quote, slice.forward, fittedPrice(quote, slice.forward, slice.fit.svi));
      }),
    );
    const inside = cases.filter(Boolean).length;
    assert.equal(cases.length, 42);
    assert.ok(inside / cases.length >= 0.9, `${inside} of ${cases.length}`);
  });

  it("has no calendar arbitrage where series trade", () => {
    for (const {
      slices: [near, far],
    } of surfaces) {
      assert.ok(near && far);
      for (let k = -0.35; k <= 0.35; k += 0.01) assert.ok(sviVariance(far.fit.svi, k) > sviVariance(near.fit.svi, k));
    }
  });

  it("reports in protocol units", () => {
    const [first] = surfaces;
    assert.ok(first);
    const report = reportOf(first);
    assert.equal(report.timestamp, BigInt(first.snapshot.time));
    assert.equal(Number(report.spot), Math.round(first.spot * 1e8));
    assert.equal(reportOf(first, 0, 70_000.5).impactMid, 7_000_050_000_000n);
    report.expiries.forEach(({ forward, svi, discount }, at) => {
      const slice = first.slices[at];
      assert.ok(slice && Math.abs(Number(forward) / 1e8 - slice.forward) < 1e-8);
      assert.ok(Math.abs(Number(svi.a) / 2 ** 40 - slice.fit.svi.a) < 2 ** -40);
      assert.equal(discount, 2n ** 40n);
    });
  });
});

describe("the perpetual's mid", () => {
  it("is the nearest future's premium over the index, above spot and below it in the sell-off", () => {
    const surfaces = loadExtract().map(surfaceOf);
    const premiums = surfaces.map((surface) => 1e4 * (perpetualMid(surface) / surface.spot - 1));
    const rounded = premiums.map((each) => Math.round(each));
    assert.deepEqual(rounded, [35, 18, -4, -18, 18, 11]);
    for (const surface of surfaces)
      assert.equal(Number(reportOf(surface).impactMid), Math.round(perpetualMid(surface) * 1e8));
  });
});

describe("market quotes", () => {
  const snapshots = loadExtract();

  it("traces every quote to a row of the data", () => {
    for (const snapshot of snapshots) {
      const surface = surfaceOf(snapshot);
      const quotes = marketQuotes(surface);
      assert.equal(quotes.length, 2 * SERIES.length);
      for (const { slot, side, price, source } of quotes) {
        const series = SERIES[slot];
        assert.equal(source === null, series?.kind === "perpetual");
        if (!source) continue;
        const rows = snapshot.quotes.filter(({ row }) => row === source.row);
        assert.equal(source.stamp, snapshot.stamp);
        assert.equal(rows.length, 1);
        const [row] = rows;
        assert.ok(series && row && row.kind === series.kind && BigInt(row.strike) * 10n ** 8n === series.strike);
        assert.equal(source.side, side === "buy" ? "bid" : "ask");
        assert.equal(price, coinToPrice(row[source.side], forwardOf(surface, series.expiry), source.side));
      }
    }
  });

  it("never quotes better than the market", () => {
    for (const snapshot of snapshots) {
      const surface = surfaceOf(snapshot);
      for (const { slot, side, price } of marketQuotes(surface)) {
        const series = SERIES[slot];
        assert.ok(series);
        if (series.kind === "perpetual") {
          // Its mid stands between them, near both.
          const off = Number(price) / 100 / perpetualMid(surface) - 1;
          assert.ok(side === "buy" ? off < 0 && off > -3e-4 : off > 0 && off < 3e-4, `${off}`);
          continue;
        }
        const quote = quoteFor(snapshot, series);
        const forward = forwardOf(surface, series.expiry);
        const usd = Number(price) / 100;
        if (side === "buy") assert.ok(usd <= quote.bid * forward + 1e-9 && usd > quote.bid * forward - 1);
        else assert.ok(usd >= quote.ask * forward - 1e-9 && usd < quote.ask * forward + 1);
      }
    }
  });
});
