import assert from "node:assert/strict";
import fc from "fast-check";
import { hash } from "#protocol/hash.ts";
import { TAG } from "#protocol/params.ts";
import { emptyTree, type Tree } from "#protocol/tree.ts";
import { element, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";

const FILE = "lib/merkle.circom";
const DEPTH = 3;
const source = `
  template Update() {
    signal input index, children[${DEPTH}][4], leafBefore, leafAfter, root;
    signal {bits} digits[${2 * DEPTH}] <== ToBits(${2 * DEPTH})(index);
    signal output rootBefore, rootAfter;
    (rootBefore, rootAfter) <== UpdatePath(${DEPTH})(digits, children, leafBefore, leafAfter);
    root === rootBefore;
  }
  template Member() {
    signal input index, children[${DEPTH}][4], leaf, root;
    signal {bits} digits[${2 * DEPTH}] <== ToBits(${2 * DEPTH})(index);
    signal found <== CheckPath(TAG_NODE(), ${DEPTH})(digits, children, leaf);
    root === found;
  }
  template Child() {
    signal input low, high, children[4], node;
    CheckChild()(Bool()(low), Bool()(high), children, node);
    signal output bound <== node * node;
  }
  template Replace() {
    signal input low, high, children[4], before, after;
    signal output out[4] <== ReplaceChild()(Bool()(low), Bool()(high), children, before, after);
  }`;
const build = (template: string) => circuit(FILE, template, [], { source, include: ["lib/uint.circom"] });

const index = uintOf(2 * DEPTH);
const writes = fc.array(fc.tuple(index, element), { maxLength: 10 });
const plant = (list: readonly (readonly [bigint, bigint])[]): Tree =>
  list.reduce((tree, [at, leaf]) => tree.set(at, leaf), emptyTree(DEPTH, 7n));
const opened = (tree: Tree, at: bigint) => ({ index: at, children: tree.path(at), root: tree.root });

describe("UpdatePath", () => {
  let update: Circuit;
  before(async () => {
    update = await build("Update");
  });

  it("equals the specification: roots before and after a write", () => {
    fc.assert(
      fc.property(writes, index, element, (list, at, leafAfter) => {
        const tree = plant(list);
        const input = { ...opened(tree, at), leafBefore: tree.get(at), leafAfter };
        const expected = { rootBefore: tree.root, rootAfter: tree.set(at, leafAfter).root };
        assert.deepEqual(update.read(input, ["rootBefore", "rootAfter"]), expected);
      }),
    );
  });

  it("refuses a leaf that is not there, another account's leaf and another's path (attack 31)", () => {
    fc.assert(
      fc.property(writes, index, index, element, (list, at, other, leaf) => {
        const tree = plant([...list, [other, leaf]]);
        fc.pre(at !== other && tree.get(at) !== leaf);
        const honest = { ...opened(tree, at), leafBefore: tree.get(at), leafAfter: 1n };
        update.rejects({ ...honest, leafBefore: leaf }, "CheckChild");
        update.rejects({ ...honest, index: other }, "CheckChild", "Update");
        // Siblings have one path.
        if (at >> 2n !== other >> 2n) {
          update.rejects({ ...honest, children: tree.path(other) }, "CheckChild", "Update");
        }
      }),
    );
  });

  it("refuses a path of the tree before the last write (attack 31)", () => {
    fc.assert(
      fc.property(writes, index, index, element, (list, at, other, leaf) => {
        const before = plant(list);
        const after = before.set(other, leaf);
        fc.pre(after.root !== before.root);
        const stale = { ...opened(before, at), leafBefore: before.get(at), leafAfter: 1n, root: after.root };
        update.rejects(stale, "Update");
      }),
    );
  });

  it("refuses any false child", () => {
    fc.assert(
      fc.property(writes, index, fc.nat(DEPTH - 1), fc.nat(3), element, (list, at, level, place, lie) => {
        const tree = plant(list);
        const honest = { ...opened(tree, at), leafBefore: tree.get(at), leafAfter: 1n };
        fc.pre(honest.children[level]?.[place] !== lie);
        const children = honest.children.map((row, i) => (i === level ? row.with(place, lie) : row));
        update.rejects({ ...honest, children }, "CheckChild", "Update");
      }),
    );
  });

  it("refuses an inner node as a leaf (attack 32)", () => {
    const tree = plant([
      [5n, 50n],
      [9n, 90n],
    ]);
    const path = tree.path(5n);
    // The node above leaf 5 offered as the leaf, with the path moved down by one level.
    const node = hash(TAG.node, path[0] as bigint[]);
    const shifted = { index: 1n, children: [path[1], path[2], path[2]] as bigint[][], root: tree.root };
    update.rejects({ ...shifted, leafBefore: node, leafAfter: 1n }, "CheckChild", "Update");
  });

  it("refuses an index beyond the tree, and digits that are no bits do not compile (attack 18)", async () => {
    const tree = plant([]);
    update.rejects({ ...opened(tree, 0n), index: 64n, leafBefore: 7n, leafAfter: 1n }, "CheckBits");
    const untagged =
      "template Untagged() { signal input d[2], c[1][4]; signal output root <== CheckPath(TAG_NODE(), 1)(d, c, 1); }";
    await assert.rejects(circuit(FILE, "Untagged", [], { source: untagged }), /tag/i);
  });

  it("leaves no signal free, and costs 602 constraints a level", () => {
    const tree = plant([
      [3n, 30n],
      [27n, 270n],
    ]);
    const input = { ...opened(tree, 27n), leafBefore: 270n, leafAfter: 271n };
    assert.deepEqual([update.loose(input), update.movable(input)], [[], []]);
    assert.deepEqual(update.constraints, { nonLinear: 602 * DEPTH + 2 * DEPTH, linear: 1 });
  });
});

describe("CheckPath", () => {
  let member: Circuit;
  before(async () => {
    member = await build("Member");
  });

  it("accepts what is in the tree and refuses what is not", () => {
    fc.assert(
      fc.property(writes, index, element, (list, at, leaf) => {
        const tree = plant(list);
        const honest = { ...opened(tree, at), leaf: tree.get(at) };
        assert.equal(member.satisfied(member.witness(honest)), true);
        if (leaf !== honest.leaf) member.rejects({ ...honest, leaf }, "CheckChild");
        member.rejects({ ...honest, root: tree.root + 1n }, "Member");
      }),
    );
  });

  it("leaves no signal free, and costs 300 constraints a level", () => {
    const tree = plant([[3n, 30n]]);
    const input = { ...opened(tree, 3n), leaf: 30n };
    assert.deepEqual([member.loose(input), member.movable(input)], [[], []]);
    assert.deepEqual(member.constraints, { nonLinear: 300 * DEPTH + 2 * DEPTH, linear: 1 });
  });
});

describe("CheckChild and ReplaceChild", () => {
  let child: Circuit;
  let replace: Circuit;
  before(async () => {
    child = await build("Child");
    replace = await build("Replace");
  });
  const children = fc.array(element, { minLength: 4, maxLength: 4 });

  it("know the four places", () => {
    fc.assert(
      fc.property(children, uintOf(1), uintOf(1), element, (list, low, high, after) => {
        const place = Number(2n * high + low);
        const before = list[place] as bigint;
        assert.deepEqual(child.read({ low, high, children: list, node: before }, ["node"]), { node: before });
        assert.deepEqual(replace.read({ low, high, children: list, before, after }, ["out"]), {
          out: list.with(place, after),
        });
        if (after !== before) child.rejects({ low, high, children: list, node: after }, "CheckChild");
      }),
    );
  });

  it("cost three and five constraints beside their bits", () => {
    assert.deepEqual(child.constraints, { nonLinear: 2 + 3 + 1, linear: 0 });
    assert.deepEqual(replace.constraints, { nonLinear: 2 + 5, linear: 0 });
    const input = { low: 1n, high: 0n, children: [1n, 2n, 3n, 4n], before: 2n, after: 9n };
    assert.deepEqual([replace.loose(input), replace.movable(input)], [[], []]);
  });
});
