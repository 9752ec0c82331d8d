import assert from "node:assert/strict";
import fc from "fast-check";
import { isNearTheMoney, present } from "#protocol/black76.ts";
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
  const ALL = OUT.length + SVI.length;
  before(async () => {
    // Plus 1: an output that equals an input takes its place in the constraints, and the input's wire is left loose.
    const pass = SVI.map(
      (name) => `terms.reported.svi.${name} <== ${name}; svi[${SVI.indexOf(name)}] <== terms.terms.svi.${name} + 1;`,
    );
    const source = `template Probe() {
      signal input isUsed, expiry, forward, discount, a, b, rho, m, sigma, timestamp;
      signal output out[${OUT.length}], svi[5];
      component terms = CheckExpiryTerms();
      terms.reported.isUsed <== isUsed; terms.reported.expiry <== expiry; terms.reported.forward <== forward;
      terms.reported.discount <== discount; terms.timestamp <== timestamp;
      ${pass.map((line) => line.split("; ")[0]).join("; ")};
      ${pass.map((line) => line.split("; ")[1]).join(" ")}
      ${OUT.map((name, at) => `out[${at}] <== terms.terms.${name} + 1;`).join(" ")}
    }`;
    terms = await circuit("marks/expiry.circom", "Probe", [], { source });
    const choose = `template Probe(E) {
      signal input each[E][${ALL}], isExpiry[E];
      signal output out[${ALL}];
      component select = SelectExpiry(E);
      select.isExpiry <== isExpiry;
      for (var e = 0; e < E; e++) {
        ${[...OUT, ...SVI.map((name) => `svi.${name}`)].map((name, at) => `select.each[e].${name} <== each[e][${at}];`).join(" ")}
      }
      ${[...OUT, ...SVI.map((name) => `svi.${name}`)].map((name, at) => `out[${at}] <== select.out.${name};`).join(" ")}
    }`;
    select = await circuit("marks/expiry.circom", "Probe", [3], { source: choose });
  });
  const input = {
    isUsed: 1n,
    expiry: EXPIRY,
    forward: ONLY.forward,
    discount: ONLY.discount,
    timestamp: NOW,
    ...surface(SMILE),
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
          const { out, svi } = terms.read({ ...input, expiry: NOW + seconds, forward }, ["out", "svi"]);
          assert.deepEqual(
            out,
            expected.map((value) => toField(value + 1n)),
          );
          assert.deepEqual(
            svi,
            SVI.map((name) => toField(SMILE[name] + 1n)),
          );
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(element, { minLength: ALL, maxLength: ALL }), { minLength: 3, maxLength: 3 }),
        fc.nat(3),
        (each, at) => {
          const isExpiry = [0, 1, 2].map((place) => (place === at ? 1n : 0n));
          assert.deepEqual(select.read({ each, isExpiry }, ["out"]).out, each[at] ?? Array(ALL).fill(0n));
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
    isFixed(select, { each: [1n, 2n, 3n].map((value) => Array<bigint>(ALL).fill(value)), isExpiry: [0n, 1n, 0n] });
  });
});

