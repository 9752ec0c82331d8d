pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/black76.circom";
include "pricing/compare.circom";
include "pricing/ln.circom";
include "pricing/sqrt.circom";
include "pricing/time-value.circom";

/// Fractional bits of the correction of φ(d1).
function CORRECTION_BITS() { return PRECISION_STDEV() + FULL_GRID() + VALUE_BITS_SLOPE(); }

/// @title   IsPriceable
/// @notice  Whether time, volatility and moneyness lie in the domain. It is the range check of time and volatility too.
/// @input   years, vol       2^-50, 2^-40
/// @input   isNear           of IsNearTheMoney
/// @mirror  protocol/greeks.ts fullPrice
template IsPriceable() {
    signal input years, vol, isNear;
    signal output out;

    signal isInTime <== IsWithin(PRECISION_YEARS() + 2, EDGE_MIN_YEARS(), EDGE_MAX_YEARS())(years);
    signal isInVol <== IsWithin(PRECISION_VOL() + 3, EDGE_MIN_VOL(), EDGE_MAX_VOL())(vol);
    signal both <== isInTime * isInVol;
    out <== both * isNear;
}

/// @title   Residuals
/// @notice  What rounding to the grid left of e1 and of -e2, at 2^-48.
/// @sound   |kappa - ratio s| is below s 2^-20, so the quotient is below 2^29; unrounded, it is at 2^-100.
/// @mirror  protocol/greeks.ts fullPrice
template Residuals() {
    var DROPPED = FULL_LOG() + FULL_GRID() + FULL_INVERSE() - PRECISION_STDEV();
    signal input logRatio, half, ratio, fine, inverse;
    signal output near, far;

    signal missed <== logRatio * 2 ** FULL_GRID() - 2 * half * ratio;
    signal rest <== FloorDivInt(2 ** DROPPED, PRECISION_STDEV() - FULL_GRID() + 2)(missed * inverse);
    near <== fine - rest;
    far <== fine + rest;
}

/// @title   CallDelta
/// @notice  N(d1) at 2^-64, rounded down: Φ(e1) if the strike is above the forward, else 1 - Φ(e2), corrected to first order.
/// @sound   Unrounded at 2^-164.
/// @mirror  protocol/greeks.ts fullPrice
template CallDelta() {
    var ONE = 2 ** VALUE_BITS_TAIL();
    assert(PRECISION_STDEV() + VALUE_BITS_SLOPE() == VALUE_BITS_TAIL());
    signal input isStrikeAbove, cdfNear, slopeNear, restNear, tailFar, slopeFar, restFar;
    signal output {bits} out;

    signal above <== cdfNear + restNear * slopeNear;
    signal below <== ONE - tailFar + restFar * slopeFar;
    out <== FloorDiv(2 ** (VALUE_BITS_TAIL() - GREEK_BITS_DELTA()), GREEK_BITS_DELTA() + 1)(below + isStrikeAbove * (above - below));
}

/// @title   CorrectedDensity
/// @notice  φ(x) of an argument on the grid, corrected by its derivative -x φ(x), at 2^-184.
template CorrectedDensity() {
    signal input density, slope, x, rest;
    signal steep <== x * slope;
    signal output out <== density * 2 ** (CORRECTION_BITS() - VALUE_BITS_DENSITY()) - rest * steep;
}

/// @title   DensityAtD1
/// @notice  φ(d1) at 2^-40, rounded down: d1 is e1 if the strike is above the forward, else -e2.
/// @sound   Unrounded at 2^-184.
/// @mirror  protocol/greeks.ts fullPrice
template DensityAtD1() {
    signal input isStrikeAbove, near, far;
    signal output {bits} out;

    signal at <== isStrikeAbove * (near - far) + far;
    out <== FloorDiv(2 ** (CORRECTION_BITS() - GREEK_BITS_DENSITY()), GREEK_BITS_DENSITY())(at);
}

/// @title   ByDensity
/// @notice  Gamma, vega and theta from φ(d1): φ / (F s), F (φ / s) vol T, - F (φ / s) vol² / 2.
/// @input   forward         {bits = 53}
/// @input   years, vol      below 2^52, 2^43
/// @input   density         below 2^40
/// @input   inverse         1/s at 2^-32, below 2^49
/// @sound   vega is below 2^(53 + 40 + 49 + 43 + 52), theta below 2^(53 + 40 + 49 + 86).
/// @mirror  protocol/greeks.ts fullPrice
template ByDensity() {
    signal input {bits} forward;
    signal input years, vol, density, inverse;
    signal output gamma, vega, theta;

    signal perStdev <== density * inverse;
    (gamma, _) <== Divide(GREEK_BITS_DENSITY() + FULL_INVERSE() + 44)(perStdev * SCALE_SPOT(), forward);
    signal slope <== forward * perStdev;
    signal swing <== slope * vol;
    vega <== swing * years;
    theta <== -swing * vol;
}

