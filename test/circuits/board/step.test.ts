import assert from "node:assert/strict";
import { publicInputs } from "#protocol/binding.ts";
import { EMPTY_SLOT } from "#protocol/board.ts";
import { applyBoard } from "#protocol/board-step.ts";
import { FIELD, PROFILE, type Profile } from "#protocol/params.ts";
import { boardInput } from "#prover/board-input.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE } from "#test/support/fixed.ts";
import { type Random, randomFrom, runSeed } from "#test/support/random.ts";
import { BOARD_MEETINGS, type BoardMeeting, type BoardSample, randomBoard } from "#test/support/random-board.ts";
import { averagesBy, forgeBoard, REFUSED_BOARD } from "#test/support/refused-board.ts";
import { EXPIRY, NOW, ORACLE_SECRETS, worldState } from "#test/support/world.ts";

const STEPS = 300;
const USD = 100_000_000n;
/** Parameters of `BoardStep` in the circuit of a profile, as in circuits/instances. */
const boardStep = ({ code, series, underlyings, oracles, faults }: Profile): Promise<Circuit> =>
  circuit("board/step.circom", "BoardStep", [code, series, underlyings, oracles, faults]);
const honest = ({ state, step }: BoardSample): CircuitInput => boardInput(applyBoard(state, step).trace);
const sample = (meeting: BoardMeeting): BoardSample => randomBoard(randomFrom(5), "tiny", meeting);

/** Inputs that count for nothing in a step, by what it does. */
function idle(meeting: BoardMeeting, input: CircuitInput): RegExp {
  const settles = ["isFallback", "mark", "isSigned", "sum", "growth", "r8", "s"];
  const lists = ["isPut", "strike", "expiry", "cap"];
  const parameters = ["riskNew", "oracleNew"];
  const isWhole = [input["isSigned"]].flat(1).every((flag) => flag === 1n);
  const absent = isWhole ? [] : ["sum", "growth", "r8", "s"];
  const names = meeting.startsWith("list")
    ? [...settles, ...parameters]
    : meeting === "settle by a quorum"
      ? ["cap", "mark", ...absent, ...parameters]
      : meeting === "settle by the last mark"
        ? ["cap", "isSigned", "sum", "growth", "r8", "s", ...parameters]
        : meeting === "parameters"
          ? [...settles, ...lists]
          : [...settles, ...lists, ...parameters];
  return new RegExp(`^(${names.join("|")})$`);
}

/** One place of one input that counts moved by one. */
function moved(meeting: BoardMeeting, input: CircuitInput, random: Random) {
  const name = random.pick(Object.keys(input).filter((each) => !idle(meeting, input).test(each)));
  let left = random.int([input[name]].flat(3).length);
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move);
    return left-- === 0 ? ((value as bigint) + 1n) % FIELD : value;
  };
  return { name, input: { ...input, [name]: move(input[name]) as bigint } };
}

