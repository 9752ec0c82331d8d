pragma circom 2.2.2;

include "lib/uint.circom";

/// @title   CheckAtLeast
/// @notice  Whether a >= b, of two integers that carry no range of their own.
/// @param   N          |a - b| < 2^N, at most 252: the caller's to show
/// @input   isAtLeast  advice
/// @output  out        {bits = 1}
/// @sound   One of a - b and b - a - 1 is negative, so one value of the advice has a witness.
template CheckAtLeast(N) {
    assert(N <= 252);
    signal input a, b, isAtLeast;
    signal output {bits} out;

    out <== Bool()(isAtLeast);
    _ <== Uint(N)((a - b) * (2 * isAtLeast - 1) + isAtLeast - 1);
}

/// @title   AtLeast
/// @notice  Whether a >= b. N + 2 constraints.
template AtLeast(N) {
    signal input a, b;
    signal output {bits} out;

    signal isAtLeast <-- a - b + 2 ** N >= 2 ** N;
    out <== CheckAtLeast(N)(a, b, isAtLeast);
}
