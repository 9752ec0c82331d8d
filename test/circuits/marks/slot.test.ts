import assert from "node:assert/strict";
import fc from "fast-check";
import { present } from "#protocol/black76.ts";
import { toField } from "#protocol/field.ts";
import { lnUnrounded, logMoneyness, volShock } from "#protocol/functions.ts";
import { PROFILE, SERIES_STATUS } from "#protocol/params.ts";
import { shockFactor, slotMarks } from "#protocol/scenarios.ts";
import { seriesHash } from "#protocol/series.ts";
import { isPricedAt, type Svi, sviVariance, varianceBounds } from "#protocol/svi.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { element } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { reportOf, SMILE } from "#test/support/surfaces.ts";
import { EXPIRY, NOW } from "#test/support/world.ts";

const SVI = ["a", "b", "rho", "m", "sigma"] as const;
const surface = (svi: Svi) => Object.fromEntries(SVI.map((name) => [name, toField(svi[name])]));
const [ONLY = assert.fail()] = reportOf(0).expiries;

describe("CheckExpiryTerms and SelectExpiry", () => {
  let terms: Circuit;
  let select: Circuit;
  const OUT = [
    "expiry",
    "forward",
    "discount",
    "presentForward",
    "lnForward",
    "minVariance",
    "maxVariance",
    "isPriced",
    "down.factor",
    "down.reciprocal",
    "up.factor",
    "up.reciprocal",
  ] as const;
  before(async () => {
    // Plus 1: an output that equals an input takes its place in the constraints, and the input's wire is left loose.
    const source = `template Probe() {
      signal input isUsed, expiry, forward, discount, timestamp;
      signal output out[${OUT.length}];
      component terms = CheckExpiryTerms();
      terms.isUsed <== isUsed; terms.expiry <== expiry; terms.forward <== forward;
      terms.discount <== discount; terms.timestamp <== timestamp;
      ${OUT.map((name, at) => `out[${at}] <== terms.terms.${name} + 1;`).join(" ")}
    }`;
    terms = await circuit("marks/expiry.circom", "Probe", [], { source });
    const choose = `template Probe(E) {
      signal input each[E][${OUT.length}], isExpiry[E];
      signal output out[${OUT.length}];
      component select = SelectExpiry(E);
      select.isExpiry <== isExpiry;
      for (var e = 0; e < E; e++) {
        ${OUT.map((name, at) => `select.each[e].${name} <== each[e][${at}];`).join(" ")}
      }
      ${OUT.map((name, at) => `out[${at}] <== select.out.${name};`).join(" ")}
    }`;
    select = await circuit("marks/expiry.circom", "Probe", [3], { source: choose });
  });
  const input = {
    isUsed: 1n,
    expiry: EXPIRY,
    forward: ONLY.forward,
    discount: ONLY.discount,
    timestamp: NOW,
  };

  it("equal the specification", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: (1n << 32n) - 1n }),
        fc.bigInt({ min: 1n, max: (1n << 53n) - 1n }),
        (seconds, forward) => {
          const { min, max } = varianceBounds(seconds);
          const expected = [
            NOW + seconds,
            forward,
            ONLY.discount,
            present(forward, ONLY.discount),
            lnUnrounded(forward),
            min,
            max,
            isPricedAt(seconds) ? 1n : 0n,
            ...(["down", "up"] as const).flatMap((vol) => {
              const { factor, reciprocal } = shockFactor(volShock(seconds), vol);
              return [factor, reciprocal];
            }),
          ];
          const { out } = terms.read({ ...input, expiry: NOW + seconds, forward }, ["out"]);
          assert.deepEqual(
            out,
            expected.map((value) => toField(value + 1n)),
          );
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(element, { minLength: OUT.length, maxLength: OUT.length }), { minLength: 3, maxLength: 3 }),
        fc.nat(3),
        (each, at) => {
          const isExpiry = [0, 1, 2].map((place) => (place === at ? 1n : 0n));
          assert.deepEqual(select.read({ each, isExpiry }, ["out"]).out, each[at] ?? Array(OUT.length).fill(0n));
        },
      ),
    );
  });

  it("have no witness for an expiry that does not lie ahead, or a forward of 0", () => {
    terms.rejects({ ...input, expiry: NOW }, "CheckMantissa");
    terms.rejects({ ...input, expiry: NOW - 1n }, "Uint/CheckRange");
    terms.rejects({ ...input, expiry: NOW + (1n << 32n) }, "Uint/CheckRange");
    terms.rejects({ ...input, forward: 0n }, "CheckMantissa");
  });

  it("take an unused place for anything harmless", () => {
    const { out } = terms.read({ ...input, isUsed: 0n, expiry: 0n, forward: 0n, discount: 0n }, ["out"]);
    assert.deepEqual((out as bigint[]).slice(0, 3), [1n, 2n, 1n]);
  });

  it("leave no signal free", () => {
    isFixed(terms, input);
    isFixed(select, {
      each: [1n, 2n, 3n].map((value) => Array<bigint>(OUT.length).fill(value)),
      isExpiry: [0n, 1n, 0n],
    });
  });
});

