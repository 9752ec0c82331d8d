pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/uint.circom";

/// What a long and a short of each slot have earned since genesis, 1e-2 USDC per unit, and whether the series is settled.
bus SideIndex(M) {
    signal long[M], short[M], isSettled[M];
}

/// @title   SettledIndex
/// @notice  The side-index of each position.
/// @input   isShort  boolean: by the sign of the position
/// @mirror  protocol/accrue.ts settled
template SettledIndex(M) {
    input SideIndex(M) side;
    signal input isShort[M];
    signal output index[M];

    for (var j = 0; j < M; j++) {
        index[j] <== side.long[j] + isShort[j] * (side.short[j] - side.long[j]);
        _ <== side.isSettled[j];
    }
}

/// @title   Accrue
/// @notice  What positions have earned since they were last settled; those in settled series are gone.
/// @input   size, magnitude  signed lots and lots, index: last settled; isShort: boolean, by the sign of size
/// @output  paid  1e-6 USDC: lots times 1e-2 USDC per unit are whole
/// @sound   |size| <= 2^40 and indices have 50 bits: paid is an integer below 2^92 per slot.
/// @mirror  protocol/accrue.ts accrue
template Accrue(M) {
    input SideIndex(M) side;
    signal input size[M], magnitude[M], index[M], isShort[M];
    signal output paid, sizeAfter[M], magnitudeAfter[M];

    signal indexNow[M] <== SettledIndex(M)(side, isShort);
    signal paidAt[M];
    var sum = 0;
    for (var j = 0; j < M; j++) {
        paidAt[j] <== size[j] * (indexNow[j] - index[j]);
        sum += paidAt[j];
        sizeAfter[j] <== size[j] * (1 - side.isSettled[j]);
        magnitudeAfter[j] <== magnitude[j] * (1 - side.isSettled[j]);
    }
    paid <== sum;
}
