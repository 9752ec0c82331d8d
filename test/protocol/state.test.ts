import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Account,
  accountLeaf,
  EMPTY_ORDER,
  emptyOrders,
  freshAccount,
  keysRoot,
  modesOf,
  NO_SESSION,
  orderAt,
  orderKey,
  orderLeaf,
  orderSlotOf,
  positionsHash,
  setOrder,
} from "#protocol/account.ts";
import { boardHash, EMPTY_SLOT, listing } from "#protocol/board.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { DEVNET_RISK } from "#protocol/genesis.ts";
import { hash, hashList } from "#protocol/hash.ts";
import { marksHash } from "#protocol/marks.ts";
import { FIELD, PROFILE, TAG } from "#protocol/params.ts";
import { parseRequest, requestWords } from "#protocol/request.ts";
import { seriesHash } from "#protocol/series.ts";
import { accountOf, globalsHash, type State, stateRoot, withAccounts } from "#protocol/state.ts";
import { close, deposit, NOW, register, setKey, stop, trader, worldState } from "#test/support/world.ts";

const TINY = PROFILE.tiny;
const ACCOUNT: Account = {
  ...freshAccount(TINY, 0xabcn, trader(1).key),
  cash: -5n,
  positions: [1n, -2n, 3n, 0n].map((size) => ({ size, index: size * 7n })),
  epoch: 9n,
  sessions: [
    { key: { x: 5n, y: 6n }, limits: { underlyings: 3n, validUntil: 70n, maxSize: 9n } },
    ...Array.from({ length: 3 }, () => NO_SESSION),
  ],
  isReduceOnly: true,
  isClosing: true,
  liquidation: { table: 11n, amount: 12n, target: 13n },
};

describe("account", () => {
  it("hashes to a leaf of its parts, negative values as field elements", () => {
    const positions = hash(TAG.positions, [1n, 7n, FIELD - 2n, FIELD - 14n, 3n, 21n, 0n, 0n]);
    const sessions = [5n, 6n, 3n + (70n << 8n) + (9n << 48n), ...Array.from({ length: 9 }, () => 0n)];
    const keys = hash(TAG.keys, [ACCOUNT.key.x, ACCOUNT.key.y, ...sessions]);
    assert.equal(positionsHash(TINY, ACCOUNT.positions), positions);
    assert.equal(keysRoot(ACCOUNT), keys);
    assert.equal(
      accountLeaf(TINY, ACCOUNT),
      hash(TAG.account, [0xabcn, keys, FIELD - 5n, positions, ACCOUNT.orders.tree.root, 9n, 3n, 11n, 12n, 13n]),
    );
  });

  it("has two modes, one bit each", () => {
    const modes = [false, true].flatMap((isClosing) =>
      [false, true].map((isReduceOnly) => modesOf({ isReduceOnly, isClosing })),
    );
    assert.deepEqual(modes, [0n, 1n, 2n, 3n]);
  });

  it("shows any change of any part in its leaf", () => {
    const [session = NO_SESSION] = ACCOUNT.sessions;
    const limited = (limits: object) => ({
      sessions: ACCOUNT.sessions.with(0, { ...session, limits: { ...session.limits, ...limits } }),
    });
    const changes: readonly Partial<Account>[] = [
      {},
      { owner: 1n },
      { key: trader(2).key },
      { cash: 5n },
      { epoch: 8n },
      { isReduceOnly: false },
      { isClosing: false },
      { sessions: ACCOUNT.sessions.toReversed() },
      limited({ underlyings: 2n }),
      limited({ validUntil: 71n }),
      limited({ maxSize: 8n }),
      { liquidation: { ...ACCOUNT.liquidation, table: 0n } },
      { liquidation: { ...ACCOUNT.liquidation, amount: 0n } },
      { liquidation: { ...ACCOUNT.liquidation, target: 0n } },
      { positions: ACCOUNT.positions.with(3, { size: 0n, index: 1n }) },
      { orders: setOrder(ACCOUNT.orders, 3, { key: 3n, filled: 0n }) },
    ];
    const leaves = changes.map((change) => accountLeaf(TINY, { ...ACCOUNT, ...change }));
    assert.equal(new Set(leaves).size, changes.length);
  });

  it("hashes positions by pages of eight", () => {
    const positions = Array.from({ length: 64 }, (_, slot) => ({ size: BigInt(slot), index: 0n }));
    const pages = Array.from({ length: 8 }, (_, page) =>
      hash(
        TAG.positions,
        positions.slice(8 * page, 8 * page + 8).flatMap(({ size, index }) => [size, index]),
      ),
    );
    assert.equal(positionsHash(PROFILE.mainnet, positions), hashList(TAG.pages, pages));
    assert.equal(positionsHash(PROFILE.devnet, positions.slice(0, 8)), pages[0]);
  });

  it("finds an order's slot by the low digits of its nonce, its key by epoch and nonce", () => {
    assert.deepEqual(
      [1n, 4n, 5n, 7n].map((nonce) => orderSlotOf(TINY, nonce)),
      [1, 0, 1, 3],
    );
    assert.equal(orderSlotOf(PROFILE.devnet, 1_024n + 17n), 17);
    assert.equal(orderKey(3n, 5n), 3n * 2n ** 32n + 5n);
    assert(orderKey(1n, 0n) > orderKey(0n, 2n ** 32n - 1n));
    const orders = setOrder(emptyOrders(TINY), 2, { key: 6n, filled: 1n });
    assert.deepEqual(orderAt(orders, 2), { key: 6n, filled: 1n });
    assert.deepEqual(orderAt(orders, 1), EMPTY_ORDER);
    assert.equal(orders.tree.get(2n), orderLeaf({ key: 6n, filled: 1n }));
    assert.equal(orders.tree.get(2n), 6n * 2n ** 40n + 1n);
    assert.equal(emptyOrders(TINY).tree.get(2n), 0n);
  });
});

