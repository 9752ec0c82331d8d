pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/select.circom";
include "marks/expiry.circom";
include "marks/median.circom";
include "marks/surface.circom";
include "pricing/black76.circom";
include "pricing/compare.circom";
include "pricing/ln.circom";
include "pricing/scenarios.circom";
include "pricing/svi.circom";
include "state/board.circom";

/// @title   SlotVariance
/// @notice  Total variance of a strike from one oracle's surface; 0 outside the domain.
/// @input   isPricedHere  boolean: whether expiry and moneyness are in the domain, where a variance has 46 bits
/// @input   logMoneyness  ln(strike / forward)
/// @mirror  protocol/marks-step.ts medianVariance
template SlotVariance() {
    // Surfaces stay below 2^51 in magnitude, bounds below 2^52.
    var BITS = 53;
    input Surface() svi;
    signal input minVariance, maxVariance, isPricedHere, logMoneyness;
    signal output variance;

    signal surface <== SviVariance()(svi, logMoneyness);
    signal isNotLow <== AtLeast(BITS)(surface, minVariance);
    signal isNotHigh <== AtLeast(BITS)(maxVariance, surface);
    signal isInside <== isNotLow * isNotHigh;
    signal isPriced <== isInside * isPricedHere;
    variance <== isPriced * surface;
}

/// @title   MedianVariance
/// @notice  Lower median of the oracles' total variances of a strike, each 0 outside the domain.
/// @input   isNear        of IsNearTheMoney
/// @input   logMoneyness  ln(strike / forward)
/// @input   counts, half  of the quorum
/// @output  variance      {bits = 46}
/// @output  isPriced      boolean
/// @sound   In the domain a variance is at least 1 % over a minute, so it is 0 only where the median says that it is outside.
/// @mirror  protocol/marks-step.ts medianVariance
template MedianVariance(ORACLES) {
    input Surface() svi[ORACLES];
    signal input minVariance, maxVariance, isPricedAt, isNear, logMoneyness, counts[ORACLES], half;
    signal output {bits} variance;
    signal output isPriced;

    signal isPricedHere <== isPricedAt * isNear;
    signal each[ORACLES];
    component slot[ORACLES];
    for (var o = 0; o < ORACLES; o++) {
        slot[o] = SlotVariance();
        slot[o].svi <== svi[o];
        slot[o].minVariance <== minVariance;
        slot[o].maxVariance <== maxVariance;
        slot[o].isPricedHere <== isPricedHere;
        slot[o].logMoneyness <== logMoneyness;
        each[o] <== slot[o].variance;
    }
    variance <== Uint(WIDTH_VARIANCE())(Median(ORACLES, WIDTH_VARIANCE())(each, counts, half));
    signal isOutside <== IsZero()(variance);
    isPriced <== 1 - isOutside;
}

