import assert from "node:assert/strict";
import fc from "fast-check";
import { type OrderSlot, orderKey, orderLeaf } from "#protocol/account.ts";
import type { Execution } from "#protocol/execute.ts";
import { orderSlotAfter } from "#protocol/executed.ts";
import { toField } from "#protocol/field.ts";
import type { Intent } from "#protocol/intent.ts";
import { FIELD, FILLED_ALL, PROFILE } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import { applyTrade } from "#protocol/trade.ts";
import type { SignalValue } from "#prover/calculator.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { forgeTrade } from "#test/support/forge.ts";
import { firstLane } from "#test/support/trade-circuit.ts";
import {
  cancel,
  collect,
  contribute,
  fill,
  fillSpread,
  forced,
  hashOfSlot,
  lane,
  markPrice,
  mode,
  order,
  run,
  type Signed,
  signed,
  signedBySession,
  spread,
  step,
  trade,
  USD_CASH,
  withdraw,
  withSession,
  worldState,
} from "#test/support/world.ts";

const FILE = "trade/execute.circom";
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const range = (min: bigint, max: bigint) => fc.bigInt({ min, max });
const bit = (value: boolean): bigint => (value ? 1n : 0n);
const FULL = (1n << 40n) - 1n;

describe("CheckOrderSlotUpdate", () => {
  let update: Circuit;
  before(async () => {
    update = await circuit(FILE, "CheckOrderSlotUpdate", []);
  });
  type Case = {
    readonly isFillable: boolean;
    readonly key: bigint;
    readonly before: OrderSlot;
    readonly units: bigint;
    readonly size: bigint;
  };
  const input = ({ isFillable, key, before, units, size }: Case, isContinuing?: bigint) => ({
    isActive: 1n,
    isFillable: bit(isFillable),
    isContinuing: isContinuing ?? bit(isFillable && key === before.key),
    key,
    units: isFillable ? units : 0n,
    size: isFillable ? size : 0n,
    keyBefore: before.key,
    filledBefore: before.filled,
  });
  const fillable = (key: bigint, size: bigint, before: OrderSlot, units: bigint): Case => ({
    isFillable: true,
    key,
    before,
    units,
    size,
  });
  const other = (key: bigint, before: OrderSlot): Case => ({ isFillable: false, key, before, units: 0n, size: 0n });
  /** Keys near each other, so that all three relations are common. */
  const cases: fc.Arbitrary<Case> = fc
    .tuple(fc.boolean(), bits(32), bits(32), fc.integer({ min: -2, max: 2 }), bits(40), bits(40), bits(39))
    .map(([isFillable, epoch, nonce, apart, size, filled, units]) => ({
      isFillable,
      key: orderKey(epoch, nonce),
      before: { key: (orderKey(epoch, nonce) + (1n << 64n) - BigInt(apart)) % (1n << 64n), filled },
      units: units + 1n,
      size,
    }));
  const twin = ({ isFillable, key, before, units, size }: Case): OrderSlot | null => {
    if (key < before.key || (key === before.key && !isFillable)) return null;
    const legs = isFillable ? [{ slot: 0, ratio: 1n }] : [];
    const after = orderSlotAfter(before, key, { legs, units });
    return isFillable && after.filled > size ? null : after;
  };

  it("equals the specification, and has no witness where that refuses", () =>
    fc.assert(
      fc.property(cases, (each) => {
        const after = twin(each);
        if (after === null) update.rejects(input(each), "CheckOrderSlotUpdate/Uint/CheckRange");
        else
          assert.deepEqual(update.read(input(each), ["leafBefore", "leafAfter"]), {
            leafBefore: orderLeaf(each.before),
            leafAfter: orderLeaf(after),
          });
      }),
      {
        examples: [
          [fillable(1n, 10n, { key: 1n, filled: 9n }, 1n)],
          [fillable(1n, 10n, { key: 1n, filled: 9n }, 2n)],
          [fillable(1n, FULL, { key: 1n, filled: FILLED_ALL }, 1n)],
          [fillable((1n << 64n) - 1n, FULL, { key: 0n, filled: 0n }, FULL)],
          [other(1n, { key: 1n, filled: 0n })],
        ],
        numRuns: 300,
      },
    ));

  it("takes a leaf apart in one way only", () => {
    const before = { key: 7n, filled: 3n };
    const honest = input(fillable(9n, 10n, before, 2n));
    const split = (keyBefore: bigint, filledBefore: bigint) => {
      assert.equal(((((keyBefore << 40n) + filledBefore) % FIELD) + FIELD) % FIELD, orderLeaf(before));
      update.rejects(
        { ...honest, keyBefore: toField(keyBefore), filledBefore: toField(filledBefore) },
        "CheckOrderSlotUpdate/Uint/CheckRange",
      );
    };
    split(6n, (1n << 40n) + 3n);
    split(8n, 3n - (1n << 40n));
    split(0n, orderLeaf(before));
  });

  it("leaves a slot as it is without an intent", () => {
    const before = { keyBefore: 7n, filledBefore: 3n };
    const idle = { isActive: 0n, isFillable: 0n, isContinuing: 0n, key: 0n, units: 0n, size: 0n, ...before };
    const leaf = orderLeaf({ key: 7n, filled: 3n });
    assert.deepEqual(update.read(idle, ["leafBefore", "leafAfter"]), { leafBefore: leaf, leafAfter: leaf });
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
          [fillable(1n, 10n, { key: 1n, filled: 0n }, 1n), 2n],
          [fillable(2n, 10n, { key: 1n, filled: 0n }, 1n), 1n],
          [other(1n, { key: 1n, filled: 0n }), 1n],
        ],
        numRuns: 200,
      },
    ));

  it("leaves no signal free", () => {
    assert.deepEqual(update.movable(input(fillable(1n, 10n, { key: 1n, filled: 3n }, 2n))), []);
    assert.deepEqual(update.movable(input(other(9n, { key: 1n, filled: 3n }))), []);
  });
});

