import assert from "node:assert/strict";
import { HEADER_WORDS } from "#protocol/binding.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { LAYOUT, unpack } from "#protocol/layout.ts";
import { INTENT_KIND } from "#protocol/params.ts";
import { applyTradeWords, applyWords } from "#protocol/rebuild.ts";
import { stateRoot } from "#protocol/state.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { RandomSteps } from "#test/support/random-steps.ts";

const STEPS = 60;

describe("rebuild from words", () => {
  const seed = runSeed();
  const samples = (count: number) => {
    const steps = new RandomSteps(randomFrom(seed));
    return Array.from({ length: count }, () => steps.next());
  };

  it(`reaches the state of the specification on random trade steps (PROVEGA_SEED=${seed})`, () => {
    const kinds = new Set<string>();
    for (const { state, trace } of samples(STEPS)) {
      for (const { request, executions } of trace.lanes) {
        if (request) kinds.add(request.kind);
        for (const { execution } of executions) kinds.add(execution.intent.kind);
      }
      const rebuilt = applyWords(state, trace.words);
      assert.equal(stateRoot(rebuilt), stateRoot(trace.after));
      assert.deepEqual(rebuilt.board, trace.after.board);
      assert.deepEqual(rebuilt.globals, trace.after.globals);
    }
    for (const kind of ["order", "withdraw", "deposit"]) assert.ok(kinds.has(kind), `no ${kind} among ${STEPS} steps`);
  });

  it("refuses words that lead elsewhere, or start elsewhere", () => {
    for (const { state, trace } of samples(STEPS / 3)) {
      for (const [at, word] of trace.words.entries()) {
        const bent = trace.words.with(at, word ^ 1n);
        // A cancel and a withdrawal of nothing differ in this bit, and do the same.
        if (isTwin(word, at)) assert.equal(stateRoot(applyWords(state, bent)), stateRoot(trace.after));
        else assert.throws(() => applyWords(state, bent), ProtocolError, `word ${at}`);
      }
      assert.throws(() => applyTradeWords(trace.after, trace.words), { code: "BadWords" });
    }
  });
});

/** Whether a word behind the header executes a cancel or a withdrawal of 0: only executions have a nonce in their highest bits. */
function isTwin(word: bigint, at: number): boolean {
  if (at < HEADER_WORDS || word >> BigInt(LAYOUT.execution.bits) !== 0n) return false;
  const { kind, nonce, cash } = unpack(LAYOUT.execution, word);
  const isWithdrawal = kind === BigInt(INTENT_KIND.withdraw) && cash === 0n;
  return nonce > 0n && (isWithdrawal || kind === BigInt(INTENT_KIND.cancel));
}
