import assert from "node:assert/strict";
import { ProtocolError, type ProtocolErrorCode } from "#protocol/errors.ts";
import { applyTrade } from "#protocol/trade.ts";
import { REFUSED_INTENTS } from "#test/support/refused-intents.ts";
import { REFUSED_STEPS } from "#test/support/refused-steps.ts";

const refusedWith = (code: ProtocolErrorCode) => (error: unknown) => {
  if (!(error instanceof ProtocolError)) throw error;
  assert.equal(error.code, code, error.message);
  return true;
};

describe("applyTrade refuses", () => {
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
