import assert from "node:assert/strict";
import fc from "fast-check";
import { type Account, emptyOrders, freshAccount, positionsHash } from "#protocol/account.ts";
import { BASE8, IDENTITY, multiplyPoint, type Point, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import { toField } from "#protocol/field.ts";
import { FIELD, PROFILE } from "#protocol/params.ts";
import { type Request, requestWords } from "#protocol/request.ts";
import { timesEight } from "#protocol/signature.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { deposit, register, trader } from "#test/support/world.ts";

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
const input = (account: Account, id: number, request: Request | null) => ({
  isRegister: request?.kind === "register" ? 1n : 0n,
  isDeposit: request?.kind === "deposit" ? 1n : 0n,
  account: BigInt(id),
  amount: request?.amount ?? 0n,
  b: request?.kind === "register" ? [request.b.x, request.b.y] : [BASE8.x, BASE8.y],
  owner: account.owner,
  key: [account.key.x, account.key.y],
  cash: toField(account.cash),
  positionsHash: positionsHash(TINY, account.positions),
  ordersRoot: account.orders.tree.root,
  epoch: account.epoch,
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
  const rejects = (change: Record<string, unknown>, ...by: [string, ...string[]]) => {
    const honest = register(3, 10n);
    circuitOf.rejects({ ...input(fresh(honest), 3, honest), ...change } as ReturnType<typeof input>, ...by);
  };

  it("gives the words of L1's queue", () =>
    fc.assert(
      fc.property(ids, amounts, (id, amount) => {
        const [opening, credit] = [register(id, amount), deposit(id, amount)];
        assert.deepEqual(circuitOf.read(input(fresh(opening), id, opening), ["has", "words"]), {
          has: 1n,
          words: requestWords(opening),
        });
        assert.deepEqual(circuitOf.read(input(HELD, id, credit), ["has", "words"]), {
          has: 1n,
          words: requestWords(credit),
        });
        assert.deepEqual(circuitOf.read(input(HELD, id, null), ["has", "words"]), { has: 0n, words: [0n, 0n, 0n, 0n] });
      }),
      {
        numRuns: 20,
        examples: [
          [15, (1n << 64n) - 1n],
          [0, 0n],
        ],
      },
    ));

  it("registers any point of the curve whose eightfold is a key (attack 30: 8 b has no small component)", () => {
    for (const point of [BASE8, GENERATOR, multiplyPoint(GENERATOR, 12_345n)]) {
      const opening = { ...register(3, 10n), b: point };
      assert.equal(circuitOf.read(input(fresh(opening), 3, opening), ["has"]).has, 1n);
    }
  });

  it("has no witness for a point of small order or off the curve (attack 28)", () => {
    for (let order = 0n; order < 8n; order++) {
      const small = multiplyPoint(GENERATOR, order * SUBGROUP_ORDER);
      rejects({ b: [small.x, small.y], key: [IDENTITY.x, IDENTITY.y] }, "Request");
    }
    rejects({ b: [1n, 1n] }, "Request/TimesEight/CheckOnCurve");
  });

  it("has no witness for an account that does not start from nothing", () => {
    const orders = emptyOrders(TINY).tree.set(0n, 1n).root;
    for (const change of [
      { cash: 1n },
      { cash: FIELD - 1n },
      { positionsHash: positionsHash(TINY, HELD.positions) },
      { ordersRoot: orders },
      { epoch: 1n },
      { key: [trader(4).key.x, trader(4).key.y] },
      { key: [trader(3).key.x, trader(4).key.y] },
    ]) {
      rejects(change, "Request");
    }
  });

  it("has no witness for amounts out of range, or without a request", () => {
    rejects({ amount: 1n << 64n }, "Request/Uint/CheckRange");
    rejects({ amount: FIELD - 1n }, "Request/Uint/CheckRange");
    circuitOf.rejects({ ...input(HELD, 3, null), amount: 1n }, "Request");
    rejects({ isDeposit: 1n }, "Request/Bool");
    rejects({ isRegister: 2n }, "Request/Bool");
    rejects({ isRegister: 2n, isDeposit: FIELD - 1n }, "Request/Bool");
  });

  it("leaves no signal free", () => {
    const opening = register(3, 10n);
    assert.deepEqual(circuitOf.movable(input(fresh(opening), 3, opening)), []);
    assert.deepEqual(circuitOf.movable(input(HELD, 3, deposit(3, 5n))), []);
  });
});
