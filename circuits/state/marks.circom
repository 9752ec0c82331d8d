pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   MarkTableHash
/// @notice  Hash of one underlying's rows: mark and scenario prices of each of its slots.
/// @param   N  slots of the underlying
/// @param   S  scenarios
/// @mirror  protocol/marks.ts marksParts
template MarkTableHash(N, S) {
    signal input mark[N], price[N][S];
    signal output out;

    var values[N * (S + 1)];
    for (var j = 0; j < N; j++) {
        values[j * (S + 1)] = mark[j];
        for (var s = 0; s < S; s++) values[j * (S + 1) + 1 + s] = price[j][s];
    }
    out <== HashList(TAG_MARK_TABLE(), N * (S + 1))(values);
}

/// @title   MarksHash
/// @notice  Hash of the marks of every underlying; one underlying's is its own.
/// @param   U  underlyings
/// @mirror  protocol/marks.ts marksHash
template MarksHash(U) {
    signal input timestamp[U], mode[U], spot[U], expiriesHash[U], tableHash[U], candidateHash[U];
    signal output out;

    var each[U];
    component hashes[U];
    for (var u = 0; u < U; u++) {
        hashes[u] = Hash(TAG_MARKS(), 6);
        hashes[u].in <== [timestamp[u], mode[u], spot[u], expiriesHash[u], tableHash[u], candidateHash[u]];
        each[u] = hashes[u].out;
    }
    if (U == 1) {
        out <== each[0];
    } else {
        out <== HashList(TAG_MARKS_SET(), U)(each);
    }
}
