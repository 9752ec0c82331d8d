pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/normal.circom";

/// Total standard deviation s: s/2 rounded to the grid, what that leaves of it at 2^-48, and 1/s.
bus Stdev() {
    signal coarse, fine, inverse;
}

/// Forward and strike in order, in any unit below 2^68, and the logarithm of their ratio.
bus Pair() {
    signal lower, upper, logRatio;
}

/// Bits of s/2 at 2^-48, s below 32.
function HALF_BITS() { return PRECISION_STDEV() + 4; }
/// Bits of forward and strike at 1e-10 USDC.
function VALUE_WIDTH() { return 61; }
/// Bits of an argument: of e1 beyond the table, of the other one beyond it while e1 is not, that is of s.
function NEAR_BITS() { return 40; }
function FAR_BITS() { return MARK_GRID() + 3; }
function RISK_NEAR_BITS() { return 46; }
function RISK_FAR_BITS() { return RISK_PRICE_GRID() + 4; }

/// @title   PrepareStdev
/// @notice  Rounds s/2 to the grid and inverts s: once per series.
/// @param   GRID, INVERSE  fractional bits
/// @input   half  {bits <= 52}, s/2 at 2^-48, above 2^30 or it has no reciprocal of INVERSE + 17 bits, below 2^52 less half a step
///                of the grid or it rounds up to 2^52
/// @mirror  protocol/time-value.ts prepareStdev
template PrepareStdev(GRID, INVERSE) {
    var FINE = PRECISION_STDEV() - GRID;
    signal input {bits} half;
    output Stdev() stdev;
    assert(half.bits <= HALF_BITS());

    stdev.coarse <== FloorDiv(2 ** FINE, HALF_BITS() - FINE)(half + 2 ** (FINE - 1));
    stdev.fine <== half - stdev.coarse * 2 ** FINE;
    (stdev.inverse, _) <== Divide(INVERSE + 17)(2 ** (PRECISION_STDEV() + INVERSE - 1), half);
}

/// @title   CheckLocate
/// @notice  Accepts kappa / s on the grid and the places of both arguments of the distribution, or nothing.
/// @param   DROPPED           bits of kappa / s below the grid
/// @param   COUNT, WIDTH      of the table
/// @param   NEAR, FAR         bits of e1 and of the other argument beyond the table
/// @input   coarse            ranged integer
/// @input   ratio, isNegative advice: kappa / s rounded to the grid, e1 < 0
/// @output  near  segment of e1 = coarse - ratio, or of -1 - e1 if that is negative
/// @output  far   segment of ratio + coarse, or the table's end if e1 lies beyond it
/// @output  isNear, isFar  whether they lie in the table
/// @sound   The remainder of the rounding is in its range. One of e1 and -1 - e1 is negative, so one value of isNegative has a
///          segment, and that makes e1 an integer, hence ratio too: the remainder leaves one.
/// @mirror  protocol/time-value.ts locate
template CheckLocate(DROPPED, COUNT, WIDTH, NEAR, FAR) {
    var END = COUNT * 2 ** WIDTH;
    signal input logRatio, coarse, inverse, ratio, isNegative;
    signal output isNear, isFar;
    output Segment(COUNT, WIDTH) near;
    output Segment(COUNT, WIDTH) far;

    _ <== Uint(DROPPED)(logRatio * inverse + 2 ** (DROPPED - 1) - ratio * 2 ** DROPPED);
    _ <== Bool()(isNegative);
    var e1 = coarse - ratio;
    component first = SegmentOf(COUNT, WIDTH, NEAR);
    first.x <== e1 - isNegative * (2 * e1 + 1);
    near <== first.segment;
    var inNear = 0;
    for (var i = 0; i < COUNT; i++) inNear += near.isIn[i];
    isNear <== inNear;
    component second = SegmentOf(COUNT, WIDTH, FAR);
    second.x <== isNear * (ratio + coarse - END) + END;
    far <== second.segment;
    var inFar = 0;
    for (var i = 0; i < COUNT; i++) inFar += far.isIn[i];
    isFar <== inFar;
}

