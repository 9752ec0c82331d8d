pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "pricing/compare.circom";
include "pricing/ln.circom";
include "pricing/piecewise.circom";

/// @title   Exp
/// @notice  exp(x) of x in [0, 1.125) at 2^-36; at 2^-172, unrounded.
/// @mirror  protocol/functions.ts exp
template Exp() {
    var COUNT = PIECES_EXP_COUNT();
    var WIDTH = PIECES_EXP_WIDTH();
    signal input x;
    signal output out;

    component segment = SegmentOf(COUNT, WIDTH, WIDTH);
    segment.x <== x;
    out <== Piecewise(COUNT, WIDTH, PIECES_EXP_DEGREE(), EXP(), ARGUMENT_BITS_EXP())(segment.segment, 0);
}

/// @title   VolShock
/// @notice  Relative shock of the volatility by time to expiry: 25 %, times (30 days / time)^0.3 below 30 days, at most 75 %.
/// @input   seconds  {bits}, positive
/// @output  out      {bits = 32}, 2^-32, rounded down
/// @mirror  protocol/functions.ts volShock
template VolShock() {
    signal input {bits} seconds;
    var N = seconds.bits;
    assert(N >= 23);
    signal output {bits} out;

    signal isLong <== AtLeast(N)(seconds, SHOCK_LONG_SECONDS());
    signal isShort <== AtLeast(N)(SHOCK_SHORT_SECONDS(), seconds);
    signal ln <== LnFloor(N)(seconds);
    // Below 3 ln 2^48: the exponent's ln 3 is 1.1.
    signal ratio <== (1 - isLong - isShort) * (LN_THIRTY_DAYS() - ln);
    var STEP = 10 * 2 ** (PRECISION_LOG() - PRECISION_EXPONENT());
    signal exponent <== FloorDiv(STEP, PRECISION_EXPONENT() + 1)(ratio * SHOCK_EXPONENT_TENTHS());
    signal exp <== Exp()(exponent + isShort * LN3());
    out <== FloorDiv(2 ** (VALUE_BITS_EXP() + 2 - PRECISION_SHOCK()), PRECISION_SHOCK())(exp);
}
