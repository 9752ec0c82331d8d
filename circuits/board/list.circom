pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/select.circom";
include "lib/uint.circom";

/// @title   CheckSeriesTerms
/// @notice  Accepts strike and expiry of a series that may be listed in the kind of place that it is for, or nothing.
/// @input   isList       {bits = 1}; without it anything goes
/// @input   isPerpetual  boolean: the place is that of a perpetual
/// @input   timestamp    below 2^40
/// @sound   An element that divides by the grid into an integer of few bits is that integer times the grid.
/// @mirror  protocol/board-step.ts checkListing
template CheckSeriesTerms() {
    signal input {bits} isList;
    signal input isPerpetual, strike, expiry, timestamp;

    // 1 A perpetual has neither
    signal isUnlimited <== isList * isPerpetual;
    isUnlimited * strike === 0;
    isUnlimited * (expiry - NEVER()) === 0;

    // 2 An option's are on the grid, and ahead; the first of the grid stands in where there is none
    signal {bits} isOption <== Bool()(isList - isUnlimited);
    signal listedStrike <== Choose()(isOption, strike, GRID_STRIKE());
    _ <== Uint(STRIKE_BITS())(listedStrike);
    _ <== Uint(STRIKE_BITS() + 1 - BIT_LENGTH(GRID_STRIKE()))(listedStrike / GRID_STRIKE() - 1);
    signal listedExpiry <== Choose()(isOption, expiry, GRID_EXPIRY_SECOND());
    _ <== Uint(WIDTH_TIMESTAMP())(listedExpiry);
    _ <== Uint(WIDTH_TIMESTAMP() + 1 - BIT_LENGTH(GRID_DAY_SECONDS()))((listedExpiry - GRID_EXPIRY_SECOND()) / GRID_DAY_SECONDS());
    _ <== Uint(WIDTH_TIMESTAMP())(isOption * (expiry - timestamp - 1));
}

/// @title   CheckListing
/// @notice  Accepts a listing into a slot that is empty, or settled and done, of a series that stands in no other, or nothing.
/// @param   M         slots of the board
/// @input   isList    {bits = 1}; without it anything goes
/// @input   isFree    boolean: the slot is empty or settled
/// @input   held      what is open and owed in the slot, integers below 2^96 each
/// @input   listed    series hash of every slot
/// @input   cap       lots
/// @mirror  protocol/board-step.ts checkListing
template CheckListing(M) {
    signal input {bits} isList;
    signal input isFree, held[4], seriesHash, listed[M], cap;

    isList * (1 - isFree) === 0;
    isList * (held[0] + held[1] + held[2] + held[3]) === 0;
    var same = 0;
    signal isSame[M];
    for (var j = 0; j < M; j++) {
        isSame[j] <== IsEqual()(listed[j], seriesHash);
        same += isSame[j];
    }
    isList * same === 0;
    _ <== Uint(WIDTH_SIZE())(cap);
}
