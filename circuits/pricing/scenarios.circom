pragma circom 2.2.2;

include "generated/tables.circom";
include "lib/division.circom";
include "pricing/black76.circom";
include "pricing/shock.circom";
include "pricing/sqrt.circom";
include "pricing/time-value.circom";

/// A volatility shock as a factor and its reciprocal, at 2^-32.
bus ShockFactor() {
    signal factor, reciprocal;
}

/// @title   ShockFactors
/// @notice  The factors of a volatility shocked up and down: once per expiry.
/// @input   shock  of VolShock, at 2^-32: at most 3/4
/// @output  down, up
/// @mirror  protocol/scenarios.ts shockFactor
template ShockFactors() {
    var BITS = PRECISION_SHOCK();
    signal input shock;
    output ShockFactor() down;
    output ShockFactor() up;

    down.factor <== Uint(BITS + 1)(2 ** BITS - shock);
    up.factor <== Uint(BITS + 1)(2 ** BITS + shock);
    (down.reciprocal, _) <== Divide(BITS + 3)(2 ** (2 * BITS), Uint(BITS + 1)(down.factor));
    (up.reciprocal, _) <== Divide(BITS + 3)(2 ** (2 * BITS), Uint(BITS + 1)(up.factor));
}

/// @title   ShockedStdev
/// @notice  A shocked total standard deviation: s/2 on the grid of scenarios, and 1/s.
/// @input   half     s/2 at 2^-48, below 2^50
/// @input   inverse  1/s at 2^-24, below 2^41
/// @mirror  protocol/scenarios.ts shockedStdev
template ShockedStdev() {
    var DROPPED = PRECISION_STDEV() + PRECISION_SHOCK() - RISK_PRICE_GRID();
    signal input half, inverse;
    input ShockFactor() shock;
    output Stdev() stdev;

    stdev.coarse <== FloorDiv(2 ** DROPPED, RISK_PRICE_GRID() + 3)(half * shock.factor + 2 ** (DROPPED - 1));
    stdev.fine <== 0;
    stdev.inverse <== FloorDiv(2 ** (MARK_INVERSE() + PRECISION_SHOCK() - RISK_PRICE_INVERSE()), RISK_PRICE_INVERSE() + 20)(inverse * shock.reciprocal);
}

/// Distinct forwards among a profile's first S scenarios; those of one forward stand together.
function FORWARDS(PROFILE_CODE, S) {
    var count = 1;
    for (var s = 1; s < S; s++) {
        if (SCENARIO_FACTOR(PROFILE_CODE, s) != SCENARIO_FACTOR(PROFILE_CODE, s - 1)) count++;
    }
    return count;
}

/// The f-th distinct forward, in percent; behind the last, the forward now.
function FORWARD_FACTOR(PROFILE_CODE, S, f) {
    var factor = PERCENT();
    var last = 0;
    var count = 0;
    for (var s = 0; s < S; s++) {
        var next = SCENARIO_FACTOR(PROFILE_CODE, s);
        if (next != last) {
            if (count == f) factor = next;
            count++;
        }
        last = next;
    }
    return factor;
}

/// Whether a profile has a scenario of falling volatility.
function HAS_DOWN(PROFILE_CODE, S) {
    var count = 0;
    for (var s = 0; s < S; s++) count += 1 - SCENARIO_IS_UP(PROFILE_CODE, s);
    return count > 0;
}

/// @title   MarkPrice
/// @notice  Price of one pair at one standard deviation, at mark accuracy: 1e-6 USDC.
/// @mirror  protocol/black76.ts markPrice
template MarkPrice() {
    input Pair() pair;
    input Stdev() stdev;
    signal input intrinsic;
    signal output {bits} mark;

    component time = TimeValue(MARK_LOG(), MARK_INVERSE());
    time.pair <== pair;
    time.stdev <== stdev;
    _ <== time.ratio;
    _ <== time.isNegative;
    _ <== time.cdfNear;
    _ <== time.slopeNear;
    _ <== time.tailFar;
    _ <== time.near;
    _ <== time.far;
    mark <== Mark(VALUE_BITS_TAIL())(intrinsic * 2 ** VALUE_BITS_TAIL() + time.value);
}

