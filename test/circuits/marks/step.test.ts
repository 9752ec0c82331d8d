import assert from "node:assert/strict";
import { publicInputs } from "#protocol/binding.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { applyMarks } from "#protocol/marks-step.ts";
import { FIELD, PROFILE, type Profile } from "#protocol/params.ts";
import { gridHash } from "#protocol/state.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { marksInput } from "#prover/marks-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { type Random, randomFrom, runSeed } from "#test/support/random.ts";
import { type MarksSample, randomMarks, signBlindly } from "#test/support/random-marks.ts";
import { REFUSED_MARKS } from "#test/support/refused-marks.ts";
import { SPOILED_MARKS, spoiled } from "#test/support/spoiled-marks.ts";
import { reportOf } from "#test/support/surfaces.ts";
import { NOW, worldState } from "#test/support/world.ts";

const STEPS = 1_000;
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
const marksStep = ({ code, series, scenarios, underlyings, expiries, reports }: Profile): Promise<Circuit> =>
  circuit("marks/step.circom", "MarksStep", [code, series, scenarios.length, underlyings, expiries, reports]);
const honest = (sample: MarksSample): CircuitInput => marksInput(applyMarks(sample.state, sample.step).trace);

/** The circuit's inputs for a step that the twin refuses: its own reports and state, and the words of a step that is valid. */
function forged({ state, step }: MarksSample): CircuitInput {
  const valid = applyMarks(worldState(), {
    ...step,
    timestamp: NOW + 70n,
    reports: [signBlindly(state.profile, reportOf(0))],
  });
  const reports = step.reports.map((each) => ({ ...each, oracle: 0 }));
  return marksInput({ ...valid.trace, before: state, timestamp: step.timestamp, reports });
}

/** One place of one input moved by one. */
function moved(input: CircuitInput, random: Random): { readonly name: string; readonly input: CircuitInput } {
  const name = random.pick(Object.keys(input));
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
    const seen = { priced: 0, flagged: 0, empty: 0 };
    for (let i = 0; i < STEPS; i++) {
      const sample = randomMarks(random);
      const { trace } = applyMarks(sample.state, sample.step);
      sample.state.board.forEach(({ series }, at) => {
        seen[series === null ? "empty" : (trace.variances[at] ?? 0n) > 0n ? "priced" : "flagged"]++;
      });
      const input = marksInput(trace);
      assert.equal(step.read(input, ["c"]).c, publicInputs(trace.words).c);
      if (i % 5 !== 0) continue;
      const { name, input: bent } = moved(input, random);
      assert.throws(() => step.read(bent, ["c"]), { code: "WitnessRefused" }, `${name} may move in step ${i}`);
    }
    for (const [what, count] of Object.entries(seen)) assert.ok(count > STEPS / 10, `${count} ${what} slots`);
  });

  it(`refuses ${STEPS} spoiled steps, as the twin does (PROVEGA_SEED=${seed})`, function () {
    this.timeout(900_000);
    this.slow(600_000);
    const random = randomFrom(seed + 1);
    const seen = new Set<string>();
    for (let i = 0; i < STEPS; i++) {
      const valid = randomMarks(random);
      const { name, sample } = spoiled(valid, random);
      seen.add(name);
      assert.throws(() => applyMarks(sample.state, sample.step), ProtocolError, name);
      const { trace } = applyMarks(valid.state, valid.step);
      const reports = sample.step.reports.map((each) => ({ ...each, oracle: 0 }));
      step.rejects(marksInput({ ...trace, timestamp: sample.step.timestamp, reports }), ...INSIDE);
    }
    assert.deepEqual([...seen].sort(), Object.keys(SPOILED_MARKS).sort());
  });

  for (const { name, by, make } of REFUSED_MARKS) {
    if (by === null) continue;
    it(`refuses ${name}, as the twin does`, () => step.rejects(forged(make()), by));
  }

  it("refuses what the twin cannot even say", () => {
    const input = honest({
      state: worldState(),
      step: { kind: "marks", timestamp: NOW + 70n, reports: [signBlindly(PROFILE.tiny, reportOf(0))] },
    });
    const flags = (name: string, at: number, value: bigint) => ({
      ...input,
      [name]: (input[name] as bigint[]).with(at, value),
    });
    step.rejects(flags("sviB", 0, 1n << 44n), "PackSurface/Uint/CheckRange");
    step.rejects(flags("sviRho", 0, 1n << 40n), "PackSurface/Int/CheckRange");
    step.rejects(flags("isPut", 0, 2n), "CheckMarksSlot/Bool");
    step.rejects(flags("isListed", 0, 1n), "CheckMarksSlot");
    step.rejects(flags("strike", 0, 1n << 54n), "CheckMarksSlot/Ln/CheckLn/CheckMantissa");
    step.rejects(flags("isUsed", 0, 0n), "PackExpiry");
    // A live slot passed off as empty, whole: the board is another one then, and with it the old root.
    const hidden = { isLive: 0n, isExpiry: [0n], isPut: 0n, strike: 1n };
    const bent = Object.entries(hidden).map(([name, value]) => [name, (input[name] as unknown[]).with(0, value)]);
    step.rejects({ ...input, ...Object.fromEntries(bent) }, "MarksStep");
  });

  it("leaves no signal free", function () {
    this.timeout(600_000);
    this.slow(300_000);
    const state = worldState();
    const board = state.board.map((slot, at) =>
      at === 3 ? { ...slot, series: null, status: "empty" as const } : slot,
    );
    const sample: MarksSample = {
      state: { ...state, board },
      step: { kind: "marks", timestamp: NOW + 70n, reports: [signBlindly(PROFILE.tiny, reportOf(0))] },
    };
    assert.deepEqual(step.loose(honest(sample)), []);
  });

  it("is smaller than 2^15", () => assert.ok(step.constraints.nonLinear + step.constraints.linear < 1 << 15));
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
