import assert from "node:assert/strict";
import { HEADER_WORDS } from "#protocol/binding.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { executedOf } from "#protocol/execute.ts";
import { executionWords, parseExecuted } from "#protocol/executed.ts";
import { LAYOUT, pack, unpack } from "#protocol/layout.ts";
import { INTENT_KIND } from "#protocol/params.ts";
import { applyTradeWords, applyWords } from "#protocol/rebuild.ts";
import { stateRoot } from "#protocol/state.ts";
import { applyTrade, type TradeTrace } from "#protocol/trade.ts";
import { applyStep } from "#protocol/transition.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { BOARD_MEETINGS, randomBoard } from "#test/support/random-board.ts";
import { RandomSteps, type Sample } from "#test/support/random-steps.ts";
import { fillSpread, lane, signed, spread, step, worldState } from "#test/support/world.ts";

const STEPS = 60;

/** Histories as such are rebuilt in history.test.ts. */
describe("rebuild from words", () => {
  const seed = runSeed();
  const samples = (profile: "tiny" | "devnet", count: number): readonly Sample[] => {
    const steps = new RandomSteps(randomFrom(seed), profile);
    return Array.from({ length: count }, () => steps.next());
  };

  it(`reaches the state of the specification on random steps of several intents (PROVEGA_SEED=${seed})`, function () {
    this.timeout(60_000).slow(20_000);
    for (const { state, trace } of samples("devnet", STEPS)) {
      const rebuilt = applyWords(state, trace.words);
      assert.equal(stateRoot(rebuilt), stateRoot(trace.after));
      assert.deepEqual([rebuilt.board, rebuilt.globals], [trace.after.board, trace.after.globals]);
    }
  });

  it("refuses words that lead elsewhere, or start elsewhere", () => {
    for (const { state, trace } of samples("tiny", STEPS / 3)) {
      for (const [at, word] of trace.words.entries()) {
        const bent = trace.words.with(at, word ^ 1n);
        const saysTheSame = isTwin(word, at) || isVisit(trace, at) || isMasterLimits(trace, at);
        if (!saysTheSame) assert.throws(() => applyWords(state, bent), ProtocolError, `word ${at}`);
      }
      assert.throws(() => applyTradeWords(trace.after, trace.words), { code: "BadWords" });
    }
  });

  it("takes steps of every kind", () => {
    const random = randomFrom(seed);
    for (const meeting of BOARD_MEETINGS) {
      const { state, step: board } = randomBoard(random, "tiny", meeting);
      const { trace } = applyStep(state, board);
      assert.equal(stateRoot(applyWords(state, trace.words)), stateRoot(trace.after));
    }
  });

  it("restores a leg of no lots, wherever it stands", () => {
    const state = worldState({ accounts: [{ cash: 10n ** 12n }, { cash: 10n ** 12n }] });
    for (const slots of [
      [0, 1, 2],
      [1, 0, 2],
      [2, 1, 0],
      [0, 0, 0],
    ]) {
      const sides = [1n, -1n].map((sign, id) => {
        const legs = slots.map((slot, at) => ({ slot, ratio: at === 1 ? sign : 0n }));
        return lane(id, [fillSpread(signed(state, spread(state, id, 1n, { legs, size: 5n, price: 0n })), 5n, 0n)]);
      });
      const { trace } = applyTrade(state, step(state, sides));
      assert.equal(stateRoot(applyWords(state, trace.words)), stateRoot(trace.after));
    }
    const nothing = lane(0, [
      fillSpread(signed(state, spread(state, 0, 1n, { legs: [{ slot: 0, ratio: 0n }], size: 5n, price: 0n })), 5n, 0n),
    ]);
    const { trace } = applyTrade(state, step(state, [nothing]));
    assert.equal(stateRoot(applyWords(state, trace.words)), stateRoot(trace.after));
  });
});

describe("parseExecuted", () => {
  it("restores what executions publish", () => {
    const steps = new RandomSteps(randomFrom(5));
    for (let at = 0; at < STEPS; at++) {
      for (const { executions } of steps.next().trace.lanes) {
        for (const executed of executions.map(executedOf)) {
          const words = executionWords(executed);
          assert.deepEqual(executionWords(parseExecuted(words)), words);
        }
      }
    }
  });

  it("refuses what no execution publishes", () => {
    const none = { size: 0n, cash: 0n, fee: 0n, nonce: 1n };
    const word = (kind: keyof typeof INTENT_KIND, change: Partial<typeof none> = {}) =>
      pack(LAYOUT.execution, { ...none, ...change, kind: BigInt(INTENT_KIND[kind]) });
    const noLegs = { slot0: 0n, slot1: 0n, slot2: 0n, slot3: 0n, ratio0: 0n, ratio1: 0n, ratio2: 0n, ratio3: 0n };
    const legs = pack(LAYOUT.legs, { ...noLegs, ratio0: 1n });
    const refused: readonly (readonly [bigint, bigint])[] = [
      [word("none"), 0n],
      [word("none") + 10n, 0n],
      [word("cancel", { size: 1n }), 0n],
      [word("cancel", { cash: 1n }), 0n],
      [word("cancel", { fee: 1n }), 0n],
      [word("cancel"), legs],
      [word("cancel", { nonce: 0n }), 0n],
      [word("mode", { size: 2n }), 0n],
      [word("withdraw", { fee: 1n }), 0n],
      [word("order"), legs],
      [word("order", { size: 1n }), 0n],
      [word("forced", { size: 1n }), legs],
      [word("backstop", { size: 1n, nonce: 0n }), legs],
    ];
    for (const words of refused) assert.throws(() => parseExecuted(words), { code: "BadWords" }, words.join());
    assert.throws(() => parseExecuted([word("order", { size: 1n }), 1n << 80n]), { code: "OutOfRange" });
  });
});

/**
 * Whether a word behind the header executes what moves nothing, which two kinds say alike: a cancel and a withdrawal of 0, a
 * contribution and a collection of 0. Only executions have a nonce in their highest bits.
 */
function isTwin(word: bigint, at: number): boolean {
  if (at < HEADER_WORDS || word >> BigInt(LAYOUT.execution.bits) !== 0n) return false;
  const { kind, nonce, cash } = unpack(LAYOUT.execution, word);
  const kinds = ["withdraw", "cancel", "contribute", "collect"] as const;
  return nonce > 0n && cash === 0n && kinds.some((each) => BigInt(INTENT_KIND[each]) === kind);
}

/** Whether a word names the account of a visit for nothing, which might be another's. */
const isVisit = ({ lanes, before: { profile } }: TradeTrace, at: number): boolean =>
  lanes.some(
    ({ executions, request, debt }, place) =>
      at === HEADER_WORDS + place * (1 + 2 * profile.intents) &&
      executions.length === 0 &&
      request === null &&
      debt === 0n,
  );

/** Whether a word holds limits for a master key, which has none. */
const isMasterLimits = ({ lanes, before: { profile } }: TradeTrace, at: number): boolean =>
  lanes.some(
    ({ request }, place) =>
      request?.kind === "key" &&
      request.place === 0 &&
      at === HEADER_WORDS + lanes.length * (1 + 2 * profile.intents) + 4 * place + 1,
  );
