pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/uint.circom";
include "trade/margin.circom";

/// What executions are measured by: the same for all of a step.
bus Venue(M, U) {
    signal timestamp, domain, feeAccount, priceBandPpm, isClosed[U], spot[U], isTrading[M], seriesHash[M], mark[M];
}

/// @title   Legs
/// @notice  What an execution moves: units of up to four series, each of them trading.
/// @param   M  slots of the board; U underlyings
/// @input   isSlot, ratio, isNegative  advice per leg: its slot, lots per unit, and its sign
/// @input   units      below 2^40, 0 unless it trades
/// @input   isTrading  per slot
/// @output  isUsed     per leg, the used ones first; an unused one has ratio 0 and hash 0
/// @output  magnitude  of the ratio
/// @output  change     signed lots per slot
/// @output  isIn       legs per underlying
/// @output  lots       over all legs, unsigned
/// @output  notional   lots times spot, 1e-12 USDC
/// @output  value      signed lots times mark, 1e-10 USDC
/// @output  booked     cash that perpetuals are worth at their mark, 1e-6 USDC
/// @sound   lots < 4 * 2^51, so value < 2^101 and notional < 2^117. A perpetual's mark is a whole multiple of 1e-2 USDC, as the
///          `marks` step writes it, so that booked is an integer.
/// @mirror  protocol/executed.ts withExecuted, notionalOf, bookedAtMark; protocol/execute.ts gainOf
template Legs(M, U) {
    var L = LEGS();
    signal input isSlot[L][M], ratio[L], isNegative[L], units, isTrading[M], seriesHash[M], mark[M], spot[U];
    signal output isUsed[L], hash[L], slot[L], magnitude[L], change[M], isIn[U], lots, notional, value, booked;

    signal hashAt[L][M], signedLots[L], part[L][M];
    var traded[M];
    var changes[M];
    for (var l = 0; l < L; l++) {
        var count = 0;
        var place = 0;
        var sum = 0;
        magnitude[l] <== CheckMagnitude(WIDTH_RATIO() - 1)(ratio[l], isNegative[l]);
        signedLots[l] <== units * ratio[l];
        for (var j = 0; j < M; j++) {
            _ <== Bool()(isSlot[l][j]);
            count += isSlot[l][j];
            place += j * isSlot[l][j];
            hashAt[l][j] <== isSlot[l][j] * seriesHash[j];
            sum += hashAt[l][j];
            traded[j] += isSlot[l][j];
            part[l][j] <== isSlot[l][j] * signedLots[l];
            changes[j] += part[l][j];
        }
        isUsed[l] <== Bool()(count);
        if (l > 0) isUsed[l] * (1 - isUsed[l - 1]) === 0;
        (1 - isUsed[l]) * ratio[l] === 0;
        hash[l] <== sum;
        slot[l] <== place;
    }

    signal valueAt[M];
    var values = 0;
    var cash = 0;
    for (var j = 0; j < M; j++) {
        traded[j] * (1 - isTrading[j]) === 0;
        change[j] <== changes[j];
        valueAt[j] <== changes[j] * mark[j];
        values += valueAt[j];
        if ((j + 1) % (M \ U) == 0) cash += valueAt[j] / (SCALE_MARK() \ SCALE_PRICE());
    }
    value <== values;
    booked <== cash;

    // Unused legs have magnitude 0, so that with one underlying all are in it.
    signal perUnit[L][U], lotsIn[U], notionalIn[U];
    var allLots = 0;
    var allNotional = 0;
    for (var u = 0; u < U; u++) {
        var legs = 0;
        var sum = 0;
        for (var l = 0; l < L; l++) {
            var isHere = 0;
            for (var j = 0; j < M; j++) {
                if (j * U \ M == u) isHere += isSlot[l][j];
            }
            legs += isHere;
            if (U == 1) {
                perUnit[l][u] <== magnitude[l];
            } else {
                perUnit[l][u] <== isHere * magnitude[l];
            }
            sum += perUnit[l][u];
        }
        isIn[u] <== legs;
        lotsIn[u] <== units * sum;
        notionalIn[u] <== lotsIn[u] * spot[u];
        allLots += lotsIn[u];
        allNotional += notionalIn[u];
    }
    lots <== allLots;
    notional <== allNotional;
}
