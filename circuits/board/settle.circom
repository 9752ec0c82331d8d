pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/compare.circom";

/// @title   Payoff
/// @notice  What a unit of an option pays, from the growth of the sum of spot over the seconds of the average.
/// @input   isPut   boolean
/// @input   strike  below 2^54, 1e-8 USDC per unit
/// @input   growth  below 2^64, 1e-8 USDC seconds per unit
/// @output  out     {bits}, 1e-2 USDC per unit, rounded down once for both sides
/// @mirror  protocol/spot-sum.ts payoff
template Payoff() {
    var SECONDS = SETTLEMENT_AVERAGE_SECONDS();
    var UNIT = SCALE_SPOT() \ SCALE_PRICE();
    var BITS = STRIKE_BITS() + BIT_LENGTH(SECONDS);
    signal input isPut, strike, growth;
    signal output {bits} out;

    signal gain <== (1 - 2 * isPut) * (growth - strike * SECONDS);
    signal isPaying <== AtLeast(BITS + 1)(gain, 0);
    out <== FloorDiv(SECONDS * UNIT, BITS + 1 - BIT_LENGTH(SECONDS * UNIT))(isPaying * gain);
}

/// @title   FallbackPayoff
/// @notice  What a unit pays if no quorum speaks: its last mark.
/// @input   mark  below 2^48, 1e-6 USDC per unit
/// @output  out   {bits}, 1e-2 USDC per unit, rounded down
/// @mirror  protocol/spot-sum.ts fallbackPayoff
template FallbackPayoff() {
    var UNIT = SCALE_MARK() \ SCALE_PRICE();
    signal input mark;
    signal output {bits} out;

    out <== FloorDiv(UNIT, WIDTH_MARK() + 1 - BIT_LENGTH(UNIT))(mark);
}

/// @title   CheckSettlement
/// @notice  Accepts a slot that may be settled at this time, or nothing.
/// @input   isSettle, isFallback  booleans
/// @input   isDue      boolean: the slot is live or expired
/// @input   expiry, timestamp  below 2^40
/// @mirror  protocol/board-step.ts settlement
template CheckSettlement() {
    signal input isSettle, isFallback, isDue, expiry, timestamp;

    isSettle * (1 - isDue) === 0;
    isFallback * (1 - isSettle) === 0;
    _ <== Uint(WIDTH_TIMESTAMP())(isSettle * (timestamp - expiry) - isFallback * SETTLEMENT_FALLBACK_SECONDS());
}
