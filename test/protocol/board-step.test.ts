import assert from "node:assert/strict";
import fc from "fast-check";
import { accrue } from "#protocol/accrue.ts";
import { keccakWords, parseWords } from "#protocol/binding.ts";
import { EMPTY_SLOT } from "#protocol/board.ts";
import { applyBoard, applyBoardFromWords, parametersHash, repayment } from "#protocol/board-step.ts";
import { LAYOUT, pack, unpack } from "#protocol/layout.ts";
import type { PROFILE } from "#protocol/params.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { applyStep } from "#protocol/transition.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { BOARD_MEETINGS, type BoardSample, randomBoard } from "#test/support/random-board.ts";
import { averagesBy, REFUSED_BOARD } from "#test/support/refused-board.ts";
import { EXPIRY, NOW, PARAMETERS, USD_CASH, worldState } from "#test/support/world.ts";

const seed = runSeed();
const sample = (meeting: (typeof BOARD_MEETINGS)[number], name: keyof typeof PROFILE = "tiny") =>
  randomBoard(randomFrom(seed), name, meeting);
const applied = ({ state, step }: BoardSample) => applyBoard(state, step);

/** Cash of accounts and pots less what is owed: what a step of the board may not change. */
const worth = ({ accounts, globals, board }: State): bigint => {
  const debts = board.reduce((sum, { deficitLong, deficitShort }) => sum + deficitLong + deficitShort, globals.deficit);
  const cash = [...accounts.values()].reduce((sum, account) => sum + account.cash, 0n);
  return cash + globals.feePot + globals.insurance + globals.clearing - debts;
};

describe("board steps", () => {
  for (const { name, code, make } of REFUSED_BOARD) {
    it(`refuse ${name}`, () => {
      const { state, step } = make();
      assert.throws(() => applyBoard(state, step), { code });
    });
  }

  it("are one kind of step", () => {
    const { state, step } = sample("parameters");
    const { trace } = applyStep(state, step);
    assert.equal(trace.kind, "board");
    assert.equal(trace.after.globals.number, state.globals.number + 1n);
    assert.equal(trace.after.globals.timestamp, step.timestamp);
  });

  for (const meeting of BOARD_MEETINGS) {
    it(`are rebuilt from their words: ${meeting} (PROVEGA_SEED=${seed})`, () => {
      const random = randomFrom(seed);
      for (let i = 0; i < 10; i++) {
        const { state, step } = randomBoard(random, i % 3 === 0 ? "mainnet" : "tiny", meeting);
        const { state: after, trace } = applyBoard(state, step);
        const rebuilt = applyBoardFromWords(state, trace.words);
        assert.equal(stateRoot(rebuilt), stateRoot(after));
        assert.deepEqual(rebuilt.parameters, after.parameters);
        assert.deepEqual(rebuilt.board, after.board);
        assert.equal(worth(after), worth(state));
        if (i > 0) continue;
        for (const [at, word] of trace.words.entries())
          assert.throws(() => applyBoardFromWords(state, trace.words.with(at, word + 1n)), { name: "ProtocolError" });
      }
    });
  }

  it("are not rebuilt from words of nothing that there is", () => {
    const { state, trace } = applied(sample("socialise, charged"));
    assert.throws(() => applyBoardFromWords(state, trace.words), { code: "BadWords" });
    const board = (change: Partial<Record<keyof ReturnType<typeof head>, bigint>>) =>
      trace.words.with(4, pack(LAYOUT.board, { ...head(), ...change }));
    const head = () => unpack(LAYOUT.board, trace.words[4] as bigint);
    for (const change of [{ operation: 9n }, { slot: 4n }, { value: 3n }])
      assert.throws(() => applyBoardFromWords(trace.before, board(change)), { code: "BadWords" });
    const listed = applied(sample("list into an empty slot")).trace;
    const kind = listed.words.with(5, (listed.words[5] as bigint) + 9n);
    assert.throws(() => applyBoardFromWords(listed.before, kind), { code: "BadWords" });
  });
});

describe("listing", () => {
  it("leaves nothing of what stood there before", () => {
    const { state, step } = sample("list over a settled one");
    const { state: after } = applyBoard(state, step);
    const { operation } = step;
    assert(operation.kind === "list");
    const { slot, series, cap } = operation;
    assert.deepEqual(after.board[slot], { ...EMPTY_SLOT, series, status: "listed", cap });
    assert.deepEqual(after.board.toSpliced(slot, 1), state.board.toSpliced(slot, 1));
  });
});

