import assert from "node:assert/strict";
import fc from "fast-check";
import { STATUS_SHIFT } from "#protocol/board.ts";
import { FIELD, SERIES_STATUS } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { NOW, PARAMETERS } from "#test/support/world.ts";

const FILE = "trade/board.circom";
const bit = (value: boolean): bigint => (value ? 1n : 0n);
const range = (min: bigint, max: bigint) => fc.bigInt({ min, max });

describe("CheckStale", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit(FILE, "CheckStale", []);
  });
  const input = (age: bigint, isStale: bigint) => ({
    timestamp: NOW,
    marksTimestamp: NOW - age,
    maxAge: PARAMETERS.maxMarksAge,
    isStale,
  });
  it("has one witness on either side of the age allowed, and never the other", () => {
    for (const more of [-PARAMETERS.maxMarksAge, -1n, 0n, 1n, NOW - PARAMETERS.maxMarksAge]) {
      const age = PARAMETERS.maxMarksAge + more;
      const isStale = more > 0n ? 1n : 0n;
      assert.equal(check.read(input(age, isStale), ["out"]).out, isStale);
      check.rejects(input(age, 1n - isStale), "CheckStale/Uint/CheckRange");
    }
    check.rejects(input(1n, 2n), "CheckStale/Bool");
  });
  it("takes marks of the future for fresh", () => {
    assert.equal(check.read(input(-5n, 0n), ["out"]).out, 0n);
    check.rejects(input(-5n, 1n), "CheckStale/Uint/CheckRange");
  });
  it("leaves no signal free", () => {
    assert.deepEqual(check.movable(input(1n, 0n)), []);
    assert.deepEqual(check.movable(input(NOW, 1n)), []);
  });
});

describe("CheckStatus", () => {
  const STATUSES = ["empty", "listed", "live", "expired", "settled"] as const;
  const LAST = (1n << 40n) - 1n;
  let check: Circuit;
  before(async () => {
    check = await circuit(FILE, "CheckStatus", []);
  });
  const input = (status: (typeof STATUSES)[number], expiry: bigint, claimed: string, isTrading: bigint, end = NOW) => ({
    statusExpiry: (BigInt(SERIES_STATUS[status]) << STATUS_SHIFT) + expiry,
    isListed: bit(claimed === "listed"),
    isLive: bit(claimed === "live"),
    isExpired: bit(claimed === "expired"),
    isSettled: bit(claimed === "settled"),
    isTrading,
    end,
  });
  const accepts = (each: ReturnType<typeof input>) => check.read(each, ["statusExpiry"]);

  it("accepts the status that a slot has, and no other (attack 40)", () => {
    for (const status of STATUSES) {
      for (const expiry of [0n, 1n, NOW, LAST]) {
        for (const claimed of STATUSES) {
          if (claimed === status) accepts(input(status, expiry, claimed, 0n));
          else check.rejects(input(status, expiry, claimed, 0n), "CheckStatus/Uint/CheckRange");
        }
      }
    }
  });
  it("lets a live slot trade until the end, and no other", () => {
    accepts(input("live", NOW, "live", 1n));
    accepts(input("live", LAST, "live", 1n, 0n));
    check.rejects(input("live", NOW - 1n, "live", 1n), "CheckStatus/Uint/CheckRange");
    for (const status of ["empty", "listed", "expired", "settled"] as const)
      check.rejects(input(status, LAST, status, 1n), "CheckStatus");
    // Nor by naming the status of another so that the rest seems far.
    check.rejects(input("expired", LAST, "live", 1n), "CheckStatus/Uint/CheckRange");
    check.rejects(input("listed", LAST, "live", 1n), "CheckStatus/Uint/CheckRange");
  });
  it("takes bits only, and one of them", () => {
    const live = input("live", NOW, "live", 1n);
    for (const name of ["isListed", "isLive", "isExpired", "isSettled", "isTrading"])
      check.rejects({ ...live, [name]: 2n }, "CheckStatus/Bool");
    check.rejects({ ...input("expired", NOW, "none", 0n), isListed: 1n, isLive: 1n }, "CheckStatus/Bool");
    check.rejects({ ...input("listed", NOW, "none", 0n), isLive: FIELD - 1n, isExpired: 1n }, "CheckStatus/Bool");
  });
  it("leaves no signal free", () => assert.deepEqual(check.movable(input("live", NOW + 7n, "live", 1n)), []));
});

