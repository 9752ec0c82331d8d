pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "pricing/black76.circom";
include "pricing/shock.circom";
include "pricing/sqrt.circom";
include "pricing/time-value.circom";

/// @title   ShockedHalf
/// @notice  s/2 at a volatility shocked up or down, rounded down.
/// @input   half   {bits <= 51}
/// @input   shock  of VolShock, at 2^-32: below 1
/// @mirror  protocol/scenarios.ts shockedHalf
template ShockedHalf(IS_UP) {
    var ONE = 2 ** PRECISION_SHOCK();
    signal input {bits} half;
    signal input shock;
    signal output {bits} out;
    assert(half.bits <= HALF_BITS() - 1);

    out <== FloorDiv(ONE, HALF_BITS())(half * (ONE + (2 * IS_UP - 1) * shock));
}

/// Distinct forwards among a profile's first S scenarios; those of one forward stand together.
function FORWARDS(PROFILE_CODE, S) {
    var count = 1;
    for (var s = 1; s < S; s++) {
        if (SCENARIO_FACTOR(PROFILE_CODE, s) != SCENARIO_FACTOR(PROFILE_CODE, s - 1)) count++;
    }
    return count;
}

/// The f-th distinct forward, in percent.
function FORWARD_FACTOR(PROFILE_CODE, S, f) {
    var s = 0;
    while (FORWARDS(PROFILE_CODE, s + 1) <= f) s++;
    return SCENARIO_FACTOR(PROFILE_CODE, s);
}

/// Whether a profile has a scenario of falling volatility.
function HAS_DOWN(PROFILE_CODE, S) {
    var count = 0;
    for (var s = 0; s < S; s++) count += 1 - SCENARIO_IS_UP(PROFILE_CODE, s);
    return count > 0;
}

/// @title   PriceAt
/// @notice  Discounted price of one pair at one standard deviation, 1e-6 USDC.
/// @mirror  protocol/black76.ts shockedPrice
template PriceAt() {
    input Pair() pair;
    input Stdev() stdev;
    signal input intrinsic, discount;
    signal output {bits} mark;

    signal units;
    (units, _, _, _, _, _, _) <== TimeValue()(pair, stdev);
    mark <== Mark()(units + intrinsic, discount);
}

/// @title   SlotPrices
/// @notice  Mark of one slot and its price in every scenario of the profile.
/// @input   forward       below 2^53, 1e-8 USDC
/// @input   strike        below 2^54
/// @input   logMoneyness  ln(strike / forward) at 2^-48
/// @input   isPut         boolean
/// @input   discount      2^-40, at most 1; 0 makes every price 0
/// @input   variance      {bits}, total, 2^-40; 0 unless priced, and then at least 210 (1 % over 60 s)
/// @input   isPriced      boolean; if 0, every price is intrinsic
/// @input   shock         of VolShock
/// @sound   Not priced, a variance of 256 stands in, so that s/2 is 2^-17 and has its reciprocal at every shock.
/// @mirror  protocol/scenarios.ts slotMarks
template SlotPrices(PROFILE_CODE, S) {
    signal input forward, strike, logMoneyness, isPut, discount, isPriced, shock;
    signal input {bits} variance;
    assert(variance.bits <= WIDTH_VARIANCE());
    signal output mark, price[S];

    // 1 Standard deviation now, up, down: s scales with the volatility, so there is one root
    signal half <== FloorSqrt(WIDTH_VARIANCE() \ 2 + 27)((variance + (1 - isPriced) * 256) * 2 ** 54);
    component now = PrepareStdev();
    now.half <== half;
    component shocked[2];
    for (var isUp = 0; isUp < 2; isUp++) {
        if (isUp == 1 || HAS_DOWN(PROFILE_CODE, S)) {
            shocked[isUp] = PrepareStdev();
            shocked[isUp].half <== ShockedHalf(isUp)(half, shock);
        }
    }

    // 2 Forward now (the last) and at every distinct shock
    var F = FORWARDS(PROFILE_CODE, S);
    signal moneyness <== logMoneyness * isPriced;
    signal intrinsic[F + 1];
    component pair[F + 1];
    for (var f = 0; f <= F; f++) {
        pair[f] = OrderPair(f < F ? FORWARD_FACTOR(PROFILE_CODE, S, f) : PERCENT());
        pair[f].forward <== forward;
        pair[f].strike <== strike;
        pair[f].logMoneyness <== moneyness;
        pair[f].isPriced <== isPriced;
        intrinsic[f] <== Intrinsic()(pair[f].isStrikeAbove, pair[f].pair.gap, isPut);
    }

    // 3 Prices
    mark <== PriceAt()(pair[F].pair, now.stdev, intrinsic[F], discount);
    for (var s = 0; s < S; s++) {
        var f = FORWARDS(PROFILE_CODE, s + 1) - 1;
        price[s] <== PriceAt()(pair[f].pair, shocked[SCENARIO_IS_UP(PROFILE_CODE, s)].stdev, intrinsic[f], discount);
    }
}
