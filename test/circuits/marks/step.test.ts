import assert from "node:assert/strict";
import { publicInputs } from "#protocol/binding.ts";
import { EMPTY_SLOT, isAhead } from "#protocol/board.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { abs } from "#protocol/field.ts";
import type { UnderlyingMarks } from "#protocol/marks.ts";
import { applyMarks, type MarksStep, type MarksTrace } from "#protocol/marks-step.ts";
import { FIELD, PROFILE, type Profile } from "#protocol/params.ts";
import type { Report } from "#protocol/report.ts";
import { publicKey } from "#protocol/signature.ts";
import { gridHash } from "#protocol/state.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { marksInput } from "#prover/marks-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE } from "#test/support/fixed.ts";
import { type Random, randomFrom, runSeed } from "#test/support/random.ts";
import { type MarksSample, MEETINGS, randomMarks, signBlindly } from "#test/support/random-marks.ts";
import { REFUSED_MARKS } from "#test/support/refused-marks.ts";
import { SPOILED_MARKS, spoiled } from "#test/support/spoiled-marks.ts";
import { reportOf, signedByQuorum } from "#test/support/surfaces.ts";
import { NOW, ORACLE_SECRETS, worldState } from "#test/support/world.ts";

const STEPS = 2_000;
const SPOILED_STEPS = 1_000;
/** Where a spoiled report shows: not in the binding of the words, which would refuse anything. */
const INSIDE = [
  "CheckRange",
  "EdDSAPoseidon",
  "CheckBitsUpTo",
  "CheckMantissa",
  "PackExpiry",
  "CheckMarksSlot",
] as const;
/** Parameters of `MarksStep` in the circuit of a profile, as in circuits/instances. */
const marksStep = ({ code, series, scenarios, underlyings, expiries, oracles, faults }: Profile): Promise<Circuit> =>
  circuit("marks/step.circom", "MarksStep", [code, series, scenarios.length, underlyings, expiries, oracles, faults]);
const honest = (sample: MarksSample): CircuitInput => marksInput(applyMarks(sample.state, sample.step).trace);

/** A valid step on the world's state, by three of its oracles. */
const worldStep = (): MarksSample => ({
  state: worldState(),
  step: { kind: "marks", timestamp: NOW + 70n, reports: [signedByQuorum(PROFILE.tiny, reportOf(0))] },
});
/** The world's report with everything a little higher. */
const shifted = (by: number): Report => {
  const report = reportOf(0, { timestamp: NOW + 60n + BigInt(by) });
  const more = 1_000_000n * BigInt(by);
  return {
    ...report,
    spot: report.spot + more,
    impactMid: report.impactMid + 9n * more,
    expiries: report.expiries.map((each) => ({
      ...each,
      forward: each.forward + more,
      discount: each.discount + more,
      svi: { ...each.svi, a: each.svi.a + more },
    })),
  };
};
/** The reports as if they were those of `oracles`. */
const attributed = ({ step }: MarksSample, oracles: readonly number[] = [0, 1, 2, 3]) =>
  step.reports.map((each) => each.map((signed, at) => ({ ...signed, oracle: oracles[at] ?? -1 })));
/** The circuit's inputs for a step that the twin refuses: its own reports and state, and the words of a step that is valid. */
function forged(sample: MarksSample): CircuitInput {
  const { state, step } = worldStep();
  const { trace } = applyMarks(state, step);
  return marksInput({
    ...trace,
    before: sample.state,
    timestamp: sample.step.timestamp,
    reports: attributed(sample),
  });
}

/** What a step made longs pay, in words. */
function fundingOf({ before, after }: MarksTrace): "positive" | "negative" | "none" | "capped" {
  const [from, to] = [before, after].map(({ marks }) => marks.underlyings[0] ?? assert.fail()) as [
    UnderlyingMarks,
    UnderlyingMarks,
  ];
  const paid = to.fundingSum - from.fundingSum;
  if (paid === 0n) return "none";
  const cap = (to.spot * before.parameters.fundingCapPpm) / 1_000_000n;
  if (abs(paid) === cap * (to.timestamp - from.timestamp)) return "capped";
  return paid > 0n ? "positive" : "negative";
}