describe("SlotVariance, MedianVariance and CheckMarksSlot", () => {
  const { code, scenarios } = PROFILE.tiny;
  const ORACLES = 3;
  const seconds = EXPIRY - NOW;
  const bounds = varianceBounds(seconds);
  let variance: Circuit;
  let median: Circuit;
  let slot: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input a, b, rho, m, sigma, minVariance, maxVariance, isPricedHere, logMoneyness;
      signal output variance;
      component slot = SlotVariance();
      ${SVI.map((name) => `slot.svi.${name} <== ${name};`).join(" ")}
      slot.minVariance <== minVariance; slot.maxVariance <== maxVariance; slot.isPricedHere <== isPricedHere;
      slot.logMoneyness <== logMoneyness;
      variance <== slot.variance;
    }`;
    variance = await circuit("marks/slot.circom", "Probe", [], { source });
    const flat = `template Probe(ORACLES) {
      signal input a[ORACLES], minVariance, maxVariance, isPricedAt, isNear, logMoneyness, counts[ORACLES], half;
      signal output variance, isPriced;
      component slot = MedianVariance(ORACLES);
      for (var o = 0; o < ORACLES; o++) {
        slot.svi[o].a <== a[o]; slot.svi[o].b <== 0; slot.svi[o].rho <== 0; slot.svi[o].m <== 0; slot.svi[o].sigma <== 0;
      }
      slot.minVariance <== minVariance; slot.maxVariance <== maxVariance; slot.isPricedAt <== isPricedAt;
      slot.isNear <== isNear; slot.logMoneyness <== logMoneyness;
      slot.counts <== counts; slot.half <== half;
      variance <== slot.variance; isPriced <== slot.isPriced;
    }`;
    median = await circuit("marks/slot.circom", "Probe", [ORACLES], { source: flat });
    const whole = `template Probe(PROFILE_CODE, S, ORACLES) {
      signal input isUsed, expiry, forward, discount, timestamp;
      signal input a[ORACLES], b[ORACLES], rho[ORACLES], m[ORACLES], sigma[ORACLES], counts[ORACLES], half;
      signal input isListed, isLive, isExpired, isSettled, isDue, isExpiry, isPut, strike, slotExpiry, lastMark;
      signal output seriesHash, status, changes, isLiving, opens, variance, mark, price[S];
      component terms = CheckExpiryTerms();
      terms.isUsed <== isUsed; terms.expiry <== expiry; terms.forward <== forward;
      terms.discount <== discount; terms.timestamp <== timestamp;
      component slot = CheckMarksSlot(PROFILE_CODE, S, 0, 1, ORACLES);
      for (var o = 0; o < ORACLES; o++) {
        ${SVI.map((name) => `slot.svi[o][0].${name} <== ${name}[o];`).join(" ")}
      }
      slot.counts <== counts; slot.half <== half;
      slot.terms[0] <== terms.terms; slot.isUsed[0] <== isUsed; slot.isExpiry[0] <== isExpiry;
      slot.isListed <== isListed; slot.isLive <== isLive; slot.isExpired <== isExpired; slot.isSettled <== isSettled;
      slot.isDue <== isDue; slot.isPut <== isPut; slot.strike <== strike; slot.expiry <== slotExpiry;
      slot.oldest <== timestamp; slot.lastMark <== lastMark;
      seriesHash <== slot.seriesHash; status <== slot.status; changes <== slot.changes;
      isLiving <== slot.isLiving; opens <== slot.opens;
      variance <== slot.variance; mark <== slot.mark; price <== slot.price;
    }`;
    slot = await circuit("marks/slot.circom", "Probe", [code, scenarios.length, ORACLES], { source: whole });
  });
  /** Surfaces above and below the smile everywhere. */
  const [HIGH, LOW] = [1n << 30n, -(1n << 30n)].map((by) => ({ ...SMILE, a: SMILE.a + by })) as [Svi, Svi];
  const strike = 7_000_000_000_000n;
  const terms = {
    isUsed: 1n,
    expiry: EXPIRY,
    forward: ONLY.forward,
    discount: ONLY.discount,
    timestamp: NOW,
    ...Object.fromEntries(SVI.map((name) => [name, [HIGH, SMILE, LOW].map((svi) => toField(svi[name]))])),
    counts: [1n, 1n, 1n],
    half: 2n,
  };
  const LAST = 123_456_789n;
  const none = { isListed: 0n, isLive: 0n, isExpired: 0n, isSettled: 0n, isDue: 0n, isExpiry: 0n };
  const series = { isPut: 0n, strike, slotExpiry: EXPIRY, lastMark: LAST };
  const live = { ...terms, ...none, ...series, isLive: 1n, isExpiry: 1n };
  const empty = { ...live, isLive: 0n, isExpiry: 0n, strike: 1n, slotExpiry: 0n };
  /** A slot whose series has ended, or ends now. */
  const ended = (status: "listed" | "live" | "expired" | "settled", slotExpiry: bigint) => {
    const isDue = status === "listed" || status === "live" ? 1n : 0n;
    return { ...terms, ...none, ...series, slotExpiry, isDue, [`is${status[0]?.toUpperCase()}${status.slice(1)}`]: 1n };
  };
  const OUT = ["seriesHash", "status", "variance", "mark", "price"] as const;
  const FLAGS = ["changes", "isLiving", "opens"] as const;
  const shifted = (status: keyof typeof SERIES_STATUS) => BigInt(SERIES_STATUS[status]) << 48n;

  it("keep the mark of what has expired, expires or is settled, with no scenario's risk, and no mark of what never had one", () => {
    for (const status of ["listed", "live", "expired", "settled"] as const) {
      for (const slotExpiry of [NOW, NOW - 1n, 1n]) {
        const input = ended(status, slotExpiry);
        const mark = status === "listed" ? 0n : LAST;
        assert.deepEqual(slot.read(input, [...OUT, ...FLAGS]), {
          seriesHash: seriesHash({ underlying: 0, kind: "call", strike, expiry: slotExpiry }),
          status: slotExpiry + shifted(status),
          variance: 0n,
          mark,
          price: scenarios.map(() => mark),
          changes: input.isDue * (shifted("expired") - shifted(status)),
          isLiving: 0n,
          opens: 0n,
        });
      }
    }
    // Whatever the strike: none is priced.
    for (const far of [0n, 1n, (1n << 54n) - 1n])
      assert.equal(slot.read({ ...ended("live", NOW), strike: far }, ["mark"]).mark, LAST);
  });

  it("have no witness for one that ends too early, too late, or is not in time", () => {
    slot.rejects(ended("live", NOW + 1n), "CheckMarksSlot/Uint/CheckRange");
    slot.rejects({ ...live, isDue: 1n, isExpiry: 0n }, "CheckMarksSlot/Uint/CheckRange");
    slot.rejects({ ...live, isDue: 1n }, "CheckMarksSlot", "CheckMarksSlot/Uint/CheckRange");
    for (const status of ["listed", "live"] as const) {
      slot.rejects({ ...ended(status, NOW), isDue: 0n }, "CheckMarksSlot");
      slot.rejects({ ...ended(status, NOW), isDue: 0n, isExpiry: 1n }, "CheckMarksSlot");
    }
    for (const status of ["expired", "settled"] as const) {
      slot.rejects({ ...ended(status, NOW), isDue: 1n }, "CheckMarksSlot");
      slot.rejects({ ...ended(status, EXPIRY), isExpiry: 1n }, "CheckMarksSlot");
    }
    slot.rejects({ ...empty, isDue: 1n }, "CheckMarksSlot");
  });

  it("equal the specification: listed, live, call, put, empty", () => {
    for (const status of ["listed", "live"] as const) {
      for (const kind of ["call", "put"] as const) {
        const series = { underlying: 0, kind, strike, expiry: EXPIRY };
        const total = sviVariance(SMILE, logMoneyness(ONLY.forward, strike));
        const { mark, prices } = slotMarks(PROFILE.tiny, { ...ONLY, strike, kind, variance: total, seconds });
        const flags = { isListed: status === "listed" ? 1n : 0n, isLive: status === "live" ? 1n : 0n };
        assert.deepEqual(slot.read({ ...live, ...flags, isPut: kind === "put" ? 1n : 0n }, FLAGS), {
          changes: 0n,
          isLiving: flags.isLive,
          opens: flags.isListed,
        });
        assert.deepEqual(slot.read({ ...live, ...flags, isPut: kind === "put" ? 1n : 0n }, OUT), {
          seriesHash: seriesHash(series),
          status: EXPIRY + (BigInt(SERIES_STATUS[status]) << 48n),
          variance: total,
          mark,
          price: prices,
        });
      }
    }
    const nothing = { seriesHash: 0n, status: 0n, variance: 0n, mark: 0n };
    assert.deepEqual(slot.read(empty, OUT), { ...nothing, price: scenarios.map(() => 0n) });
  });

  it("take an oracle into account inside the bounds only", () => {
    const flat = (a: bigint): Svi => ({ a, b: 0n, rho: 0n, m: 0n, sigma: 0n });
    const input = (a: bigint, isPricedHere = 1n) => ({
      ...surface(flat(a)),
      minVariance: bounds.min,
      maxVariance: bounds.max,
      isPricedHere,
      logMoneyness: 0n,
    });
    const cases: readonly [CircuitInput, bigint][] = [
      [input(bounds.min), bounds.min],
      [input(bounds.min - 1n), 0n],
      [input(bounds.max), bounds.max],
      [input(bounds.max + 1n), 0n],
      [input(0n), 0n],
      [input(bounds.max, 0n), 0n],
    ];
    for (const [each, expected] of cases) assert.equal(variance.read(each, ["variance"]).variance, expected);
    isFixed(variance, cases[0]?.[0] ?? {}, cases[1]?.[0] ?? {});
  });

  it("price the median of the oracles that count, near the money only", () => {
    const input = (a: readonly bigint[], change: CircuitInput = {}) => ({
      a: a.map(toField),
      minVariance: bounds.min,
      maxVariance: bounds.max,
      isPricedAt: 1n,
      isNear: 1n,
      logMoneyness: 0n,
      counts: [1n, 1n, 1n],
      half: 2n,
      ...change,
    });
    const [low, middle, high] = [bounds.min + 5n, bounds.min + 9n, bounds.max] as const;
    const cases: readonly [CircuitInput, bigint][] = [
      [input([low, high, middle]), middle],
      // Beyond the domain counts as 0: two of them outvote the third.
      [input([low, bounds.max + 1n, middle]), low],
      [input([bounds.min - 1n, bounds.max + 1n, middle]), 0n],
      [input([low, high, middle], { counts: [0n, 1n, 1n], half: 1n }), middle],
      [input([low, high, middle], { isPricedAt: 0n }), 0n],
      [input([low, high, middle], { isNear: 0n }), 0n],
    ];
    for (const [each, expected] of cases) {
      assert.deepEqual(median.read(each, ["variance", "isPriced"]), {
        variance: expected,
        isPriced: expected > 0n ? 1n : 0n,
      });
    }
    isFixed(median, cases[0]?.[0] ?? {});
  });

  it("refuse a slot that is two things at once, or selects what is not there", () => {
    for (const change of [
      { isExpiry: 0n },
      { isLive: 0n },
      { isExpiry: 2n },
      { isLive: 0n, isExpiry: 0n },
      { isLive: 0n, isExpiry: 0n, strike: 1n, isPut: 1n },
      { isLive: 0n, isExpiry: 0n, strike: 0n },
      { isLive: 0n, isExpiry: 0n, strike: 1n, slotExpiry: 1n },
      { slotExpiry: EXPIRY + 1n },
    ]) {
      slot.rejects({ ...live, ...change }, "CheckMarksSlot");
    }
    slot.rejects({ ...live, isUsed: 0n, expiry: 0n, forward: 0n, discount: 0n }, "CheckMarksSlot");
    slot.rejects({ ...live, strike: 0n }, "CheckMantissa");
    slot.rejects({ ...live, strike: 1n << 54n }, "CheckMantissa", "Uint/CheckRange");
    const flags = ["isListed", "isLive", "isExpired", "isSettled", "isDue", "isPut"];
    for (const name of flags) slot.rejects({ ...live, [name]: 2n }, "Bool");
    for (const name of ["isListed", "isExpired", "isSettled"])
      slot.rejects({ ...live, [name]: 1n }, "CheckMarksSlot/Bool");
  });

  it("leave no signal free", () => {
    assert.deepEqual(slot.loose(live), []);
    // Nothing is selected: all variances are 0, so advice may tell equals apart as it likes, and 0 has any inverse.
    const advice = /(isLow\[\d\]|isMedian\[\d\]|inverse)$/;
    for (const idle of [empty, ended("live", NOW), ended("listed", 5n), ended("settled", NOW)]) {
      assert.deepEqual(
        slot.loose(idle).filter((name) => !advice.test(name)),
        [],
      );
    }
  });
});
