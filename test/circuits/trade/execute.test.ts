import assert from "node:assert/strict";
import fc from "fast-check";
import { type OrderSlot, orderKey } from "#protocol/account.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { orderAfter } from "#protocol/execute.ts";
import { toField } from "#protocol/field.ts";
import type { Intent } from "#protocol/intent.ts";
import { FIELD, FILLED_ALL, PROFILE } from "#protocol/params.ts";
import { applyTrade } from "#protocol/trade.ts";
import { tradeInput } from "#prover/trade-input.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import {
  cancel,
  hashOfSlot,
  lane,
  markPrice,
  run,
  signed,
  step,
  trade,
  USD_CASH,
  withdraw,
  worldState,
} from "#test/support/world.ts";

const FILE = "trade/execute.circom";
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const bit = (value: boolean): bigint => (value ? 1n : 0n);
const FULL = (1n << 40n) - 1n;

describe("CheckOrderSlotUpdate", () => {
  let update: Circuit;
  before(async () => {
    update = await circuit(FILE, "CheckOrderSlotUpdate", []);
  });
  type Case = { readonly intent: Intent; readonly before: OrderSlot; readonly lots: bigint };
  const input = ({ intent, before, lots }: Case, isContinuing?: bigint) => {
    const key = orderKey(intent.epoch, intent.nonce);
    const isOrder = intent.kind === "order";
    return {
      isActive: 1n,
      isOrder: bit(isOrder),
      isContinuing: isContinuing ?? bit(isOrder && key === before.key),
      key,
      lots: isOrder ? lots : 0n,
      size: isOrder ? intent.size : 0n,
      keyBefore: before.key,
      filledBefore: before.filled,
    };
  };
  const order = (epoch: bigint, nonce: bigint, size: bigint): Intent => ({
    kind: "order",
    account: 1,
    epoch,
    nonce,
    validUntil: 0n,
    seriesHash: 1n,
    side: "buy",
    size,
    price: 1n,
    feePerLot: 0n,
    postOnly: false,
    ioc: false,
  });
  const withdrawal = (epoch: bigint, nonce: bigint): Intent => ({
    kind: "withdraw",
    account: 1,
    epoch,
    nonce,
    validUntil: 0n,
    amount: 0n,
  });
  /** Keys near each other, so that all three relations are common. */
  const cases: fc.Arbitrary<Case> = fc
    .tuple(fc.boolean(), bits(32), bits(32), fc.integer({ min: -2, max: 2 }), bits(40), bits(40), bits(39))
    .map(([isOrder, epoch, nonce, apart, size, filled, lots]) => ({
      intent: isOrder ? order(epoch, nonce, size) : withdrawal(epoch, nonce),
      before: {
        key: (orderKey(epoch, nonce) + (1n << 64n) - BigInt(apart)) % (1n << 64n),
        filled: filled === FULL ? FILLED_ALL : filled,
      },
      lots: lots + 1n,
    }));
  const twin = ({ intent, before, lots }: Case): OrderSlot | null => {
    try {
      return orderAfter(intent, before, lots);
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  };

  it("equals the specification, and has no witness where that refuses", () =>
    fc.assert(
      fc.property(cases, (each) => {
        const after = twin(each);
        if (after === null) update.rejects(input(each), "CheckOrderSlotUpdate/Uint/CheckRange");
        else
          assert.deepEqual(update.read(input(each), ["keyAfter", "filledAfter"]), {
            keyAfter: after.key,
            filledAfter: after.filled,
          });
      }),
      {
        examples: [
          [{ intent: order(0n, 1n, 10n), before: { key: 1n, filled: 9n }, lots: 1n }],
          [{ intent: order(0n, 1n, 10n), before: { key: 1n, filled: 9n }, lots: 2n }],
          [{ intent: order(0n, 1n, FULL), before: { key: 1n, filled: FILLED_ALL }, lots: 1n }],
          [{ intent: order(2n ** 32n - 1n, 2n ** 32n - 1n, FULL), before: { key: 0n, filled: 0n }, lots: FULL }],
          [{ intent: withdrawal(0n, 1n), before: { key: 1n, filled: 0n }, lots: 0n }],
        ],
        numRuns: 300,
      },
    ));

  it("leaves a slot as it is without an intent", () => {
    const before = { keyBefore: 7n, filledBefore: 3n };
    const idle = { isActive: 0n, isOrder: 0n, isContinuing: 0n, key: 0n, lots: 0n, size: 0n, ...before };
    assert.deepEqual(update.read(idle, ["keyAfter", "filledAfter"]), { keyAfter: 7n, filledAfter: 3n });
    update.rejects({ ...idle, isContinuing: 1n }, "CheckOrderSlotUpdate");
  });

  it("accepts no lie about continuing", () =>
    fc.assert(
      fc.property(cases, fc.constantFrom(0n, 1n, 2n, FIELD - 1n), (each, claimed) => {
        fc.pre(claimed !== input(each).isContinuing);
        // An order whose key is newer cannot claim to continue, one that continues cannot claim to be newer.
        update.rejects(
          input(each, claimed),
          "CheckOrderSlotUpdate",
          "CheckOrderSlotUpdate/Bool",
          "CheckOrderSlotUpdate/Uint/CheckRange",
        );
      }),
      {
        examples: [
          [{ intent: order(0n, 1n, 10n), before: { key: 1n, filled: 0n }, lots: 1n }, 2n],
          [{ intent: order(0n, 2n, 10n), before: { key: 1n, filled: 0n }, lots: 1n }, 1n],
          [{ intent: withdrawal(0n, 1n), before: { key: 1n, filled: 0n }, lots: 0n }, 1n],
        ],
        numRuns: 200,
      },
    ));

  it("leaves no signal free", () => {
    assert.deepEqual(
      update.movable(input({ intent: order(0n, 1n, 10n), before: { key: 1n, filled: 3n }, lots: 2n })),
      [],
    );
    assert.deepEqual(
      update.movable(input({ intent: withdrawal(0n, 9n), before: { key: 1n, filled: 3n }, lots: 0n })),
      [],
    );
  });
});

describe("PriceBand", () => {
  let band: Circuit;
  before(async () => {
    band = await circuit(FILE, "PriceBand", [4, 2]);
  });
  const MARKS = [100n, 200n, 300n, 400n];
  const SPOTS = [6_000n, 9_000n];
  const PPM = 10_000n;
  const input = (isReducing: bigint, slot: number, size: bigint, cash: bigint) => ({
    isReducing,
    isSlot: MARKS.map((_, at) => bit(at === slot)),
    change: MARKS.map((_, at) => (at === slot ? toField(size) : 0n)),
    lots: size < 0n ? -size : size,
    orderCash: toField(cash),
    mark: MARKS,
    bandAt: SPOTS.map((spot) => spot * PPM),
  });
  const room = (slot: number, size: bigint, cash: bigint): bigint =>
    (cash * 10_000n + size * (MARKS[slot] ?? 0n)) * 100_000_000n +
    (size < 0n ? -size : size) * (SPOTS[slot >> 1] ?? 0n) * PPM;

  it("accepts exactly what loses no more than the band against the mark, in the underlying of its slot", () =>
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
        fc.bigInt({ min: -2n, max: 2n }),
        (slot, size, more) => {
          // Cash at the edge, rounded so that both sides of it are met.
          const cash = -room(slot, size, 0n) / 10n ** 12n + more;
          if (room(slot, size, cash) < 0n) band.rejects(input(1n, slot, size, cash), "PriceBand/Uint/CheckRange");
          else band.read(input(1n, slot, size, cash), ["isReducing"]);
          band.read(input(0n, slot, size, cash), ["isReducing"]);
        },
      ),
      { numRuns: 200 },
    ));
  it("leaves no signal free", () => assert.deepEqual(band.movable(input(1n, 2, 5n, 0n)), []));
});

