import assert from "node:assert/strict";
import fc from "fast-check";
import { accrualHash, type Board, boardHash, interestHash, listing, listingHash } from "#protocol/board.ts";
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

describe("PairsHash", () => {
  for (const { series } of [PROFILE.tiny, PROFILE.devnet, PROFILE.mainnet]) {
    it(`equals both columns of a board of ${series} slots, and leaves no signal free`, async () => {
      const [listed, interest] = await Promise.all(
        [TAG.listing, TAG.interest].map((tag) => circuit(FILE, "PairsHash", [tag, series])),
      );
      assert(listed && interest);
      const columns = (board: Board): Record<"first" | "second", bigint[]> => ({
        first: board.map((slot) => listing(slot)[0]),
        second: board.map((slot) => listing(slot)[1]),
      });
      const open = (board: Board) => ({
        first: board.map(({ openLong }) => openLong),
        second: board.map(({ openShort }) => openShort),
      });
      fc.assert(
        fc.property(boards(series), (board) => {
          assert.equal(listed.read(columns(board), ["out"]).out, listingHash(board));
          assert.equal(interest.read(open(board), ["out"]).out, interestHash(board));
        }),
        { numRuns: 10 },
      );
      const [board = []] = fc.sample(boards(series), { numRuns: 1, seed: 2 });
      assert.deepEqual(interest.movable(open(board)), []);
    });
  }
});

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
