pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/compare.circom";
include "pricing/sqrt.circom";

/// Parameters of one expiry's surface at 2^-40, signed ones as field elements.
bus Surface() {
    signal a, b, rho, m, sigma;
}

/// @title   PackSurface
/// @notice  Ranges a surface and packs it into one word.
/// @mirror  protocol/svi.ts packSurface
template PackSurface() {
    input Surface() svi;
    signal output word;

    _ <== Int(BITS_SURFACE_A())(svi.a);
    _ <== Uint(BITS_SURFACE_B())(svi.b);
    _ <== Int(BITS_SURFACE_RHO())(svi.rho);
    _ <== Int(BITS_SURFACE_M())(svi.m);
    _ <== Uint(BITS_SURFACE_SIGMA())(svi.sigma);
    word <== svi.a + 2 ** (BITS_SURFACE_A() - 1) + svi.b * 2 ** AT_SURFACE_B()
        + (svi.rho + 2 ** (BITS_SURFACE_RHO() - 1)) * 2 ** AT_SURFACE_RHO()
        + (svi.m + 2 ** (BITS_SURFACE_M() - 1)) * 2 ** AT_SURFACE_M() + svi.sigma * 2 ** AT_SURFACE_SIGMA();
}

/// @title   SviVariance
/// @notice  Total variance a + b (rho (k - m) + √((k - m)² + sigma²)) at 2^-40, rounded down.
/// @input   svi           ranged by PackSurface
/// @input   logMoneyness  k at 2^-48, |k| < 38: a difference of logarithms of integers below 2^54
/// @output  out           {signed = 53}
/// @sound   |k - m| < 2^53.6 at 2^-48, so the radicand is below 2^108 and the root below 2^54; the root is at least |k - m|, so the
///          bracket is not negative; unrounded, all is below 2^44 2^96 = 2^140.
/// @mirror  protocol/svi.ts sviVariance
template SviVariance() {
    var RAISE = 2 ** (PRECISION_LOG() - SCALE_FRACTION_BITS());
    var UNIT = 2 ** (PRECISION_LOG() + SCALE_FRACTION_BITS());
    input Surface() svi;
    signal input logMoneyness;
    signal output {signed} out;

    var distance = logMoneyness - svi.m * RAISE;
    signal square <== distance * distance;
    signal root <== FloorSqrt(55)(svi.sigma * RAISE * svi.sigma * RAISE + square);
    signal slope <== svi.rho * distance;
    signal wing <== svi.b * (slope + root * 2 ** SCALE_FRACTION_BITS());
    out <== FloorDivInt(UNIT, 53)(svi.a * UNIT + wing);
}

/// @title   VarianceBounds
/// @notice  Total variance of 1 % (rounded up) and of 500 % volatility (rounded down), 2^-40.
/// @input   seconds  {bits = 32}
/// @output  min, max  below 2^52
/// @mirror  protocol/svi.ts varianceBounds
template VarianceBounds() {
    var PER_SECOND = YEAR_SECONDS() * PERCENT() * PERCENT();
    var ONE = 2 ** SCALE_FRACTION_BITS();
    signal input {bits} seconds;
    assert(seconds.bits == WIDTH_SECONDS());
    signal output {bits} min, max;

    min <== FloorDiv(PER_SECOND, 34)(seconds * (ONE * DOMAIN_MIN_VOL_PERCENT() * DOMAIN_MIN_VOL_PERCENT()) + PER_SECOND - 1);
    max <== FloorDiv(PER_SECOND, 52)(seconds * (ONE * DOMAIN_MAX_VOL_PERCENT() * DOMAIN_MAX_VOL_PERCENT()));
}

/// @title   IsPricedAt
/// @notice  Whether options are priced at all so long before expiry.
/// @mirror  protocol/svi.ts isPricedAt
template IsPricedAt() {
    signal input {bits} seconds;
    signal output out;

    signal isLate <== AtLeast(seconds.bits)(seconds, DOMAIN_MIN_SECONDS());
    signal isEarly <== AtLeast(seconds.bits)(DOMAIN_MAX_SECONDS(), seconds);
    out <== isLate * isEarly;
}
