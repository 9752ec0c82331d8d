/**
 * Sparse quaternary Merkle tree. Immutable: `set` copies one path and shares the rest, so old roots stay usable.
 * @module
 */
import { hash } from "./hash.ts";
import { TAG } from "./params.ts";

/** An absent child stands for a wholly empty subtree. */
type Branch = { readonly digest: bigint; readonly children: readonly (Branch | undefined)[] };

/** Digests of empty subtrees by height, height 0 being the leaf. */
function emptyDigests(depth: number, emptyLeaf: bigint, tag: bigint): readonly bigint[] {
  const digests = [emptyLeaf];
  for (let height = 1; height <= depth; height++) {
    const child = digests[height - 1] as bigint;
    digests.push(hash(tag, [child, child, child, child]));
  }
  return digests;
}

/** Digit of `index` that selects among the children of a node of `height`; the least significant is next to the leaf. */
const digitAt = (index: bigint, height: number): number => Number((index >> BigInt(2 * (height - 1))) & 3n);

const NO_CHILDREN: readonly undefined[] = [undefined, undefined, undefined, undefined];

export class Tree {
  readonly depth: number;
  readonly #empty: readonly bigint[];
  readonly #top: Branch | undefined;
  readonly #tag: bigint;

  constructor(depth: number, empty: readonly bigint[], top: Branch | undefined, tag: bigint) {
    this.depth = depth;
    this.#empty = empty;
    this.#top = top;
    this.#tag = tag;
  }

  get root(): bigint {
    return this.#digest(this.#top, this.depth);
  }

  get(index: bigint): bigint {
    this.#assertIndex(index);
    let node = this.#top;
    for (let height = this.depth; height > 0; height--) node = node?.children[digitAt(index, height)];
    return this.#digest(node, 0);
  }

  /** The tree with leaf `index` replaced. */
  set(index: bigint, leaf: bigint): Tree {
    this.#assertIndex(index);
    return new Tree(this.depth, this.#empty, this.#replace(this.#top, this.depth, index, leaf), this.#tag);
  }

  /** Per level from the leaf up, all four children of the node on the way to `index`: what `UpdatePath` takes. */
  path(index: bigint): bigint[][] {
    this.#assertIndex(index);
    const levels: bigint[][] = [];
    let node = this.#top;
    for (let height = this.depth; height > 0; height--) {
      levels.unshift((node?.children ?? NO_CHILDREN).map((child) => this.#digest(child, height - 1)));
      node = node?.children[digitAt(index, height)];
    }
    return levels;
  }

  #replace(node: Branch | undefined, height: number, index: bigint, leaf: bigint): Branch {
    if (height === 0) return { digest: leaf, children: [] };
    const digit = digitAt(index, height);
    const children = (node?.children ?? NO_CHILDREN).map((child, i) =>
      i === digit ? this.#replace(child, height - 1, index, leaf) : child,
    );
    return {
      digest: hash(
        this.#tag,
        children.map((child) => this.#digest(child, height - 1)),
      ),
      children,
    };
  }

  #digest(node: Branch | undefined, height: number): bigint {
    return node === undefined ? (this.#empty[height] as bigint) : node.digest;
  }

  #assertIndex(index: bigint): void {
    if (index < 0n || index >> BigInt(2 * this.depth) !== 0n) {
      throw new RangeError(`no leaf ${index} in a tree of depth ${this.depth}`);
    }
  }
}

/** A tree of 4^depth leaves, all equal to `emptyLeaf`. `tag`: domain of its inner nodes. */
export const emptyTree = (depth: number, emptyLeaf = 0n, tag: bigint = TAG.node): Tree =>
  new Tree(depth, emptyDigests(depth, emptyLeaf, tag), undefined, tag);
