pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   CheckChild
/// @notice  Accepts four children of which the one at 2 high + low is node, or nothing.
/// @sound   With boolean low and high the three equations say: children[2 high + low] = node.
template CheckChild() {
    signal input {bits} low, high;
    assert(low.bits == 1 && high.bits == 1);
    signal input children[4], node;

    signal lower <== children[0] + low * (children[1] - children[0]);
    signal upper <== children[2] + low * (children[3] - children[2]);
    high * (upper - lower) === node - lower;
}

/// @title   CheckPath
/// @notice  Root of a quaternary tree over a path, the children on it being advice.
/// @param   TAG       domain of its inner nodes
/// @param   DEPTH     levels
/// @input   digits    {bits = 1}: the leaf's index, two bits a level, least significant first and next to the leaf
/// @input   children  advice: all four children of each node on the path, from the leaf up
/// @input   leaf      hash of the leaf
/// @output  root      what the tree's root must be
/// @sound   Each level's children hold the node below at the place the digits name; a false child changes the root.
/// @mirror  protocol/tree.ts Tree.path
template CheckPath(TAG, DEPTH) {
    signal input {bits} digits[2 * DEPTH];
    signal input children[DEPTH][4], leaf;
    signal output root;

    signal node[DEPTH + 1];
    node[0] <== leaf;
    for (var i = 0; i < DEPTH; i++) {
        CheckChild()(digits[2 * i], digits[2 * i + 1], children[i], node[i]);
        node[i + 1] <== Hash(TAG, 4)(children[i]);
    }
    root <== node[DEPTH];
}

/// @title   ReplaceChild
/// @notice  The four children with before replaced by after at 2 high + low.
template ReplaceChild() {
    signal input {bits} low, high;
    assert(low.bits == 1 && high.bits == 1);
    signal input children[4], before, after;
    signal output out[4];

    signal both <== low * high;
    var at[4] = [1 - low - high + both, low - both, high - both, both];
    for (var i = 0; i < 4; i++) out[i] <== children[i] + at[i] * (after - before);
}

/// @title   UpdatePath
/// @notice  Roots before and after one leaf of a quaternary tree is replaced: one set of siblings for both.
/// @param   DEPTH     levels
/// @input   digits, children  as for CheckPath
/// @output  rootBefore  what the tree's root must be
/// @output  rootAfter   root of the same tree with leafAfter in the place of leafBefore
/// @sound   As CheckPath for rootBefore; the children after differ from those before only on the path.
/// @mirror  protocol/tree.ts Tree.set
template UpdatePath(DEPTH) {
    signal input {bits} digits[2 * DEPTH];
    signal input children[DEPTH][4], leafBefore, leafAfter;
    signal output rootBefore, rootAfter;

    signal before[DEPTH + 1], after[DEPTH + 1], childrenAfter[DEPTH][4];
    before[0] <== leafBefore;
    after[0] <== leafAfter;
    for (var i = 0; i < DEPTH; i++) {
        CheckChild()(digits[2 * i], digits[2 * i + 1], children[i], before[i]);
        childrenAfter[i] <== ReplaceChild()(digits[2 * i], digits[2 * i + 1], children[i], before[i], after[i]);
        before[i + 1] <== Hash(TAG_NODE(), 4)(children[i]);
        after[i + 1] <== Hash(TAG_NODE(), 4)(childrenAfter[i]);
    }
    rootBefore <== before[DEPTH];
    rootAfter <== after[DEPTH];
}