describe("settlement", () => {
  const settle = (state: State, slot = 0) =>
    applyBoard(state, {
      kind: "board",
      timestamp: EXPIRY + 10n,
      operation: { kind: "settle", slot, averages: averagesBy(undefined, undefined, 66_000n * 100_000_000n) },
    }).state;

  it("pays both sides the same, whatever the order in which they are visited", () => {
    const state = worldState({
      accounts: [
        { cash: 10n * USD_CASH, positions: [25n] },
        { cash: 10n * USD_CASH, positions: [-25n] },
      ],
    });
    const strike = state.board[0]?.series?.strike ?? assert.fail();
    const after = settle(state);
    const payoff = (66_000n * 100_000_000n - strike) / 1_000_000n;
    assert.equal(after.board[0]?.index, payoff);
    const [long, short] = [0, 1].map((id) => accrue(after, after.accounts.get(id) ?? assert.fail()));
    assert.equal(long?.paid, 25n * payoff);
    assert.equal(short?.paid, -25n * payoff);
    assert.equal(long?.account.positions[0]?.size, 0n);
  });
});

describe("socialisation", () => {
  const pot = fc.bigInt({ min: 0n, max: (1n << 60n) - 1n });
  const lots = fc.bigInt({ min: 0n, max: (1n << 40n) - 1n });

  it("takes from the fund first, charges every lot alike, and leaves less than a unit per lot", () =>
    fc.assert(
      fc.property(pot, pot, lots, (insurance, deficit, open) => {
        const { paid, raise, charged } = repayment(insurance, deficit, open);
        const rest = deficit - paid;
        assert.ok(paid === insurance || paid === deficit);
        assert.ok(paid <= insurance && paid <= deficit);
        assert.equal(charged, raise * open);
        assert.ok(rest - charged >= 0n && (open === 0n ? raise === 0n : rest - charged < open));
      }),
    ));

  it("charges those who are visited later exactly what left the deficit", () => {
    const base = worldState({
      accounts: [
        { cash: 10n * USD_CASH, positions: [30n] },
        { cash: 10n * USD_CASH, positions: [-20n] },
        { cash: 10n * USD_CASH, positions: [-10n] },
      ],
    });
    const state = {
      ...base,
      board: base.board.with(0, { ...(base.board[0] ?? EMPTY_SLOT), deficitShort: 3_141n }),
      globals: { ...base.globals, insurance: 100n },
    };
    const { state: after } = applyBoard(state, {
      kind: "board",
      timestamp: NOW + 5n,
      operation: { kind: "socialise", slot: 0, side: "short" },
    });
    // 3,041 over 30 lots: 101 each, and 11 stay.
    assert.deepEqual(
      [after.board[0]?.lossShort, after.board[0]?.lossLong, after.board[0]?.deficitShort, after.globals.insurance],
      [101n, 0n, 11n, 0n],
    );
    assert.equal(after.globals.clearing, -3_030n);
    const paid = [0, 1, 2].map((id) => accrue(after, after.accounts.get(id) ?? assert.fail()).paid);
    assert.deepEqual(paid, [0n, -2_020n, -1_010n]);
    assert.equal(worth(after), worth(state));
  });

  it("refuses a charge that no index could hold", () => {
    const base = worldState();
    const owing = { ...(base.board[0] ?? EMPTY_SLOT), deficitLong: 1n << 90n, openLong: 1n };
    const state = { ...base, board: base.board.with(0, owing) };
    const step = {
      kind: "board",
      timestamp: NOW + 5n,
      operation: { kind: "socialise", slot: 0, side: "long" },
    } as const;
    assert.throws(() => applyBoard(state, step), { code: "OutOfRange" });
  });
});

describe("new parameters", () => {
  it("are announced by the hash of the words that bring them in", () => {
    const { state, step } = sample("parameters", "mainnet");
    const { trace } = applyBoard(state, step);
    assert(step.operation.kind === "parameters");
    assert.equal(parametersHash(state.profile, step.operation.parameters), keccakWords(trace.words.slice(6)));
    const { entries } = parseWords(trace.words);
    assert.deepEqual(
      entries.map((section) => section.length),
      [1, 14, 4],
    );
  });

  it("leave everything else as it is", () => {
    const state = worldState();
    const parameters = { ...PARAMETERS, sizePpm: 51n, oracles: PARAMETERS.oracles.slice(0, 3) };
    const { state: after } = applyBoard(state, {
      kind: "board",
      timestamp: NOW,
      operation: { kind: "parameters", parameters },
    });
    assert.equal(after.parameters, parameters);
    assert.equal(after.board, state.board);
    assert.deepEqual(after.globals, { ...state.globals, number: state.globals.number + 1n });
  });
});
