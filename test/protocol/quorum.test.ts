import assert from "node:assert/strict";
import fc from "fast-check";
import { areLevelsNear } from "#protocol/adoption.ts";
import { isNearTheMoney } from "#protocol/black76.ts";
import { ln } from "#protocol/functions.ts";
import { perpetualMark } from "#protocol/funding.ts";
import { emptyMarks, levelsOf } from "#protocol/marks.ts";
import { applyMarks, applyMarksFromWords, type MarksStep } from "#protocol/marks-step.ts";
import { PROFILE } from "#protocol/params.ts";
import type { Report, ReportedExpiry } from "#protocol/report.ts";
import { slotMarks } from "#protocol/scenarios.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { isNonNegative, isPricedAt, type Svi, sviVariance, varianceBounds } from "#protocol/svi.ts";
import { applyTrade } from "#protocol/trade.ts";
import { signBlindly } from "#test/support/random-marks.ts";
import { binary, reportOf, SMILE } from "#test/support/surfaces.ts";
import {
  EXPIRY,
  lane,
  markPrice,
  NOW,
  ORACLE_SECRETS,
  PARAMETERS,
  run,
  signed,
  trade,
  USD_CASH,
  withdraw,
  worldState,
} from "#test/support/world.ts";

const { tiny: profile } = PROFILE;
const MOST = (1n << 53n) - 1n;
const [ONLY = assert.fail()] = reportOf(0).expiries;

type Told = {
  readonly spot: bigint;
  readonly impactMid: bigint;
  readonly forward: bigint;
  readonly discount: bigint;
  readonly svi: Svi;
};
const reportAs = ({ spot, impactMid, forward, discount, svi }: Told, timestamp: bigint): Report => ({
  underlying: 0,
  timestamp,
  spot,
  impactMid,
  expiries: [{ expiry: EXPIRY, forward, discount, svi }],
});
/** A step on which every oracle says what it is given to say; null stays away. */
const stepOf = (told: readonly (Told | null)[], timestamp: bigint, times: readonly bigint[] = []): MarksStep => ({
  kind: "marks",
  timestamp,
  reports: [
    told.flatMap((each, oracle) =>
      each ? [signBlindly(profile, reportAs(each, times[oracle] ?? timestamp), ORACLE_SECRETS[oracle])] : [],
    ),
  ],
});
const at = (by: number): Told => ({
  spot: BigInt(Math.round(Number(reportOf(0).spot) * by)),
  impactMid: BigInt(Math.round(Number(reportOf(0).spot) * by)),
  forward: BigInt(Math.round(Number(ONLY.forward) * by)),
  discount: ONLY.discount,
  svi: SMILE,
});
const everyone = (by: number): readonly Told[] => ORACLE_SECRETS.map(() => at(by));

const near = (value: bigint): fc.Arbitrary<bigint> =>
  fc.integer({ min: -20_000, max: 20_000 }).map((ppm) => (value * BigInt(1_000_000 + ppm)) / 1_000_000n);