/// @title   RiskPrice
/// @notice  Price of one pair at one standard deviation, at scenario accuracy: 1e-6 USDC.
/// @mirror  protocol/black76.ts riskPrice
template RiskPrice() {
    input Pair() pair;
    input Stdev() stdev;
    signal input intrinsic;
    signal output {bits} mark;

    signal value <== RiskValue()(pair, stdev);
    mark <== Mark(VALUE_BITS_RISK())(intrinsic * 2 ** VALUE_BITS_RISK() + value);
}

/// @title   SlotPrices
/// @notice  Mark of one slot and its price in every scenario of the profile.
/// @input   forward, strike  below 2^53, 2^54
/// @input   isStrikeAbove    of IsStrikeAbove, unshocked
/// @input   sides     of Present; logMoneyness at 2^-48
/// @input   isPut     boolean
/// @input   variance  {bits}, total, 2^-40; 0 unless priced, and then at least 210 (1 % over 60 s)
/// @input   isPriced  boolean; if 0, every price is intrinsic
/// @input   down, up  of ShockFactors
/// @sound   Not priced, a variance of 256 stands in, so that s/2 is 2^-17 and has its reciprocal at every shock.
/// @mirror  protocol/scenarios.ts slotMarks
template SlotPrices(PROFILE_CODE, S) {
    signal input forward, strike, isStrikeAbove, isPut, isPriced;
    input Sides() sides;
    input ShockFactor() down;
    input ShockFactor() up;
    signal input {bits} variance;
    assert(variance.bits <= WIDTH_VARIANCE());
    signal output mark, price[S];

    // 1 Standard deviation now, up, down: s scales with the volatility, so there is one root
    signal half <== FloorSqrt(WIDTH_VARIANCE() \ 2 + 27)((variance + (1 - isPriced) * 256) * 2 ** 54);
    component now = PrepareStdev(MARK_GRID(), MARK_INVERSE());
    now.half <== half;
    component shocked[2];
    if (!HAS_DOWN(PROFILE_CODE, S)) _ <== down;
    for (var isUp = 0; isUp < 2; isUp++) {
        if (isUp == 1 || HAS_DOWN(PROFILE_CODE, S)) {
            shocked[isUp] = ShockedStdev();
            shocked[isUp].half <== half;
            shocked[isUp].inverse <== now.stdev.inverse;
            if (isUp == 1) shocked[isUp].shock <== up;
            else shocked[isUp].shock <== down;
        }
    }

    // 2 Forward now (the last) and at every distinct shock
    var F = FORWARDS(PROFILE_CODE, S);
    signal kappa <== FloorDivInt(2 ** (PRECISION_LOG() - MARK_LOG()), MARK_LOG() + 3)(sides.logMoneyness * isPriced);
    signal intrinsic[F + 1];
    component pair[F + 1];
    signal isAbove[F + 1];
    for (var f = 0; f <= F; f++) {
        var FACTOR = FORWARD_FACTOR(PROFILE_CODE, S, f);
        if (f < F) isAbove[f] <== IsStrikeAbove(FACTOR)(forward, strike);
        else isAbove[f] <== isStrikeAbove;
        pair[f] = OrderPair(FACTOR, MARK_LOG(), KAPPA_BIAS());
        pair[f].sides.presentForward <== sides.presentForward;
        pair[f].sides.presentStrike <== sides.presentStrike;
        pair[f].sides.logMoneyness <== kappa;
        pair[f].isPriced <== isPriced;
        pair[f].isStrikeAbove <== isAbove[f];
        intrinsic[f] <== Intrinsic()(pair[f].pair, isAbove[f], isPut);
    }

    // 3 Prices
    mark <== MarkPrice()(pair[F].pair, now.stdev, intrinsic[F]);
    for (var s = 0; s < S; s++) {
        var f = FORWARDS(PROFILE_CODE, s + 1) - 1;
        price[s] <== RiskPrice()(pair[f].pair, shocked[SCENARIO_IS_UP(PROFILE_CODE, s)].stdev, intrinsic[f]);
    }
}
