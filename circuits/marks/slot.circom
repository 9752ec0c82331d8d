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
/// @notice  One slot of the board: its listing, variance, mark and scenario prices.
/// @param   UNDERLYING, E  number of the underlying, its expiries
/// @param   ORACLES        places of the oracle set
/// @input   isListed, isLive  advice; a slot of neither is empty, and one of any other status has no witness
/// @input   isExpiry          advice: the expiry of the report that the series is of, none if empty
/// @input   isPut, strike     of the series; 0 and 1 if empty
/// @output  seriesHash, status  the slot's values on the board
/// @sound   An empty slot selects no expiry: its discount is 0 and with it every price.
/// @mirror  protocol/marks-step.ts applyMarks
template CheckMarksSlot(PROFILE_CODE, S, UNDERLYING, E, ORACLES) {
    input ExpiryTerms() terms[E];
    input Surface() svi[ORACLES][E];
    signal input counts[ORACLES], half;
    signal input isUsed[E], isListed, isLive, isExpiry[E], isPut, strike;
    signal output seriesHash, status, variance, mark, price[S];

    _ <== Bool()(isListed);
    _ <== Bool()(isLive);
    _ <== Bool()(isPut);
    var isFull = isListed + isLive;
    var count = 0;
    for (var e = 0; e < E; e++) {
        isExpiry[e] * (isExpiry[e] - isUsed[e]) === 0;
        count += isExpiry[e];
    }
    count === isFull;
    isListed * isLive === 0;
    (1 - isFull) * (isPut + (strike - 1) * 2) === 0;

    component own = SelectExpiry(E);
    own.each <== terms;
    own.isExpiry <== isExpiry;
    signal hash <== SeriesHash()(UNDERLYING, isPut, strike, own.out.expiry);
    seriesHash <== hash * isFull;
    status <== own.out.expiry + (isListed * STATUS_LISTED() + isLive * STATUS_LIVE()) * 2 ** STATUS_SHIFT();

    signal lnStrike;
    (_, lnStrike) <== Ln(STRIKE_BITS())(strike);
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
    signal isStrikeAbove <== IsStrikeAbove(PERCENT())(own.out.forward, strike);
    surface.isNear <== IsNearTheMoney()(own.out.forward, strike, isStrikeAbove);
    surface.logMoneyness <== logMoneyness;
    variance <== surface.variance;
    component prices = SlotPrices(PROFILE_CODE, S);
    prices.forward <== own.out.forward;
    prices.strike <== strike;
    prices.isStrikeAbove <== isStrikeAbove;
    prices.sides.presentForward <== own.out.presentForward;
    prices.sides.presentStrike <== Present(STRIKE_BITS())(strike, own.out.discount);
    prices.sides.logMoneyness <== logMoneyness;
    prices.isPut <== isPut;
    prices.isPriced <== surface.isPriced;
    prices.down <== own.out.down;
    prices.up <== own.out.up;
    prices.variance <== surface.variance;
    mark <== prices.mark;
    price <== prices.price;
}
