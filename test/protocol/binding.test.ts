import assert from "node:assert/strict";
import { keccak256, solidityPacked } from "ethers";
import fc from "fast-check";
import {
  type BoundKind,
  calldataWords,
  chainStart,
  commitment,
  deploymentDomain,
  fullWords,
  HEADER_WORDS,
  keccakWords,
  parseWords,
  publicInputs,
  SPONGE_RATE,
  type StepWords,
  sections,
  wordCapacity,
} from "#protocol/binding.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { hash } from "#protocol/hash.ts";
import { LAYOUT, pack, unpack } from "#protocol/layout.ts";
import { FIELD, PROFILE, type Profile, TAG } from "#protocol/params.ts";

const badWords = (error: unknown): boolean => error instanceof ProtocolError && error.code === "BadWords";
const element = fc.bigInt({ min: 0n, max: FIELD - 1n });
const bits = (n: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(n)) - 1n });

const stepOf = (kind: BoundKind, profile: Profile): fc.Arbitrary<StepWords> =>
  fc.record(
    {
      header: fc.record(
        {
          kind: fc.constant(kind),
          timestamp: bits(40),
          number: bits(40),
          oldRoot: element,
          newRoot: element,
          domain: element,
        },
        { noNullPrototype: true },
      ),
      entries: fc.tuple(
        ...sections(kind, profile).map(({ capacity, entryWords }) =>
          fc.array(fc.array(element, { minLength: entryWords, maxLength: entryWords }), { maxLength: capacity }),
        ),
      ),
    },
    { noNullPrototype: true },
  );
const anyStep = fc.oneof(
  ...(["trade", "marks", "board"] as const).flatMap((kind) =>
    [PROFILE.tiny, PROFILE.devnet].map((profile) => stepOf(kind, profile).map((words) => ({ profile, words }))),
  ),
);

describe("words of a step", () => {
  it("are parsed to what they were made of", () =>
    fc.assert(
      fc.property(anyStep, ({ profile, words }) => {
        const parsed = parseWords(calldataWords(profile, words));
        assert.deepEqual({ header: parsed.header, entries: parsed.entries }, words);
        assert.equal(parsed.profile, profile);
      }),
    ));

  it("stand at fixed offsets in the full vector, zero in between", () => {
    const words: StepWords = {
      header: { kind: "trade", timestamp: 1n, number: 2n, oldRoot: 3n, newRoot: 4n, domain: 5n },
      entries: [[[11n, 12n, 13n]], [[21n, 22n, 23n, 24n]]],
    };
    const full = fullWords(PROFILE.tiny, calldataWords(PROFILE.tiny, words));
    // 4 header words, 2 lanes of 3, 2 requests of 4, padded to 30.
    assert.deepEqual(full.slice(1), [
      3n,
      4n,
      5n,
      11n,
      12n,
      13n,
      0n,
      0n,
      0n,
      21n,
      22n,
      23n,
      24n,
      0n,
      0n,
      0n,
      0n,
      ...Array<bigint>(12).fill(0n),
    ]);
    assert.deepEqual(unpack(LAYOUT.meta, full[0] ?? -1n), {
      version: 1n,
      kind: 2n,
      profile: 1n,
      timestamp: 1n,
      number: 2n,
      count0: 1n,
      count1: 1n,
      count2: 0n,
    });
    assert.deepEqual(wordCapacity("trade", PROFILE.tiny), { used: 18, padded: 30 });
  });

  describe("are refused", () => {
    const honest = calldataWords(PROFILE.tiny, {
      header: { kind: "trade", timestamp: 1n, number: 2n, oldRoot: 3n, newRoot: 4n, domain: 5n },
      entries: [
        [
          [11n, 12n],
          [13n, 14n],
        ],
        [[21n, 22n, 23n, 24n]],
      ],
    });
    const meta = (change: Partial<Record<string, bigint>>) =>
      pack(LAYOUT.meta, { ...unpack(LAYOUT.meta, honest[0] ?? 0n), ...change } as ReturnType<typeof unpack<never>>);
    const cases: Readonly<Record<string, readonly bigint[]>> = {
      "too few for a header": honest.slice(0, HEADER_WORDS - 1),
      "one too few": honest.slice(0, -1),
      "one too many (attack 13)": [...honest, 0n],
      "a word of r, which is an alias of 0 (attack 4)": [...honest.slice(0, -1), FIELD],
      "a root plus r": [honest[0] ?? 0n, 3n + FIELD, ...honest.slice(2)],
      "a negative word": [...honest.slice(0, -1), -1n],
      "a count beyond its section": [meta({ count0: 3n }), ...honest.slice(1), 15n, 16n],
      "a count in a section that the kind does not have": [meta({ count2: 1n }), ...honest.slice(1)],
      "a count that the words do not bear out": [meta({ count1: 0n }), ...honest.slice(1)],
      "another version": [meta({ version: 2n }), ...honest.slice(1)],
      "an unknown kind": [meta({ kind: 4n }), ...honest.slice(1)],
      "an unknown profile": [meta({ profile: 9n }), ...honest.slice(1)],
    };
    for (const [name, words] of Object.entries(cases)) {
      it(name, () => assert.throws(() => parseWords(words), badWords));
    }
  });
});

