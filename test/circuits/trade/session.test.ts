import assert from "node:assert/strict";
import fc from "fast-check";
import type { SessionLimits } from "#protocol/account.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { FIELD } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "trade/session.circom";
const ALL = (1n << 88n) - 1n;

describe("Signer", () => {
  let signer: Circuit;
  const key = [1n, 2n, 3n, 4n, 5n].map((x) => [x, 10n * x]);
  const limits = [100n, 200n, 300n, 400n];
  const isSigner = (at: number): bigint[] => [0, 1, 2, 3, 4].map((each) => (each === at ? 1n : 0n));
  before(async () => {
    signer = await circuit(FILE, "Signer", []);
  });
  it("is the master key, which may do everything, or a session key with its limits", () => {
    for (const at of [0, 1, 2, 3, 4]) {
      assert.deepEqual(signer.read({ key, limits, isSigner: isSigner(at) }, ["out", "may"]), {
        out: key[at],
        may: at === 0 ? ALL : limits[at - 1],
      });
    }
  });
  it("is one key, and no mixture (attack 18)", () => {
    for (const lie of [
      [0n, 0n, 0n, 0n, 0n],
      [1n, 1n, 0n, 0n, 0n],
    ])
      signer.rejects({ key, limits, isSigner: lie }, "Signer");
    for (const at of [0, 1, 2, 3, 4]) {
      const lie = isSigner((at + 1) % 5).map((each, place) => (place === (at + 2) % 5 ? 1n : each));
      signer.rejects({ key, limits, isSigner: lie.with(at, FIELD - 1n) }, "Signer/Bool");
    }
  });
  it("leaves no signal free", () => assert.deepEqual(signer.movable({ key, limits, isSigner: isSigner(3) }), []));
});

describe("CheckLimits, two underlyings", () => {
  const U = 2;
  const LAST = (1n << 40n) - 1n;
  let check: Circuit, limits: Circuit;
  type Signed = { readonly validUntil: bigint; readonly lots: bigint; readonly isIn: readonly bigint[] };
  const plain = (may: SessionLimits, wish: Signed) => ({ may: pack(LAYOUT.session, may), ...wish });
  const advice = ({ underlyings, validUntil }: SessionLimits) => ({
    bit: Array.from({ length: 8 }, (_, at) => (underlyings >> BigInt(at)) & 1n),
    until: validUntil,
  });
  const range = (max: bigint) => fc.bigInt({ min: 0n, max });
  const anyLimits = fc.record({ underlyings: range(255n), validUntil: range(LAST), maxSize: range(LAST) });
  const allows = ({ underlyings, validUntil, maxSize }: SessionLimits, wish: Signed): boolean =>
    wish.validUntil <= validUntil &&
    wish.lots <= maxSize &&
    wish.isIn.every((count: bigint, at: number) => count === 0n || ((underlyings >> BigInt(at)) & 1n) === 1n);
  before(async () => {
    [check, limits] = await Promise.all([circuit(FILE, "CheckLimits", [U]), circuit(FILE, "Limits", [U])]);
  });

  it("accepts what the limits allow, and nothing else", () =>
    fc.assert(
      fc.property(
        anyLimits,
        fc.bigInt({ min: -1n, max: 1n }),
        fc.bigInt({ min: -1n, max: 1n }),
        fc.tuple(range(4n), range(4n)),
        (may, later, more, isIn) => {
          const wish = { validUntil: may.validUntil + later, lots: may.maxSize + more, isIn };
          fc.pre(wish.validUntil >= 0n && wish.lots >= 0n);
          if (allows(may, wish)) limits.read(plain(may, wish), ["may"]);
          else limits.rejects(plain(may, wish), "CheckLimits", "CheckLimits/Uint/CheckRange");
        },
      ),
      {
        examples: [
          [{ underlyings: 3n, validUntil: LAST, maxSize: LAST }, 0n, 0n, [4n, 4n]],
          [{ underlyings: 2n, validUntil: 5n, maxSize: 5n }, 0n, 0n, [1n, 0n]],
          [{ underlyings: 0n, validUntil: 0n, maxSize: 0n }, 0n, 1n, [0n, 0n]],
        ],
      },
    ));
  it("has no witness for other limits than were packed", () => {
    const may = { underlyings: 1n, validUntil: 1_000n, maxSize: 50n };
    const wish = { validUntil: 1_000n, lots: 50n, isIn: [1n, 0n] };
    const honest = { ...plain(may, wish), ...advice(may) };
    check.read(honest, ["may"]);
    // Longer, at the cost of a lot; another underlying, at the cost of a second; and what is no range at all.
    const LATER = 1_000n + (1n << 40n);
    check.rejects({ ...honest, until: LATER, validUntil: LATER, lots: 1n }, "CheckLimits/Uint/CheckRange");
    for (const until of [999n, 1_001n, FIELD - 1n])
      check.rejects({ ...honest, until, validUntil: until, lots: 0n }, "CheckLimits/Uint/CheckRange");
    check.rejects({ ...honest, bit: honest.bit.with(1, 1n), isIn: [0n, 1n] }, "CheckLimits/Uint/CheckRange");
    check.rejects({ ...honest, bit: honest.bit.with(0, FIELD - 1n).with(1, 1n) }, "CheckLimits/Bool");
    check.rejects({ ...honest, bit: honest.bit.with(0, 257n), until: 999n }, "CheckLimits/Bool");
  });
  it("leaves no signal free", () => {
    const may = { underlyings: 3n, validUntil: 1_000n, maxSize: 50n };
    assert.deepEqual(limits.movable(plain(may, { validUntil: 900n, lots: 7n, isIn: [1n, 1n] })), []);
  });
});