describe("SlotVariance and CheckMarksSlot", () => {
  const { code, scenarios } = PROFILE.tiny;
  const seconds = EXPIRY - NOW;
  const bounds = varianceBounds(seconds);
  let variance: Circuit;
  let slot: Circuit;
  before(async () => {
    const source = `template Probe() {
      signal input a, b, rho, m, sigma, minVariance, maxVariance, isPricedAt, isNear, logMoneyness;
      signal output variance, isPriced;
      component slot = SlotVariance();
      ${SVI.map((name) => `slot.svi.${name} <== ${name};`).join(" ")}
      slot.minVariance <== minVariance; slot.maxVariance <== maxVariance; slot.isPricedAt <== isPricedAt;
      slot.isNear <== isNear; slot.logMoneyness <== logMoneyness;
      variance <== slot.variance; isPriced <== slot.isPriced;
    }`;
    variance = await circuit("marks/slot.circom", "Probe", [], { source });
    const whole = `template Probe(PROFILE_CODE, S) {
      signal input isUsed, expiry, forward, discount, a, b, rho, m, sigma, timestamp;
      signal input isListed, isLive, isExpiry, isPut, strike;
      signal output seriesHash, statusBefore, statusAfter, variance, mark, price[S];
      component terms = CheckExpiryTerms();
      terms.reported.isUsed <== isUsed; terms.reported.expiry <== expiry; terms.reported.forward <== forward;
      terms.reported.discount <== discount; terms.timestamp <== timestamp;
      ${SVI.map((name) => `terms.reported.svi.${name} <== ${name};`).join(" ")}
      component slot = CheckMarksSlot(PROFILE_CODE, S, 0, 1);
      slot.terms[0] <== terms.terms; slot.isUsed[0] <== isUsed; slot.isExpiry[0] <== isExpiry;
      slot.isListed <== isListed; slot.isLive <== isLive; slot.isPut <== isPut; slot.strike <== strike;
      seriesHash <== slot.seriesHash; statusBefore <== slot.statusBefore; statusAfter <== slot.statusAfter;
      variance <== slot.variance; mark <== slot.mark; price <== slot.price;
    }`;
    slot = await circuit("marks/slot.circom", "Probe", [code, scenarios.length], { source: whole });
  });
  const strike = 7_000_000_000_000n;
  const terms = {
    isUsed: 1n,
    expiry: EXPIRY,
    forward: ONLY.forward,
    discount: ONLY.discount,
    timestamp: NOW,
    ...surface(SMILE),
  };
  const live = { ...terms, isListed: 0n, isLive: 1n, isExpiry: 1n, isPut: 0n, strike };
  const empty = { ...live, isLive: 0n, isExpiry: 0n, strike: 1n };
  const OUT = ["seriesHash", "statusBefore", "statusAfter", "variance", "mark", "price"] as const;

  it("equal the specification: listed, live, call, put, empty", () => {
    for (const status of ["listed", "live"] as const) {
      for (const kind of ["call", "put"] as const) {
        const series = { underlying: 0, kind, strike, expiry: EXPIRY };
        const total = sviVariance(SMILE, logMoneyness(ONLY.forward, strike));
        const { mark, prices } = slotMarks(PROFILE.tiny, { ...ONLY, strike, kind, variance: total, seconds });
        const flags = { isListed: status === "listed" ? 1n : 0n, isLive: status === "live" ? 1n : 0n };
        assert.deepEqual(slot.read({ ...live, ...flags, isPut: kind === "put" ? 1n : 0n }, OUT), {
          seriesHash: seriesHash(series),
          statusBefore: EXPIRY + (BigInt(SERIES_STATUS[status]) << 48n),
          statusAfter: EXPIRY + (BigInt(SERIES_STATUS.live) << 48n),
          variance: total,
          mark,
          price: prices,
        });
      }
    }
    const nothing = { seriesHash: 0n, statusBefore: 0n, statusAfter: 0n, variance: 0n, mark: 0n };
    assert.deepEqual(slot.read(empty, OUT), { ...nothing, price: scenarios.map(() => 0n) });
  });

  it("price inside the bounds only", () => {
    const flat = (a: bigint): Svi => ({ a, b: 0n, rho: 0n, m: 0n, sigma: 0n });
    const input = (svi: Svi, forward = 100n, isPricedHere = 1n) => ({
      ...surface(svi),
      minVariance: bounds.min,
      maxVariance: bounds.max,
      isPricedAt: isPricedHere,
      isNear: isNearTheMoney(forward, 100n) ? 1n : 0n,
      logMoneyness: toField(logMoneyness(forward, 100n)),
    });
    const cases: readonly [CircuitInput, bigint][] = [
      [input(flat(bounds.min)), bounds.min],
      [input(flat(bounds.min - 1n)), 0n],
      [input(flat(bounds.max)), bounds.max],
      [input(flat(bounds.max + 1n)), 0n],
      [input(flat(-1n)), 0n],
      [input(flat(bounds.max), 2_000n), bounds.max],
      [input(flat(bounds.max), 2_001n), 0n],
      [input(flat(bounds.max), 5n), bounds.max],
      [input(flat(bounds.max), 4n), 0n],
      [input(flat(bounds.max), 100n, 0n), 0n],
    ];
    for (const [each, expected] of cases) {
      assert.deepEqual(variance.read(each, ["variance", "isPriced"]), {
        variance: expected,
        isPriced: expected > 0n ? 1n : 0n,
      });
    }
    isFixed(variance, cases[0]?.[0] ?? {}, cases[1]?.[0] ?? {});
  });

  it("refuse a slot that is two things at once, or selects what is not there", () => {
    for (const change of [
      { isListed: 1n },
      { isExpiry: 0n },
      { isLive: 0n },
      { isExpiry: 2n },
      { isLive: 0n, isExpiry: 0n },
      { isLive: 0n, isExpiry: 0n, strike: 1n, isPut: 1n },
      { isLive: 0n, isExpiry: 0n, strike: 0n },
    ]) {
      slot.rejects({ ...live, ...change }, "CheckMarksSlot");
    }
    slot.rejects({ ...live, isUsed: 0n, expiry: 0n, forward: 0n, discount: 0n }, "CheckMarksSlot");
    slot.rejects({ ...live, strike: 0n }, "CheckMantissa");
    slot.rejects({ ...live, strike: 1n << 54n }, "CheckMantissa", "Uint/CheckRange");
    for (const name of ["isListed", "isLive", "isPut"]) slot.rejects({ ...live, [name]: 2n }, "Bool", "CheckMarksSlot");
  });

  it("leave no signal free", () => {
    for (const input of [live, empty]) assert.deepEqual(slot.loose(input), []);
  });
});