const honest: fc.Arbitrary<Told> = fc.record({
  spot: near(reportOf(0).spot),
  impactMid: near(reportOf(0).spot),
  forward: near(ONLY.forward),
  discount: near((ONLY.discount * 95n) / 100n),
  svi: fc.record({
    a: near(SMILE.a),
    b: near(SMILE.b),
    rho: near(SMILE.rho),
    m: near(SMILE.m),
    sigma: near(SMILE.sigma),
  }),
});
const extreme = (max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.constantFrom(1n, max), fc.bigInt({ min: 1n, max }), fc.bigInt({ min: 1n, max: 1n << 20n }));
/** Anything that a report can say. */
const liar: fc.Arbitrary<Told> = fc.record({
  spot: extreme(MOST + 1n),
  impactMid: extreme(MOST),
  forward: extreme(MOST),
  discount: extreme(1n << 40n),
  svi: fc
    .record({
      a: fc.oneof(fc.constantFrom(0n, (1n << 46n) - 1n), fc.bigInt({ min: -(1n << 46n), max: (1n << 46n) - 1n })),
      b: extreme((1n << 44n) - 1n),
      rho: fc.bigInt({ min: -(1n << 40n), max: (1n << 40n) - 1n }),
      m: fc.bigInt({ min: -(1n << 43n), max: (1n << 43n) - 1n }),
      sigma: extreme((1n << 44n) - 1n),
    })
    .map((svi) => (isNonNegative(svi) ? svi : { ...svi, a: svi.a < 0n ? -svi.a - 1n : svi.a })),
});
const range = (values: readonly bigint[]): readonly [bigint, bigint] => [
  values.reduce((a, b) => (b < a ? b : a)),
  values.reduce((a, b) => (b > a ? b : a)),
];
const isIn = (value: bigint, values: readonly bigint[], slack = 0n): boolean => {
  const [least, most] = range(values);
  return value >= least - slack && value <= most + slack;
};
const fresh = (): State => {
  const state = worldState();
  return { ...state, marks: emptyMarks(profile) };
};
/** What one oracle's surface says of a slot at the forward agreed on: 0 outside the domain. */
function varianceBy({ svi }: Told, strike: bigint, forward: bigint): bigint {
  const seconds = EXPIRY - (NOW + 60n);
  const { min, max } = varianceBounds(seconds);
  const variance = sviVariance(svi, ln(strike) - ln(forward));
  const isInside = isPricedAt(seconds) && isNearTheMoney(forward, strike) && variance >= min && variance <= max;
  return isInside ? variance : 0n;
}