/// @title   Black76Greeks
/// @notice  One undiscounted option: value, delta, gamma, vega, theta.
/// @input   forward, strike  1e-8 USDC, in [1, 2^53) and [1, 2^54)
/// @input   years            2^-50, below 4
/// @input   vol              2^-40, below 8
/// @input   isPut            boolean
/// @output  isInDomain  0: intrinsic value, delta 0 or 1 less put, other Greeks 0
/// @output  value       1e-10 USDC at 2^-40, rounded down
/// @output  delta       2^-64, signed
/// @output  gamma       per USDC, 2^-72
/// @output  vega        1e-8 USDC per 1.00, 2^-162
/// @output  theta       1e-8 USDC per year, 2^-153, negative
/// @mirror  protocol/greeks.ts fullPrice
template Black76Greeks() {
    signal input forward, strike, years, vol, isPut;
    signal output isInDomain, value, delta, gamma, vega, theta;

    // 0 Ranges and domain; outside it the smallest time and volatility stand in, and OrderPair puts the ratio beyond the table:
    //   time value and densities are 0, the delta is that of exercise
    _ <== Bool()(isPut);
    signal {bits} rangedForward;
    signal lnForward, lnStrike;
    (rangedForward, lnForward) <== Ln(FORWARD_BITS())(forward);
    (_, lnStrike) <== Ln(STRIKE_BITS())(strike);
    signal isStrikeAbove <== IsStrikeAbove(PERCENT())(forward, strike);
    signal isNear <== IsNearTheMoney()(forward, strike, isStrikeAbove);
    isInDomain <== IsPriceable()(years, vol, isNear);
    signal usedYears <== isInDomain * (years - EDGE_MIN_YEARS()) + EDGE_MIN_YEARS();
    signal usedVol <== isInDomain * (vol - EDGE_MIN_VOL()) + EDGE_MIN_VOL();
    component pair = OrderPair(PERCENT(), FULL_LOG(), 0);
    pair.sides.presentForward <== forward;
    pair.sides.presentStrike <== strike;
    signal logMoneyness <== LogMoneyness()(lnForward, lnStrike);
    pair.sides.logMoneyness <== isInDomain * logMoneyness;
    pair.isPriced <== isInDomain;
    pair.isStrikeAbove <== isStrikeAbove;
    signal intrinsic <== Intrinsic()(pair.pair, isStrikeAbove, isPut);

    // 1 Total standard deviation: (s/2)² = vol² years / 4
    signal squared <== usedVol * usedVol;
    signal {bits} half <== FloorSqrtOf(2 * PRECISION_VOL() + PRECISION_YEARS() + 2 - 2 * PRECISION_STDEV(), HALF_BITS())(squared * usedYears);
    component stdev = PrepareStdev(FULL_GRID(), FULL_INVERSE());
    stdev.half <== half;

    // 2 Price
    component time = TimeValue(FULL_LOG(), FULL_INVERSE());
    time.pair <== pair.pair;
    time.stdev <== stdev.stdev;
    signal timeValue <== FloorDiv(2 ** (VALUE_BITS_TAIL() - GREEK_BITS_VALUE()), VALUE_WIDTH() + GREEK_BITS_VALUE())(time.value);
    value <== intrinsic * 2 ** GREEK_BITS_VALUE() + timeValue;

    // 3 Residuals of the grid
    signal restNear, restFar;
    (restNear, restFar) <== Residuals()(pair.pair.logRatio, half, time.ratio, stdev.stdev.fine, stdev.stdev.inverse);

    // 4 Delta
    signal slopeFar <== NormalSlope()(time.far, 0);
    signal callDelta <== CallDelta()(
        isStrikeAbove, time.cdfNear, time.slopeNear, restNear, time.tailFar, slopeFar, restFar
    );
    delta <== callDelta - isPut * 2 ** GREEK_BITS_DELTA();

    // 5 φ(d1)
    signal densityNear <== NormalDensity()(time.near, time.isNegative);
    signal densityFar <== NormalDensity()(time.far, 0);
    signal near <== CorrectedDensity()(densityNear, time.slopeNear, stdev.stdev.coarse - time.ratio, restNear);
    signal far <== CorrectedDensity()(densityFar, slopeFar, stdev.stdev.coarse + time.ratio, restFar);
    signal density <== DensityAtD1()(isStrikeAbove, near, far);

    // 6 Gamma, vega, theta
    (gamma, vega, theta) <== ByDensity()(rangedForward, usedYears, usedVol, density, stdev.stdev.inverse);
}
