import assert from "node:assert/strict";
import type { SignedExecution } from "#protocol/execute.ts";
import type { Intent, Order } from "#protocol/intent.ts";
import { PROFILE } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import type { Fill, Op } from "#rollup-node/engine/types.ts";
import { isLaneOp, type LaneOp, pack } from "#rollup-node/pipeline/pack.ts";

const NOBODY = { r8: { x: 0n, y: 1n }, s: 0n };
const head = (account: number, nonce: bigint) => ({ account, epoch: 0n, nonce, validUntil: 9n });
const forced = (account: number, slot: number): Fill => ({
  account,
  execution: { intent: null, slot, size: -10n, cash: 1_000n, fee: 1n },
  legs: [{ slot, size: -10n }],
  carries: [0n],
  role: "forced",
});
const filled = (account: number, nonce: bigint, terms: Partial<Order> = {}): Fill => {
  const intent: Order = {
    kind: "order",
    ...head(account, nonce),
    seriesHash: 1n,
    side: "buy",
    size: 100n,
    price: 7n,
    feePerLot: 0n,
    postOnly: false,
    ioc: false,
    fok: false,
    reduceOnly: false,
    ...terms,
  };
  const execution: SignedExecution = { intent, signature: NOBODY, size: 10n, cash: -70n, fee: 2n };
  return { account, execution, legs: [{ slot: 0, size: 10n }], carries: [0n], role: "taker" };
};
const trade = (id: number, ...fills: readonly Fill[]): LaneOp => ({
  id,
  kind: "trade",
  trade: id,
  cause: "liquidation",
  fills,
  liquidation: null,
});
const alone = (id: number, intent: Intent): LaneOp => ({ id, kind: "intent", signed: { intent, signature: NOBODY } });
const asked = (id: number, request: Request): LaneOp => ({ id, kind: "request", index: id, request });
/** Account and slots, or nonces, of every lane. */
const lanesOf = (...ops: readonly LaneOp[]) =>
  pack(PROFILE.devnet, ops).lanes.map(({ account, executions }) => [
    account,
    ...executions.map(({ intent, slot }) => (intent ? Number(intent.nonce) : slot)),
  ]);

describe("packing of forced executions", () => {
  it("keeps what one operation forces in one lane: half of it may heal the account", () =>
    assert.deepEqual(lanesOf(trade(1, forced(5, 0), forced(5, 7))), [[5, 0, 7]]));

  it("gives every operation a lane of its own: each is judged by the account before it, and recorded", () =>
    assert.deepEqual(lanesOf(trade(1, forced(5, 0)), trade(2, forced(5, 7)), trade(3, forced(5, 7))), [
      [5, 0],
      [5, 7],
      [5, 7],
    ]));

  it("keeps what is forced apart from what is signed, before it and after it", () =>
    assert.deepEqual(lanesOf(trade(1, filled(5, 1n)), trade(2, forced(5, 0)), trade(3, filled(5, 2n))), [
      [5, 1],
      [5, 0],
      [5, 2],
    ]));
});

describe("packing of signed executions", () => {
  it("collapses the fills of one order, in its account's last lane", () => {
    const { lanes, count } = pack(PROFILE.devnet, [trade(1, filled(5, 1n)), trade(2, filled(5, 1n))]);
    assert.equal(count, 2);
    assert.deepEqual(
      lanes.map(({ executions }) => executions.map(({ size, cash, fee }) => [size, cash, fee])),
      [[[20n, -140n, 4n]]],
    );
  });

  it("gives orders that only reduce a lane without others: they would bind those", () =>
    assert.deepEqual(lanesOf(trade(1, filled(5, 1n)), trade(2, filled(5, 2n, { reduceOnly: true }))), [
      [5, 1],
      [5, 2],
    ]));

  it("lets nothing follow a withdrawal, a change of epoch or of mode in its lane", () => {
    for (const intent of [
      { kind: "withdraw", amount: 1n },
      { kind: "cancelAll" },
      { kind: "mode", reduceOnly: false },
    ] as const)
      assert.deepEqual(lanesOf(alone(1, { ...head(5, 1n), ...intent }), trade(2, filled(5, 2n))), [
        [5, 1],
        [5, 2],
      ]);
    assert.deepEqual(lanesOf(alone(1, { ...head(5, 1n), kind: "contribute", amount: 1n }), trade(2, filled(5, 2n))), [
      [5, 1, 2],
    ]);
  });

  it("takes an operation wholly or not at all", () => {
    const many = trade(2, filled(1, 1n), filled(2, 1n), filled(3, 1n), filled(4, 1n));
    const { lanes, count } = pack(PROFILE.devnet, [trade(1, filled(5, 1n)), many]);
    assert.deepEqual([count, lanes.length], [1, 1]);
    assert.equal(pack(PROFILE.devnet, [trade(1, filled(1, 1n), filled(1, 2n), filled(1, 3n)), many]).count, 1);
  });
});

describe("packing of requests and write-offs", () => {
  it("moves a deposit ahead of what is signed, and no other request", () => {
    const deposit = asked(2, { kind: "deposit", account: 5, amount: 1n });
    const [lane] = pack(PROFILE.devnet, [trade(1, filled(5, 1n)), deposit]).lanes;
    assert.deepEqual([lane?.request?.kind, lane?.executions.length], ["deposit", 1]);
    for (const kind of ["stop", "close"] as const)
      assert.equal(pack(PROFILE.devnet, [trade(1, filled(5, 1n)), asked(2, { kind, account: 5 })]).count, 1);
    assert.equal(pack(PROFILE.devnet, [trade(1, forced(5, 0)), deposit]).count, 1);
    assert.deepEqual(lanesOf(asked(1, { kind: "stop", account: 5 }), trade(2, filled(5, 2n))), [[5, 2]]);
  });

  it("puts lanes with requests first, in the order of the queue", () => {
    const stop = (id: number, account: number) => asked(id, { kind: "stop", account });
    assert.deepEqual(lanesOf(trade(1, filled(9, 1n)), stop(2, 7), stop(3, 6), stop(4, 7)), [[7], [6], [7], [9, 1]]);
  });

  it("ends a step with a write-off, in the account's last lane, and takes a visit where a lane is there already", () => {
    const off: LaneOp = { id: 2, kind: "writeOff", account: 5, debt: 1n, insured: 1n, target: 0n };
    const { lanes, count } = pack(PROFILE.devnet, [trade(1, forced(5, 0)), off, trade(3, filled(6, 1n))]);
    assert.deepEqual([count, lanes.length, lanes[0]?.isWrittenOff], [2, 1, true]);
    assert.deepEqual(lanesOf(trade(1, filled(5, 1n)), { id: 2, kind: "visit", account: 5 }), [[5, 1]]);
    assert.deepEqual(lanesOf({ id: 2, kind: "visit", account: 5 }), [[5]]);
  });

  it("leaves marks and the board to steps of their own", () => {
    const board: Op = {
      id: 1,
      kind: "board",
      operation: { kind: "socialise", slot: 0, side: "nobody" },
      effect: { kind: "socialise", slot: null, isShort: false },
    };
    assert.equal(isLaneOp(board), false);
  });
});