describe("requestWords", () => {
  it("are parsed to the request they were made of", () => {
    const requests = [
      deposit(3, 5n),
      register(9, 0n),
      register(15, (1n << 64n) - 1n),
      stop(3),
      close(2 ** 24 - 1),
      setKey(3, 0),
      setKey(3, 4, { underlyings: 1n, validUntil: 77n, maxSize: 5n }),
    ];
    for (const request of requests) {
      assert.deepEqual(parseRequest(requestWords(request)), request);
    }
    assert.deepEqual(requestWords(deposit(3, 5n)), [2n + (3n << 8n) + (5n << 32n), 0n, 0n, 0n]);
    assert.deepEqual(requestWords(stop(3)), [3n + (3n << 8n), 0n, 0n, 0n]);
    const { b } = setKey(3, 4);
    const limits = { underlyings: 1n, validUntil: 77n, maxSize: 5n };
    assert.deepEqual(requestWords(setKey(3, 4, limits)), [
      5n + (3n << 8n) + (4n << 96n),
      1n + (77n << 8n) + (5n << 48n),
      b.x,
      b.y,
    ]);
  });
  it("refuse what does not fit", () => {
    for (const request of [
      deposit(2 ** 24, 5n),
      deposit(1, 1n << 64n),
      deposit(1, -1n),
      setKey(1, 8),
      setKey(1, 1, { maxSize: -1n }),
    ]) {
      assert.throws(
        () => requestWords(request),
        (error) => error instanceof ProtocolError && error.code === "OutOfRange",
      );
    }
  });
});

