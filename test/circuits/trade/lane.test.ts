import assert from "node:assert/strict";
import { accountLeaf } from "#protocol/account.ts";
import { fullWords, HEADER_WORDS } from "#protocol/binding.ts";
import { toField } from "#protocol/field.ts";
import { PROFILE } from "#protocol/params.ts";
import { applyTrade, type TradeTrace } from "#protocol/trade.ts";
import type { Circuit } from "#test/support/circuit.ts";
import { Coverage } from "#test/support/coverage.ts";
import { forgeTrade } from "#test/support/forge.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { RandomSteps } from "#test/support/random-steps.ts";
import { firstLane, laneOf } from "#test/support/trade-circuit.ts";
import { cancel, cancelAll, lane, run, signed, step, USD_CASH, withdraw, worldState } from "#test/support/world.ts";

const DEVNET = PROFILE.devnet;
const STEPS = 100;
const STATE = worldState({ profile: "devnet", accounts: [{ cash: 100n * USD_CASH }] });

/** What the twin says of the first lane of a step, in the names of the circuit. */
function expected({ before: state, lanes, words }: TradeTrace) {
  const [first] = lanes;
  assert(first);
  const { before, after, account, executions, request } = first;
  const full = fullWords(DEVNET, words);
  const requests = HEADER_WORDS + DEVNET.lanes * (1 + DEVNET.intents);
  const orders = executions.filter(({ slot }) => slot >= 0);
  const sum = (values: readonly bigint[]) => toField(values.reduce((total, value) => total + value, 0n));
  const long = (size = 0n) => (size > 0n ? size : 0n);
  const perSlot = (value: (slot: number) => bigint) => state.board.map((_, slot) => toField(value(slot)));
  const sizes = (slot: number) => [before.positions[slot]?.size ?? 0n, after.positions[slot]?.size ?? 0n] as const;
  return {
    rootAfter: state.accountTree.set(BigInt(account), accountLeaf(DEVNET, after)).root,
    change: perSlot((slot) => sum(orders.filter((each) => each.slot === slot).map(({ execution }) => execution.size))),
    cashChange: sum(orders.map(({ execution }) => execution.cash)),
    fees: sum(executions.map(({ execution }) => execution.fee)),
    payout: sum(executions.map(({ execution: { intent } }) => (intent.kind === "withdraw" ? intent.amount : 0n))),
    deposit: request?.amount ?? 0n,
    hasRequest: request ? 1n : 0n,
    longChange: perSlot((slot) => long(sizes(slot)[1]) - long(sizes(slot)[0])),
    shortChange: perSlot((slot) => long(-sizes(slot)[1]) - long(-sizes(slot)[0])),
    words: full.slice(HEADER_WORDS, HEADER_WORDS + 1 + DEVNET.intents),
    requestWords: full.slice(requests, requests + 4),
  };
}

describe("Lane of two intents, profile devnet", () => {
  let circuit: Circuit;
  before(async function () {
    this.timeout(240_000);
    circuit = await laneOf(DEVNET);
  });
  const forged = (...executions: Parameters<typeof lane>[1]) =>
    firstLane(forgeTrade(STATE, step(STATE, [lane(0, executions)])));

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

  it("raises the epoch once and withdraws once at most", () => {
    const [first, second] = [withdraw(STATE, 0, 1n, 5n), withdraw(STATE, 0, 2n, 6n)].map((intent) =>
      run(signed(STATE, intent)),
    );
    const raises = [cancelAll(STATE, 0, 1n), cancelAll(STATE, 0, 2n)].map((intent) => run(signed(STATE, intent)));
    assert(first && second);
    circuit.rejects(forged(first, second), "Lane/Bool");
    circuit.rejects(forged(...raises), "Lane/Bool");
    assert.throws(() => applyTrade(STATE, step(STATE, [lane(0, [first, second])])), { code: "TooManyIntents" });
    assert.throws(() => applyTrade(STATE, step(STATE, [lane(0, raises)])), { code: "WrongEpoch" });
  });

  it("takes each intent once: the second sees the order slot as the first left it", () => {
    const once = run(signed(STATE, cancel(STATE, 0, 5n)));
    circuit.rejects(forged(once, once), "CheckOrderSlotUpdate/Uint/CheckRange");
    assert.throws(() => applyTrade(STATE, step(STATE, [lane(0, [once, once])])), { code: "StaleNonce" });
  });

  it("leaves no signal free", function () {
    this.timeout(120_000).slow(60_000);
    const intents = [withdraw(STATE, 0, 1n, 5n), cancel(STATE, 0, 2n)].map((intent) => run(signed(STATE, intent)));
    assert.deepEqual(circuit.movable(forged(...intents)), []);
  });
});
