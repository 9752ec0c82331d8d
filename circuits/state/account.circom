pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   KeysRoot
/// @notice  Hash of an account's keys: the master's, then every session's with its limits.
/// @input   key     the master's and the sessions', each x and y
/// @input   limits  of the sessions, packed
/// @mirror  protocol/account.ts keysRoot
template KeysRoot() {
    var N = SESSIONS();
    signal input key[1 + N][2], limits[N];
    signal output out;

    component hash = Hash(TAG_KEYS(), 2 + 3 * N);
    for (var k = 0; k < 2; k++) hash.in[k] <== key[0][k];
    for (var i = 0; i < N; i++) {
        for (var k = 0; k < 2; k++) hash.in[2 + 3 * i + k] <== key[1 + i][k];
        hash.in[4 + 3 * i] <== limits[i];
    }
    out <== hash.out;
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
/// @notice  Hash of an account from its parts.
/// @input   isReduceOnly, isClosing  booleans
/// @input   liquidation              table, amount and target of what liquidation has done to it
/// @mirror  protocol/account.ts accountLeaf
template AccountLeaf() {
    signal input owner, keysRoot, cash, positionsHash, ordersRoot, epoch, isReduceOnly, isClosing, liquidation[3];
    signal output out;

    var modes = isReduceOnly + 2 * isClosing;
    out <== Hash(TAG_ACCOUNT(), 10)([
        owner, keysRoot, cash, positionsHash, ordersRoot, epoch, modes, liquidation[0], liquidation[1], liquidation[2]
    ]);
}
