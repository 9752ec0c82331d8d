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

/// @title   CheckWithin
/// @notice  Whether an integer of N bits lies in [MIN, MAX]. It is the integer's range check too.
/// @input   isBelow, isAbove  advice: x < MIN, x > MAX
/// @output  out               boolean
/// @sound   At most one of the two is 1. Two ranges of N bits in every case. Inside: x - MIN and MAX - x; below: MIN - 1 - x and x; above: x - MAX - 1 and
///          2^N - 1 - x. So x is in [0, 2^N), and in its third.
/// @mirror  protocol/greeks.ts within
template CheckWithin(N, MIN, MAX) {
    assert(0 < MIN && MIN <= MAX && MAX < 2 ** N && N <= 250);
    signal input x, isBelow, isAbove;
    signal output out;

    _ <== Bool()(isBelow);
    isAbove * (isAbove + isBelow - 1) === 0;
    out <== 1 - isBelow - isAbove;
    signal turned <== x * (1 - 2 * isBelow);
    _ <== Uint(N)(turned - MIN + isBelow * (2 * MIN - 1) + isAbove * (MIN - MAX - 1));
    _ <== Uint(N)(-turned + MAX - isBelow * MAX + isAbove * (2 ** N - 1 - MAX));
}

/// @title   IsWithin
/// @notice  Whether an integer of N bits lies in [MIN, MAX]. 2 N + 3 constraints, its range included.
template IsWithin(N, MIN, MAX) {
    signal input x;
    signal output out;

    signal isBelow <-- x < MIN;
    signal isAbove <-- x > MAX;
    out <== CheckWithin(N, MIN, MAX)(x, isBelow, isAbove);
}

/// @title   Clamp
/// @notice  An integer limited to [low, high]. 2 (BITS + 3) constraints.
/// @input   in, low, high  each two less than 2^BITS apart, low at most high: the caller's to show
/// @mirror  protocol/fixed-point.ts clamp
template Clamp(BITS) {
    signal input in, low, high;
    signal output out;

    signal isLow <== AtLeast(BITS)(low, in);
    signal isHigh <== AtLeast(BITS)(in, high);
    signal raised <== in + isLow * (low - in);
    out <== raised + isHigh * (high - in);
}