describe("state", () => {
  const STATE = worldState({
    accounts: [
      { cash: 5n, positions: [2n, 0n, -3n] },
      { cash: 7n, positions: [-2n, 0n, 3n] },
    ],
  });

  it("has a root of accounts, board, marks and globals", () => {
    const parts = [STATE.accountTree.root, boardHash(STATE.board), marksHash(TINY, STATE.marks), globalsHash(STATE)];
    assert.equal(stateRoot(STATE), hash(TAG.state, parts));
  });

  it("writes accounts where it says, and knows no others", () => {
    const next = withAccounts(STATE, new Map([[1, ACCOUNT]]));
    assert.equal(next.accountTree.get(1n), accountLeaf(TINY, ACCOUNT));
    assert.equal(next.accountTree.get(0n), STATE.accountTree.get(0n));
    assert.equal(accountOf(next, 1), ACCOUNT);
    assert.notEqual(accountOf(STATE, 1), ACCOUNT);
    assert.throws(
      () => accountOf(STATE, 2),
      (error) => error instanceof ProtocolError && error.code === "UnknownAccount",
    );
  });

  it("lists status above expiry, so that no status looks like another", () => {
    const [slot] = STATE.board;
    if (!slot?.series) throw new RangeError("slot 0 is empty");
    assert.deepEqual(listing(slot), [seriesHash(slot.series), (2n << 48n) + slot.series.expiry]);
    assert.deepEqual(listing(EMPTY_SLOT), [0n, 0n]);
  });

  it("shows any change of any part in its root", () => {
    const { globals, board, marks } = STATE;
    const changedSlot = (change: object) => ({
      ...STATE,
      board: board.map((slot, at) => (at === 3 ? { ...slot, ...change } : slot)),
    });
    const changedRow = (change: object) => ({
      ...STATE,
      marks: { ...marks, slots: marks.slots.map((row, at) => (at === 3 ? { ...row, ...change } : row)) },
    });
    const changedMarks = (change: object) => ({
      ...STATE,
      marks: { ...marks, underlyings: marks.underlyings.map((each) => ({ ...each, ...change })) },
    });
    const changedExpiry = (change: object) => ({
      ...STATE,
      marks: { ...marks, expiries: marks.expiries.map((each) => ({ ...each, ...change })) },
    });
    const others: readonly State[] = [
      ...Object.keys(globals).map((name) => ({ ...STATE, globals: { ...globals, [name]: 987n } })),
      changedSlot({ openLong: 1n }),
      changedSlot({ openShort: 1n }),
      changedSlot({ deficitLong: 1n }),
      changedSlot({ deficitShort: 1n }),
      changedSlot({ index: 1n }),
      changedSlot({ index: -1n }),
      changedSlot({ lossLong: 1n }),
      changedSlot({ lossShort: 1n }),
      changedSlot({ cap: 1n }),
      changedSlot({ status: "expired" }),
      changedSlot({ series: null }),
      changedRow({ mark: 1n }),
      changedRow({ prices: [1n, 2n] }),
      changedMarks({ spot: 1n }),
      changedMarks({ timestamp: NOW - 1n }),
      changedMarks({ mode: "closeOnly" }),
      changedMarks({ index: 1n }),
      changedMarks({ fundingSum: -1n }),
      changedExpiry({ forward: 1n }),
      changedExpiry({ discount: 1n }),
      changedExpiry({ expiry: 1n }),
      withAccounts(STATE, new Map([[1, ACCOUNT]])),
      ...Object.keys(DEVNET_RISK).map((name) => ({ ...STATE, parameters: { ...STATE.parameters, [name]: 99n } })),
      { ...STATE, parameters: { ...STATE.parameters, leveragePpm: [99n] } },
    ];
    assert.equal(new Set([STATE, ...others].map(stateRoot)).size, others.length + 1);
  });

  it("does not depend on the order in which accounts were written", () =>
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 9], { minLength: 5 }), (ids) => {
        const write = (order: readonly number[]) =>
          order.reduce((state, id) => withAccounts(state, new Map([[id, { ...ACCOUNT, owner: BigInt(id) }]])), STATE);
        assert.equal(stateRoot(write(ids)), stateRoot(write(ids.toSorted())));
      }),
      { numRuns: 10 },
    ));
});
