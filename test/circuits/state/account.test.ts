import assert from "node:assert/strict";
import fc from "fast-check";
import { type Account, accountLeaf, emptyOrders, keysRoot, positionsHash } from "#protocol/account.ts";
import { toField } from "#protocol/field.ts";
import { FIELD, PROFILE } from "#protocol/params.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "state/account.circom";
const element = fc.oneof(fc.bigInt({ min: 0n, max: FIELD - 1n }), fc.constantFrom(0n, 1n, FIELD - 1n));
const signed = (bits: number) => fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n });
const positions = (slots: number) =>
  fc.array(fc.record({ size: signed(41), index: signed(49) }), { minLength: slots, maxLength: slots });

describe("KeysRoot", () => {
  let keys: Circuit;
  before(async () => {
    keys = await circuit(FILE, "KeysRoot", []);
  });
  it("equals the specification", () =>
    fc.assert(
      fc.property(element, element, (x, y) => {
        assert.equal(keys.read({ key: [x, y] }, ["out"]).out, keysRoot({ x, y }));
      }),
    ));
  it("leaves no signal free", () => assert.deepEqual(keys.movable({ key: [3n, 4n] }), []));
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
    keysRoot: keysRoot(account.key),
    cash: toField(account.cash),
    positionsHash: positionsHash(PROFILE.tiny, account.positions),
    ordersRoot: account.orders.tree.root,
    epoch: account.epoch,
  });
  const anyAccount: fc.Arbitrary<Account> = fc.record({
    owner: fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }),
    key: fc.record({ x: element, y: element }),
    cash: signed(96),
    positions: positions(4),
    orders: fc.constant(emptyOrders(PROFILE.tiny)),
    epoch: fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }),
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
