pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/select.circom";
include "lib/uint.circom";

/// @title   CheckStale
/// @notice  Whether marks are older than allowed.
/// @input   isStale  advice
/// @sound   one of the two differences is negative, so exactly one value of the advice has a witness.
/// @mirror  protocol/lane.ts isStale
template CheckStale() {
    signal input timestamp, marksTimestamp, maxAge, isStale;
    signal output out;

    out <== Bool()(isStale);
    var age = timestamp - marksTimestamp;
    signal excess <== isStale * (2 * age - 2 * maxAge - 1);
    _ <== Uint(WIDTH_TIMESTAMP() + 1)(excess + maxAge - age);
}

/// @title   CheckStatus
/// @notice  The status of a slot, and whether it trades: live, and not before the end of trading.
/// @input   statusExpiry  status * 2^48 + expiry
/// @input   isListed, isLive, isExpired, isSettled  advice: its status; none if it is empty
/// @input   isTrading     advice; it may be 0 of a slot that trades
/// @input   end           seconds: an expiry below this does not trade
/// @sound   an expiry has 40 bits, and statuses are 2^48 apart: what the status named leaves, less end, is in the range of no other.
/// @mirror  protocol/execute.ts checkTrading
template CheckStatus() {
    signal input statusExpiry, isListed, isLive, isExpired, isSettled, isTrading, end;

    _ <== Bool()(isListed);
    _ <== Bool()(isLive);
    _ <== Bool()(isExpired);
    _ <== Bool()(isSettled);
    _ <== Bool()(isListed + isLive + isExpired + isSettled);
    _ <== Bool()(isTrading);
    isTrading * (1 - isLive) === 0;
    var status = isListed * STATUS_LISTED() + isLive * STATUS_LIVE() + isExpired * STATUS_EXPIRED() + isSettled * STATUS_SETTLED();
    signal least <== isTrading * end;
    _ <== Uint(WIDTH_TIMESTAMP())(statusExpiry - status * (1 << STATUS_SHIFT()) - least);
}

/// @title   CheckOpenInterest
/// @notice  Accepts an open interest within the cap, or not above what it was.
/// @input   isCapped  advice: which of the two
/// @sound   open interest is below 2^64, a cap below 2^40; what a step takes from it is below 2^46.
/// @mirror  protocol/trade.ts withInterest
template CheckOpenInterest() {
    signal input before, after, cap, isCapped;

    _ <== Bool()(isCapped);
    signal most <== before + isCapped * (cap - before);
    _ <== Uint(46)(most - after);
}

/// @title   CheckWriteOff
/// @notice  What the insurance fund pays of a bankrupt account's debt, and who owes the rest.
/// @param   N  whom a deficit may be charged to: nobody, then longs and shorts of each slot
/// @input   count      accounts written off; debt: of that one, 0 if none, 1e-6 USDC
/// @input   target     below N
/// @input   funds      of insurance, 96 bits
/// @input   deficit    before, by target
/// @input   isInsured  advice: whether the funds suffice
/// @output  insured    paid by the fund; deficitAfter: by target
/// @sound   at most one account is written off, so its debt is the one that is at least 1. One of funds - debt and debt - funds is
///          negative unless they are equal, and then either advice gives the same.
/// @mirror  protocol/trade.ts withVisits
template CheckWriteOff(N) {
    signal input count, debt, target, funds, deficit[N], isInsured;
    signal output insured, deficitAfter[N];

    _ <== Bool()(count);
    _ <== Uint(WIDTH_CASH() + 1)(debt - count);
    _ <== Bool()(isInsured);
    signal less <== isInsured * (debt - funds);
    insured <== funds + less;
    _ <== Uint(WIDTH_CASH() + 1)(debt - funds - 2 * less);

    signal isTarget[N] <== OneHot(N)(target);
    signal before[N];
    var sum = 0;
    for (var i = 0; i < N; i++) {
        before[i] <== isTarget[i] * deficit[i];
        sum += before[i];
        deficitAfter[i] <== deficit[i] + isTarget[i] * (debt - insured);
    }
    _ <== Uint(WIDTH_CASH())(sum + debt - insured);
}
