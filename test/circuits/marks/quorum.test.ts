import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD, PROFILE } from "#protocol/params.ts";
import { reportMessage } from "#protocol/report.ts";
import { publicKey } from "#protocol/signature.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { signBlindly } from "#test/support/random-marks.ts";
import { reportOf } from "#test/support/surfaces.ts";
import { DOMAIN, NOW, ORACLE_SECRETS } from "#test/support/world.ts";

const N = 4;
const zero = [0n, 0n];

describe("Quorum", () => {
  const message = reportMessage(PROFILE.tiny, DOMAIN, reportOf(0));
  const signatures = ORACLE_SECRETS.map((secret) => signBlindly(PROFILE.tiny, reportOf(0), secret).signature);
  const key = ORACLE_SECRETS.map((secret) => Object.values(publicKey(secret)));
  const by = (...present: readonly number[]) => ({
    key,
    message: key.map(() => message),
    isSigned: key.map((_, oracle) => (present.includes(oracle) ? 1n : 0n)),
    r8: signatures.map(({ r8 }, oracle) => (present.includes(oracle) ? [r8.x, r8.y] : zero)),
    s: signatures.map(({ s }, oracle) => (present.includes(oracle) ? s : 0n)),
  });
  let quorum: Circuit;
  let check: Circuit;
  before(async () => {
    quorum = await circuit("marks/quorum.circom", "Quorum", [N, 1]);
    check = await circuit("marks/quorum.circom", "CheckMajority", [N, 1]);
  });

  it("accepts any three or four of four, and tells the half of them", () => {
    for (const present of [
      [0, 1, 2],
      [1, 2, 3],
      [0, 1, 2, 3],
    ])
      assert.equal(quorum.read(by(...present), ["half"]).half, 2n);
  });

  it("refuses fewer, a signature twice, under another's place or under none (attack 49)", () => {
    for (const present of [[], [0], [2, 3]]) quorum.rejects(by(...present), "CheckMajority/Uint/CheckRange");
    const three = by(0, 1, 2);
    const [first = assert.fail()] = three.r8;
    quorum.rejects(
      { ...three, r8: three.r8.with(1, first), s: three.s.with(1, three.s[0] as bigint) },
      "EdDSAPoseidon",
    );
    quorum.rejects({ ...three, isSigned: [1n, 1n, 0n, 1n] }, "EdDSAPoseidon");
    quorum.rejects({ ...three, s: three.s.with(0, 0n) }, "EdDSAPoseidon");
    quorum.rejects({ ...three, message: three.message.with(2, message + 1n) }, "EdDSAPoseidon");
    quorum.rejects({ ...three, isSigned: [1n, 2n, 0n, 0n] }, "Bool");
  });

  it("accepts nothing under an empty place or a key of small order", () => {
    const empty = { ...by(0, 1, 2), key: key.with(0, zero) };
    quorum.rejects(empty, "TimesEight/CheckOnCurve");
    // Of (0, 0) every multiple is (0, 0) in the formulas: this one would verify.
    quorum.rejects({ ...empty, r8: empty.r8.with(0, zero), s: empty.s.with(0, 0n) }, "TimesEight/CheckOnCurve");
    quorum.rejects({ ...by(0, 1, 2), key: key.with(0, [0n, FIELD - 1n]) }, "MultiplyPoint/ToMontgomery");
  });

  it("accepts no other half", () => {
    const three = { isSigned: [1n, 1n, 1n, 0n] };
    const four = { isSigned: [1n, 1n, 1n, 1n] };
    assert.equal(check.read({ ...three, isOdd: 1n }, ["half"]).half, 2n);
    check.rejects({ ...three, isOdd: 0n }, "CheckMajority/Uint/CheckRange");
    check.rejects({ ...four, isOdd: 1n }, "CheckMajority/Uint/CheckRange");
    check.rejects({ ...three, isOdd: 3n }, "CheckMajority/Bool");
  });

  it("leaves no signal free", () =>
    assert.deepEqual([quorum.loose(by(0, 1, 2)), quorum.loose(by(0, 1, 2, 3))], [[], []]));
});

describe("Majority", () => {
  it("is half of those who take part, rounded up, and of fewer than 2 f + 1 none", async () => {
    for (const [n, f] of [
      [4, 1],
      [5, 1],
      [7, 2],
    ] as const) {
      const majority = await circuit("marks/quorum.circom", "Majority", [n, f]);
      for (let count = 0; count <= n; count++) {
        const isSigned = Array.from({ length: n }, (_, oracle) => (oracle < count ? 1n : 0n));
        if (count < 2 * f + 1) majority.rejects({ isSigned }, "CheckMajority/Uint/CheckRange");
        else assert.equal(majority.read({ isSigned }, ["half"]).half, BigInt(Math.ceil(count / 2)));
      }
    }
  });
});

describe("Oldest", () => {
  let oldest: Circuit;
  let check: Circuit;
  before(async () => {
    oldest = await circuit("marks/quorum.circom", "Oldest", [N]);
    check = await circuit("marks/quorum.circom", "CheckTimes", [N]);
  });
  const counts = [1n, 1n, 0n, 1n];

  it("accepts reports between the last marks and the step, and not older than allowed", () => {
    const near = fc.bigInt({ min: -3n, max: 3n });
    const times = fc.array(fc.bigInt({ min: 0n, max: 2n }), { minLength: N, maxLength: N });
    fc.assert(
      fc.property(times, near, near, fc.bigInt({ min: 0n, max: 4n }), (after, last, ahead, maxAge) => {
        const present = after.with(2, after[0] as bigint).map((each) => NOW + each);
        const least = present.reduce((a, b) => (b < a ? b : a));
        const most = present.reduce((a, b) => (b > a ? b : a));
        const step = NOW + ahead;
        const input = { timestamp: present, counts, last: NOW + last, stepTimestamp: step, maxAge };
        if (NOW + last < least && most <= step && step - least <= maxAge)
          assert.equal(oldest.read(input, ["oldest"]).oldest, least);
        else oldest.rejects(input, "CheckTimes/Uint/CheckRange");
      }),
      { numRuns: 500 },
    );
    const late = 1n << 40n;
    const beyond = { timestamp: [late, late, late, late], counts, last: NOW, stepTimestamp: late, maxAge: 9n };
    oldest.rejects(beyond, "Uint/CheckRange");
  });

  it("accepts no other report as the oldest, nor one that does not count", () => {
    const times = {
      timestamp: [NOW + 2n, NOW + 1n, NOW, NOW + 3n],
      counts,
      last: 0n,
      stepTimestamp: NOW + 3n,
      maxAge: 9n,
    };
    check.rejects({ ...times, isOldest: [0n, 0n, 1n, 0n] }, "CheckTimes");
    const honest = { ...times, timestamp: times.timestamp.with(2, NOW + 2n) };
    assert.equal(check.read({ ...honest, isOldest: [0n, 1n, 0n, 0n] }, ["oldest"]).oldest, NOW + 1n);
    for (const isOldest of [
      [1n, 0n, 0n, 0n],
      [0n, 0n, 0n, 1n],
      [0n, 0n, 0n, 0n],
      [1n, 1n, 0n, 0n],
      [0n, 2n, 0n, 0n],
    ])
      check.rejects({ ...honest, isOldest }, "CheckTimes", "Bool", "Uint/CheckRange");
  });

  it("leaves no signal free", () => {
    const timestamp = [NOW + 2n, NOW + 1n, NOW + 4n, NOW + 3n];
    isFixed(oldest, { timestamp, counts, last: NOW, stepTimestamp: NOW + 5n, maxAge: 9n });
  });
});