/** Inputs of which the places of an absent oracle count for nothing. */
const PER_ORACLE = /^(reportTimestamp|spot|impactMid|r8|s|forward|discount|svi.*)$/;
/** Inputs that count for nothing while no candidate waits. */
const CANDIDATE = /^candidate/;
/** One place of one input that counts moved by one. */
function moved(input: CircuitInput, random: Random): { readonly name: string; readonly input: CircuitInput } {
  const isSet = (name: string): boolean => [input[name]].flat(3).every((flag) => flag === 1n);
  const isIdle = (name: string): boolean =>
    (PER_ORACLE.test(name) && !isSet("isSigned")) || (CANDIDATE.test(name) && !isSet("hasCandidate"));
  const name = random.pick(Object.keys(input).filter((each) => !isIdle(each)));
  const flat = [input[name]].flat(3).length;
  let left = random.int(flat);
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move);
    return left-- === 0 ? ((value as bigint) + 1n) % FIELD : value;
  };
  return { name, input: { ...input, [name]: move(input[name]) as bigint } };
}

describe("MarksStep, profile tiny", () => {
  let step: Circuit;
  before(async function () {
    this.timeout(120_000);
    step = await marksStep(PROFILE.tiny);
  });
  const seed = runSeed();

  it(`agrees with the twin on ${STEPS} random steps (PROVEGA_SEED=${seed})`, function () {
    this.timeout(900_000);
    this.slow(600_000);
    const random = randomFrom(seed);
    const seen = { priced: 0, flagged: 0, empty: 0, gone: 0, perpetual: 0 };
    const funded = { positive: 0, negative: 0, none: 0, capped: 0 };
    const met = new Set<string>();
    for (let i = 0; i < STEPS; i++) {
      const sample = randomMarks(random);
      const { trace } = applyMarks(sample.state, sample.step);
      met.add(sample.meeting);
      sample.state.board.forEach((slot, at) => {
        const { series } = slot;
        if (series === null) seen.empty++;
        else if (series.kind === "perpetual") seen.perpetual++;
        else if (!isAhead(slot, trace.reports[0]?.[0]?.report.timestamp ?? 0n)) seen.gone++;
        else seen[(trace.variances[at] ?? 0n) > 0n ? "priced" : "flagged"]++;
      });
      funded[fundingOf(trace)]++;
      const input = marksInput(trace);
      assert.equal(step.read(input, ["c"]).c, publicInputs(trace.words).c);
      if (i % 5 !== 0) continue;
      const { name, input: bent } = moved(input, random);
      assert.throws(() => step.read(bent, ["c"]), { code: "WitnessRefused" }, `${name} may move in step ${i}`);
    }
    assert.deepEqual([...met].sort(), [...MEETINGS].sort());
    for (const [what, count] of Object.entries(seen)) assert.ok(count > STEPS / 10, `${count} ${what} slots`);
    for (const [what, count] of Object.entries(funded)) assert.ok(count > STEPS / 100, `${count} times ${what}`);
  });

  it(`refuses ${SPOILED_STEPS} spoiled steps, as the twin does (PROVEGA_SEED=${seed})`, function () {
    this.timeout(900_000);
    this.slow(600_000);
    const random = randomFrom(seed + 1);
    const seen = new Set<string>();
    for (let i = 0; i < SPOILED_STEPS; i++) {
      // Before the first table there is nothing that a report could be older than.
      let valid = randomMarks(random);
      while (valid.meeting === "first") valid = randomMarks(random);
      const { name, sample } = spoiled(valid, random);
      seen.add(name);
      assert.throws(() => applyMarks(sample.state, sample.step), ProtocolError, name);
      const { trace } = applyMarks(valid.state, valid.step);
      const signers = trace.reports[0]?.map(({ oracle }) => oracle);
      const reports = attributed(sample, signers);
      step.rejects(marksInput({ ...trace, timestamp: sample.step.timestamp, reports }), ...INSIDE);
    }
    assert.deepEqual([...seen].sort(), Object.keys(SPOILED_MARKS).sort());
  });

  for (const { name, by, make } of REFUSED_MARKS) {
    if (by === null) continue;
    it(`refuses ${name}, as the twin does`, () => step.rejects(forged(make()), by));
  }

  it("refuses what the twin cannot even say", () => {
    const input = honest(worldStep());
    const first = (value: unknown, to: bigint): unknown =>
      Array.isArray(value) ? [first(value[0], to), ...value.slice(1)] : to;
    const flags = (name: string, value: bigint) => ({ ...input, [name]: first(input[name], value) as bigint });
    step.rejects(flags("sviB", 1n << 44n), "PackSurface/Uint/CheckRange");
    step.rejects(flags("sviRho", 1n << 40n), "PackSurface/Int/CheckRange");
    step.rejects(flags("isPut", 2n), "CheckMarksSlot/Bool");
    step.rejects(flags("isListed", 1n), "CheckMarksSlot/Bool");
    step.rejects(flags("isDue", 1n), "CheckMarksSlot/Uint/CheckRange");
    step.rejects(flags("strike", 1n << 54n), "CheckMarksSlot/Ln/CheckLn/CheckMantissa");
    step.rejects(flags("isUsed", 0n), "PackExpiry");
    // A live slot passed off as empty, whole: the board is another one then, and with it the old root.
    const hidden = { isLive: 0n, isExpiry: [0n], isPut: 0n, strike: 1n, slotExpiry: 0n };
    const bent = Object.entries(hidden).map(([name, value]) => [name, (input[name] as unknown[]).with(0, value)]);
    step.rejects({ ...input, ...Object.fromEntries(bent) }, "MarksStep");
  });

  it("lets expire what is due and nothing else (attack 40)", () => {
    const { state, step: valid } = worldStep();
    const { timestamp } = reportOf(0);
    const withExpiry = (expiry: bigint): MarksSample => {
      const board = state.board.map((slot, at) =>
        at === 0 && slot.series ? { ...slot, series: { ...slot.series, expiry } } : slot,
      );
      return { state: { ...state, board }, step: valid };
    };
    const due = honest(withExpiry(timestamp));
    step.witness(due);
    // A due one kept alive: it needs an expiry of the reports, and none is not ahead.
    const first = (name: string, to: unknown) => ({ [name]: (due[name] as unknown[]).with(0, to) as bigint[] });
    step.rejects({ ...due, ...first("isDue", 0n) }, "CheckMarksSlot");
    step.rejects({ ...due, ...first("isDue", 0n), ...first("isExpiry", [1n]) }, "CheckMarksSlot");
    // One that is ahead by a second cannot be ended, and a due one not be passed off as settled, or as gone.
    const ahead = forged(withExpiry(timestamp + 1n));
    step.rejects({ ...ahead, ...first("isDue", 1n), ...first("isExpiry", [0n]) }, "CheckMarksSlot/Uint/CheckRange");
    step.rejects({ ...due, ...first("isDue", 0n), ...first("isLive", 0n), ...first("isExpired", 1n) }, "MarksStep");
  });

  it("hides no perpetual, and no funding", () => {
    const input = honest(worldStep());
    const last = (name: string, to: bigint) => ({ [name]: (input[name] as bigint[]).with(-1, to) });
    step.rejects({ ...input, ...last("isLive", 0n) }, "MarksStep");
    // Passed off as only listed it would owe nothing.
    step.rejects({ ...input, ...last("isLive", 0n), ...last("isListed", 1n) }, "MarksStep");
    step.rejects({ ...input, ...last("lastFundingSum", 1n) }, "MarksStep");
    step.rejects({ ...input, ...last("lastIndex", 1n) }, "MarksStep");
  });

  it("hides no candidate, and leaves nobody out whose report moves a median", () => {
    const { state, step: valid } = worldStep();
    const far = applyMarks(state, {
      ...valid,
      reports: [signedByQuorum(PROFILE.tiny, reportOf(0, { spot: 2n * reportOf(0).spot }))],
    }).state;
    const next = reportOf(0, { timestamp: NOW + 80n });
    const waiting = honest({
      state: far,
      step: { kind: "marks", timestamp: NOW + 90n, reports: [signedByQuorum(PROFILE.tiny, next)] },
    });
    step.witness(waiting);
    step.rejects({ ...waiting, hasCandidate: [0n] }, "MarksStep");
    const reports = ORACLE_SECRETS.map((secret, oracle) => signBlindly(PROFILE.tiny, shifted(oracle), secret));
    const all = honest({ state, step: { ...valid, reports: [reports] } });
    step.rejects({ ...all, isSigned: [[1n, 0n, 1n, 1n]] }, "MarksStep");
  });

  it("leaves no signal free", function () {
    this.timeout(600_000);
    this.slow(300_000);
    // Four who differ in everything, so that no median has an equal.
    const { state } = worldStep();
    const secrets = [...ORACLE_SECRETS.entries()];
    const reports = secrets.map(([oracle, secret]) => signBlindly(PROFILE.tiny, shifted(oracle), secret));
    const valid: MarksStep = { kind: "marks", timestamp: NOW + 70n, reports: [reports] };
    // An option, an expired one, one that expires, and a perpetual that pays; then an empty place in its stead.
    const stages = state.board.map((slot, at) => {
      if (at === 1) return { ...slot, status: "expired" as const };
      return at === 2 && slot.series ? { ...slot, series: { ...slot.series, expiry: NOW } } : slot;
    });
    for (const board of [stages, stages.with(-1, EMPTY_SLOT).with(1, EMPTY_SLOT)]) {
      const loose = step.loose(honest({ state: { ...state, board }, step: valid }));
      // Where nothing is priced all variances are 0, and advice may tell equals apart as it likes.
      assert.deepEqual(
        loose.filter((name) => !INVERSE.test(name) && !/\.slot\[[12]\]\..*(isLow|isMedian)\[\d\]$/.test(name)),
        [],
      );
    }
  });

  it("is smaller than 2^16", () => assert.ok(step.constraints.nonLinear + step.constraints.linear < 1 << 16));
});

