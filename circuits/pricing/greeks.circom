pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/black76.circom";
include "pricing/compare.circom";
include "pricing/ln.circom";
include "pricing/sqrt.circom";
include "pricing/svi.circom";
include "pricing/time-value.circom";

/// @title   IsPriceable
/// @notice  Whether time, volatility and moneyness lie in the domain.
/// @input   years, vol       {bits}: 2^-60, 2^-40
/// @input   forward, strike  below 2^53, 2^54
/// @mirror  protocol/greeks.ts fullPrice
template IsPriceable() {
    signal input {bits} years, vol;
    signal input forward, strike;
    signal output out;

    signal isLate <== AtLeast(years.bits)(years, EDGE_MIN_YEARS());
    signal isEarly <== AtLeast(years.bits)(EDGE_MAX_YEARS(), years);
    signal isNotCalm <== AtLeast(vol.bits)(vol, EDGE_MIN_VOL());
    signal isNotWild <== AtLeast(vol.bits)(EDGE_MAX_VOL(), vol);
    signal isNear <== IsNearTheMoney()(forward, strike);
    signal inTime <== isLate * isEarly;
    signal inVol <== isNotCalm * isNotWild;
    signal both <== inTime * inVol;
    out <== both * isNear;
}

/// @title   Residuals
/// @notice  What rounding to the grid left of e1 and of -e2, at 2^-94.
/// @sound   |kappa - ratio s| is below s 2^-20, so both are below 2^-19 and 2^76.
/// @mirror  protocol/greeks.ts fullPrice
template Residuals() {
    signal input logRatio, half, ratio, fine, inverse;
    signal output near, far;

    signal error <== logRatio * 2 ** PRECISION_GRID() - 2 * half * ratio;
    signal rest <== error * inverse;
    var scaled = fine * 2 ** (PRECISION_GRID() + PRECISION_INVERSE());
    near <== scaled - rest;
    far <== scaled + rest;
}

/// @title   CallDelta
/// @notice  N(d1) at 2^-64, rounded down: Φ(e1) if the strike is above the forward, else 1 - Φ(e2), corrected to first order.
/// @sound   Unrounded at 2^-210.
/// @mirror  protocol/greeks.ts fullPrice
template CallDelta() {
    var RAISE = 2 ** (PRECISION_LOG() + PRECISION_INVERSE() + PRECISION_GRID() + PRECISION_DENSITY() - PRECISION_TAIL());
    signal input isStrikeAbove, cdfNear, densityNear, restNear, tailFar, densityFar, restFar;
    signal output {bits} out;

    signal above <== cdfNear * RAISE + restNear * densityNear;
    signal below <== (2 ** PRECISION_TAIL() - tailFar) * RAISE + restFar * densityFar;
    out <== FloorDiv(2 ** (PRECISION_TAIL() - PRECISION_GREEK()) * RAISE, PRECISION_GREEK() + 1)(below + isStrikeAbove * (above - below));
}

/// @title   DensityAtD1
/// @notice  φ(d1) at 2^-80, rounded down: φ(e1) lower / forward, φ(e1) corrected by its derivative.
/// @input   forward  {bits = 60}, 1e-10 USDC
/// @sound   Unrounded at 2^-230.
/// @mirror  protocol/greeks.ts fullPrice
template DensityAtD1() {
    var ONE = 2 ** (PRECISION_LOG() + PRECISION_INVERSE() + 2 * PRECISION_GRID());
    signal input {bits} forward;
    signal input lower, e1, densityNear, restNear;
    signal output {bits} out;

    signal slope <== ONE - restNear * e1;
    signal density <== FloorDiv(ONE * 2 ** (PRECISION_DENSITY() - GREEK_BITS_DENSITY()), GREEK_BITS_DENSITY())(densityNear * slope);
    (out, _) <== Divide(GREEK_BITS_DENSITY())(lower * density, forward);
}

/// @title   ByDensity
/// @notice  Gamma, vega and theta from φ(d1): F φ √T, φ / (F s), - F φ vol / (2 √T).
/// @input   forward    {bits = 60}, 1e-10 USDC
/// @input   half       {bits = 52}, at least 2^32
/// @input   rootYears  {bits = 49}, at least 2^38
/// @mirror  protocol/greeks.ts fullPrice
template ByDensity() {
    var VALUE_PER_USDC = SCALE_SPOT() * PERCENT();
    var THETA_SHIFT = GREEK_BITS_DENSITY() + PRECISION_VOL() - PRECISION_STDEV() - GREEK_BITS_THETA() + 1;
    signal input {bits} forward, half, rootYears;
    signal input vol, density;
    signal output gamma, vega, theta;

    signal {bits} step <== Uint(forward.bits + half.bits + 1)(forward * half * 2);
    (gamma, _) <== Divide(138)(density * VALUE_PER_USDC * 2 ** (PRECISION_STDEV() + GREEK_BITS_GAMMA() - GREEK_BITS_DENSITY()), step);
    signal slope <== forward * density;
    vega <== slope * rootYears;
    signal {bits} time <== Uint(rootYears.bits + THETA_SHIFT)(rootYears * 2 ** THETA_SHIFT);
    signal decay;
    (decay, _) <== Divide(110)(slope * vol, time);
    theta <== -decay;
}

