import assert from "node:assert/strict";
import fc from "fast-check";
import { accrual, boardHash, interest, listing } from "#protocol/board.ts";
import { marksParts } from "#protocol/marks.ts";
import { PROFILE, underlyingOfSlot } from "#protocol/params.ts";
import { oneHot } from "#prover/state-input.ts";
import { circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { randomBoard } from "#test/support/random-board.ts";
import { marksAt, NOW } from "#test/support/world.ts";

const M = 3;
const W = 2;
const row = fc.array(fc.bigInt({ min: 0n, max: 1n << 90n }), { minLength: W, maxLength: W });
const rows = fc.array(row, { minLength: M, maxLength: M });

describe("SelectRow", () => {
  it("is the row at the mark", async () => {
    const select = await circuit("board/step.circom", "SelectRow", [M, W]);
    fc.assert(
      fc.property(rows, fc.nat(M - 1), (table, at) => {
        assert.deepEqual(select.read({ hot: oneHot(at, M), rows: table }, ["out"]).out, table[at]);
      }),
    );
    isFixed(select, {
      hot: [0n, 1n, 0n],
      rows: [
        [1n, 2n],
        [3n, 4n],
        [5n, 6n],
      ],
    });
  });
});

describe("ReplaceRow", () => {
  it("changes the row at the mark and no other", async () => {
    const replace = await circuit("board/step.circom", "ReplaceRow", [M, W]);
    fc.assert(
      fc.property(rows, row, fc.nat(M - 1), (table, to, at) => {
        const input = { hot: oneHot(at, M), rows: table, from: table[at] ?? [], to };
        assert.deepEqual(replace.read(input, ["out"]).out, table.with(at, to));
      }),
    );
  });
});

describe("WholeBoardHash", () => {
  it("equals the specification on random boards of every size", async () => {
    const random = randomFrom(runSeed());
    for (const profile of Object.values(PROFILE)) {
      const whole = await circuit("state/board.circom", "WholeBoardHash", [profile.series]);
      for (let i = 0; i < 5; i++) {
        const { board } = randomBoard(random, profile.name).state;
        const input = {
          listing: board.map((slot) => [...listing(slot)]),
          interest: board.map((slot) => [...interest(slot)]),
          accrual: board.map((slot) => [...accrual(slot)]),
        };
        assert.equal(whole.read(input, ["out"]).out, boardHash(board));
      }
    }
  });
});

describe("LastMark", () => {
  it("is the mark of the slot in the table in force, of either underlying", async () => {
    const profile = PROFILE.mainnet;
    const marks = marksAt(profile, 64_000n, NOW);
    const last = await circuit("board/step.circom", "LastMark", [profile.series, profile.underlyings]);
    const valuesHash = [0, 1].map((underlying) => marksParts(profile, marks, underlying).valuesHash);
    const each = profile.series / profile.underlyings;
    for (const slot of [0, 5, 31, 32, 63]) {
      const start = underlyingOfSlot(profile, slot) * each;
      const mark = marks.slots.slice(start, start + each).map((one) => one.mark);
      const input = { isNeeded: 1n, hot: oneHot(slot, profile.series), mark, valuesHash };
      assert.equal(last.read(input, ["out"]).out, marks.slots[slot]?.mark);
      const forged = { ...input, mark: mark.with(slot % each, 1n) };
      last.rejects(forged, "LastMark");
      last.witness({ ...forged, isNeeded: 0n });
    }
  });
});