describe("public inputs", () => {
  const step = stepOf("trade", PROFILE.tiny).map((words) => calldataWords(PROFILE.tiny, words));

  it("are the chain over the full vector, Keccak over the calldata, and the polynomial, as L1 would say", () =>
    fc.assert(
      fc.property(step, (words) => {
        const { c, z, y } = publicInputs(words);
        const full = fullWords(PROFILE.tiny, words);
        let chain = chainStart("trade", PROFILE.tiny);
        for (let at = 0; at < full.length; at += SPONGE_RATE)
          chain = hash(TAG.words, [chain, ...full.slice(at, at + SPONGE_RATE)]);
        assert.equal(c, chain);
        assert.equal(c, commitment("trade", PROFILE.tiny, words));
        const packed = [words[3] ?? 0n, 2n, c, ...words];
        assert.equal(
          z,
          BigInt(
            keccak256(
              solidityPacked(
                packed.map(() => "uint256"),
                packed,
              ),
            ),
          ) % FIELD,
        );
        let [sum, power] = [0n, 1n];
        for (const word of full) {
          sum = (sum + word * power) % FIELD;
          power = (power * z) % FIELD;
        }
        assert.equal(y, sum);
      }),
    ));

  it("change with every word (attacks 2, 3)", () =>
    fc.assert(
      fc.property(step, fc.nat(), element, (words, place, value) => {
        const at = 1 + (place % (words.length - 1));
        fc.pre(words[at] !== value);
        const other = words.with(at, value);
        const [before, after] = [publicInputs(words), publicInputs(other)];
        assert.notEqual(before.c, after.c);
        assert.notEqual(before.z, after.z);
        assert.notEqual(before.y, after.y);
      }),
    ));

  it("start from a chain that no two circuits share", () => {
    const starts = (["trade", "marks", "board"] as const).flatMap((kind) =>
      Object.values(PROFILE).map((profile) => chainStart(kind, profile)),
    );
    assert.equal(new Set(starts).size, starts.length);
    assert.equal(chainStart("trade", PROFILE.tiny), 1n + (2n << 8n) + (1n << 16n) + (30n << 24n));
  });
});

describe("domain", () => {
  it("is that of Solidity, and differs by chain and contract (attack 27)", () => {
    const address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
    const expected = keccak256(solidityPacked(["uint256", "uint256", "uint256"], [31337n, BigInt(address), 1n]));
    assert.equal(deploymentDomain(31337n, BigInt(address)), BigInt(expected) % FIELD);
    const domains = [
      [1n, 2n],
      [2n, 1n],
      [1n, 1n],
    ].map(([chain = 0n, contract = 0n]) => deploymentDomain(chain, contract));
    assert.equal(new Set(domains).size, 3);
  });
  it("hashes whole words", () => {
    assert.equal(keccakWords([]), BigInt(keccak256("0x")));
    assert.equal(keccakWords([(1n << 256n) - 1n]), BigInt(keccak256(`0x${"ff".repeat(32)}`)));
  });
});
