pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   ExpiriesHash
/// @notice  Hash of expiry, forward and discount of one underlying's places.
/// @mirror  protocol/marks.ts marksParts
template ExpiriesHash(E) {
    signal input expiry[E][3];
    signal output out;

    var values[3 * E];
    for (var e = 0; e < E; e++) {
        for (var i = 0; i < 3; i++) values[3 * e + i] = expiry[e][i];
    }
    out <== HashList(TAG_MARK_EXPIRIES(), 3 * E)(values);
}

/// @title   ValuesHash
/// @notice  Hash of the marks of one underlying's slots, apart from their prices: a step compares marks with those before.
/// @param   N  slots of the underlying
/// @mirror  protocol/marks.ts marksParts
template ValuesHash(N) {
    signal input mark[N];
    signal output out;

    out <== HashList(TAG_MARK_VALUES(), N)(mark);
}

/// @title   PricesHash
/// @notice  Hash of the scenario prices of one underlying's slots.
/// @param   N  slots of the underlying
/// @param   S  scenarios
/// @mirror  protocol/marks.ts marksParts
template PricesHash(N, S) {
    signal input price[N][S];
    signal output out;

    var values[N * S];
    for (var j = 0; j < N; j++) {
        for (var s = 0; s < S; s++) values[j * S + s] = price[j][s];
    }
    out <== HashList(TAG_MARK_PRICES(), N * S)(values);
}

/// @title   CandidateHash
/// @notice  Hash of a table that waits; 0 if there is none.
/// @input   exists  boolean
/// @mirror  protocol/marks.ts candidateHash
template CandidateHash() {
    signal input exists, since, newest, spot, expiriesHash, valuesHash;
    signal output out;

    signal hash <== Hash(TAG_CANDIDATE(), 5)([since, newest, spot, expiriesHash, valuesHash]);
    out <== exists * hash;
}

/// @title   MarksHash
/// @notice  Hash of the marks of every underlying; one underlying's is its own.
/// @param   U  underlyings
/// @input   parts  per underlying: timestamp, mode, spot, hashes of expiries, marks, prices and candidate, index and funding sum of
///                 the perpetual
/// @mirror  protocol/marks.ts marksHash
template MarksHash(U) {
    signal input parts[U][9];
    signal output out;

    var each[U];
    component hashes[U];
    for (var u = 0; u < U; u++) {
        hashes[u] = Hash(TAG_MARKS(), 9);
        hashes[u].in <== parts[u];
        each[u] = hashes[u].out;
    }
    if (U == 1) {
        out <== each[0];
    } else {
        out <== HashList(TAG_MARKS_SET(), U)(each);
    }
}
