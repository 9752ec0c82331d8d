pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "pricing/piecewise.circom";

/// @title   CheckLn
/// @notice  Logarithm of an integer, or nothing for 0.
/// @param   N  width of x, at most 54
/// @input   x           {bits = N}
/// @input   isExponent  advice: selects the place of the highest bit
/// @output  out         {signed}, 2^-48, rounded down; -1 for x = 1
/// @sound   x shifted so that its highest bit is the 54th leaves a fraction in [0, 2^53) for one exponent only.
///          The unrounded value stays below 2^206.
/// @mirror  protocol/functions.ts ln
template CheckLn(N) {
    var MANTISSA = PRECISION_MANTISSA();
    var COUNT = PIECES_LOG_COUNT();
    var WIDTH = PIECES_LOG_WIDTH();
    assert(N <= STRIKE_BITS() && N <= MANTISSA + 1);
    signal input {bits} x;
    assert(x.bits == N);
    signal input isExponent[N];
    signal output {signed} out;

    var count = 0;
    var exponent = 0;
    var scale = 0;
    for (var i = 0; i < N; i++) {
        isExponent[i] * (isExponent[i] - 1) === 0;
        count += isExponent[i];
        exponent += isExponent[i] * i;
        scale += isExponent[i] * 2 ** (MANTISSA - i);
    }
    count === 1;
    component segment = SegmentOf(COUNT, WIDTH, WIDTH);
    segment.x <== x * scale - 2 ** MANTISSA;
    signal fraction <== Piecewise(COUNT, WIDTH, PIECES_LOG_DEGREE(), LOG(), ARGUMENT_BITS_LOG())(segment.segment, 0);
    out <== FloorDivInt(2 ** (VALUE_BITS_LOG() - PRECISION_LOG()), PRECISION_LOG() + 7)(fraction + exponent * LN2());
}

/// @title   Ln
/// @notice  ln(x) of an integer in [1, 2^N), at 2^-48, within 1.4 units.
template Ln(N) {
    signal input {bits} x;
    signal output {signed} out;

    signal isExponent[N];
    var rest = x;
    for (var i = N - 1; i >= 0; i--) {
        isExponent[i] <-- rest >= 2 ** i;
        if (rest >= 2 ** i) rest = 0;
    }
    out <== CheckLn(N)(x, isExponent);
}
