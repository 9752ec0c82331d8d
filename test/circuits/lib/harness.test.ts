import assert from "node:assert/strict";
import { type Circuit, circuit } from "#test/support/circuit.ts";

/** A division by 10 in several states of health, to show that the tools see what is wrong. */
const source = `
  bus Pair() { signal x, y; }
  template Tens(IS_BOUND) {
    signal input in;
    signal output q, bits[2];
    signal r <-- in % 10;
    q <-- in \\ 10;
    if (IS_BOUND) Refusing()(r);
    in === 10 * q + r;
    for (var i = 0; i < 2; i++) bits[i] <== (i + 1) * r * r;
  }
  template Refusing() {
    signal input r;
    signal product[10];
    product[0] <== r;
    for (var i = 1; i < 10; i++) product[i] <== product[i - 1] * (r - i);
    product[9] === 0;
  }
  template Root() {
    signal input square;
    signal output root <-- square == 9 ? 3 : 0;
    root * root === square;
  }
  template Unused() {
    signal input a, b;
    signal output square <== a * a;
    signal root <-- a == 3 ? 3 : 0;
    root * root === square;
    _ <== b;
  }
  template Buses() {
    Pair() input pair[2];
    signal output sums[2][1];
    for (var i = 0; i < 2; i++) sums[i][0] <== pair[i].x * pair[i].y;
  }`;

describe("circuit harness", () => {
  const build = (template: string, params: readonly number[] = []) =>
    circuit("lib/uint.circom", template, params, { source });
  let sound: Circuit;
  let unsound: Circuit;
  before(async () => {
    sound = await build("Tens", [1]);
    unsound = await build("Tens", [0]);
  });

  it("reads arrays, and inputs of buses", async () => {
    assert.deepEqual(sound.read({ in: 37n }, ["q", "bits"]), { q: 3n, bits: [49n, 98n] });
    const buses = await build("Buses");
    const pair = [
      { x: 2n, y: 3n },
      { x: 4n, y: 5n },
    ];
    assert.deepEqual(buses.read({ pair }, ["sums", "pair"]), { sums: [[6n], [20n]], pair });
    assert.throws(() => sound.read({ in: 1n }, ["nothing"]), /no signal nothing/);
  });

  it("names the template that refuses", async () => {
    const root = await build("Root");
    root.rejects({ square: 4n }, "Root");
    assert.throws(() => root.rejects({ square: 9n }, "Root"), /Root accepts/);
    assert.throws(() => root.rejects({ square: 4n }, "Square"), /refused by Root, not by Square/);
    assert.throws(() => root.rejects({ cube: 4n }, "Root"), /no input cube/);
    assert.throws(() => root.rejects({}, "Root"), /1 input values, not 0/);
  });

  it("checks whole witnesses", () => {
    const witness = sound.witness({ in: 37n });
    assert.equal(sound.satisfied(witness), true);
    assert.equal(sound.satisfied(witness.with(1, 4n)), false);
  });

  it("finds a wire that can be changed alone", async () => {
    const root = await build("Root");
    assert.deepEqual(root.loose({ square: 9n }), ["root"]);
    assert.deepEqual(sound.loose({ in: 37n }), []);
    // An input without a wire holds no other's.
    const unused = await build("Unused");
    assert.deepEqual(unused.loose({ a: 3n, b: 5n }), ["root"]);
  });

  it("finds wires that can be changed together only", () => {
    assert.deepEqual(unsound.loose({ in: 37n }), []);
    assert.deepEqual(unsound.movable({ in: 37n }).sort(), ["bits[0]", "bits[1]", "q", "r"]);
    assert.deepEqual(sound.movable({ in: 37n }), []);
  });

  it("passes on what the compiler says and insists on no warnings", async () => {
    const idle = "template Idle() { signal input a, b; signal output c <== a * a; }";
    await assert.rejects(circuit("lib/uint.circom", "Idle", [], { source: idle }), /b does not appear/);
    await circuit("lib/uint.circom", "Idle", [], { source: idle, warnings: "allow" });
    await assert.rejects(circuit("lib/uint.circom", "Nowhere", []), /Nowhere/);
  });
});
