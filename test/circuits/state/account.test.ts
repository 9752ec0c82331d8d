import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Account,
  accountLeaf,
  emptyOrders,
  keysRoot,
  NO_SESSION,
  positionsHash,
  type Session,
} from "#protocol/account.ts";
import { toField } from "#protocol/field.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { FIELD, PROFILE, SESSIONS } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "state/account.circom";
const element = fc.oneof(fc.bigInt({ min: 0n, max: FIELD - 1n }), fc.constantFrom(0n, 1n, FIELD - 1n));
const signed = (bits: number) => fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n });
const positions = (slots: number) =>
  fc.array(fc.record({ size: signed(41), index: signed(49) }), { minLength: slots, maxLength: slots });

const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const point = fc.record({ x: element, y: element });
const session: fc.Arbitrary<Session> = fc.record({
  key: point,
  limits: fc.record({ underlyings: bits(8), validUntil: bits(40), maxSize: bits(40) }),
});
const sessions = fc.array(session, { minLength: SESSIONS, maxLength: SESSIONS });

describe("KeysRoot", () => {
  let keys: Circuit;
  const input = (account: Pick<Account, "key" | "sessions">) => ({
    key: [account.key, ...account.sessions.map(({ key }) => key)].map(({ x, y }) => [x, y]),
    limits: account.sessions.map(({ limits }) => pack(LAYOUT.session, limits)),
  });
  before(async () => {
    keys = await circuit(FILE, "KeysRoot", []);
  });
  it("equals the specification", () =>
    fc.assert(
      fc.property(fc.record({ key: point, sessions }), (account) => {
        assert.equal(keys.read(input(account), ["out"]).out, keysRoot(account));
      }),
    ));
  it("leaves no signal free", () => {
    const account = { key: { x: 3n, y: 4n }, sessions: Array.from({ length: SESSIONS }, () => NO_SESSION) };
    assert.deepEqual(keys.movable(input(account)), []);
  });
});

for (const profile of [PROFILE.tiny, PROFILE.devnet, PROFILE.mainnet]) {
  describe(`PositionsHash of ${profile.series} slots`, () => {
    let hash: Circuit;
    const input = (held: Account["positions"]) => ({
      size: held.map(({ size }) => toField(size)),
      index: held.map(({ index }) => toField(index)),
    });
    before(async () => {
      hash = await circuit(FILE, "PositionsHash", [profile.series]);
    });
    it("equals the specification", () =>
      fc.assert(
        fc.property(positions(profile.series), (held) => {
          assert.equal(hash.read(input(held), ["out"]).out, positionsHash(profile, held));
        }),
        { numRuns: 20 },
      ));
    it("leaves no signal free", () => {
      const held = Array.from({ length: profile.series }, (_, slot) => ({
        size: BigInt(slot) - 3n,
        index: BigInt(slot),
      }));
      assert.deepEqual(hash.movable(input(held)), []);
    });
  });
}

describe("AccountLeaf", () => {
  let leaf: Circuit;
  before(async () => {
    leaf = await circuit(FILE, "AccountLeaf", []);
  });
  const input = (account: Account) => ({
    owner: account.owner,
    keysRoot: keysRoot(account),
    cash: toField(account.cash),
    positionsHash: positionsHash(PROFILE.tiny, account.positions),
    ordersRoot: account.orders.tree.root,
    epoch: account.epoch,
    isReduceOnly: account.isReduceOnly ? 1n : 0n,
    isClosing: account.isClosing ? 1n : 0n,
    liquidation: [account.liquidation.table, account.liquidation.amount, account.liquidation.target],
  });
  const anyAccount: fc.Arbitrary<Account> = fc.record({
    owner: fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }),
    key: point,
    sessions,
    cash: signed(96),
    positions: positions(4),
    orders: fc.constant(emptyOrders(PROFILE.tiny)),
    epoch: bits(32),
    isReduceOnly: fc.boolean(),
    isClosing: fc.boolean(),
    liquidation: fc.record({ table: bits(41), amount: bits(112), target: bits(8) }),
  });
  it("equals the specification", () =>
    fc.assert(
      fc.property(anyAccount, (account) => {
        assert.equal(leaf.read(input(account), ["out"]).out, accountLeaf(PROFILE.tiny, account));
      }),
    ));
  it("leaves no signal free", () => {
    const [account] = fc.sample(anyAccount, { numRuns: 1, seed: 1 });
    assert(account);
    assert.deepEqual(leaf.movable(input(account)), []);
  });
});
