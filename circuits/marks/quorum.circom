pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/division.circom";
include "lib/select.circom";
include "lib/signature.circom";
include "lib/uint.circom";

/// @title   CheckMajority
/// @notice  Accepts a choice of at least 2 F + 1 of N oracles, or nothing.
/// @param   N  places of the oracle set, at least 3 F + 1
/// @param   F  oracles that may lie
/// @input   isSigned  booleans, the caller's to show: whether the oracle takes part
/// @input   isOdd     advice: whether the number m of those who take part is odd
/// @output  half      m / 2, rounded up
/// @mirror  protocol/params.ts quorum
template CheckMajority(N, F) {
    assert(N >= 3 * F + 1);
    signal input isSigned[N], isOdd;
    signal output half;

    var count = 0;
    for (var o = 0; o < N; o++) count += isSigned[o];
    var SPARE = N - 2 * F - 1;
    _ <== Uint(SPARE > 0 ? BIT_LENGTH(SPARE) : 1)(count - 2 * F - 1);
    _ <== Bool()(isOdd);
    half <== Uint(BIT_LENGTH(N))((count + isOdd) / 2);
}

/// @title   Majority
/// @notice  Half of the number of those who take part.
template Majority(N, F) {
    signal input isSigned[N];
    signal output half;

    var count = 0;
    for (var o = 0; o < N; o++) count += isSigned[o];
    signal isOdd <-- count & 1;
    half <== CheckMajority(N, F)(isSigned, isOdd);
}

/// @title   Quorum
/// @notice  Accepts messages signed by at least 2 F + 1 oracles, each in its own place: no oracle has two.
/// @param   N, F  as of CheckMajority
/// @input   key       in force, (0, 0) in an empty place: not on the curve, so never accepted
/// @input   isSigned  whether the oracle takes part
/// @input   message   per oracle; what an absent one would have signed counts for nothing
/// @output  half      of the number of those who take part, rounded up
/// @mirror  protocol/quorum.ts consensusOf
template Quorum(N, F) {
    signal input key[N][2], isSigned[N], message[N], r8[N][2], s[N];
    signal output half;

    for (var o = 0; o < N; o++) EdDSAPoseidon()(Bool()(isSigned[o]), key[o], message[o], r8[o], s[o]);
    half <== Majority(N, F)(isSigned);
}

/// @title   CheckTimes
/// @notice  Accepts reports newer than the newest table, not ahead of the step and not too old; the time of the oldest is theirs.
/// @input   timestamp      per oracle; an absent one's is bound by the same rules
/// @input   counts         booleans, at least one of them 1
/// @input   isOldest       advice: selects one of those that count
/// @input   last           below 2^40, as `stepTimestamp` is
/// @output  oldest         {bits = 40}
/// @mirror  protocol/quorum.ts checkTimes
template CheckTimes(N) {
    signal input timestamp[N], counts[N], isOldest[N], last, stepTimestamp, maxAge;
    signal output {bits} oldest;

    oldest <== Uint(WIDTH_TIMESTAMP())(Select(N)(isOldest, timestamp));
    var selected = 0;
    for (var o = 0; o < N; o++) {
        _ <== Bool()(isOldest[o]);
        isOldest[o] * (1 - counts[o]) === 0;
        selected += isOldest[o];
        _ <== Uint(WIDTH_TIMESTAMP())(timestamp[o] - oldest);
        _ <== Uint(WIDTH_TIMESTAMP())(stepTimestamp - timestamp[o]);
    }
    selected === 1;
    _ <== Uint(WIDTH_TIMESTAMP())(oldest - last - 1);
    _ <== Uint(WIDTH_TIMESTAMP())(maxAge - (stepTimestamp - oldest));
}

/// @title   Oldest
/// @notice  Time of the oldest report.
template Oldest(N) {
    signal input timestamp[N], counts[N], last, stepTimestamp, maxAge;
    signal output {bits} oldest;

    signal isOldest[N];
    var least = -1;
    for (var o = 0; o < N; o++) {
        if (counts[o] == 1 && (least == -1 || timestamp[o] < timestamp[least == -1 ? 0 : least])) least = o;
    }
    for (var o = 0; o < N; o++) isOldest[o] <-- o == least;
    oldest <== CheckTimes(N)(timestamp, counts, isOldest, last, stepTimestamp, maxAge);
}