describe("Execute", () => {
  const TINY = PROFILE.tiny;
  const LOTS = 1_000n;
  const PRICE = markPrice(worldState(), 2);
  const STATE = worldState({ accounts: Array.from({ length: 3 }, () => ({ cash: 100_000n * USD_CASH })) });
  let executes: Circuit;
  /** Execute's inputs out of a step's: what is per lane and per place of the first lane, under the template's own names. */
  const inputOf = (honest: ReturnType<typeof trade>) => {
    const all = tradeInput(applyTrade(STATE, honest).trace) as Record<string, never>;
    const first = (name: string) => all[name]?.[0] as never;
    const place = (name: string) => all[name]?.[0]?.[0] as never;
    const shared = Object.fromEntries(
      ["domain", "timestamp", "seriesHash", "statusExpiry"].map((name) => [name, all[name] as never]),
    );
    const names = [
      "isOrder",
      "isWithdraw",
      "isCancel",
      "isCancelAll",
      "isSlot",
      "nonce",
      "validUntil",
      "isPostOnly",
      "isIoc",
      "isSell",
      "feePerLot",
      "r8",
      "s",
      "lots",
      "orderCash",
      "fee",
      "isContinuing",
    ];
    return {
      ...shared,
      ...Object.fromEntries(names.map((name) => [name, place(name)])),
      expiryGuard: STATE.parameters.expiryGuard,
      account: BigInt(honest.lanes[0]?.account ?? 0),
      key: first("key"),
      epoch: first("epoch"),
      size: place("orderSize"),
      price: place("limit"),
      amount: place("withdrawal"),
      keyBefore: place("orderKey"),
      filledBefore: place("orderFilled"),
      children: place("orderChildren"),
      ordersRootBefore: first("ordersRoot"),
    } as Record<string, bigint | bigint[]>;
  };
  const traded = () => trade(STATE, { slot: 2, lots: LOTS, price: PRICE, buyer: 0, seller: 1, nonce: 5n });
  const bought = () => inputOf(traded());
  const sold = () => inputOf({ ...traded(), lanes: traded().lanes.toReversed() });
  const alone = (intent: Intent) => inputOf(step(STATE, [lane(0, [run(signed(STATE, intent))])]));
  const OUT = ["change", "cash", "withdrawn"] as const;
  before(async () => {
    executes = await circuit(FILE, "Execute", [TINY.series, TINY.orderDepth]);
  });

  it("changes what the intent says, and nothing for a cancel", () => {
    const lots = (size: bigint) => [0n, 0n, toField(size), 0n];
    assert.deepEqual(executes.read(bought(), OUT), { change: lots(LOTS), cash: toField(-PRICE * LOTS), withdrawn: 0n });
    assert.deepEqual(executes.read(sold(), OUT), { change: lots(-LOTS), cash: PRICE * LOTS, withdrawn: 0n });
    assert.deepEqual(executes.read(alone(withdraw(STATE, 0, 5n, 7n)), OUT), {
      change: lots(0n),
      cash: toField(-7n),
      withdrawn: 7n,
    });
    assert.deepEqual(executes.read(alone(cancel(STATE, 0, 5n)), OUT), { change: lots(0n), cash: 0n, withdrawn: 0n });
  });

  it("writes no word without an intent, and takes no fee, lots or cash (attack 34)", () => {
    const idle = inputOf(step(STATE, [lane(0, [])]));
    const { word, ordersRootAfter } = executes.read(idle, ["word", "ordersRootAfter"]);
    assert.equal(word, 0n);
    assert.equal(ordersRootAfter, idle["ordersRootBefore"]);
    for (const change of [{ lots: 1n }, { orderCash: 1n }, { nonce: 1n }, { isSlot: [1n, 0n, 0n, 0n] }])
      executes.rejects({ ...idle, ...change }, "Execute");
    executes.rejects({ ...idle, fee: 1n }, "Execute/Uint/CheckRange");
    // Not even one that its own terms seem to allow (attack 26).
    executes.rejects({ ...idle, fee: 1n, feePerLot: 1n, lots: 1n, size: 1n }, "Execute");
  });

  it("is of one kind, and takes kinds and selectors as bits only (attacks 18, 26)", () => {
    const order = bought();
    for (const name of ["isOrder", "isWithdraw", "isCancel", "isCancelAll"])
      executes.rejects({ ...order, [name]: 2n }, "Execute/Bool");
    for (const name of ["isWithdraw", "isCancel", "isCancelAll"])
      executes.rejects({ ...order, [name]: 1n }, "Execute/Bool");
    // Kinds that add up to one, but are none.
    const kinds = { isOrder: 0n, isWithdraw: 0n, isCancel: 0n, isCancelAll: 0n, isSlot: [0n, 0n, 0n, 0n] };
    for (const [negative, one, other] of [
      ["isOrder", "isWithdraw", "isCancel"],
      ["isWithdraw", "isCancel", "isCancelAll"],
      ["isCancel", "isCancelAll", "isWithdraw"],
      ["isCancelAll", "isWithdraw", "isCancel"],
    ] as const) {
      executes.rejects({ ...order, ...kinds, [negative]: FIELD - 1n, [one]: 1n, [other]: 1n }, "Execute/Bool");
    }
    executes.rejects({ ...order, isOrder: 0n }, "Execute");
    executes.rejects({ ...order, isOrder: 0n, isSlot: [0n, 0n, 0n, 0n], isCancel: 1n }, "Execute", "EdDSAPoseidon");
    executes.rejects({ ...order, isSlot: [1n, 0n, 1n, 0n] }, "Execute");
    executes.rejects({ ...order, isSlot: [2n, 0n, FIELD - 1n, 0n] }, "Execute/Bool");
    executes.rejects({ ...order, isSlot: [0n, 0n, 0n, 0n] }, "Execute");
  });

  it("executes in no other slot than that of the series signed (attack 42)", () => {
    for (const slot of [0, 1, 3]) {
      executes.rejects({ ...bought(), isSlot: [0, 1, 2, 3].map((at) => bit(at === slot)) }, "Execute/EdDSAPoseidon");
    }
    // In the other of two slots that list it, only if that one is live.
    const twice = bought();
    const { seriesHash, statusExpiry } = twice as Record<string, bigint[]>;
    assert(seriesHash && statusExpiry);
    const copied = { seriesHash: seriesHash.with(0, hashOfSlot(STATE, 2)), isSlot: [1n, 0n, 0n, 0n] };
    assert.deepEqual(executes.read({ ...twice, ...copied }, ["change"]).change, [LOTS, 0n, 0n, 0n]);
    executes.rejects(
      { ...twice, ...copied, statusExpiry: statusExpiry.with(0, (3n << 48n) + (1n << 39n)) },
      "Execute/Uint/CheckRange",
    );
  });

  it("reads and writes the order slot that the nonce names (attacks 31, 32)", () => {
    const order = bought() as Record<string, bigint> & { children: bigint[][] };
    executes.rejects({ ...order, keyBefore: 1n }, "UpdatePath/CheckChild");
    executes.rejects({ ...order, filledBefore: 1n }, "UpdatePath/CheckChild");
    executes.rejects({ ...order, ordersRootBefore: 1n }, "Execute");
    const [level = []] = order.children;
    executes.rejects({ ...order, children: [level.with(3, 1n)] }, "Execute");
  });

  it("leaves no signal free", () => {
    assert.deepEqual(executes.movable(bought()), []);
    assert.deepEqual(executes.movable(alone(withdraw(STATE, 0, 5n, 7n))), []);
  });

  it("leaves free only what decides nothing without an intent", () => {
    // The inverse of a nonce that is 0.
    const idle = executes.movable(inputOf(step(STATE, [lane(0, [])])));
    assert.deepEqual(
      idle.filter((name) => !name.endsWith("inverse")),
      [],
    );
  });
});