describe("CheckPrice", () => {
  let price: Circuit;
  before(async () => {
    price = await circuit(FILE, "CheckPrice", []);
  });
  const NONE = {
    isOrder: 0n,
    isBackstop: 0n,
    isForced: 0n,
    isReducing: 0n,
    units: 5n,
    price: 0n,
    cash: 0n,
    value: 0n,
    notional: 30_000_000n,
    bandPpm: 10_000n,
  };
  type Input = typeof NONE;
  const fields = (input: Input): Input => ({
    ...input,
    price: toField(input.price),
    cash: toField(input.cash),
    value: toField(input.value),
  });
  /** Whether an execution is allowed, as the twin has it. */
  function isAllowed({
    isOrder,
    isBackstop,
    isForced,
    isReducing,
    units,
    price: limit,
    cash,
    ...rest
  }: Input): boolean {
    const gain = (cash * 10_000n + rest.value) * 100_000_000n;
    if (isOrder && cash + limit * units < 0n) return false;
    if (isBackstop && (limit < 0n || gain - rest.notional * limit < 0n)) return false;
    const isBound = isForced === 1n || (isReducing === 1n && isOrder + isBackstop > 0n);
    return !isBound || gain + rest.notional * rest.bandPpm >= 0n;
  }
  const kinds = fc.constantFrom({ isOrder: 1n }, { isBackstop: 1n }, { isForced: 1n }, {});
  const cash = range(-400_000n, 400_000n);
  const nearly = range(-2n, 2n);

  it("holds each kind to the edge of its own limits, and to no other", () =>
    fc.assert(
      fc.property(
        kinds,
        fc.boolean(),
        range(-60_000n, 60_000n),
        cash,
        nearly,
        fc.boolean(),
        (kind, isReducing, limit, value, more, isAtBand) => {
          const each = { ...NONE, ...kind, isReducing: bit(isReducing), price: limit, value: value * 10_000n };
          // Around the limit of an order, the discount, or the band.
          const margin = isAtBand ? NONE.notional * NONE.bandPpm : -NONE.notional * limit;
          const edge =
            "isOrder" in kind && !isAtBand ? -limit * 5n : -(each.value * 100_000_000n + margin) / 10n ** 12n;
          const input = { ...each, cash: edge + more };
          if (isAllowed(input)) price.read(fields(input), ["cash"]);
          else price.rejects(fields(input), "CheckPrice/Uint/CheckRange");
        },
      ),
      { numRuns: 500 },
    ));
  it("is wide enough for whatever is allowed", () => {
    const [most, spot] = [FULL, (1n << 64n) - 1n];
    const limit = { isOrder: 1n, units: most, price: most, cash: (1n << 83n) - 1n };
    price.read(fields({ ...NONE, ...limit }), ["cash"]);
    const taken = { isBackstop: 1n, cash: (1n << 83n) - 1n, value: most << 48n, notional: most * spot };
    price.read(fields({ ...NONE, ...taken }), ["cash"]);
    const reducing = { isReducing: 1n, value: 1n << 100n, notional: (1n << 53n) * spot, bandPpm: (1n << 20n) - 1n };
    price.read(fields({ ...NONE, ...limit, ...reducing }), ["cash"]);
  });
  it("leaves no signal free", () => {
    for (const kind of [{ isOrder: 1n }, { isBackstop: 1n }, { isForced: 1n }])
      assert.deepEqual(price.movable(fields({ ...NONE, ...kind, cash: 9n })), []);
  });
});

