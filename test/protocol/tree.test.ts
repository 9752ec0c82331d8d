import assert from "node:assert/strict";
import fc from "fast-check";
import { hash } from "#protocol/hash.ts";
import { TAG } from "#protocol/params.ts";
import { emptyTree, type Tree } from "#protocol/tree.ts";

const DEPTH = 2;
const EMPTY = 7n;
const index = fc.bigInt({ min: 0n, max: 4n ** BigInt(DEPTH) - 1n });
const writes = fc.array(fc.tuple(index, fc.bigInt({ min: 0n, max: 1n << 200n })), { maxLength: 12 });

/** The root of all leaves, level by level: no sparseness, no sharing. */
function denseRoot(leaves: readonly bigint[]): bigint {
  if (leaves.length === 1) return leaves[0] as bigint;
  const parents = Array.from({ length: leaves.length / 4 }, (_, i) => hash(TAG.node, leaves.slice(4 * i, 4 * i + 4)));
  return denseRoot(parents);
}

describe("Tree", () => {
  it("has the root and leaves of the dense tree after any writes", () => {
    fc.assert(
      fc.property(writes, (list) => {
        const leaves: bigint[] = Array(4 ** DEPTH).fill(EMPTY);
        let tree = emptyTree(DEPTH, EMPTY);
        for (const [i, leaf] of list) {
          leaves[Number(i)] = leaf;
          tree = tree.set(i, leaf);
        }
        assert.equal(tree.root, denseRoot(leaves));
        leaves.forEach((leaf, i) => assert.equal(tree.get(BigInt(i)), leaf));
      }),
    );
  });

  it("keeps old versions as they were", () => {
    fc.assert(
      fc.property(writes, index, (list, i) => {
        const before = list.reduce<Tree>((tree, [at, leaf]) => tree.set(at, leaf), emptyTree(DEPTH, EMPTY));
        const [root, leaf] = [before.root, before.get(i)];
        const after = before.set(i, leaf + 1n);
        assert.notEqual(after.root, root);
        assert.deepEqual([before.root, before.get(i)], [root, leaf]);
        assert.equal(after.set(i, leaf).root, root);
      }),
    );
  });

  it("gives paths that lead from the leaf to the root", () => {
    fc.assert(
      fc.property(writes, index, (list, i) => {
        const tree = list.reduce<Tree>((t, [at, leaf]) => t.set(at, leaf), emptyTree(DEPTH, EMPTY));
        let node = tree.get(i);
        tree.path(i).forEach((children, level) => {
          assert.equal(children[Number((i >> BigInt(2 * level)) & 3n)], node);
          node = hash(TAG.node, children);
        });
        assert.equal(node, tree.root);
      }),
    );
  });

  it("is sparse at the depth of the accounts tree", () => {
    const tree = emptyTree(12).set(4n ** 12n - 1n, 5n);
    assert.equal(tree.get(4n ** 12n - 1n), 5n);
    assert.equal(tree.get(0n), 0n);
    assert.equal(tree.path(0n).length, 12);
  });

  it("refuses indices beyond its leaves", () => {
    for (const bad of [-1n, 4n ** BigInt(DEPTH)]) {
      assert.throws(() => emptyTree(DEPTH).get(bad), RangeError);
      assert.throws(() => emptyTree(DEPTH).set(bad, 0n), RangeError);
      assert.throws(() => emptyTree(DEPTH).path(bad), RangeError);
    }
  });
});
