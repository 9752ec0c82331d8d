pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   KeysRoot
/// @notice  Hash of an account's keys. The third element is the place of the session keys.
/// @mirror  protocol/account.ts keysRoot
template KeysRoot() {
    signal input key[2];
    signal output out;

    out <== Hash(TAG_KEYS(), 3)([key[0], key[1], 0]);
}

/// @title   PositionsHash
/// @notice  Hash of a dense vector of positions by pages of at most 8 slots; one page is its own root.
/// @param   M  slots of the board
/// @input   size   signed lots; ranged when they were written
/// @input   index  side-index last settled
/// @mirror  protocol/account.ts positionsHash
template PositionsHash(M) {
    var PAGE = M < 8 ? M : 8;
    var PAGES = M \ PAGE;
    signal input size[M], index[M];
    signal output out;

    var page[PAGES];
    component hashes[PAGES];
    for (var p = 0; p < PAGES; p++) {
        hashes[p] = Hash(TAG_POSITIONS(), 2 * PAGE);
        for (var j = 0; j < PAGE; j++) {
            hashes[p].in[2 * j] <== size[p * PAGE + j];
            hashes[p].in[2 * j + 1] <== index[p * PAGE + j];
        }
        page[p] = hashes[p].out;
    }
    if (PAGES == 1) {
        out <== page[0];
    } else {
        out <== HashList(TAG_PAGES(), PAGES)(page);
    }
}

/// @title   AccountLeaf
/// @notice  Hash of an account from its parts. `epoch` is the whole of the flags until modes exist.
/// @mirror  protocol/account.ts accountLeaf
template AccountLeaf() {
    signal input owner, keysRoot, cash, positionsHash, ordersRoot, epoch;
    signal output out;

    signal collateralHash <== Hash(TAG_COLLATERAL(), 1)([cash]);
    out <== Hash(TAG_ACCOUNT(), 6)([owner, keysRoot, collateralHash, positionsHash, ordersRoot, epoch]);
}