describe("MarksStep, seven oracles of which two may lie", () => {
  it("agrees with the twin on five to seven reports, and refuses four", async function () {
    this.timeout(120_000);
    this.slow(60_000);
    const profile = { ...PROFILE.tiny, oracles: 7, faults: 2 };
    const step = await marksStep(profile);
    const secrets = [1, 2, 3, 4, 5, 6, 7].map((byte) => new Uint8Array(32).fill(byte));
    const state = worldState();
    const parameters = { ...state.parameters, oracles: secrets.map(publicKey) };
    const stepBy = (...oracles: readonly number[]): MarksSample => ({
      state: { ...state, profile, parameters },
      step: {
        kind: "marks",
        timestamp: NOW + 70n,
        reports: [oracles.map((oracle) => signBlindly(profile, shifted(oracle), secrets[oracle]))],
      },
    });
    for (const [oracles, median] of [
      [[0, 2, 3, 5, 6], 3],
      [[1, 2, 3, 4, 5, 6], 3],
      [[0, 1, 2, 3, 4, 5, 6], 3],
    ] as const) {
      const sample = stepBy(...oracles);
      const { trace } = applyMarks(sample.state, sample.step);
      assert.equal(trace.after.marks.underlyings[0]?.spot, shifted(median).spot);
      assert.equal(step.read(marksInput(trace), ["c"]).c, publicInputs(trace.words).c);
    }
    const few = stepBy(0, 1, 2, 3);
    assert.throws(() => applyMarks(few.state, few.step), { code: "NoQuorum" });
    const enough = stepBy(0, 1, 2, 3, 4);
    const input = honest(enough);
    step.rejects({ ...input, isSigned: [[1n, 1n, 1n, 1n, 0n, 0n, 0n]] }, "CheckMajority/Uint/CheckRange");
  });
});

describe("MarksStep, profile devnet", () => {
  let step: Circuit;
  before(async function () {
    this.timeout(300_000);
    step = await marksStep(PROFILE.devnet);
  });

  it("agrees with the twin on random steps", function () {
    this.timeout(300_000);
    this.slow(120_000);
    const random = randomFrom(runSeed());
    for (let i = 0; i < 10; i++) {
      const { trace } = (({ state, step: each }) => applyMarks(state, each))(randomMarks(random, "devnet"));
      assert.equal(step.read(marksInput(trace), ["c"]).c, publicInputs(trace.words).c);
    }
  });

  it("is smaller than 2^17, linear constraints included", () =>
    assert.ok(step.constraints.nonLinear + step.constraints.linear < 1 << 17));
});

describe("GridHash", () => {
  it("is the specification's for every profile", async () => {
    for (const profile of Object.values(PROFILE)) {
      const grid = await circuit("marks/step.circom", "GridHash", [profile.code, profile.scenarios.length]);
      assert.equal(grid.read({}, ["out"]).out, gridHash(profile));
    }
  });
});
