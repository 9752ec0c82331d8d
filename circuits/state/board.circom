pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   SeriesHash
/// @mirror  protocol/series.ts seriesHash
template SeriesHash() {
    signal input underlying, kind, strike, expiry;
    signal output out;

    out <== Hash(TAG_SERIES(), 4)([underlying, kind, strike, expiry]);
}

/// @title   PairsHash
/// @notice  Hash of one pair of values per slot: a column of the board.
/// @param   TAG_COLUMN  domain tag of the column
/// @mirror  protocol/board.ts listingHash
template PairsHash(TAG_COLUMN, M) {
    signal input first[M], second[M];
    signal output out;

    var values[2 * M];
    for (var j = 0; j < M; j++) {
        values[2 * j] = first[j];
        values[2 * j + 1] = second[j];
    }
    out <== HashList(TAG_COLUMN, 2 * M)(values);
}

/// @title   QuadruplesHash
/// @notice  Hash of four values per slot: a column of the board.
/// @param   TAG_COLUMN  domain tag of the column
/// @mirror  protocol/board.ts interestHash, accrualHash
template QuadruplesHash(TAG_COLUMN, M) {
    signal input value[M][4];
    signal output out;

    var values[4 * M];
    for (var j = 0; j < M; j++) {
        for (var i = 0; i < 4; i++) values[4 * j + i] = value[j][i];
    }
    out <== HashList(TAG_COLUMN, 4 * M)(values);
}

/// @title   BoardHash
/// @notice  Hash of the board's three columns: what is listed, open interest, accrual.
/// @mirror  protocol/board.ts boardHash
template BoardHash() {
    signal input listingHash, interestHash, accrualHash;
    signal output out;

    out <== Hash(TAG_BOARD(), 3)([listingHash, interestHash, accrualHash]);
}

/// @title   WholeBoardHash
/// @notice  Hash of the board from all that stands in it.
/// @param   M  slots
/// @mirror  protocol/board.ts boardHash
template WholeBoardHash(M) {
    signal input listing[M][2], interest[M][4], accrual[M][4];
    signal output out;

    var hashes[M];
    var statuses[M];
    for (var j = 0; j < M; j++) {
        hashes[j] = listing[j][0];
        statuses[j] = listing[j][1];
    }
    signal listingHash <== PairsHash(TAG_LISTING(), M)(hashes, statuses);
    signal interestHash <== QuadruplesHash(TAG_INTEREST(), M)(interest);
    signal accrualHash <== QuadruplesHash(TAG_ACCRUAL(), M)(accrual);
    out <== BoardHash()(listingHash, interestHash, accrualHash);
}