describe("CheckFee", () => {
  let check: Circuit;
  const UNIT = 10n ** 12n;
  const NONE = { isForced: 0n, feePerLot: 0n, lots: 7n, notional: 3_000n * UNIT, penaltyPpm: 0n, fee: 0n };
  before(async () => {
    check = await circuit(FILE, "CheckFee", []);
  });
  const OUT = ["penalty", "taken"] as const;
  it("takes up to the maximum per lot of a signed execution", () => {
    const signedOne = { ...NONE, feePerLot: 100n };
    assert.deepEqual(check.read({ ...signedOne, fee: 700n }, OUT), { penalty: 0n, taken: 0n });
    check.rejects({ ...signedOne, fee: 701n }, "CheckFee/Uint/CheckRange");
    check.rejects({ ...signedOne, fee: FIELD - 1n }, "CheckFee/Uint/CheckRange");
    check.rejects({ ...NONE, fee: 1n }, "CheckFee/Uint/CheckRange");
  });
  it("takes a penalty of a part of the notional of what is liquidated, and none of a forced close", () => {
    const liquidated = { ...NONE, isForced: 1n, penaltyPpm: 5_000n };
    const most = 3_000n * 5_000n;
    assert.deepEqual(check.read({ ...liquidated, fee: most }, OUT), { penalty: most, taken: NONE.notional });
    check.rejects({ ...liquidated, fee: most + 1n }, "CheckFee/Uint/CheckRange");
    check.read({ ...liquidated, notional: NONE.notional - 1n, fee: most - 1n }, OUT);
    check.rejects({ ...liquidated, notional: NONE.notional - 1n, fee: most }, "CheckFee/Uint/CheckRange");
    check.rejects({ ...NONE, isForced: 1n, fee: 1n }, "CheckFee/Uint/CheckRange");
  });
  it("is wide enough for whatever is allowed, and no wider", () => {
    const widest = { ...NONE, feePerLot: (1n << 24n) - 1n, lots: 1n << 53n };
    check.read({ ...widest, fee: (1n << 64n) - 1n }, OUT);
    check.rejects({ ...widest, fee: 1n << 64n }, "CheckFee/Uint/CheckRange");
    const notional = FULL * ((1n << 64n) - 1n);
    check.read({ ...NONE, isForced: 1n, notional, penaltyPpm: (1n << 20n) - 1n }, OUT);
  });
  it("leaves no signal free", () =>
    assert.deepEqual(check.movable({ ...NONE, isForced: 1n, penaltyPpm: 5_000n, fee: 9n }), []));
});