/// @title   Locate
/// @notice  Places both arguments of the distribution. Supplies the advice.
template Locate(DROPPED, COUNT, WIDTH, NEAR, FAR) {
    signal input logRatio, coarse, inverse;
    signal output ratio, isNegative, isNear, isFar;
    output Segment(COUNT, WIDTH) near;
    output Segment(COUNT, WIDTH) far;

    ratio <-- (logRatio * inverse + 2 ** (DROPPED - 1)) >> DROPPED;
    isNegative <-- ratio > coarse;
    (isNear, isFar, near, far) <== CheckLocate(DROPPED, COUNT, WIDTH, NEAR, FAR)(logRatio, coarse, inverse, ratio, isNegative);
}

/// @title   Cdf
/// @notice  Φ(x) from the tail beyond |x|.
template Cdf(BITS) {
    signal input tail, isNegative;
    signal output out <== isNegative * (2 * tail - 2 ** BITS) + 2 ** BITS - tail;
}

/// @title   TimeValue
/// @notice  What an option is worth beyond its intrinsic value, at mark accuracy: lower Φ(e1) - upper Φ(e2).
/// @param   LOG, INVERSE  fractional bits of kappa and 1 / s
/// @output  value         unit of the pair at 2^-164, unrounded, not negative
/// @output  ratio         kappa / s on the grid
/// @output  cdfNear, slopeNear  Φ(e1), φ(e1)
/// @output  tailFar       Φ(e2)
/// @sound   Every product stays below 2^233: amounts below 2^68, tails below 2^164.1. What tables and grid may take away was
///          added: docs/pricing.md.
/// @mirror  protocol/time-value.ts timeValue
template TimeValue(LOG, INVERSE) {
    var COUNT = PIECES_TAIL_COUNT();
    var WIDTH = PIECES_TAIL_WIDTH();
    input Pair() pair;
    input Stdev() stdev;
    signal output value, ratio, cdfNear, slopeNear, tailFar, isNegative;
    output Segment(COUNT, WIDTH) near;
    output Segment(COUNT, WIDTH) far;

    component at = Locate(LOG + INVERSE - MARK_GRID(), COUNT, WIDTH, NEAR_BITS(), FAR_BITS());
    at.logRatio <== pair.logRatio;
    at.coarse <== stdev.coarse;
    at.inverse <== stdev.inverse;
    near <== at.near;
    far <== at.far;
    ratio <== at.ratio;
    isNegative <== at.isNegative;

    signal tail <== NormalTail()(near, isNegative);
    cdfNear <== Cdf(VALUE_BITS_TAIL())(tail, isNegative);
    slopeNear <== NormalSlope()(near, isNegative);
    tailFar <== NormalTail()(far, 0);
    signal correction <== stdev.fine * slopeNear;
    signal gained <== pair.lower * (cdfNear + at.isNear * MARK_LIFT() + 2 * correction);
    value <== gained - pair.upper * (tailFar - at.isFar * TAIL_ERROR_TAIL());
}

/// @title   RiskValue
/// @notice  What an option is worth beyond its intrinsic value, at scenario accuracy.
/// @output  value  unit of the pair at 2^-125, unrounded, not negative
/// @mirror  protocol/time-value.ts riskValue
template RiskValue() {
    var COUNT = PIECES_RISK_COUNT();
    var WIDTH = PIECES_RISK_WIDTH();
    input Pair() pair;
    input Stdev() stdev;
    signal output value;

    component at = Locate(RISK_PRICE_LOG() + RISK_PRICE_INVERSE() - RISK_PRICE_GRID(), COUNT, WIDTH, RISK_NEAR_BITS(), RISK_FAR_BITS());
    at.logRatio <== pair.logRatio;
    at.coarse <== stdev.coarse;
    at.inverse <== stdev.inverse;
    _ <== at.ratio;
    _ <== stdev.fine;

    signal tail <== RiskTail()(at.near, at.isNegative);
    signal cdf <== Cdf(VALUE_BITS_RISK())(tail, at.isNegative);
    signal tailFar <== RiskTail()(at.far, 0);
    signal gained <== pair.lower * (cdf + at.isNear * RISK_LIFT());
    value <== gained - pair.upper * (tailFar - at.isFar * TAIL_ERROR_RISK());
}
