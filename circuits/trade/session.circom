pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/uint.circom";

/// @title   Signer
/// @notice  The key that signs and what it may do: the master key everything, a session key what its limits say.
/// @input   key       the master's and the sessions'
/// @input   limits    of the sessions, packed
/// @input   isSigner  advice: the one of them
/// @output  may       its limits, all bits 1 for the master
/// @mirror  protocol/execute.ts checkSignature
template Signer() {
    var N = SESSIONS();
    signal input key[1 + N][2], limits[N], isSigner[1 + N];
    signal output out[2], may;

    signal x[N], y[N], limit[N];
    var count = 0;
    var sumX = key[0][0];
    var sumY = key[0][1];
    var sum = isSigner[0] * ((1 << BITS_SESSION()) - 1);
    for (var i = 0; i <= N; i++) {
        _ <== Bool()(isSigner[i]);
        count += isSigner[i];
    }
    count === 1;
    for (var i = 0; i < N; i++) {
        x[i] <== isSigner[1 + i] * (key[1 + i][0] - key[0][0]);
        y[i] <== isSigner[1 + i] * (key[1 + i][1] - key[0][1]);
        limit[i] <== isSigner[1 + i] * limits[i];
        sumX += x[i];
        sumY += y[i];
        sum += limit[i];
    }
    out <== [sumX, sumY];
    may <== sum;
}

/// Bits of a session key's limits.
function BITS_SESSION() {
    return AT_SESSION_MAX_SIZE() + BITS_SESSION_MAX_SIZE();
}

/// @title   CheckLimits
/// @notice  Accepts what a key with these limits may sign, or nothing.
/// @param   U           underlyings
/// @input   may         limits, packed
/// @input   validUntil  of the intent, any element of the field
/// @input   lots        of the order over all its legs, an integer below 2^60; 0 of the master's
/// @input   isIn        legs per underlying, a small integer
/// @input   bit, until  advice: the limits' underlyings and their validity
/// @sound   bit, until and what they leave of may, which is at least lots and below lots + 2^40, are integers whose packing stays
///          below 2^248: they are what was packed.
/// @mirror  protocol/execute.ts checkSession
template CheckLimits(U) {
    signal input may, validUntil, lots, isIn[U], bit[BITS_SESSION_UNDERLYINGS()], until;

    var mask = 0;
    for (var u = 0; u < BITS_SESSION_UNDERLYINGS(); u++) {
        _ <== Bool()(bit[u]);
        mask += bit[u] * (1 << u);
    }
    _ <== Uint(BITS_SESSION_VALID_UNTIL())(until);
    _ <== Uint(BITS_SESSION_VALID_UNTIL())(until - validUntil);
    var maxSize = (may - mask - until * (1 << AT_SESSION_VALID_UNTIL())) / (1 << AT_SESSION_MAX_SIZE());
    _ <== Uint(BITS_SESSION_MAX_SIZE())(maxSize - lots);
    for (var u = 0; u < U; u++) isIn[u] * (1 - bit[u]) === 0;
}

/// @title   Limits
/// @notice  Holds an intent to the limits of the key that signs it. Supplies the advice; proves nothing itself.
template Limits(U) {
    signal input may, validUntil, lots, isIn[U];

    signal bit[BITS_SESSION_UNDERLYINGS()];
    for (var u = 0; u < BITS_SESSION_UNDERLYINGS(); u++) bit[u] <-- (may >> u) & 1;
    signal until <-- (may >> AT_SESSION_VALID_UNTIL()) & ((1 << BITS_SESSION_VALID_UNTIL()) - 1);
    CheckLimits(U)(may, validUntil, lots, isIn, bit, until);
}