describe("BoardStep, profile tiny", () => {
  let step: Circuit;
  before(async function () {
    this.timeout(120_000);
    step = await boardStep(PROFILE.tiny);
  });
  const seed = runSeed();

  it(`agrees with the twin on ${STEPS} random steps (PROVEGA_SEED=${seed})`, function () {
    this.timeout(600_000).slow(300_000);
    const random = randomFrom(seed);
    const met = new Set<string>();
    for (let i = 0; i < STEPS; i++) {
      const drawn = randomBoard(random);
      met.add(drawn.meeting);
      const { trace } = applyBoard(drawn.state, drawn.step);
      const input = boardInput(trace);
      assert.equal(step.read(input, ["c"]).c, publicInputs(trace.words).c);
      const { name, input: bent } = moved(drawn.meeting, input, random);
      const what = `${name} may move in step ${i}: ${drawn.meeting}`;
      assert.throws(() => step.read(bent, ["c"]), { code: "WitnessRefused" }, what);
    }
    assert.deepEqual([...met].sort(), [...BOARD_MEETINGS].sort());
  });

  for (const { name, by, make } of REFUSED_BOARD) {
    if (by === null) continue;
    it(`refuses ${name}, as the twin does`, () => step.rejects(boardInput(forgeBoard(make())), by));
  }

  it("is what those refusals were refused by: forged without a reason to refuse it is the honest step", () => {
    for (const meeting of BOARD_MEETINGS) {
      if (meeting === "settle by a quorum") continue;
      const drawn = sample(meeting);
      assert.deepEqual(boardInput(forgeBoard(drawn)), honest(drawn));
    }
  });

  it("does one thing, and only what the words say", () => {
    const input = honest(sample("socialise, charged"));
    for (const operation of [0n, 1n, 2n, 4n, 5n])
      step.rejects(
        { ...input, operation },
        "BoardStep",
        "CheckOneHot",
        "Bool",
        "CheckListing",
        "CheckSeriesTerms",
        "CheckRange",
      );
    step.rejects({ ...input, isLong: 1n, isShort: 1n }, "BoardStep/Bool");
    step.rejects({ ...input, isLong: 2n }, "BoardStep/Bool");
    step.rejects({ ...input, isShort: FIELD - 1n }, "BoardStep/Bool");
    const listing = honest(sample("list into an empty slot"));
    step.rejects({ ...listing, isLong: 1n }, "BoardStep/Bool");
    step.rejects({ ...listing, isFallback: 1n }, "CheckSettlement");
    step.rejects({ ...listing, slotStatus: 4n }, "BoardStep/Uint/CheckRange");
    step.rejects({ ...listing, slotStatus: 5n }, "CheckOneHot");
    step.rejects({ ...listing, slot: 4n }, "CheckOneHot");
    step.rejects({ ...listing, isPut: 2n }, "BoardStep/Bool");
  });

  it("settles by the last mark in force, and by no other", () => {
    const input = honest(sample("settle by the last mark"));
    const [first, ...others] = input["mark"] as bigint[];
    step.rejects({ ...input, mark: [(first ?? 0n) + 10_000n, ...others] }, "LastMark");
    // Nor by a quorum of nobody.
    step.rejects(
      { ...input, isFallback: 0n },
      "EdDSAPoseidon",
      "EdDSAPoseidon/TimesEight/CheckOnCurve",
      "SpotSums/EdDSAPoseidon",
    );
  });

  it("settles the series that stands in the slot, by its own terms (42)", () => {
    const input = honest(sample("settle by a quorum"));
    const turned = { ...input, isPut: input["isPut"] === 1n ? 0n : 1n };
    step.rejects(turned, "BoardStep");
    step.rejects({ ...input, strike: (input["strike"] as bigint) + 1n }, "BoardStep");
    step.rejects({ ...input, expiry: (input["expiry"] as bigint) - 1n }, "BoardStep");
  });

  it("raises no index beyond its width", () => {
    const state = worldState();
    const owing = { ...(state.board[1] ?? EMPTY_SLOT), deficitShort: 100n, openShort: 3n };
    const full = { ...owing, lossShort: (1n << 47n) - 34n };
    const input = honest({
      state: { ...state, board: state.board.with(1, full) },
      step: { kind: "board", timestamp: NOW, operation: { kind: "socialise", slot: 1, side: "short" } },
    });
    const rows = input["accrual"] as bigint[][];
    const row = (rows[1] as bigint[]).with(2, full.lossShort + 1n);
    step.rejects({ ...input, accrual: rows.with(1, row) }, "BoardStep/Uint/CheckRange");
    step.rejects({ ...input, clearing: FIELD - (1n << 95n) }, "BoardStep/Int/CheckRange");
  });

  it("leaves no signal free", function () {
    this.timeout(600_000).slow(300_000);
    // Four who differ, so that no median has an equal; where none is asked for all are 0, and which side they stand on is nobody's.
    const averages = ORACLE_SECRETS.map((secret, oracle) => averagesBy([secret], undefined, USD * BigInt(oracle + 1)));
    const settling = { kind: "settle", slot: 0, averages: averages.flat() } as const;
    const loose = (drawn: BoardSample, expected: RegExp) =>
      assert.deepEqual(
        step.loose(honest(drawn)).filter((name) => !INVERSE.test(name) && !expected.test(name)),
        [],
      );
    loose({ state: worldState(), step: { kind: "board", timestamp: EXPIRY, operation: settling } }, /^$/);
    for (const meeting of ["socialise, charged", "parameters"] as const) loose(sample(meeting), /Median.*isLow/);
  });

  it("is smaller than 2^16", () => assert.ok(step.constraints.nonLinear + step.constraints.linear < 1 << 16));
});

describe("BoardStep, profile devnet", () => {
  let step: Circuit;
  before(async function () {
    this.timeout(300_000);
    step = await boardStep(PROFILE.devnet);
  });

  it("agrees with the twin on every kind of step", function () {
    this.timeout(300_000).slow(120_000);
    const random = randomFrom(runSeed());
    for (const meeting of BOARD_MEETINGS) {
      const { trace } = (({ state, step: each }) => applyBoard(state, each))(randomBoard(random, "devnet", meeting));
      assert.equal(step.read(boardInput(trace), ["c"]).c, publicInputs(trace.words).c);
    }
  });

  it("is smaller than 70,000, linear constraints included", () =>
    assert.ok(step.constraints.nonLinear + step.constraints.linear < 70_000));
});

describe("BoardStep, two underlyings", () => {
  it("agrees with the twin on every kind of step, of either underlying", async function () {
    this.timeout(300_000).slow(120_000);
    const step = await boardStep(PROFILE.mainnet);
    const random = randomFrom(runSeed());
    for (const meeting of BOARD_MEETINGS) {
      const { trace } = (({ state, step: each }) => applyBoard(state, each))(randomBoard(random, "mainnet", meeting));
      assert.equal(step.read(boardInput(trace), ["c"]).c, publicInputs(trace.words).c);
    }
    assert.ok(step.constraints.nonLinear + step.constraints.linear < 1 << 17);
  });
});
