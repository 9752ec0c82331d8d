import assert from "node:assert/strict";
import { loadFunding, loadPrices } from "#market/hourly.ts";
import type { StepTrace } from "#protocol/transition.ts";
import { HISTORY, type Hour, pathOf, windowOf } from "#simulate/path.ts";
import { Participant } from "#simulate/population.ts";
import { proveSample, signedTrace } from "#simulate/prove-sample.ts";
import { Simulation } from "#simulate/simulation.ts";
import { summaryOf } from "#simulate/summary.ts";

/** 12 March 2020 and the day before it. */
function crash(): readonly Hour[] {
  const { from } = windowOf("2020-03-12", 1);
  const window = { from: from - 24 * 3_600, to: from + 26 * 3_600 };
  return pathOf(loadPrices(window.from - HISTORY, window.to), loadFunding(), window);
}

describe("simulation", function () {
  this.timeout(300_000);
  this.slow(60_000);
  const traces: StepTrace[] = [];
  let played: Simulation;

  before(() => {
    played = new Simulation({
      path: crash(),
      accounts: 60,
      seed: 8,
      insurance: 0,
      onStep: (trace) => traces.push(trace),
    });
    played.play();
  });

  it("finds nothing wrong in a crash that bankrupts accounts and empties the insurance fund", () => {
    const summary = summaryOf(played);
    assert.deepEqual(played.violations, []);
    assert.ok(summary.liquidations > 5, `${summary.liquidations} liquidations`);
    assert.ok(summary.badDebt > 1_000, `${summary.badDebt} USDC of bad debt`);
    assert.ok(summary.socialised > 0, "the other side was charged");
    assert.ok(summary.spreads > 0 && summary.backstopLots > 0 && summary.trades > 50);
    assert.equal(summary.steps, traces.length);
  });

  it("waits for a second table when the price jumps", () => {
    assert.ok(played.recorder.samples.some(({ wasCloseOnly }) => wasCloseOnly));
    assert.ok(played.recorder.steps.marks > crash().length);
  });

  it("plays the same again from the same seed, and something else from another", () => {
    const path = crash().slice(0, 4);
    const roots = (seed: number): readonly (bigint | undefined)[] => {
      const found: (bigint | undefined)[] = [];
      new Simulation({ path, accounts: 12, seed, onStep: ({ words }) => found.push(words[2]) }).play();
      return found;
    };
    assert.deepEqual(roots(5), roots(5));
    assert.notDeepEqual(roots(5), roots(6));
  });

  it("settles expired options at the average of the real prices, and lists others in their places", () => {
    const { from } = windowOf("2020-03-12", 1);
    const window = { from, to: from + 36 * 3_600 };
    const path = pathOf(loadPrices(window.from - HISTORY, window.to), loadFunding(), window);
    const short = new Simulation({ path, accounts: 16, seed: 3 });
    short.play();
    const summary = summaryOf(short);
    assert.deepEqual(short.violations, []);
    assert.equal(summary.settled, 4);
    // Four settlements, then four listings.
    assert.ok(summary.boardSteps >= 8);
    assert.ok(short.state.board.every(({ status }) => status === "live"));
  });

  it("can have every step signed afterwards, and the twin takes the signatures", () => {
    const trades = traces.filter(({ kind }) => kind === "trade").filter((_, at) => at % 40 === 0);
    for (const trace of trades) {
      const signed = signedTrace(trace, Participant.secretOf);
      assert.deepEqual(signed.words, trace.words);
    }
  });

  it("refuses a proof that shows another step", async () => {
    const marks = traces.find(({ kind }) => kind === "marks");
    assert.ok(marks);
    const prover = { prove: async () => ({ proof: [], publicSignals: [1n, 2n, 3n], timings: NO_TIME }) };
    await assert.rejects(proveSample(marks, Participant.secretOf, prover), { code: "ProofInvalid" });
  });
});

const NO_TIME = { witnessMs: 0, proveMs: 0, verifyMs: 0 };
