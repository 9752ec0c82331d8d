import assert from "node:assert/strict";
import fc from "fast-check";
import { PROFILE, SCALE, SETTLEMENT } from "#protocol/params.ts";
import type { Series } from "#protocol/series.ts";
import { publicKey } from "#protocol/signature.ts";
import {
  attributedAverages,
  fallbackPayoff,
  GROWTH_BITS,
  payoff,
  signSpotSum,
  spotSumMessage,
} from "#protocol/spot-sum.ts";
import { average } from "#test/support/random-board.ts";
import { DOMAIN, EXPIRY, ORACLE_SECRETS } from "#test/support/world.ts";

const USD = SCALE.spot;
const call = (strike: bigint): Series => ({ underlying: 0, kind: "call", strike: strike * USD, expiry: EXPIRY });
const put = (strike: bigint): Series => ({ ...call(strike), kind: "put" });
const grown = (spot: bigint) => spot * SETTLEMENT.averageSeconds;
const by = (...growths: readonly bigint[]) => growths.map((growth) => ({ growth }));
const spot = fc.bigInt({ min: 1n, max: (1n << 53n) - 1n });

describe("a payoff", () => {
  it("is what spot is above the strike, or below it, in whole cents", () => {
    const at = grown(64_123n * USD + 4_567_890n);
    assert.equal(payoff(call(64_000n), by(at, at, at)), 12_304n);
    assert.equal(payoff(put(64_000n), by(at, at, at)), 0n);
    assert.equal(payoff(put(65_000n), by(at, at, at)), 87_695n);
    assert.equal(payoff(call(64_000n), by(grown(64_000n * USD))), 0n);
    assert.equal(fallbackPayoff(123_456_789n), 12_345n);
  });

  it("rounds down once, and never below 0", () =>
    fc.assert(
      fc.property(spot, spot, fc.bigInt({ min: 0n, max: SETTLEMENT.averageSeconds - 1n }), (strike, each, rest) => {
        const growth = grown(each) + rest;
        const unit = SETTLEMENT.averageSeconds * 1_000_000n;
        const series: Series = { ...call(1n), strike };
        const [up, down] = [payoff(series, by(growth)), payoff({ ...series, kind: "put" }, by(growth))];
        const difference = growth - grown(strike);
        assert.equal(up * down, 0n);
        for (const [paid, gain] of [
          [up, difference],
          [down, -difference],
        ] as const)
          assert.ok(gain <= 0n ? paid === 0n : paid * unit <= gain && gain < (paid + 1n) * unit);
      }),
    ));
});

describe("manipulation of a settlement (attack 59)", () => {
  const honest = fc.array(spot, { minLength: 3, maxLength: 3 });
  const anything = fc.bigInt({ min: 0n, max: (1n << BigInt(GROWTH_BITS)) - 1n });

  it("by one liar of three or four stays within what honest oracles say", () =>
    fc.assert(
      fc.property(honest, anything, fc.nat(3), fc.boolean(), (spots, lie, place, isFour) => {
        const own = (isFour ? spots : spots.slice(1)).map(grown);
        const all = own.toSpliced(place, 0, lie);
        const [least, most] = [own.reduce((a, b) => (a < b ? a : b)), own.reduce((a, b) => (a > b ? a : b))];
        const paid = payoff(call(100n), by(...all));
        assert.ok(payoff(call(100n), by(least)) <= paid && paid <= payoff(call(100n), by(most)));
      }),
    ));

  it("by one liar of four moves nothing where the honest agree", () =>
    fc.assert(
      fc.property(spot, anything, fc.nat(3), (each, lie, place) => {
        const all = [grown(each), grown(each), grown(each)].toSpliced(place, 0, lie);
        assert.equal(payoff(call(100n), by(...all)), payoff(call(100n), by(grown(each))));
      }),
    ));

  it("by the last seconds moves the average by their share of the time at most", () =>
    fc.assert(
      fc.property(spot, spot, fc.bigInt({ min: 1n, max: SETTLEMENT.averageSeconds }), (usual, last, seconds) => {
        const growth = usual * (SETTLEMENT.averageSeconds - seconds) + last * seconds;
        const series: Series = { ...call(1n), strike: 0n };
        const moved = payoff(series, by(growth)) - payoff(series, by(grown(usual)));
        const share = ((last - usual) * seconds) / (SETTLEMENT.averageSeconds * 1_000_000n);
        assert.ok(moved - share <= 1n && share - moved <= 1n, `${moved} for a share of ${share}`);
      }),
    ));
});

describe("a spot sum", () => {
  const sum = { underlying: 0, timestamp: EXPIRY, sum: 5n };

  it("is signed under every one of its fields", () => {
    const messages = [
      spotSumMessage(DOMAIN, sum),
      spotSumMessage(DOMAIN + 1n, sum),
      spotSumMessage(DOMAIN, { ...sum, underlying: 1 }),
      spotSumMessage(DOMAIN, { ...sum, timestamp: EXPIRY + 1n }),
      spotSumMessage(DOMAIN, { ...sum, sum: 6n }),
    ];
    assert.equal(new Set(messages).size, messages.length);
  });

  it("is not signed out of range", () => {
    const [secret = assert.fail()] = ORACLE_SECRETS;
    for (const wrong of [{ sum: -1n }, { sum: 1n << 96n }, { timestamp: 1n << 40n }])
      assert.throws(() => signSpotSum(DOMAIN, { ...sum, ...wrong }, secret), { code: "OutOfRange" });
    assert.equal(signSpotSum(DOMAIN, sum, secret).spotSum, sum);
  });

  it("is attributed to the oracle that signed it", () => {
    const set = { profile: PROFILE.tiny, domain: DOMAIN, oracles: ORACLE_SECRETS.map(publicKey) };
    const signed = [0, 2, 3].map((oracle) =>
      average(call(64_000n), ORACLE_SECRETS[oracle] as Uint8Array, BigInt(oracle + 7)),
    );
    const found = attributedAverages(set, call(64_000n), signed);
    assert.deepEqual(
      found.map(({ oracle, growth }) => [oracle, growth]),
      [
        [0, 7n],
        [2, 9n],
        [3, 10n],
      ],
    );
    assert.throws(() => attributedAverages(set, call(64_000n), [...signed, ...signed]), { code: "NoQuorum" });
  });
});
