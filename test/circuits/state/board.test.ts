import assert from "node:assert/strict";
import fc from "fast-check";
import {
  accrual,
  accrualHash,
  type Board,
  boardHash,
  interest,
  interestHash,
  listing,
  listingHash,
} from "#protocol/board.ts";
import { PROFILE, SERIES_KIND, TAG } from "#protocol/params.ts";
import { seriesHash } from "#protocol/series.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { worldState } from "#test/support/world.ts";

const FILE = "state/board.circom";
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const anySeries = fc.record({
  underlying: fc.constantFrom(0, 1),
  kind: fc.constantFrom("call" as const, "put" as const, "perpetual" as const),
  strike: bits(64),
  expiry: bits(40),
});
const anySlot = fc.record({
  series: fc.option(anySeries),
  status: fc.constantFrom("empty" as const, "listed" as const, "live" as const, "expired" as const, "settled" as const),
  openLong: bits(64),
  openShort: bits(64),
  deficitLong: bits(96),
  deficitShort: bits(96),
  index: fc.bigInt({ min: -(1n << 47n), max: (1n << 47n) - 1n }),
  lossLong: bits(48),
  lossShort: bits(48),
  cap: bits(40),
});
const boards = (slots: number): fc.Arbitrary<Board> => fc.array(anySlot, { minLength: slots, maxLength: slots });

describe("SeriesHash", () => {
  it("equals the specification, and leaves no signal free", async () => {
    const hash = await circuit(FILE, "SeriesHash", []);
    const input = ({
      underlying,
      kind,
      strike,
      expiry,
    }: typeof anySeries extends fc.Arbitrary<infer S> ? S : never) => ({
      underlying: BigInt(underlying),
      kind: BigInt(SERIES_KIND[kind]),
      strike,
      expiry,
    });
    fc.assert(
      fc.property(anySeries, (series) => assert.equal(hash.read(input(series), ["out"]).out, seriesHash(series))),
      { numRuns: 30 },
    );
    assert.deepEqual(hash.movable({ underlying: 1n, kind: 2n, strike: 3n, expiry: 4n }), []);
  });
});

for (const { series } of [PROFILE.tiny, PROFILE.devnet, PROFILE.mainnet]) {
  describe(`columns of a board of ${series} slots`, () => {
    const [sample = []] = fc.sample(boards(series), { numRuns: 1, seed: 2 });

    it("PairsHash equals the specification, and leaves no signal free", async () => {
      const listed = await circuit(FILE, "PairsHash", [TAG.listing, series]);
      const input = (board: Board) => ({
        first: board.map((slot) => listing(slot)[0]),
        second: board.map((slot) => listing(slot)[1]),
      });
      fc.assert(
        fc.property(boards(series), (board) =>
          assert.equal(listed.read(input(board), ["out"]).out, listingHash(board)),
        ),
        { numRuns: 10 },
      );
      assert.deepEqual(listed.movable(input(sample)), []);
    });

    it("QuadruplesHash equals the specification, and leaves no signal free", async () => {
      const columns = [
        { tag: TAG.interest, column: interest, hash: interestHash },
        { tag: TAG.accrual, column: accrual, hash: accrualHash },
      ];
      for (const { tag, column, hash } of columns) {
        const quadruples = await circuit(FILE, "QuadruplesHash", [tag, series]);
        const input = (board: Board) => ({ value: board.map(column) });
        fc.assert(
          fc.property(boards(series), (board) => assert.equal(quadruples.read(input(board), ["out"]).out, hash(board))),
          { numRuns: 10 },
        );
        assert.deepEqual(quadruples.movable(input(sample)), []);
      }
    });
  });
}

describe("BoardHash", () => {
  let hash: Circuit;
  before(async () => {
    hash = await circuit(FILE, "BoardHash", []);
  });
  it("equals the specification, and leaves no signal free", () => {
    const { board } = worldState({ accounts: [{ cash: 0n, positions: [3n] }] });
    const input = {
      listingHash: listingHash(board),
      interestHash: interestHash(board),
      accrualHash: accrualHash(board),
    };
    assert.equal(hash.read(input, ["out"]).out, boardHash(board));
    assert.deepEqual(hash.movable(input), []);
  });
});
