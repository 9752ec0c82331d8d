import assert from "node:assert/strict";
import { ProtocolError, type ProtocolErrorCode } from "#protocol/errors.ts";
import { PROFILE } from "#protocol/params.ts";
import { applyTrade } from "#protocol/trade.ts";
import { tradeInput } from "#prover/trade-input.ts";
import type { Circuit } from "#test/support/circuit.ts";
import { Coverage } from "#test/support/coverage.ts";
import { forgeTrade } from "#test/support/forge.ts";
import { MUTATIONS, type Mutant } from "#test/support/mutations.ts";
import { type Random, randomFrom, runSeed } from "#test/support/random.ts";
import { RandomSteps, type Sample } from "#test/support/random-steps.ts";
import { REFUSED_INTENTS } from "#test/support/refused-intents.ts";
import { REFUSED_STEPS } from "#test/support/refused-steps.ts";
import { tradeStep } from "#test/support/trade-circuit.ts";
import { WIDEST_STEPS } from "#test/support/widest-steps.ts";

const STEPS = 2_000;
/** Steps of which one field is spoilt. */
const SPOILT = 1_000;
/** Each of the features that matter is to be seen at least so often. */
const LEAST = 2;

/** Refusals that may show in the step as a whole only: in its laws, or in words that say other than what was executed. */
const OF_THE_STEP: readonly ProtocolErrorCode[] = [
  "SizesDoNotBalance",
  "CashDoesNotBalance",
  "WrongAccount",
  "RequestOrder",
  "WrongSide",
  "OutOfRange",
  "NotBankrupt",
];
const INSIDE = [
  "CheckRange",
  "CheckBits",
  "CheckBitsUpTo",
  "CheckChild",
  "CheckOnCurve",
  "EdDSAPoseidon",
  "Execute",
  "Legs",
  "Request",
  "Lane",
] as const;

/** The code with which the twin refuses. */
function refusalOf({ state, step }: Mutant): ProtocolErrorCode {
  try {
    applyTrade(state, step);
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return assert.fail("the twin accepts the step");
}

/** A mutation that applies: the first that was not tried yet, or a random one. */
function mutantOf(
  sample: Sample,
  random: Random,
  tried: ReadonlyMap<string, number>,
): { readonly name: string; readonly mutant: Mutant } {
  for (const [name, mutate] of Object.entries(MUTATIONS)) {
    const mutant = tried.has(name) ? null : mutate(sample, random);
    if (mutant) return { name, mutant };
  }
  for (;;) {
    const [name, mutate] = random.pick(Object.entries(MUTATIONS));
    const mutant = mutate(sample, random);
    if (mutant) return { name, mutant };
  }
}

const tally = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

describe("TradeStep, profile tiny", () => {
  let circuit: Circuit;
  const accepts = (input: ReturnType<typeof tradeInput>) => circuit.read(input, ["c"]);
  before(async function () {
    this.timeout(120_000);
    circuit = await tradeStep(PROFILE.tiny);
  });

  describe("random steps", () => {
    const seed = runSeed();
    const random = randomFrom(seed);
    const samples: Sample[] = [];

    it(`agree with the twin, ${STEPS} of them`, function () {
      this.timeout(1_800_000).slow(240_000);
      const steps = new RandomSteps(random);
      const coverage = new Coverage();
      for (let at = 0; at < STEPS; at++) {
        const sample = steps.next();
        const input = tradeInput(sample.trace);
        assert.equal(accepts(input)["c"], input["c"], `PROVEGA_SEED=${seed}, step ${at}`);
        coverage.add(sample.trace);
        samples.push(sample);
      }
      console.log(`      seed ${seed}; of ${STEPS} steps: ${coverage}`);
      assert.deepEqual(coverage.below(LEAST), [], "too rare");
    });

    it(`are refused by twin and circuit alike when one field is spoilt, ${SPOILT} of them`, function () {
      this.timeout(1_800_000).slow(240_000);
      const [ways, codes] = [new Map<string, number>(), new Map<string, number>()];
      samples.slice(-SPOILT).forEach((sample, at) => {
        const { name, mutant } = mutantOf(sample, random, ways);
        const what = `${name} of step ${at}, PROVEGA_SEED=${seed}`;
        try {
          const code = refusalOf(mutant);
          const forged = tradeInput(forgeTrade(mutant.state, mutant.step));
          circuit.rejects(forged, ...INSIDE, ...(OF_THE_STEP.includes(code) ? ["TradeStep"] : []));
          count(ways, name);
          count(codes, code);
        } catch (cause) {
          throw new Error(what, { cause });
        }
      });
      assert.equal(samples.length, STEPS);
      console.log(`      spoilt: ${tally(ways)}`);
      console.log(`      refused for: ${tally(codes)}`);
      assert.deepEqual(
        Object.keys(MUTATIONS).filter((name) => !ways.has(name)),
        [],
        "never tried",
      );
    });

    it("are traced alike by the twin and by whoever leaves its checks out", () => {
      for (const { state, step, trace } of samples.slice(0, 100)) {
        assert.deepEqual(tradeInput(forgeTrade(state, step)), tradeInput(trace));
      }
    });
  });

  describe("accepts, like the twin,", () => {
    for (const { name, make } of WIDEST_STEPS) {
      it(name, () => {
        const { state, step } = make();
        const input = tradeInput(applyTrade(state, step).trace);
        assert.equal(accepts(input)["c"], input["c"]);
      });
    }
  });

  describe("has no witness for", () => {
    for (const { name, by, make } of [...REFUSED_INTENTS, ...REFUSED_STEPS]) {
      if (by === null) continue;
      it(`${name}: ${by}`, () => {
        const { state, step } = make();
        circuit.rejects(tradeInput(forgeTrade(state, step)), by);
      });
    }
  });
});
