import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ProtocolError, type ProtocolErrorCode } from "#protocol/errors.ts";
import { applyTrade } from "#protocol/trade.ts";
import { REFUSED_INTENTS } from "#test/support/refused-intents.ts";
import { REFUSED_STEPS } from "#test/support/refused-steps.ts";

const refusedWith = (code: ProtocolErrorCode) => (error: unknown) => {
  if (!(error instanceof ProtocolError)) throw error;
  assert.equal(error.code, code, error.message);
  return true;
};

/** Codes that these files refuse with. */
const codesOf = (...files: readonly string[]): readonly string[] =>
  files.flatMap((file) => {
    const text = readFileSync(new URL(`../../protocol/${file}`, import.meta.url), "utf8");
    return [...text.matchAll(/(?:refuse|ProtocolError)\(\s*"(\w+)"/g)].map(([, code = ""]) => code);
  });

describe("applyTrade refuses", () => {
  it("with no code that is not provoked below", () => {
    const provoked = new Set([...REFUSED_INTENTS, ...REFUSED_STEPS].map(({ code }) => code as string));
    const thrown = codesOf("trade.ts", "lane.ts", "execute.ts", "intent.ts", "request.ts", "state.ts");
    assert(thrown.length > 20);
    assert.deepEqual(
      thrown.filter((code) => !provoked.has(code)),
      [],
    );
  });

  describe("to execute an intent", () => {
    for (const { name, code, make } of REFUSED_INTENTS) {
      it(`${name}: ${code}`, () => {
        const { state, step } = make();
        assert.throws(() => applyTrade(state, step), refusedWith(code));
      });
    }
  });
  describe("a step with", () => {
    for (const { name, code, make } of REFUSED_STEPS) {
      it(`${name}: ${code}`, () => {
        const { state, step } = make();
        assert.throws(() => applyTrade(state, step), refusedWith(code));
      });
    }
  });
});