describe("Execute", () => {
  const TINY = PROFILE.tiny;
  const LOTS = 1_000n;
  const PRICE = markPrice(worldState(), 2);
  const STATE = withSession(
    worldState({ accounts: Array.from({ length: 3 }, () => ({ cash: 100_000n * USD_CASH })) }),
    0,
    2,
  );
  type Bus = Readonly<Record<string, SignalValue>>;
  type Input = Bus & { readonly wish: Bus; readonly venue: Bus };
  let executes: Circuit;
  /** Execute's inputs out of a step's: those of the first place of the first lane. */
  const inputOf = (honest: ReturnType<typeof trade>, state: State = STATE, trace = applyTrade(state, honest).trace) => {
    const { venue, visit } = firstLane(trace) as { venue: Bus; visit: Bus & { wish: readonly Bus[] } };
    const { key = [], limits = [], epoch = 0n, ordersRoot = 0n, isReducing = 0n } = visit;
    return {
      venue,
      wish: visit.wish[0] ?? {},
      account: BigInt(honest.lanes[0]?.account ?? 0),
      key,
      limits,
      epoch,
      isReducing,
      penaltyPpm: 0n,
      ordersRootBefore: ordersRoot,
    } satisfies Input;
  };
  const wishes = (input: Input, change: Bus): Input => ({ ...input, wish: { ...input.wish, ...change } });
  const traded = () => trade(STATE, { slot: 2, lots: LOTS, price: PRICE, buyer: 0, seller: 1, nonce: 5n });
  const bought = () => inputOf(traded());
  const sold = () => inputOf({ ...traded(), lanes: traded().lanes.toReversed() });
  const done = (...executions: readonly Execution[]) => inputOf(step(STATE, [lane(0, executions)]));
  const alone = (intent: Intent) => done(run(signed(STATE, intent)));
  /** Without a counterparty. */
  const forge = (execution: Execution, account = 0, state = STATE) => {
    const honest = step(state, [lane(account, [execution])]);
    return inputOf(honest, state, forgeTrade(state, honest));
  };
  const OUT = ["change", "traded", "moved", "withdrawn", "contributed", "collected", "penalty", "taken"] as const;
  const NOTHING = { traded: 0n, moved: 0n, withdrawn: 0n, contributed: 0n, collected: 0n, penalty: 0n, taken: 0n };
  const lots = (...size: readonly bigint[]) => Object.assign([0n, 0n, 0n, 0n], size.map(toField));
  before(async () => {
    executes = await circuit(FILE, "Execute", [TINY.series, TINY.underlyings, TINY.orderDepth, TINY.bulkDepth]);
  });

  it("changes what the intent says, and nothing for a cancel", () => {
    const cash = PRICE * LOTS;
    const changed = (size: bigint, moved: bigint) => ({
      ...NOTHING,
      change: lots(0n, 0n, size),
      traded: toField(moved),
      moved: toField(moved),
    });
    assert.deepEqual(executes.read(bought(), OUT), changed(LOTS, -cash));
    assert.deepEqual(executes.read(sold(), OUT), changed(-LOTS, cash));
    const plain = { ...NOTHING, change: lots() };
    const moves = (moved: bigint, name: string) => ({
      ...plain,
      moved: toField(moved),
      [name]: moved < 0n ? -moved : moved,
    });
    assert.deepEqual(executes.read(alone(withdraw(STATE, 0, 5n, 7n)), OUT), moves(-7n, "withdrawn"));
    assert.deepEqual(executes.read(alone(contribute(STATE, 0, 5n, 7n)), OUT), moves(-7n, "contributed"));
    assert.deepEqual(executes.read(forge(run(signed(STATE, collect(STATE, 0, 5n, 7n)))), OUT), moves(7n, "collected"));
    for (const intent of [cancel(STATE, 0, 5n), mode(STATE, 0, 5n, true)])
      assert.deepEqual(executes.read(alone(intent), OUT), plain);
    assert.equal(executes.read(alone(mode(STATE, 0, 5n, true)), ["switched"]).switched, 1n);
    assert.equal(executes.read(alone(mode(STATE, 0, 5n, false)), ["switched"]).switched, 0n);
  });

  const SPREAD = spread(STATE, 0, 5n, {
    legs: [
      { slot: 0, ratio: 2n },
      { slot: 3, ratio: -1n },
    ],
    size: 10n,
    price: 0n,
  });
  it("moves all legs of a spread in its ratio, perpetuals at their mark", () => {
    const mark = STATE.marks.slots[3]?.mark ?? 0n;
    assert.deepEqual(executes.read(forge(fillSpread(signed(STATE, SPREAD), 3n, -4n)), OUT), {
      ...NOTHING,
      change: lots(6n, 0n, 0n, -3n),
      traded: 12n,
      moved: toField(12n - (3n * mark) / 10_000n),
    });
  });

  it("forces without a signature, and says whom a deficit is charged to", () => {
    const input = { ...forge(forced(2, -5n, 100n, 9n)), penaltyPpm: 5_000n };
    const spot = STATE.marks.underlyings[0]?.spot ?? 0n;
    const value = (STATE.marks.slots[2]?.mark ?? 0n) / 10_000n;
    const near = wishes(input, { cash: 5n * value });
    assert.deepEqual(executes.read(near, OUT), {
      ...NOTHING,
      change: lots(0n, 0n, -5n),
      traded: 5n * value,
      moved: 5n * value - 9n,
      penalty: 9n,
      taken: 5n * spot,
    });
    assert.equal(executes.read(near, ["target"]).target, 1n + 2n * 2n + 1n);
    executes.rejects({ ...near, penaltyPpm: 0n }, "CheckFee/Uint/CheckRange");
    executes.rejects(wishes(near, { cash: 0n }), "CheckPrice/Uint/CheckRange");
    executes.rejects(wishes(near, { ratio: lots(-2n) }), "Execute");
    executes.rejects(wishes(near, { nonce: 1n }), "Execute");
    executes.rejects({ ...near, venue: { ...near.venue, isClosed: [1n] } }, "Execute");
  });

  it("writes no word without an intent, and takes no fee, lots or cash (attack 34)", () => {
    const idle = inputOf(step(STATE, [lane(0, [])]));
    const { words, ordersRootAfter } = executes.read(idle, ["words", "ordersRootAfter"]);
    assert.deepEqual(words, [0n, 0n]);
    assert.equal(ordersRootAfter, idle.ordersRootBefore);
    const slots = idle.wish["isSlot"] as readonly SignalValue[];
    for (const change of [{ units: 1n }, { cash: 1n }, { nonce: 1n }, { isSlot: slots.with(0, [1n, 0n, 0n, 0n]) }])
      executes.rejects(wishes(idle, change), "Execute");
    executes.rejects(wishes(idle, { fee: 1n }), "CheckFee/Uint/CheckRange");
    // Not even one that its own terms seem to allow (attack 26).
    executes.rejects(wishes(idle, { fee: 1n, high: 1n, units: 1n, low: 1n }), "Execute");
  });

  const KINDS = [
    "isOrder",
    "isBackstop",
    "isWithdraw",
    "isCancel",
    "isCancelAll",
    "isMode",
    "isContribute",
    "isCollect",
    "isForced",
  ] as const;
  it("is of one kind, and takes kinds as bits only (attacks 18, 26)", () => {
    for (const name of KINDS) {
      executes.rejects(wishes(bought(), { [name]: 2n }), "Execute/Bool");
      if (name !== "isOrder") executes.rejects(wishes(bought(), { [name]: 1n }), "Execute/Bool");
      // Kinds that add up to one, but are none.
      const [one, other] = KINDS.filter((each) => each !== name && each !== "isForced");
      assert(one && other);
      const none = Object.fromEntries(KINDS.map((each) => [each, 0n]));
      executes.rejects(wishes(bought(), { ...none, [name]: FIELD - 1n, [one]: 1n, [other]: 1n }), "Execute/Bool");
    }
    executes.rejects(wishes(bought(), { isOrder: 0n }), "Execute");
    executes.rejects(wishes(bought(), { isOrder: 0n, isBackstop: 1n }), "EdDSAPoseidon");
    executes.rejects(wishes(bought(), { isOrder: 0n, isForced: 1n }), "Execute");
  });

  it("executes in no other slot than that of the series signed (attack 42)", () => {
    const slots = (input: Input, row: readonly bigint[]) =>
      wishes(input, { isSlot: (input.wish["isSlot"] as readonly SignalValue[]).with(0, row) });
    for (const slot of [0, 1, 3]) {
      executes.rejects(
        slots(
          bought(),
          [0, 1, 2, 3].map((at) => bit(at === slot)),
        ),
        "Execute/EdDSAPoseidon",
      );
    }
    // In the other of two slots that list it, only if that one trades.
    const twice = bought();
    const seriesHash = (twice.venue["seriesHash"] as readonly bigint[]).with(0, hashOfSlot(STATE, 2));
    const copied = slots({ ...twice, venue: { ...twice.venue, seriesHash } }, [1n, 0n, 0n, 0n]);
    assert.deepEqual(executes.read(copied, ["change"]).change, lots(LOTS));
    executes.rejects({ ...copied, venue: { ...copied.venue, isTrading: [0n, 1n, 1n, 1n] } }, "Legs");
  });

  it("takes of a session key what it may sign, and nothing else", () => {
    const by = (intent: Signed<Intent>) => forge(run(intent));
    const session = (intent: Intent) => signedBySession(STATE, intent, 2);
    const buy = order(STATE, 0, 5n, { slot: 2, side: "buy", size: LOTS, price: PRICE });
    executes.read(forge(fill(signedBySession(STATE, buy, 2), LOTS, PRICE)), ["traded"]);
    for (const intent of [cancel(STATE, 0, 5n), mode(STATE, 0, 5n, true)])
      executes.read(by(session(intent)), ["moved"]);
    for (const intent of [withdraw(STATE, 0, 5n, 1n), contribute(STATE, 0, 5n, 1n), mode(STATE, 0, 5n, false)])
      executes.rejects(by(session(intent)), "Execute");
    executes.rejects(by(session(cancel(STATE, 0, 1n << 31n))), "Execute");
    // Nor is its signature the master's.
    executes.rejects(wishes(by(session(cancel(STATE, 0, 5n))), { isSigner: [1n, 0n, 0n, 0n, 0n] }), "EdDSAPoseidon");
    executes.rejects(wishes(by(session(cancel(STATE, 0, 5n))), { isSigner: [0n, 1n, 0n, 0n, 0n] }), "CheckOnCurve");
  });

  it("reads and writes the order slot that the nonce names (attacks 31, 32)", () => {
    executes.rejects(wishes(bought(), { orderKey: 1n }), "UpdatePath/CheckChild");
    executes.rejects(wishes(bought(), { orderFilled: 1n }), "UpdatePath/CheckChild");
    executes.rejects({ ...bought(), ordersRootBefore: 1n }, "Execute");
    const [level = []] = bought().wish["orderChildren"] as readonly bigint[][];
    executes.rejects(wishes(bought(), { orderChildren: [level.with(3, 1n)] }), "Execute");
  });

  it("leaves no signal free", () => {
    for (const input of [
      bought(),
      alone(withdraw(STATE, 0, 5n, 7n)),
      forge(fillSpread(signed(STATE, SPREAD), 3n, -4n)),
    ])
      assert.deepEqual(executes.movable(input), []);
  }).timeout(30_000);

  it("leaves free only what decides nothing without an intent", () => {
    // The inverse of a nonce that is 0.
    const idle = executes.movable(inputOf(step(STATE, [lane(0, [])])));
    assert.deepEqual(
      idle.filter((name) => !name.endsWith("inverse")),
      [],
    );
  }).timeout(30_000);
});
