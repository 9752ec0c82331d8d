pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/time-value.circom";

/// @title   CheckOrderPair
/// @notice  A shocked forward and a strike in order.
/// @param   FACTOR         percent of the forward, 70 to 130: kappa / s then fits its bits
/// @input   forward        below 2^53, 1e-8 USDC
/// @input   strike         below 2^54
/// @input   logMoneyness   ln(strike / forward) at 2^-48; 0 if not priced
/// @input   isPriced       boolean; if 0, the ratio is put beyond the table's end, so that the time value is exactly 0
/// @input   isStrikeAbove  advice
/// @sound   One of strike - forward - 1 and forward - strike is negative.
/// @mirror  protocol/black76.ts orderPair
template CheckOrderPair(FACTOR) {
    assert(FACTOR >= 70 && FACTOR <= 130);
    var FAR = 2 ** (PRECISION_LOG() + 1);
    signal input forward, strike, logMoneyness, isPriced, isStrikeAbove;
    output Pair() pair;

    _ <== Bool()(isStrikeAbove);
    var shocked = forward * FACTOR;
    var struck = strike * PERCENT();
    pair.gap <== (struck - shocked) * (2 * isStrikeAbove - 1);
    _ <== Uint(VALUE_WIDTH())(pair.gap - isStrikeAbove);
    pair.lower <== isStrikeAbove * (shocked - struck) + struck;
    pair.logRatio <== (logMoneyness - isPriced * LN_FACTOR(FACTOR)) * (2 * isStrikeAbove - 1) + (1 - isPriced) * FAR;
}

/// @title   OrderPair
/// @notice  A shocked forward and a strike in order.
template OrderPair(FACTOR) {
    signal input forward, strike, logMoneyness, isPriced;
    signal output isStrikeAbove;
    output Pair() pair;

    isStrikeAbove <-- strike * PERCENT() > forward * FACTOR;
    pair <== CheckOrderPair(FACTOR)(forward, strike, logMoneyness, isPriced, isStrikeAbove);
}

/// @title   Intrinsic
/// @notice  Value now of exercise, 1e-10 USDC.
/// @input   isPut  boolean
/// @mirror  protocol/black76.ts intrinsic
template Intrinsic() {
    signal input isStrikeAbove, gap, isPut;
    signal output out;

    signal isInTheMoney <== 1 - isPut - isStrikeAbove + 2 * isPut * isStrikeAbove;
    out <== isInTheMoney * gap;
}

/// @title   CheckMark
/// @notice  Discounts a value and rounds it down to 1e-6 USDC.
/// @input   value     1e-10 USDC, below 2^62
/// @input   discount  2^-40, at most 1
/// @input   mark, part  advice: the quotient, and the remainder above 2^44
/// @output  out       {bits = 48}
/// @sound   The divisor is 625 times 2^44: the remainder is split there, which saves a range of 44 bits. Below 2^102.
/// @mirror  protocol/black76.ts markOf
template CheckMark() {
    var ODD = 625;
    var POWER = 2 ** (SCALE_FRACTION_BITS() + 4);
    assert(ODD * 16 == PERCENT() * SCALE_SPOT() / SCALE_MARK());
    signal input value, discount, mark, part;
    signal output {bits} out;

    out <== Uint(WIDTH_MARK())(mark);
    CheckRemainder(ODD)(part);
    _ <== Uint(SCALE_FRACTION_BITS() + 4)(value * discount - (mark * ODD + part) * POWER);
}

/// @title   Mark
/// @notice  Discounted price at 1e-6 USDC, rounded down.
template Mark() {
    var ODD = 625;
    var POWER = 2 ** (SCALE_FRACTION_BITS() + 4);
    signal input value, discount;
    signal output {bits} out;

    signal mark <-- value * discount \ (ODD * POWER);
    signal part <-- value * discount \ POWER % ODD;
    out <== CheckMark()(value, discount, mark, part);
}
