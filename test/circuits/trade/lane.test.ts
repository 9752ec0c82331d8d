import assert from "node:assert/strict";
import { accountLeaf } from "#protocol/account.ts";
import { fullWords, HEADER_WORDS } from "#protocol/binding.ts";
import { executedOf } from "#protocol/execute.ts";
import type { Executed } from "#protocol/executed.ts";
import { toField } from "#protocol/field.ts";
import { PROFILE } from "#protocol/params.ts";
import { amountOf } from "#protocol/request.ts";
import { applyTrade, type TradeTrace } from "#protocol/trade.ts";
import type { Circuit } from "#test/support/circuit.ts";
import { Coverage } from "#test/support/coverage.ts";
import { forgeTrade } from "#test/support/forge.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { RandomSteps } from "#test/support/random-steps.ts";
import { firstLane, laneOf } from "#test/support/trade-circuit.ts";
import {
  cancel,
  cancelAll,
  forced,
  lane,
  markPrice,
  mode,
  run,
  signed,
  step,
  USD_CASH,
  withdraw,
  worldState,
} from "#test/support/world.ts";

const DEVNET = PROFILE.devnet;
const STEPS = 100;
const STATE = worldState({ profile: "devnet", accounts: [{ cash: 100n * USD_CASH }] });

/** What the twin says of the first lane of a step, in the names of the circuit. */
function expected({ before: state, lanes, words }: TradeTrace) {
  const [first] = lanes;
  assert(first);
  const { before, after, account, executions, request, accrued, debt } = first;
  const full = fullWords(DEVNET, words);
  const laneWords = 1 + 2 * DEVNET.intents;
  const requests = HEADER_WORDS + DEVNET.lanes * laneWords;
  const executed = executions.map(executedOf);
  const sum = (values: readonly bigint[]) => toField(values.reduce((total, value) => total + value, 0n));
  const cashOf = (...kinds: readonly Executed["kind"][]) =>
    sum(executed.filter(({ kind }) => kinds.includes(kind)).map(({ cash }) => cash));
  const feesOf = (isForced: boolean) =>
    sum(executed.filter(({ kind }) => (kind === "forced") === isForced).map(({ fee }) => fee));
  const long = (size = 0n) => (size > 0n ? size : 0n);
  const perSlot = (value: (slot: number) => bigint) => state.board.map((_, slot) => toField(value(slot)));
  const sizes = (slot: number) => [before.positions[slot]?.size ?? 0n, after.positions[slot]?.size ?? 0n] as const;
  const lots = (slot: number) =>
    executed.flatMap(({ legs, units }) => legs.map((leg) => (leg.slot === slot ? leg.ratio * units : 0n)));
  return {
    rootAfter: state.accountTree.set(BigInt(account), accountLeaf(DEVNET, after)).root,
    change: perSlot((slot) => sum(lots(slot))),
    traded: cashOf("order", "backstop", "forced"),
    fees: feesOf(false),
    penalties: feesOf(true),
    payout: toField(-cashOf("withdraw")),
    contributed: toField(-cashOf("contribute")),
    collected: cashOf("collect"),
    paid: toField(accrued),
    isWrittenOff: debt > 0n ? 1n : 0n,
    debt,
    target: debt > 0n ? after.liquidation.target : 0n,
    deposit: amountOf(request),
    hasRequest: request ? 1n : 0n,
    longChange: perSlot((slot) => long(sizes(slot)[1]) - long(sizes(slot)[0])),
    shortChange: perSlot((slot) => long(-sizes(slot)[1]) - long(-sizes(slot)[0])),
    words: full.slice(HEADER_WORDS, HEADER_WORDS + laneWords),
    requestWords: full.slice(requests, requests + 4),
  };
}

describe("Lane of two intents, profile devnet", () => {
  let circuit: Circuit;
  before(async function () {
    this.timeout(240_000);
    circuit = await laneOf(DEVNET);
  });
  const forgedOf = (...executions: Parameters<typeof lane>[1]) =>
    firstLane(forgeTrade(STATE, step(STATE, [lane(0, executions)])));
  const refused = (executions: Parameters<typeof lane>[1], code: string, by: string) => {
    circuit.rejects(forgedOf(...executions), by);
    assert.throws(() => applyTrade(STATE, step(STATE, [lane(0, executions)])), { code });
  };

  it(`equals the specification on the first lane of ${STEPS} random steps`, function () {
    this.timeout(240_000).slow(60_000);
    const seed = runSeed();
    const steps = new RandomSteps(randomFrom(seed), "devnet");
    const coverage = new Coverage();
    let pairs = 0;
    for (let at = 0; at < STEPS; at++) {
      const { trace } = steps.next();
      const wanted = expected(trace);
      const names = Object.keys(wanted) as (keyof typeof wanted)[];
      assert.deepEqual(circuit.read(firstLane(trace), names), wanted, `PROVEGA_SEED=${seed}, step ${at}`);
      coverage.add(trace);
      if (trace.lanes[0]?.executions.length === 2) pairs++;
    }
    console.log(`      seed ${seed}; of ${STEPS} lanes ${pairs} with two intents; of their steps: ${coverage}`);
    assert(pairs >= 5, `${pairs} lanes with two intents`);
  });

  it("raises the epoch once, withdraws once and changes the mode once at most", () => {
    const pair = (first: Parameters<typeof signed>[1], second: Parameters<typeof signed>[1]) =>
      [first, second].map((intent) => run(signed(STATE, intent)));
    refused(pair(withdraw(STATE, 0, 1n, 5n), withdraw(STATE, 0, 2n, 6n)), "TooManyIntents", "Lane/Bool");
    refused(pair(mode(STATE, 0, 1n, true), mode(STATE, 0, 2n, false)), "TooManyIntents", "Lane/Bool");
    refused(pair(cancelAll(STATE, 0, 1n), cancelAll(STATE, 0, 2n)), "WrongEpoch", "Lane/Bool");
  });

  it("takes each intent once: the second sees the order slot as the first left it", () => {
    const once = run(signed(STATE, cancel(STATE, 0, 5n)));
    refused([once, once], "StaleNonce", "CheckOrderSlotUpdate/Uint/CheckRange");
  });

  it("keeps forced executions in a lane of their own, from its first place on", () => {
    const seized = forced(0, -1n, markPrice(STATE, 0));
    const wish = run(signed(STATE, cancel(STATE, 0, 5n)));
    refused([seized, wish], "NotLiquidatable", "Lane");
    refused([wish, seized], "NotLiquidatable", "Lane");
    const input = forgedOf(seized);
    const { wish: places, ...visit } = input["visit"] as { wish: readonly (typeof input)[] };
    circuit.rejects({ ...input, visit: { ...visit, wish: places.toReversed() } }, "Lane");
  });

  it("leaves no signal free", function () {
    this.timeout(120_000).slow(60_000);
    const intents = [withdraw(STATE, 0, 1n, 5n), cancel(STATE, 0, 2n)].map((intent) => run(signed(STATE, intent)));
    // Of the tables, equal ones, no inverse is asked for; nor of what is 0.
    assert.deepEqual(
      circuit.movable(forgedOf(...intents)).filter((name) => !name.endsWith("inverse")),
      [],
    );
  });
});
