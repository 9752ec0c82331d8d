import assert from "node:assert/strict";
import { notionalOf } from "#protocol/executed.ts";
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { tableId } from "#protocol/marks.ts";
import type { ProfileName } from "#protocol/params.ts";
import { applyWords } from "#protocol/rebuild.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { applyTrade, type TradeTrace } from "#protocol/trade.ts";
import { assertBooks } from "#test/support/books.ts";
import { Coverage } from "#test/support/coverage.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { RandomSteps } from "#test/support/random-steps.ts";
import { lane, step } from "#test/support/world.ts";

const STEPS = 2_000;

/** Every account visited once, for nothing. */
const visited = (state: State): State =>
  [...state.accounts.keys()].reduce((so, id) => applyTrade(so, step(so, [lane(id, [])], 0n)).state, state);

describe("a random history", function () {
  this.timeout(300_000).slow(100_000);
  const seed = runSeed();
  const coverage = new Coverage();
  /** Notional liquidated, 1e-12 USDC, per account and table. */
  const taken = new Map<string, bigint>();

  /** Nobody is liquidated who was healthy, and of nobody more than the cap under one table. */
  function assertLiquidations({ before, lanes }: TradeTrace, world: string): void {
    for (const { account, isLiquidating, riskBefore, executions } of lanes) {
      if (!isLiquidating) continue;
      assert(riskBefore.health < 0n);
      const key = `${world}/${account}/${tableId(before.marks)}`;
      const all = executions.reduce((sum, each) => sum + notionalOf(before, each), taken.get(key) ?? 0n);
      taken.set(key, all);
      assert(all <= before.parameters.liquidationCap * USDC_NOTIONAL);
    }
  }

  /** `count` steps of random worlds, every one checked. */
  function checkHistory(profile: ProfileName, count: number): void {
    const steps = new RandomSteps(randomFrom(seed), profile);
    let world = 0;
    for (let at = 0; at < count; at++) {
      const { state, trace } = steps.next();
      if (state.globals.number === 7n) world++;
      assertBooks(state);
      assertBooks(trace.after);
      assertLiquidations(trace, `${profile}/${world}`);
      coverage.add(trace);
      const rebuilt = applyWords(state, trace.words);
      assert.equal(stateRoot(rebuilt), stateRoot(trace.after));
      assert.deepEqual([rebuilt.board, rebuilt.globals], [trace.after.board, trace.after.globals]);
      if (at % 10 === 0) assert.equal(visited(trace.after).globals.clearing, 0n);
    }
  }

  it(`keeps the books, and is rebuilt from its words (PROVEGA_SEED=${seed})`, () => {
    checkHistory("tiny", STEPS);
    console.log(`      ${coverage}`);
    assert.deepEqual(coverage.below(1), []);
  });
  it(`does so where lanes hold several intents (PROVEGA_SEED=${seed})`, () => checkHistory("devnet", STEPS / 20));
});