/// @title   CheckMarksSlot
/// @notice  One place for an option: its listing, variance, mark and scenario prices. What has expired needs no report: it stays at the
///          mark in force, and no scenario moves it.
/// @param   UNDERLYING, E  number of the underlying, its expiries
/// @param   ORACLES        places of the oracle set
/// @input   isListed, isLive, isExpired, isSettled  advice: the status; a slot of none is empty
/// @input   isDue             advice: listed or live, it expires with this step
/// @input   isExpiry          advice: the expiry of the report that the series is of, none if it is not priced
/// @input   isPut, strike, expiry  of the series; 0, 1 and 0 if empty
/// @input   oldest            below 2^40, time of the oldest report
/// @input   lastMark          in force
/// @output  seriesHash, status  the slot's values on the board; isLiving  boolean: live, and not due
/// @output  changes             what the step adds to the status whatever is adopted; opens  boolean: listed, and not due
/// @sound   The hash fixes the expiry, and with it its range. One that is ahead equals an expiry of the report, and
///          CheckExpiryTerms leaves none of these that is not after `oldest`: so isDue says the truth. A slot that is not priced
///          selects no expiry: its discount is 0 and with it every price.
/// @mirror  protocol/marks-step.ts applyMarks
template CheckMarksSlot(PROFILE_CODE, S, UNDERLYING, E, ORACLES) {
    input ExpiryTerms() terms[E];
    input Surface() svi[ORACLES][E];
    signal input counts[ORACLES], half;
    signal input isUsed[E], isListed, isLive, isExpired, isSettled, isDue, isExpiry[E], isPut, strike, expiry, oldest, lastMark;
    signal output seriesHash, status, changes, isLiving, opens, variance, mark, price[S];

    // 1 Status
    _ <== Bool()(isListed);
    _ <== Bool()(isLive);
    _ <== Bool()(isExpired);
    _ <== Bool()(isSettled);
    _ <== Bool()(isDue);
    _ <== Bool()(isPut);
    signal isFull <== Bool()(isListed + isLive + isExpired + isSettled);
    isDue * (1 - isListed - isLive) === 0;
    var isAhead = isListed + isLive - isDue;
    _ <== Uint(WIDTH_TIMESTAMP())(isDue * (oldest - expiry));
    isLiving <== isLive * (1 - isDue);
    opens <== isAhead - isLiving;
    var isGone = isLive - isLiving;
    changes <== (isGone * (STATUS_EXPIRED() - STATUS_LIVE()) + (isDue - isGone) * (STATUS_EXPIRED() - STATUS_LISTED())) * 2 ** STATUS_SHIFT();

    // 2 Series
    var count = 0;
    for (var e = 0; e < E; e++) {
        isExpiry[e] * (isExpiry[e] - isUsed[e]) === 0;
        count += isExpiry[e];
    }
    count === isAhead;
    (1 - isFull) * isPut === 0;
    (1 - isFull) * (strike - 1) === 0;
    (1 - isFull) * expiry === 0;
    component own = SelectExpiry(E);
    own.each <== terms;
    own.isExpiry <== isExpiry;
    isAhead * (expiry - own.out.expiry) === 0;
    signal hash <== SeriesHash()(UNDERLYING, isPut, strike, expiry);
    seriesHash <== hash * isFull;
    var code = isListed * STATUS_LISTED() + isLive * STATUS_LIVE() + isExpired * STATUS_EXPIRED() + isSettled * STATUS_SETTLED();
    status <== expiry + code * 2 ** STATUS_SHIFT();

    // 3 Variance and prices, at a strike of 1 where there is nothing to price
    signal pricedStrike <== 1 + isAhead * (strike - 1);
    signal lnStrike;
    (_, lnStrike) <== Ln(STRIKE_BITS())(pricedStrike);
    signal logMoneyness <== LogMoneyness()(own.out.lnForward, lnStrike);
    component surface = MedianVariance(ORACLES);
    component select[ORACLES];
    for (var o = 0; o < ORACLES; o++) {
        select[o] = SelectSurface(E);
        select[o].each <== svi[o];
        select[o].isExpiry <== isExpiry;
        surface.svi[o] <== select[o].out;
    }
    surface.counts <== counts;
    surface.half <== half;
    surface.minVariance <== own.out.minVariance;
    surface.maxVariance <== own.out.maxVariance;
    surface.isPricedAt <== own.out.isPriced;
    signal isStrikeAbove <== IsStrikeAbove(PERCENT())(own.out.forward, pricedStrike);
    surface.isNear <== IsNearTheMoney()(own.out.forward, pricedStrike, isStrikeAbove);
    surface.logMoneyness <== logMoneyness;
    variance <== surface.variance;
    component prices = SlotPrices(PROFILE_CODE, S);
    prices.forward <== own.out.forward;
    prices.strike <== pricedStrike;
    prices.isStrikeAbove <== isStrikeAbove;
    prices.sides.presentForward <== own.out.presentForward;
    prices.sides.presentStrike <== Present(STRIKE_BITS())(pricedStrike, own.out.discount);
    prices.sides.logMoneyness <== logMoneyness;
    prices.isPut <== isPut;
    prices.isPriced <== surface.isPriced;
    prices.down <== own.out.down;
    prices.up <== own.out.up;
    prices.variance <== surface.variance;

    // 4 What is not priced any more keeps its mark; what never was has none
    signal kept <== (isExpired + isSettled + isGone) * lastMark;
    mark <== prices.mark + kept;
    for (var s = 0; s < S; s++) price[s] <== prices.price[s] + kept;
}
