import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type BoundKind,
  chainStart,
  fullWords,
  HEADER_WORDS,
  publicInputs,
  SPONGE_RATE,
  wordCapacity,
} from "#protocol/binding.ts";
import { hash } from "#protocol/hash.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { FIELD, PROFILE, type Profile, STEP_KIND, TAG, VERSION } from "#protocol/params.ts";
import { applyTrade } from "#protocol/trade.ts";
import { circuit } from "#test/support/circuit.ts";
import { deposit, lane, step, worldState } from "#test/support/world.ts";

const FILE = "state/binding.circom";
const element = fc.oneof(fc.bigInt({ min: 0n, max: FIELD - 1n }), fc.constantFrom(0n, FIELD - 1n));
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });
const bindWords = (kind: BoundKind, profile: Profile) =>
  circuit(FILE, "BindWords", [STEP_KIND[kind], profile.code, wordCapacity(kind, profile).used]);

describe("BindWords", () => {
  for (const [kind, profile] of [
    ["trade", PROFILE.tiny],
    ["marks", PROFILE.tiny],
    ["board", PROFILE.tiny],
    ["trade", PROFILE.devnet],
  ] as const) {
    const { used, padded } = wordCapacity(kind, profile);
    it(`commits to ${used} words of ${kind} ${profile.name} and evaluates them, and leaves no signal free`, async () => {
      const bind = await bindWords(kind, profile);
      fc.assert(
        fc.property(fc.array(element, { minLength: used, maxLength: used }), element, (words, z) => {
          const full = [...words, ...Array<bigint>(padded - used).fill(0n)];
          let chain = chainStart(kind, profile);
          for (let at = 0; at < padded; at += SPONGE_RATE)
            chain = hash(TAG.words, [chain, ...full.slice(at, at + SPONGE_RATE)]);
          const y = words.reduceRight((sum, word) => (sum * z + word) % FIELD, 0n);
          assert.deepEqual(bind.read({ words, z }, ["c", "y"]), { c: chain, y });
        }),
        { numRuns: 10 },
      );
      assert.deepEqual(bind.movable({ words: Array.from({ length: used }, (_, at) => BigInt(at + 1)), z: 99n }), []);
    });

    it(`costs at most 45 constraints a word of ${kind} ${profile.name}, full permutations counted`, async () => {
      const { constraints } = await bindWords(kind, profile);
      assert(
        constraints.nonLinear + constraints.linear <= 45 * padded,
        `${constraints.nonLinear} + ${constraints.linear} for ${padded}`,
      );
    });
  }

  it("gives the public inputs of a real step", async () => {
    const state = worldState({ accounts: [{ cash: 5n }] });
    const { words } = applyTrade(state, step(state, [lane(0, [], deposit(0, 7n))])).trace;
    const { c, z, y } = publicInputs(words);
    const { used } = wordCapacity("trade", PROFILE.tiny);
    const bind = await bindWords("trade", PROFILE.tiny);
    assert.deepEqual(bind.read({ words: fullWords(PROFILE.tiny, words).slice(0, used), z }, ["c", "y"]), { c, y });
  });

  it("tells kinds, profiles and capacities apart", async () => {
    const words = Array<bigint>(16).fill(1n);
    const circuits = await Promise.all(
      [
        [2, 1, 16],
        [1, 1, 16],
        [2, 2, 16],
        [2, 1, 31],
      ].map((params) => circuit(FILE, "BindWords", params)),
    );
    const chains = circuits.map(
      (bind, at) => bind.read({ words: at === 3 ? [...words, ...Array<bigint>(15).fill(0n)] : words, z: 1n }, ["c"]).c,
    );
    assert.equal(new Set(chains).size, 4);
  });
});

describe("MetaWord", () => {
  it("packs the header's first word, and leaves no signal free", async () => {
    const meta = await circuit(FILE, "MetaWord", [STEP_KIND.trade, PROFILE.tiny.code]);
    fc.assert(
      fc.property(bits(40), bits(40), fc.tuple(bits(16), bits(16), bits(16)), (timestamp, number, count) => {
        const expected = pack(LAYOUT.meta, {
          version: VERSION,
          kind: BigInt(STEP_KIND.trade),
          profile: BigInt(PROFILE.tiny.code),
          timestamp,
          number,
          count0: count[0],
          count1: count[1],
          count2: count[2],
        });
        assert.equal(meta.read({ timestamp, number, count }, ["out"]).out, expected);
      }),
    );
    assert.deepEqual(meta.movable({ timestamp: 1n, number: 2n, count: [3n, 4n, 5n] }), []);
    assert.equal(HEADER_WORDS, 4);
  });
});
