import fc from "fast-check";
import { GRID, NEVER } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE, isFixed, isFixedBut } from "#test/support/fixed.ts";
import { EXPIRY, NOW } from "#test/support/world.ts";

/** Tags what the templates take as a boolean. */
const tagged = (name: string, parameters: string, inputs: string, call: string) => `
template ${name}(${parameters}) {
    signal input isList, ${inputs};
    signal {bits} isListing <== Bool()(isList);
    ${call}
}`;

describe("CheckSeriesTerms", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit("board/list.circom", "Terms", [], {
      source: tagged(
        "Terms",
        "",
        "isPerpetual, strike, expiry, timestamp",
        "CheckSeriesTerms()(isListing, isPerpetual, strike, expiry, timestamp);",
      ),
    });
  });
  const option = (strike: bigint, expiry: bigint, timestamp = NOW) => ({
    isList: 1n,
    isPerpetual: 0n,
    strike,
    expiry,
    timestamp,
  });
  const TERMS = "CheckSeriesTerms/Uint/CheckRange";

  it("accepts every strike and every day of the grid that lies ahead", () =>
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 54n) / GRID.strike }), fc.nat(12_000_000), (strike, day) => {
        const expiry = BigInt(day) * GRID.daySeconds + GRID.expirySecond;
        const input = option(strike * GRID.strike, expiry);
        if (expiry > NOW) check.witness(input);
        else check.rejects(input, TERMS);
      }),
      { numRuns: 300 },
    ));

  it("refuses whatever lies between", () => {
    const near = fc.bigInt({ min: 1n, max: GRID.strike - 1n });
    const seconds = fc.bigInt({ min: 1n, max: GRID.daySeconds - 1n });
    fc.assert(
      fc.property(near, seconds, (off, late) => {
        check.rejects(option(64_000n * GRID.strike + off, EXPIRY), TERMS);
        check.rejects(option(64_000n * GRID.strike, EXPIRY + late), TERMS);
      }),
      { numRuns: 300 },
    );
    check.rejects(option(0n, EXPIRY), TERMS);
    check.rejects(option(((1n << 54n) / GRID.strike + 1n) * GRID.strike, EXPIRY), TERMS);
    check.rejects(option(GRID.strike, EXPIRY, EXPIRY), TERMS);
    check.rejects(option(GRID.strike, NEVER), TERMS);
    check.rejects(option(GRID.strike, 12_725_829n * GRID.daySeconds + GRID.expirySecond), TERMS);
  });

  it("accepts a perpetual without strike and expiry only, and anything of what is not listed", () => {
    const unlimited = { isList: 1n, isPerpetual: 1n, strike: 0n, expiry: NEVER, timestamp: NOW };
    check.witness(unlimited);
    check.rejects({ ...unlimited, strike: GRID.strike }, "CheckSeriesTerms");
    check.rejects({ ...unlimited, expiry: EXPIRY }, "CheckSeriesTerms");
    check.witness({ ...unlimited, isList: 0n, strike: 7n, expiry: 9n });
    check.witness({ ...option(7n, 9n), isList: 0n });
  });

  it("leaves no signal free", () => isFixed(check, option(64_000n * GRID.strike, EXPIRY)));
});

describe("CheckListing", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit("board/list.circom", "Listing", [3], {
      source: tagged(
        "Listing",
        "M",
        "isFree, held[4], seriesHash, listed[M], cap",
        "CheckListing(M)(isListing, isFree, held, seriesHash, listed, cap);",
      ),
    });
  });
  const input = (change: Record<string, bigint | bigint[]> = {}) => ({
    isList: 1n,
    isFree: 1n,
    held: [0n, 0n, 0n, 0n],
    seriesHash: 11n,
    listed: [7n, 0n, 9n],
    cap: (1n << 40n) - 1n,
    ...change,
  });

  it("accepts what is free and done, and a series that stands nowhere else", () => {
    check.witness(input());
    check.rejects(input({ isFree: 0n }), "CheckListing");
    for (let at = 0; at < 4; at++) check.rejects(input({ held: [0n, 0n, 0n, 0n].with(at, 1n) }), "CheckListing");
    for (let at = 0; at < 3; at++) check.rejects(input({ listed: [7n, 0n, 9n].with(at, 11n) }), "CheckListing");
    check.rejects(input({ cap: 1n << 40n }), "CheckListing/Uint/CheckRange");
  });

  it("asks nothing of a step that lists nothing", () => {
    check.witness(input({ isList: 0n, isFree: 0n, held: [1n, 2n, 3n, 4n], listed: [11n, 11n, 11n] }));
  });

  it("leaves no signal free", () => isFixedBut(check, INVERSE, input()));
});