describe("with one liar among the oracles (attack 47)", () => {
  it("spot, perpetual, forward, discount, every variance and every mark stay within what honest oracles say", function () {
    this.timeout(120_000).slow(60_000);
    const steps = fc.tuple(fc.tuple(honest, honest, honest), liar, fc.nat(3), fc.boolean());
    fc.assert(
      fc.property(steps, ([told, lie, place, isFull]) => {
        const all: (Told | null)[] = [...told.slice(0, place), lie, ...told.slice(place)];
        // Three reports are enough, the lie one of them.
        const absent = isFull ? -1 : (place + 1) % all.length;
        const present = all.map((each, oracle) => (oracle === absent ? null : each));
        const truths = present.filter((each): each is Told => each !== null && each !== lie);
        const { state, trace } = applyMarks(fresh(), stepOf(present, NOW + 60n));
        const [underlying = assert.fail()] = state.marks.underlyings;
        const [agreed = assert.fail()] = state.marks.expiries;
        assert.ok(
          isIn(
            underlying.spot,
            truths.map(({ spot }) => spot),
          ),
        );
        // What the median of the mids makes of the agreed spot, so does each honest one on either side.
        assert.ok(
          isIn(
            (state.marks.slots.at(-1)?.mark ?? 0n) / 10_000n,
            truths.map(({ impactMid }) => perpetualMark(underlying.spot, impactMid)),
          ),
        );
        assert.ok(
          isIn(
            agreed.forward,
            truths.map(({ forward }) => forward),
          ),
        );
        assert.ok(
          isIn(
            agreed.discount,
            truths.map(({ discount }) => discount),
          ),
        );
        state.board.forEach(({ series }, slot) => {
          if (!series || series.kind === "perpetual") return;
          const { strike, kind } = series;
          const variances = truths.map((each) => varianceBy(each, strike, agreed.forward));
          assert.ok(isIn(trace.variances[slot] ?? -1n, variances), `variance of slot ${slot}`);
          // Marks rise or fall with each of the three all the way, so the honest range is spanned by its corners.
          const corners = range(truths.map(({ forward }) => forward)).flatMap((forward) =>
            range(variances).flatMap((variance) =>
              range(truths.map(({ discount }) => discount)).map(
                (discount) =>
                  slotMarks(profile, { strike, kind, forward, discount, variance, seconds: EXPIRY - NOW - 60n }).mark,
              ),
            ),
          );
          // The error of a mark, 1e-10 of the forward, and its rounding.
          const slack = agreed.forward / 10n ** 12n + 2n;
          assert.ok(isIn(state.marks.slots[slot]?.mark ?? -1n, corners, slack), `mark of slot ${slot}`);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("the time that a candidate is given lies within what honest oracles say", () => {
    const { state } = applyMarks(
      worldState(),
      stepOf(everyone(2), NOW + 5_000n, [NOW + 1n, NOW + 4_000n, NOW + 4_001n]),
    );
    const [{ candidate } = assert.fail()] = state.marks.underlyings;
    // Of NOW + 1, + 4,000, + 4,001 and + 5,000.
    assert.deepEqual([candidate?.since, candidate?.newest], [NOW + 4_000n, NOW + 1n]);
  });
});

describe("with two liars among the oracles (attack 48)", () => {
  it("the table in force stays within the limit or unchanged and close-only", function () {
    this.timeout(120_000).slow(60_000);
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.tuple(honest, honest, liar, liar), fc.boolean(), (told, isMild) => {
        const state = applyMarks(fresh(), stepOf(everyone(1), NOW + 50n)).state;
        const mild = told.map((each, oracle) => (oracle < 2 ? each : { ...each, ...at(1.05), svi: each.svi }));
        const { state: after } = applyMarks(state, stepOf([null, ...(isMild ? mild : told).slice(1)], NOW + 60n));
        const [{ mode } = assert.fail()] = after.marks.underlyings;
        seen.add(mode);
        const [before, now] = [state, after].map(({ marks }) => levelsOf(profile, marks, 0));
        assert.ok(before && now);
        if (mode === "closeOnly") assert.deepEqual([now, after.marks.slots], [before, state.marks.slots]);
        else
          assert.ok(
            areLevelsNear(
              PARAMETERS.deviationPpm,
              before,
              now,
              after.board.map(() => true),
            ),
          );
      }),
      { numRuns: 200 },
    );
    assert.equal(seen.size, 2);
  });

  it("alone they make no quorum", () => {
    assert.throws(() => applyMarks(worldState(), stepOf([at(9), at(9)], NOW + 60n)), { code: "NoQuorum" });
  });
});

describe("a table that jumps", () => {
  const rich = worldState({
    accounts: [{ cash: 90_000n * USD_CASH }, { cash: 90_000n * USD_CASH }, { cash: 5n * USD_CASH }],
  });
  const base = applyMarks(rich, stepOf(everyone(1), NOW + 10n)).state;
  const buy = (state: State, nonce: bigint) =>
    trade(state, { slot: 2, lots: 1_000n, price: markPrice(state, 2), buyer: 0, seller: 1, nonce });
  const held = applyTrade(base, buy(base, 1n)).state;
  const now = held.globals.timestamp;
  const isOpen = (state: State): boolean => state.marks.underlyings[0]?.mode === "open";
  const priced = (state: State, by: number, seconds: bigint): State => {
    const { state: next, words } = applyMarks(state, stepOf(everyone(by), now + seconds));
    // The words alone lead there too.
    assert.equal(stateRoot(applyMarksFromWords(state, words)), stateRoot(next));
    assert.deepEqual(applyMarksFromWords(state, words).marks, next.marks);
    return next;
  };

  it("by 99 % in a tick closes the underlying to growth and to withdrawals beside positions (attack 52)", () => {
    const crashed = priced(held, 0.01, 10n);
    assert.equal(isOpen(crashed), false);
    assert.deepEqual(crashed.marks.slots, held.marks.slots);
    assert.throws(() => applyTrade(crashed, buy(crashed, 17n)), { code: "MarksStale" });
    const leave = (state: State, id: number) =>
      applyTrade(state, {
        kind: "trade",
        timestamp: state.globals.timestamp + 1n,
        lanes: [lane(id, [run(signed(state, withdraw(state, id, 17n, USD_CASH)))])],
      });
    assert.throws(() => leave(crashed, 0), { code: "MarksStale" });
    leave(crashed, 2);
    applyTrade(
      crashed,
      trade(crashed, { slot: 2, lots: 1_000n, price: markPrice(crashed, 2), buyer: 1, seller: 0, nonce: 17n }),
    );
  });

  it("is adopted once it was confirmed for long enough, the newest table then", () => {
    const first = priced(held, 0.7, 10n);
    const second = priced(first, 0.72, 300n);
    assert.deepEqual([isOpen(first), isOpen(second)], [false, false]);
    assert.equal(second.marks.underlyings[0]?.candidate?.since, now + 10n);
    const early = priced(second, 0.71, 10n + PARAMETERS.candidateAge - 1n);
    assert.equal(isOpen(early), false);
    const due = priced(early, 0.71, 10n + PARAMETERS.candidateAge);
    assert.equal(isOpen(due), true);
    assert.equal(due.marks.underlyings[0]?.spot, at(0.71).spot);
    assert.equal(due.marks.underlyings[0]?.candidate, null);
    applyTrade(due, buy(due, 17n));
  });

  it("and back is forgotten: a spike does not get through", () => {
    const back = priced(priced(held, 0.5, 10n), 1.01, 20n);
    assert.deepEqual([isOpen(back), back.marks.underlyings[0]?.candidate], [true, null]);
    const again = priced(back, 0.5, 20n + PARAMETERS.candidateAge);
    assert.equal(again.marks.underlyings[0]?.candidate?.since, now + 20n + PARAMETERS.candidateAge);
  });

  it("on and on restarts the time with every jump", () => {
    let state = held;
    for (let jump = 1n; jump <= 5n; jump++) state = priced(state, 1 + Number(jump), jump * PARAMETERS.candidateAge);
    assert.equal(isOpen(state), false);
    assert.equal(state.marks.underlyings[0]?.candidate?.since, now + 5n * PARAMETERS.candidateAge);
  });

  it("leaves a listed series unpriced until a table is adopted", () => {
    const board = held.board.map((slot, each) => (each === 0 ? { ...slot, status: "listed" as const } : slot));
    const waiting = priced({ ...held, board }, 0.5, 10n);
    assert.equal(waiting.board[0]?.status, "listed");
    assert.equal(priced(waiting, 1, 20n).board[0]?.status, "live");
  });
});

describe("an outage", () => {
  it("of the oracles closes trading until a fresh quorum, near the old prices or confirmed (attacks 53, 54)", () => {
    const long = NOW + 60n + PARAMETERS.maxMarksAge + 100n;
    const rich = worldState({ accounts: [{ cash: 90_000n * USD_CASH }, { cash: 90_000n * USD_CASH }] });
    const before = applyMarks(rich, stepOf(everyone(1), NOW + 60n)).state;
    const stale = { ...before, globals: { ...before.globals, timestamp: long } };
    const buy = (state: State) =>
      trade(state, { slot: 2, lots: 1_000n, price: markPrice(state, 2), buyer: 0, seller: 1, nonce: 1n });
    const isClosed = (state: State) => assert.throws(() => applyTrade(state, buy(state)), { code: "MarksStale" });
    isClosed(stale);
    // Old reports, and fewer than a quorum of new ones, open nothing.
    const old = stepOf(
      everyone(1),
      long,
      ORACLE_SECRETS.map(() => NOW + 90n),
    );
    assert.throws(() => applyMarks(stale, old), { code: "BadReport" });
    assert.throws(() => applyMarks(stale, stepOf([at(1), at(1)], long)), { code: "NoQuorum" });
    const mixed = stepOf(everyone(1), long, [long, long, long, NOW + 90n]);
    assert.throws(() => applyMarks(stale, mixed), { code: "BadReport" });
    // A fresh quorum opens it, if the market is where it was.
    const { state: open } = applyMarks(stale, stepOf(everyone(1), long));
    applyTrade(open, buy(open));
    // If not, only once that is confirmed.
    const { state: moved } = applyMarks(stale, stepOf(everyone(1.5), long));
    isClosed(moved);
    const { state: confirmed } = applyMarks(moved, stepOf(everyone(1.5), long + PARAMETERS.candidateAge));
    applyTrade(confirmed, buy(confirmed));
  });
});

describe("reports of one step", () => {
  const report = (change: Partial<ReportedExpiry>) => ({ ...at(1), ...change });
  it("with absurd prices or a surface of negative variance are refused by name (attack 52)", () => {
    const bad: readonly [Told, string][] = [
      [{ ...at(1), spot: 0n }, "BadReport"],
      [{ ...at(1), spot: 10n ** 10n * at(1).spot }, "OutOfRange"],
      [report({ forward: 0n }), "BadReport"],
      [report({ discount: 0n }), "BadReport"],
      [report({ svi: { ...SMILE, a: binary(-1) } }), "BadSurface"],
    ];
    for (const [told, code] of bad) {
      const step = () => applyMarks(worldState(), stepOf([at(1), told, at(1)], NOW + 60n));
      assert.throws(step, { code });
    }
  });
});
