import assert from "node:assert/strict";
import fc from "fast-check";
import * as lite from "poseidon-lite";
import { hash, hashList } from "#protocol/hash.ts";
import { FIELD } from "#protocol/params.ts";
import { element } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "lib/poseidon.circom";
const TAG = 9n;
const ARITIES = Array.from({ length: 16 }, (_, i) => i + 1);
/** One list of each kind: short, exactly one permutation, one value more, exactly two, and three. */
const LENGTHS = [5, 16, 17, 31, 40];

const source = `
  template Hashes() {
    signal input in[16];
    signal output plain[16], tagged[16];
    component zero[16], tag[16];
    for (var n = 1; n <= 16; n++) {
      zero[n - 1] = Hash(0, n);
      tag[n - 1] = Hash(${TAG}, n);
      for (var i = 0; i < n; i++) {
        zero[n - 1].in[i] <== in[i];
        tag[n - 1].in[i] <== in[i];
      }
      plain[n - 1] <== zero[n - 1].out;
      tagged[n - 1] <== tag[n - 1].out;
    }
  }
  template Lists(LENGTH) {
    signal input in[${Math.max(...LENGTHS)}];
    signal output out[${LENGTHS.length}];
    component lists[${LENGTHS.length}];
    for (var k = 0; k < ${LENGTHS.length}; k++) {
      lists[k] = HashList(${TAG}, LENGTH[k]);
      for (var i = 0; i < LENGTH[k]; i++) lists[k].in[i] <== in[i];
      out[k] <== lists[k].out;
    }
  }`;

/** The arities the protocol uses most, in one circuit of ours and one of circomlib's. */
const COMPARED = [1, 2, 3, 4, 5, 6, 16];
const compared = (template: (n: number) => string, input: string) => `
  template Compared() {
    signal input in[16];
    signal output out[${COMPARED.length}];
    ${COMPARED.map(
      (n, k) => `component hash${k} = ${template(n)};
    for (var i = 0; i < ${n}; i++) hash${k}.${input}[i] <== in[i];
    out[${k}] <== hash${k}.out;`,
    ).join("\n    ")}
  }`;

const oracle = (inputs: readonly bigint[]): bigint => {
  const poseidon = Object.entries(lite).find(([name]) => name === `poseidon${inputs.length}`)?.[1];
  return (poseidon as (inputs: readonly bigint[]) => bigint)(inputs);
};

describe("Hash", () => {
  let hashes: Circuit;
  before(async () => {
    hashes = await circuit(FILE, "Hashes", [], { source });
  });
  const inputs = fc.array(element, { minLength: 16, maxLength: 16 });

  it("equals the specification for every number of inputs, and under tag 0 poseidon-lite", function () {
    this.slow(30_000);
    fc.assert(
      fc.property(inputs, (list) => {
        const expected = ARITIES.map((n) => list.slice(0, n));
        const { plain, tagged } = hashes.read({ in: list }, ["plain", "tagged"]);
        assert.deepEqual(
          tagged,
          expected.map((values) => hash(TAG, values)),
        );
        assert.deepEqual(plain, expected.map(oracle));
      }),
      { numRuns: 50, examples: [[Array(16).fill(0n)], [Array(16).fill(FIELD - 1n)]] },
    );
  });

  it("equals circomlib's template on thousands of inputs", async function () {
    this.slow(60_000);
    const ours = await circuit(FILE, "Compared", [], { source: compared((n) => `Hash(0, ${n})`, "in") });
    const theirs = await circuit("circomlib/circuits/poseidon.circom", "Compared", [], {
      source: compared((n) => `Poseidon(${n})`, "inputs"),
      warnings: "allow",
    });
    fc.assert(
      fc.property(inputs, (list) =>
        assert.deepEqual(ours.read({ in: list }, ["out"]), theirs.read({ in: list }, ["out"])),
      ),
      { numRuns: 300 },
    );
  });

  it("has no linear constraints", async () => {
    const counts = new Map<number, number>();
    for (const n of [1, 2, 3, 4, 6, 16]) {
      const { constraints } = await circuit(FILE, "Hash", [TAG, n]);
      assert.equal(constraints.linear, 0);
      counts.set(n, constraints.nonLinear);
    }
    assert.deepEqual(
      [...counts],
      [
        [1, 213],
        [2, 240],
        [3, 261],
        [4, 297],
        [6, 354],
        [16, 609],
      ],
    );
  });

  it("leaves no signal free", async () => {
    const two = await circuit(FILE, "Hash", [TAG, 2]);
    for (const input of [
      [0n, 0n],
      [5n, FIELD - 5n],
    ]) {
      assert.deepEqual([two.loose({ in: input }), two.movable({ in: input })], [[], []]);
    }
  });

  it("is one permutation, its constants being parameters", async () => {
    const constants = "POSEIDON_C(3), POSEIDON_S(3), POSEIDON_M(3), POSEIDON_P(3)";
    const direct = `template Direct() { signal input in[2]; signal output out <== Permutation(${TAG}, 2, ${constants})(in); }`;
    const permutation = await circuit(FILE, "Direct", [], { source: direct });
    assert.deepEqual(permutation.read({ in: [1n, 2n] }, ["out"]), { out: hash(TAG, [1n, 2n]) });
  });
});

describe("HashList", () => {
  let lists: Circuit;
  before(async () => {
    lists = await circuit(FILE, "Lists", [LENGTHS], { source });
  });

  it("equals the specification for lists of one, two and three permutations", function () {
    this.slow(20_000);
    fc.assert(
      fc.property(fc.array(element, { minLength: 40, maxLength: 40 }), (list) => {
        const expected = LENGTHS.map((length) => hashList(TAG, list.slice(0, length)));
        assert.deepEqual(lists.read({ in: list }, ["out"]), { out: expected });
      }),
      { numRuns: 40 },
    );
  });

  it("adds no linear constraints", () => assert.equal(lists.constraints.linear, 0));
});
