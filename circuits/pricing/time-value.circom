pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/normal.circom";

/// Total standard deviation s: s/2 rounded to the grid, what that leaves of it at 2^-48, and 1/s at 2^-26.
bus Stdev() {
    signal coarse, fine, inverse;
}

/// Forward and strike in order, 1e-10 USDC: the smaller one, the larger less the smaller, the logarithm of their ratio at 2^-48.
bus Pair() {
    signal lower, gap, logRatio;
}

/// Bits of kappa / s on the grid, and so of both arguments of the distribution.
function RATIO_BITS() { return 40; }
/// Bits of s/2 at 2^-48, s below 32.
function HALF_BITS() { return PRECISION_STDEV() + 4; }
/// Bits of forward and strike at 1e-10 USDC.
function VALUE_WIDTH() { return 61; }

/// @title   PrepareStdev
/// @notice  Rounds s/2 to the grid and inverts s: once per series and volatility.
/// @input   half  {bits <= 52}, s/2 at 2^-48, at least 2^28 or it has no reciprocal of 45 bits, below 2^52 - 2^27
///                or it rounds up to 2^52
/// @mirror  protocol/time-value.ts prepareStdev
template PrepareStdev() {
    var FINE = PRECISION_STDEV() - PRECISION_GRID();
    signal input {bits} half;
    output Stdev() stdev;
    assert(half.bits <= HALF_BITS());

    stdev.coarse <== FloorDiv(2 ** FINE, HALF_BITS() - FINE)(half + 2 ** (FINE - 1));
    stdev.fine <== half - stdev.coarse * 2 ** FINE;
    (stdev.inverse, _) <== Divide(45)(2 ** (PRECISION_STDEV() + PRECISION_INVERSE() - 1), half);
}

/// @title   CheckGridRatio
/// @notice  kappa / s rounded to the grid, or nothing.
/// @input   ratio  advice
/// @sound   The remainder of the rounding is in its range. That `ratio` is a small integer the caller shows by locating
///          ratio + coarse and coarse - ratio on the table.
/// @mirror  protocol/time-value.ts timeValue
template CheckGridRatio() {
    var DROPPED = PRECISION_LOG() + PRECISION_INVERSE() - PRECISION_GRID();
    signal input logRatio, inverse, ratio;
    signal output out <== ratio;

    _ <== Uint(DROPPED)(logRatio * inverse + 2 ** (DROPPED - 1) - ratio * 2 ** DROPPED);
}

/// @title   CheckNear
/// @notice  Φ and φ of e1 = coarse - ratio, on the grid.
/// @input   isNegative  advice: e1 < 0
/// @output  cdf      at 2^-164
/// @output  density  at 2^-116
/// @output  at       segment of e1, or of -1 - e1 if that is negative
/// @sound   e1 or -1 - e1 is negative, so one value of the advice has a segment.
/// @mirror  protocol/time-value.ts timeValue
template CheckNear() {
    signal input e1, isNegative;
    signal output cdf, density;

    _ <== Bool()(isNegative);
    component segment = SegmentOf(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH(), RATIO_BITS());
    segment.x <== e1 - isNegative * (2 * e1 + 1);
    signal tail <== NormalTail()(segment.segment, isNegative);
    density <== NormalDensity()(segment.segment, isNegative);
    cdf <== isNegative * (2 * tail - 2 ** PRECISION_TAIL()) + 2 ** PRECISION_TAIL() - tail;
}

/// @title   CheckRoundedValue
/// @notice  A value rounded down to 1e-10 USDC, 0 if negative.
/// @input   in       1e-10 USDC at 2^-164, |in| < 2^225
/// @input   isBelow  advice: in < 0
/// @output  units      1e-10 USDC
/// @output  unrounded  1e-10 USDC at 2^-164, 0 if negative
/// @sound   in or -1 - in is negative, so one value of the advice has a quotient.
/// @mirror  protocol/time-value.ts timeValue
template CheckRoundedValue() {
    signal input in, isBelow;
    signal output units, unrounded;

    _ <== Bool()(isBelow);
    signal size <== in - isBelow * (2 * in + 1);
    signal quotient <== FloorDiv(2 ** PRECISION_TAIL(), VALUE_WIDTH())(size);
    units <== quotient * (1 - isBelow);
    unrounded <== size * (1 - isBelow);
}

/// @title   TimeValue
/// @notice  What an option is worth beyond its intrinsic value: lower Φ(e1) - upper Φ(e2).
/// @output  units      1e-10 USDC, rounded down
/// @output  unrounded  1e-10 USDC at 2^-164
/// @output  ratio      kappa / s on the grid
/// @output  cdfNear, densityNear  Φ(e1), φ(e1)
/// @output  tailFar    Φ(e2)
/// @sound   ratio + coarse lies in the table's range, hence ratio is an integer below 2^40 + 2^23 and every product stays
///          below 2^226: values below 2^61, tails below 2^164.1.
/// @mirror  protocol/time-value.ts timeValue
template TimeValue() {
    var DROPPED = PRECISION_LOG() + PRECISION_INVERSE() - PRECISION_GRID();
    input Pair() pair;
    input Stdev() stdev;
    signal output units, unrounded, ratio, cdfNear, densityNear;
    output Segment(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH()) far;
    signal output tailFar;

    signal rounded <-- (pair.logRatio * stdev.inverse + 2 ** (DROPPED - 1)) >> DROPPED;
    ratio <== CheckGridRatio()(pair.logRatio, stdev.inverse, rounded);
    component segment = SegmentOf(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH(), RATIO_BITS());
    segment.x <== ratio + stdev.coarse;
    far <== segment.segment;
    tailFar <== NormalTail()(far, 0);

    signal isNegative <-- ratio > stdev.coarse;
    (cdfNear, densityNear) <== CheckNear()(stdev.coarse - ratio, isNegative);

    signal correction <== stdev.fine * densityNear;
    signal near <== pair.lower * (cdfNear + 2 * correction);
    signal difference <== near - (pair.lower + pair.gap) * tailFar;
    signal isBelow <-- difference + 2 ** 226 < 2 ** 226;
    (units, unrounded) <== CheckRoundedValue()(difference, isBelow);
}
