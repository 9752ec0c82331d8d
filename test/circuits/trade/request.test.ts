import assert from "node:assert/strict";
import fc from "fast-check";
import { type Account, emptyOrders, freshAccount, keysRoot, NO_SESSION, positionsHash } from "#protocol/account.ts";
import { BASE8, multiplyPoint, type Point, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import { toField } from "#protocol/field.ts";
import { withRequest } from "#protocol/lane.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { FIELD, PROFILE } from "#protocol/params.ts";
import { amountOf, type Request, requestWords } from "#protocol/request.ts";
import { timesEight } from "#protocol/signature.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { close, deposit, register, setKey, stop, trader } from "#test/support/world.ts";

const TINY = PROFILE.tiny;
/** circomlib's generator of the whole curve, which has points of small order. */
const GENERATOR: Point = {
  x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
  y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
};
const HELD: Account = {
  ...freshAccount(TINY, 77n, trader(1).key),
  cash: -5n,
  positions: [1n, -2n, 0n, 0n].map((size) => ({ size, index: 0n })),
  epoch: 3n,
};
const bit = (value: boolean): bigint => (value ? 1n : 0n);
const input = (account: Account, id: number, request: Request | null) => {
  const before = request?.kind === "register" ? { ...account, key: NO_SESSION.key } : account;
  const written = request?.kind === "register" || request?.kind === "key" ? request : null;
  const place = written === null ? -1 : written.kind === "key" ? written.place : 0;
  const b = written?.b ?? BASE8;
  return {
    asked: {
      isRegister: bit(request?.kind === "register"),
      isDeposit: bit(request?.kind === "deposit"),
      isStop: bit(request?.kind === "stop"),
      isClose: bit(request?.kind === "close"),
      isKey: bit(request?.kind === "key"),
      amount: amountOf(request),
      isPlace: [0, 1, 2, 3, 4].map((at) => bit(at === place)),
      b: [b.x, b.y],
      limits: request?.kind === "key" ? pack(LAYOUT.session, request.limits) : 0n,
    },
    account: BigInt(id),
    owner: account.owner,
    ...keysOf(before),
    keysRoot: keysRoot(before),
    cash: toField(account.cash),
    positionsHash: positionsHash(TINY, account.positions),
    ordersRoot: account.orders.tree.root,
    epoch: account.epoch,
    isReduceOnly: bit(account.isReduceOnly),
    isClosing: bit(account.isClosing),
    liquidation: [account.liquidation.table, account.liquidation.amount, account.liquidation.target],
  };
};
const keysOf = ({ key, sessions }: Account) => ({
  key: [key, ...sessions.map((session) => session.key)].map(({ x, y }) => [x, y]),
  limits: sessions.map(({ limits }) => pack(LAYOUT.session, limits)),
});
const fresh = (request: Extract<Request, { kind: "register" }>): Account =>
  freshAccount(TINY, request.owner, timesEight(request.b));
const amounts = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const ids = fc.integer({ min: 0, max: 15 });

describe("Request", () => {
  let circuitOf: Circuit;
  before(async () => {
    circuitOf = await circuit("trade/request.circom", "Request", [TINY.series, TINY.orderDepth]);
  });
  type Input = ReturnType<typeof input>;
  type Change = Partial<Omit<Input, "asked">> & { readonly asked?: Partial<Input["asked"]> };
  const changed = (honest: Input, { asked, ...rest }: Change) => ({
    ...honest,
    ...rest,
    asked: { ...honest.asked, ...asked },
  });
  const registered = register(3, 10n);
  const rejects = (change: Change, ...by: [string, ...string[]]) =>
    circuitOf.rejects(changed(input(fresh(registered), 3, registered), change), ...by);

  it("gives the words of L1's queue", () =>
    fc.assert(
      fc.property(ids, amounts, fc.integer({ min: 0, max: 4 }), (id, amount, place) => {
        const opening = register(id, amount);
        const wanted = (request: Request) => ({ has: 1n, words: requestWords(request) });
        assert.deepEqual(circuitOf.read(input(fresh(opening), id, opening), ["has", "words"]), wanted(opening));
        const limits = { underlyings: 5n, validUntil: amount >> 24n, maxSize: 7n };
        for (const request of [deposit(id, amount), stop(id), close(id), setKey(id, place, limits)])
          assert.deepEqual(circuitOf.read(input(HELD, id, request), ["has", "words"]), wanted(request));
        assert.deepEqual(circuitOf.read(input(HELD, id, null), ["has", "words"]), { has: 0n, words: [0n, 0n, 0n, 0n] });
      }),
      {
        numRuns: 20,
        examples: [
          [15, (1n << 64n) - 1n, 4],
          [0, 0n, 0],
        ],
      },
    ));

  it("changes modes and keys as the specification does", () => {
    const held = [HELD, { ...HELD, isReduceOnly: true, isClosing: true }];
    const keys = [0, 1, 2, 3, 4].map((place) => setKey(3, place, { maxSize: BigInt(place) }, 5));
    for (const account of held) {
      for (const request of [null, deposit(3, 1n), stop(3), close(3), ...keys]) {
        const after = withRequest(account, request);
        const { key, limits } = keysOf(after);
        assert.deepEqual(
          circuitOf.read(input(account, 3, request), [
            "isReduceOnlyAfter",
            "isClosingAfter",
            "keyAfter",
            "limitsAfter",
          ]),
          {
            isReduceOnlyAfter: bit(after.isReduceOnly),
            isClosingAfter: bit(after.isClosing),
            keyAfter: key,
            limitsAfter: limits,
          },
        );
      }
    }
    const { keyAfter } = circuitOf.read(input(fresh(registered), 3, registered), ["keyAfter"]);
    assert.deepEqual(keyAfter, keysOf(fresh(registered)).key);
  });

  it("registers any point of the curve whose eightfold is a key (attack 30: 8 b has no small component)", () => {
    for (const point of [BASE8, GENERATOR, multiplyPoint(GENERATOR, 12_345n)]) {
      const opening = { ...registered, b: point };
      assert.equal(circuitOf.read(input(fresh(opening), 3, opening), ["has"]).has, 1n);
    }
  });

  it("has no witness for a point of small order or off the curve (attack 28)", () => {
    const key = setKey(3, 2);
    for (let order = 0n; order < 8n; order++) {
      const small = multiplyPoint(GENERATOR, order * SUBGROUP_ORDER);
      rejects({ asked: { b: [small.x, small.y] } }, "Request");
      circuitOf.rejects(changed(input(HELD, 3, key), { asked: { b: [small.x, small.y] } }), "Request");
    }
    rejects({ asked: { b: [1n, 1n] } }, "Request/TimesEight/CheckOnCurve");
  });

  it("has no witness for an account that does not start from nothing", () => {
    const orders = emptyOrders(TINY).tree.set(0n, 1n).root;
    for (const change of [
      { cash: 1n },
      { cash: FIELD - 1n },
      { positionsHash: positionsHash(TINY, HELD.positions) },
      { ordersRoot: orders },
      { epoch: 1n },
      { keysRoot: keysRoot(HELD) },
      { isReduceOnly: 1n },
      { isClosing: 1n },
      { liquidation: [1n, 0n, 0n] },
      { liquidation: [0n, 1n, 0n] },
      { liquidation: [0n, 0n, 1n] },
    ]) {
      rejects(change, "Request");
    }
  });

  it("has no witness for amounts out of range, or of what deposits nothing", () => {
    rejects({ asked: { amount: 1n << 64n } }, "Request/Uint/CheckRange");
    rejects({ asked: { amount: FIELD - 1n } }, "Request/Uint/CheckRange");
    for (const request of [null, stop(3), close(3), setKey(3, 1)])
      circuitOf.rejects(changed(input(HELD, 3, request), { asked: { amount: 1n } }), "Request");
  });

  it("is of one kind, and writes one key in one place (attack 18)", () => {
    const kinds = ["isRegister", "isDeposit", "isStop", "isClose", "isKey"] as const;
    for (const kind of kinds) {
      circuitOf.rejects(changed(input(HELD, 3, null), { asked: { [kind]: 2n } }), "Request/Bool");
      const other = kind === "isStop" ? "isDeposit" : "isStop";
      circuitOf.rejects(
        changed(input(HELD, 3, null), { asked: { [kind]: 1n, [other]: 1n } }),
        "Request/Bool",
        "Request",
      );
    }
    const place = (...isPlace: bigint[]) => ({ asked: { isPlace } });
    const key = input(HELD, 3, setKey(3, 2));
    circuitOf.rejects(changed(key, place(0n, 0n, 0n, 0n, 0n)), "Request");
    circuitOf.rejects(changed(key, place(1n, 0n, 1n, 0n, 0n)), "Request");
    circuitOf.rejects(changed(key, place(FIELD - 1n, 0n, 2n, 0n, 0n)), "Request/Bool");
    circuitOf.rejects(changed(input(HELD, 3, stop(3)), place(0n, 1n, 0n, 0n, 0n)), "Request");
    rejects(place(0n, 1n, 0n, 0n, 0n), "Request");
  });

  it("leaves no signal free", () => {
    assert.deepEqual(circuitOf.movable(input(fresh(registered), 3, registered)), []);
    for (const request of [deposit(3, 5n), stop(3), close(3), setKey(3, 4)])
      assert.deepEqual(circuitOf.movable(input(HELD, 3, request)), []);
  });
});