describe("CheckOpenInterest", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit(FILE, "CheckOpenInterest", []);
  });
  const lots = range(0n, (1n << 40n) - 1n);
  it("accepts what is within the cap or does not grow, and nothing else (attack 55)", () =>
    fc.assert(
      fc.property(lots, lots, range(-1n, 1n), fc.boolean(), (before, cap, more, isNearCap) => {
        const after = (isNearCap ? cap : before) + more;
        fc.pre(after >= 0n);
        for (const isCapped of [0n, 1n]) {
          const each = { before, after, cap, isCapped };
          if (after <= (isCapped ? cap : before)) check.read(each, ["cap"]);
          else check.rejects(each, "CheckOpenInterest/Uint/CheckRange");
        }
      }),
      { examples: [[5n, 5n, 1n, true]] },
    ));
  it("takes no mixture of the two bounds", () =>
    check.rejects({ before: 4n, after: 6n, cap: 5n, isCapped: 2n }, "CheckOpenInterest/Bool"));
  it("leaves no signal free", () =>
    assert.deepEqual(check.movable({ before: 4n, after: 5n, cap: 6n, isCapped: 1n }), []));
});

describe("CheckWriteOff", () => {
  const N = 5;
  const MOST = (1n << 96n) - 1n;
  let check: Circuit;
  before(async () => {
    check = await circuit(FILE, "CheckWriteOff", [N]);
  });
  const DEFICIT = [10n, 20n, 30n, 40n, 50n];
  const input = (debt: bigint, funds: bigint, target: bigint, deficit = DEFICIT) => ({
    count: bit(debt > 0n),
    debt,
    target,
    funds,
    deficit,
    isInsured: bit(debt <= funds),
  });
  const owed = (each: ReturnType<typeof input>) => (each.debt < each.funds ? 0n : each.debt - each.funds);

  it("takes from the fund what it has, and leaves the rest to the one charged", () =>
    fc.assert(
      fc.property(range(0n, 1n << 95n), range(0n, 1n << 95n), fc.integer({ min: 0, max: N - 1 }), (debt, funds, at) => {
        const each = input(debt, funds, BigInt(at));
        assert.deepEqual(check.read(each, ["insured", "deficitAfter"]), {
          insured: debt < funds ? debt : funds,
          deficitAfter: DEFICIT.map((deficit, place) => (place === at ? deficit + owed(each) : deficit)),
        });
      }),
      {
        examples: [
          [0n, 0n, 0],
          [7n, 7n, 3],
          [8n, 7n, 4],
          [1n << 95n, 0n, 1],
        ],
      },
    ));
  it("has no witness for a lie about the fund, unless it makes no difference", () => {
    check.rejects({ ...input(8n, 7n, 1n), isInsured: 1n }, "CheckWriteOff/Uint/CheckRange");
    check.rejects({ ...input(7n, 8n, 1n), isInsured: 0n }, "CheckWriteOff/Uint/CheckRange");
    check.rejects({ ...input(7n, 8n, 1n), isInsured: 2n }, "CheckWriteOff/Bool");
    for (const isInsured of [0n, 1n])
      assert.equal(check.read({ ...input(7n, 7n, 1n), isInsured }, ["insured"]).insured, 7n);
  });
  it("writes off one account, and one that owes", () => {
    check.rejects({ ...input(0n, 7n, 1n), count: 1n }, "CheckWriteOff/Uint/CheckRange");
    check.rejects({ ...input(9n, 7n, 1n), count: 2n }, "CheckWriteOff/Bool");
    check.rejects({ ...input(9n, 7n, 1n), debt: FIELD - 9n }, "CheckWriteOff/Uint/CheckRange");
  });
  it("charges nobody who does not exist, and no more than a deficit holds", () => {
    check.rejects(input(9n, 7n, BigInt(N)), "CheckWriteOff/OneHot/CheckOneHot");
    const full = DEFICIT.with(2, MOST - 2n);
    check.read(input(9n, 7n, 2n, full), ["insured"]);
    check.rejects(input(10n, 7n, 2n, full), "CheckWriteOff/Uint/CheckRange");
  });
  it("leaves no signal free", () => {
    assert.deepEqual(check.movable(input(9n, 7n, 2n)), []);
    assert.deepEqual(check.movable(input(0n, 7n, 0n)), []);
  });
});
