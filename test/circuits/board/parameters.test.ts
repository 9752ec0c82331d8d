import assert from "node:assert/strict";
import { PROFILE } from "#protocol/params.ts";
import { gridHash, oracleKeys, paramsHash, riskValues } from "#protocol/state.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { isFixed } from "#test/support/fixed.ts";
import { PARAMETERS } from "#test/support/world.ts";

const risk = [...riskValues(PARAMETERS)];
/** Bits of every value, as protocol/genesis.ts checks them. */
const BITS = [20, 20, 20, 32, 32, 20, 32, 20, 20, 32, 20, 24, 20];

describe("CheckRisk", () => {
  let check: Circuit;
  before(async () => {
    check = await circuit("board/parameters.circom", "CheckRisk", [risk.length]);
  });

  it("accepts every value up to its width, and none beyond", () => {
    assert.equal(BITS.length, risk.length);
    BITS.forEach((bits, at) => {
      check.witness({ risk: risk.with(at, (1n << BigInt(bits)) - 1n) });
      check.witness({ risk: risk.with(at, at === 1 ? 1n : 0n) });
      check.rejects({ risk: risk.with(at, 1n << BigInt(bits)) }, "CheckRisk/Uint/CheckRange");
      check.rejects({ risk: risk.with(at, -1n) }, "CheckRisk/Uint/CheckRange");
    });
  });

  it("accepts no error bound below that of the scenario prices", () =>
    check.rejects({ risk: risk.with(1, 0n) }, "CheckRisk/Uint/CheckRange"));

  it("leaves no signal free", () => isFixed(check, { risk }));
});

describe("KeptParams", () => {
  it("equals the specification", async () => {
    for (const profile of [PROFILE.tiny, PROFILE.mainnet]) {
      const parameters = {
        ...PARAMETERS,
        oracles: PARAMETERS.oracles.slice(0, 3),
        leveragePpm: Array.from({ length: profile.underlyings }, () => 9n),
      };
      const values = riskValues(parameters);
      const kept = await circuit("board/parameters.circom", "KeptParams", [values.length, profile.oracles]);
      const oracle = oracleKeys(profile, parameters).map(({ x, y }) => [x, y]);
      const input = { risk: [...values], oracle, gridHash: gridHash(profile) };
      assert.equal(kept.read(input, ["out"]).out, paramsHash(profile, parameters));
    }
  });
});
