pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/compare.circom";
include "state/board.circom";

/// 1e-8 USDC in 1e-2 USDC, and 1e-6 USDC.
function SPOT_PER_PRICE() { return SCALE_SPOT() \ SCALE_PRICE(); }
function MARK_PER_PRICE() { return SCALE_MARK() \ SCALE_PRICE(); }

/// @title   PerpetualMark
/// @notice  The impact mid held within the band around spot, at 1e-2 USDC, rounded down once.
/// @input   spot       1e-8 USDC, in [1, 2^53]
/// @input   impactMid  1e-8 USDC, below 2^53
/// @output  mark       {bits = 34}
/// @sound   In parts per million all three are below 2^53 1,005,000 < 2^73, and the mark below 2^73 / 10^12 < 2^34.
/// @mirror  protocol/funding.ts perpetualMark
template PerpetualMark() {
    var PPM = 1000000;
    var BAND = FUNDING_BAND_PPM();
    assert(BAND <= 5000);
    signal input spot, impactMid;
    signal output {bits} mark;

    signal held <== Clamp(FORWARD_BITS() + 20)(PPM * impactMid, (PPM - BAND) * spot, (PPM + BAND) * spot);
    mark <== FloorDiv(PPM * SPOT_PER_PRICE(), FORWARD_BITS() - 19)(held);
}

/// @title   FundingRate
/// @notice  What a unit long pays in one period: the premium over spot less the dead zone, capped; negative if it is paid.
/// @input   spot    1e-8 USDC, in [1, 2^53]
/// @input   mark    1e-2 USDC, of PerpetualMark, or 0
/// @input   capPpm  below 2^20, parts per million of spot
/// @output  rate    1e-8 USDC, at most 2^53 in magnitude
/// @sound   The premium is at most 2^53 in magnitude, dead zone and cap are below 2^42 and 2^54: all differences below 2^55.
/// @mirror  protocol/funding.ts fundingRate
template FundingRate() {
    var PPM = 1000000;
    var BITS = FORWARD_BITS() + 2;
    assert(FUNDING_DEAD_ZONE_PPM() < PPM \ 2 ** 11);
    signal input spot, mark, capPpm;
    signal output rate;

    signal premium <== mark * SPOT_PER_PRICE() - spot;
    signal zone <== FloorDiv(PPM, FORWARD_BITS() - 11)(spot * FUNDING_DEAD_ZONE_PPM());
    signal cap <== FloorDiv(PPM, FORWARD_BITS() + 1)(spot * capPpm);
    signal isFree <== Clamp(BITS)(premium, -zone, zone);
    rate <== Clamp(BITS)(premium - isFree, -cap, cap);
}

/// @title   FundingIndex
/// @notice  The mark less all funding that a long has paid since genesis, rounded down.
/// @input   mark        1e-2 USDC, of PerpetualMark, or 0
/// @input   fundingSum  1e-8 USDC seconds; satisfiable only while what it comes to has one bit less than an index
/// @output  index       1e-2 USDC, a signed integer of 48 bits
/// @mirror  protocol/funding.ts fundingIndex
template FundingIndex() {
    signal input mark, fundingSum;
    signal output index;

    signal paid <== FloorDivInt(FUNDING_PERIOD_SECONDS() * SPOT_PER_PRICE(), WIDTH_INDEX() - 1)(fundingSum);
    index <== mark - paid;
}

/// @title   Funding
/// @notice  Index and sum of a perpetual's funding under a table that is adopted.
/// @input   isOwed      boolean: the perpetual was priced by the table in force, and the new one is adopted
/// @input   elapsed     seconds between the two, below 2^40
/// @input   sumBefore   1e-8 USDC seconds, of FundingIndex before
/// @output  index, fundingSum
/// @sound   The rate is below 2^54 in magnitude, so the sum stays below 2^83 + 2^94, far from wrapping.
/// @mirror  protocol/funding.ts funded
template Funding() {
    signal input spot, mark, capPpm, isOwed, elapsed, sumBefore;
    signal output index, fundingSum;

    signal rate <== FundingRate()(spot, mark, capPpm);
    signal seconds <== isOwed * elapsed;
    fundingSum <== sumBefore + rate * seconds;
    index <== FundingIndex()(mark, fundingSum);
}

/// @title   CheckPerpetualSlot
/// @notice  The place of an underlying's perpetual: its listing, mark and scenario prices, all 0 if it is empty.
/// @input   isListed, isLive  advice; a slot of neither is empty, and one of any other status has no witness
/// @input   spot, impactMid   medians, 1e-8 USDC
/// @output  seriesHash, status  the slot's values on the board
/// @output  perpetual           its mark at 1e-2 USDC; mark, price  at 1e-6 USDC
/// @sound   The mark is below 2^34 10^4 < 2^48, and so is what a scenario makes of it: a sixth more at most.
/// @mirror  protocol/scenarios.ts perpetualMarks
template CheckPerpetualSlot(PROFILE_CODE, S, UNDERLYING) {
    var PERCENT = 100;
    signal input isListed, isLive, spot, impactMid;
    signal output seriesHash, status, perpetual, mark, price[S];

    _ <== Bool()(isListed);
    _ <== Bool()(isLive);
    isListed * isLive === 0;
    signal isFull <== isListed + isLive;

    signal hash <== SeriesHash()(UNDERLYING, KIND_SERIES_PERPETUAL(), 0, NEVER());
    seriesHash <== hash * isFull;
    status <== isFull * NEVER() + (isListed * STATUS_LISTED() + isLive * STATUS_LIVE()) * 2 ** STATUS_SHIFT();
    signal held <== PerpetualMark()(spot, impactMid);
    perpetual <== held * isFull;
    mark <== perpetual * MARK_PER_PRICE();
    for (var s = 0; s < S; s++) price[s] <== perpetual * (MARK_PER_PRICE() \ PERCENT) * SCENARIO_FACTOR(PROFILE_CODE, s);
}
