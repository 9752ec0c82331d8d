pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/piecewise.circom";

/// @title   CheckLn
/// @notice  Logarithm of an integer, or nothing for 0. It is the integer's range check too.
/// @param   N  width of x, at most 54
/// @input   isExponent, isIn, low  advice of CheckMantissa
/// @output  ranged  {bits = N}, equal to x
/// @output  out     2^-200, unrounded, below 2^206
/// @mirror  protocol/functions.ts lnUnrounded
template CheckLn(N) {
    var COUNT = PIECES_LOG_COUNT();
    var WIDTH = PIECES_LOG_WIDTH();
    assert(N <= STRIKE_BITS() && COUNT * 2 ** WIDTH == 2 ** PRECISION_MANTISSA());
    signal input x, isExponent[N], isIn[COUNT], low[WIDTH - 1];
    signal output {bits} ranged;
    signal output out;

    component mantissa = CheckMantissa(N, COUNT, WIDTH);
    mantissa.x <== x;
    mantissa.isExponent <== isExponent;
    mantissa.isIn <== isIn;
    mantissa.low <== low;
    ranged <== mantissa.out;
    component fraction = Piecewise(COUNT, WIDTH, PIECES_LOG_DEGREE(), LOG(), ARGUMENT_BITS_LOG());
    fraction.at.isIn <== isIn;
    fraction.at.bit <== mantissa.bit;
    fraction.nudge <== 0;
    var exponent = 0;
    for (var e = 0; e < N; e++) exponent += isExponent[e] * e;
    out <== fraction.out + exponent * LN2();
}

/// @title   Ln
/// @notice  ln(x) of an integer in [1, 2^N), unrounded. Supplies the advice.
template Ln(N) {
    var COUNT = PIECES_LOG_COUNT();
    var WIDTH = PIECES_LOG_WIDTH();
    signal input x;
    signal output {bits} ranged;
    signal output out;

    signal isExponent[N], isIn[COUNT], low[WIDTH - 1];
    var rest = x;
    var mantissa = 0;
    for (var e = N - 1; e >= 0; e--) {
        isExponent[e] <-- rest >= 2 ** e;
        if (rest >= 2 ** e) {
            mantissa = (x << (PRECISION_MANTISSA() - e)) - 2 ** PRECISION_MANTISSA();
            rest = 0;
        }
    }
    for (var i = 0; i < COUNT; i++) isIn[i] <-- mantissa >> WIDTH == i;
    for (var j = 0; j < WIDTH - 1; j++) low[j] <-- (mantissa >> j) & 1;
    (ranged, out) <== CheckLn(N)(x, isExponent, isIn, low);
}

/// @title   LnFloor
/// @notice  ln(x) of an integer in [1, 2^N), at 2^-48, rounded down; -1 for x = 1.
/// @mirror  protocol/functions.ts ln
template LnFloor(N) {
    signal input x;
    signal output {signed} out;

    signal ln;
    (_, ln) <== Ln(N)(x);
    out <== FloorDivInt(2 ** (VALUE_BITS_LOG() - PRECISION_LOG()), PRECISION_LOG() + 7)(ln);
}

/// @title   LogMoneyness
/// @notice  ln(strike / forward) at 2^-48, rounded down once.
/// @input   lnForward, lnStrike  of Ln
/// @output  out                  {signed = 55}
/// @mirror  protocol/functions.ts logMoneyness
template LogMoneyness() {
    signal input lnForward, lnStrike;
    signal output {signed} out <== FloorDivInt(2 ** (VALUE_BITS_LOG() - PRECISION_LOG()), PRECISION_LOG() + 7)(lnStrike - lnForward);
}
