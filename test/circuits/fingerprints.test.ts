import assert from "node:assert/strict";
import { BOUND_KINDS } from "#protocol/binding.ts";
import { PROFILE } from "#protocol/params.ts";
import { compileCircuits } from "#prover/artifacts.ts";
import { committed, differences, fingerprint } from "#scripts/fingerprints.ts";

/** What a set-up of 2^17 holds; a trade step has twice that, on tiny a quarter. */
const LIMIT = 131_072;
const TRADE_LIMIT: Readonly<Record<string, number>> = { tiny: 32_768, devnet: 262_144 };

describe("fingerprints", () => {
  it("of profile tiny and of the American tree are those of the circuits as they are", async function () {
    this.timeout(240_000).slow(60_000);
    assert.deepEqual(differences(await compileCircuits(["marks-tiny", "trade-tiny", "board-tiny", "american"])), []);
  });

  it("tell a circuit that changed", () => {
    const table = committed();
    const { "trade-tiny": trade } = table;
    assert(trade);
    assert.deepEqual(differences([{ name: "trade-tiny", constraints: trade }]), []);
    const changed = { name: "trade-tiny", constraints: { ...trade, nonLinear: trade.nonLinear - 1 } };
    assert.match(differences([changed]).join(), /trade-tiny has .* says/);
    assert.equal(fingerprint(changed).publicInputs, 3);
  });

  it("of every instance stay within the sizes aimed at, with three public inputs", () => {
    const table = committed();
    for (const kind of BOUND_KINDS) {
      for (const profile of [PROFILE.tiny, PROFILE.devnet]) {
        const { nonLinear, linear, publicInputs } =
          table[`${kind}-${profile.name}`] ?? assert.fail(`no ${kind}-${profile.name}`);
        assert.equal(publicInputs, 3);
        const limit = kind === "trade" ? (TRADE_LIMIT[profile.name] ?? 0) : LIMIT;
        assert(nonLinear + linear < limit, `${kind}-${profile.name}: ${nonLinear} + ${linear}`);
      }
    }
  });
});