/// @title   Black76Greeks
/// @notice  One undiscounted option: value, delta, gamma, vega, theta, each at its full internal precision.
/// @input   forward, strike  1e-8 USDC, in [1, 2^53) and [1, 2^54)
/// @input   years            2^-60, below 4
/// @input   vol              2^-40, below 8
/// @input   isPut            boolean
/// @output  isInDomain  0: intrinsic value, delta 0 or 1 less put, other Greeks 0
/// @output  value       1e-10 USDC at 2^-164
/// @output  delta       2^-64, signed
/// @output  gamma       per USDC, 2^-96
/// @output  vega        1e-10 USDC per 1.00, 2^-128
/// @output  theta       1e-10 USDC per year, 2^-40, negative
/// @mirror  protocol/greeks.ts fullPrice
template Black76Greeks() {
    signal input forward, strike, years, vol, isPut;
    signal output isInDomain, value, delta, gamma, vega, theta;

    // 0 Ranges and domain; outside it the smallest time and volatility stand in, and OrderPair puts the ratio beyond the table:
    //   time value and densities are 0, the delta is that of exercise
    _ <== Bool()(isPut);
    signal {bits} rangedForward <== Uint(FORWARD_BITS())(forward);
    signal {bits} rangedStrike <== Uint(STRIKE_BITS())(strike);
    signal {bits} rangedYears <== Uint(PRECISION_YEARS() + 2)(years);
    signal {bits} rangedVol <== Uint(PRECISION_VOL() + 3)(vol);
    isInDomain <== IsPriceable()(rangedYears, rangedVol, forward, strike);
    signal usedYears <== isInDomain * (years - EDGE_MIN_YEARS()) + EDGE_MIN_YEARS();
    signal usedVol <== isInDomain * (vol - EDGE_MIN_VOL()) + EDGE_MIN_VOL();
    signal lnForward <== Ln(FORWARD_BITS())(rangedForward);
    signal lnStrike <== Ln(STRIKE_BITS())(rangedStrike);
    signal logMoneyness <== isInDomain * (lnStrike - lnForward);
    component pair = OrderPair(PERCENT());
    pair.forward <== forward;
    pair.strike <== strike;
    pair.logMoneyness <== logMoneyness;
    pair.isPriced <== isInDomain;
    signal intrinsic <== Intrinsic()(pair.isStrikeAbove, pair.pair.gap, isPut);

    // 1 Total standard deviation: vol √years / 2
    signal {bits} rootYears <== FloorSqrt(PRECISION_STDEV() + 1)(usedYears * 2 ** (2 * PRECISION_STDEV() - PRECISION_YEARS()));
    signal {bits} half <== FloorDiv(2 ** (PRECISION_VOL() + 1), HALF_BITS())(usedVol * rootYears);
    component stdev = PrepareStdev();
    stdev.half <== half;

    // 2 Price
    component time = TimeValue();
    time.pair <== pair.pair;
    time.stdev <== stdev.stdev;
    _ <== time.units;
    value <== intrinsic * 2 ** PRECISION_TAIL() + time.unrounded;

    // 3 Residuals of the grid, 4 delta, 5 φ(d1)
    signal restNear, restFar;
    (restNear, restFar) <== Residuals()(pair.pair.logRatio, half, time.ratio, stdev.stdev.fine, stdev.stdev.inverse);
    signal densityFar <== NormalDensity()(time.far, 0);
    signal callDelta <== CallDelta()(
        pair.isStrikeAbove, time.cdfNear, time.densityNear, restNear, time.tailFar, densityFar, restFar
    );
    delta <== callDelta - isPut * 2 ** PRECISION_GREEK();
    signal {bits} scaled <== Uint(FORWARD_BITS() + 7)(forward * PERCENT());
    signal density <== DensityAtD1()(scaled, pair.pair.lower, stdev.stdev.coarse - time.ratio, time.densityNear, restNear);

    // 6 Gamma, vega, theta
    (gamma, vega, theta) <== ByDensity()(scaled, half, rootYears, usedVol, density);
}
