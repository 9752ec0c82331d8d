pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/uint.circom";
include "pricing/compare.circom";
include "pricing/time-value.circom";

/// What a forward and a strike are worth now, and kappa unshocked, 0 if not priced.
bus Sides() {
    signal presentForward, presentStrike, logMoneyness;
}

/// @title   Present
/// @notice  A discounted forward or strike at 1e-8 USDC 2^-7, rounded down.
/// @param   N         bits of the amount
/// @input   discount  2^-40, at most 1
/// @mirror  protocol/black76.ts present
template Present(N) {
    signal input amount, discount;
    signal output {bits} out <== FloorDiv(2 ** (SCALE_FRACTION_BITS() - PRECISION_PRESENT()), N + PRECISION_PRESENT())(amount * discount);
}

/// @title   CheckIsStrikeAbove
/// @notice  Whether the strike lies above the shocked forward.
/// @param   FACTOR          percent of the forward, 70 to 130: kappa / s then fits its bits
/// @input   forward, strike below 2^53, 2^54
/// @input   isStrikeAbove   advice
/// @sound   One of strike - forward - 1 and forward - strike is negative.
/// @mirror  protocol/black76.ts orderPair
template CheckIsStrikeAbove(FACTOR) {
    assert(FACTOR >= 70 && FACTOR <= 130);
    signal input forward, strike, isStrikeAbove;
    signal output out <== isStrikeAbove;

    _ <== Bool()(isStrikeAbove);
    var BITS = FACTOR == PERCENT() ? STRIKE_BITS() : VALUE_WIDTH();
    var above = FACTOR == PERCENT() ? strike - forward : strike * PERCENT() - forward * FACTOR;
    _ <== Uint(BITS)(above * (2 * isStrikeAbove - 1) - isStrikeAbove);
}

/// @title   IsStrikeAbove
/// @notice  Whether the strike lies above the shocked forward.
template IsStrikeAbove(FACTOR) {
    signal input forward, strike;
    signal output out;

    signal isStrikeAbove <-- strike * PERCENT() > forward * FACTOR;
    out <== CheckIsStrikeAbove(FACTOR)(forward, strike, isStrikeAbove);
}

/// @title   OrderPair
/// @notice  A shocked forward and a strike in order, as they are worth now.
/// @param   LOG, BIAS      fractional bits of kappa, and what is added to it
/// @input   isPriced       boolean; if 0, kappa is put beyond the table's end, so that the time value is exactly 0
/// @input   isStrikeAbove  of IsStrikeAbove at the same factor
/// @mirror  protocol/black76.ts orderPair
template OrderPair(FACTOR, LOG, BIAS) {
    var FAR = 2 ** (LOG + 1);
    input Sides() sides;
    signal input isPriced, isStrikeAbove;
    output Pair() pair;

    var shocked = sides.presentForward * FACTOR;
    var struck = sides.presentStrike * PERCENT();
    pair.lower <== isStrikeAbove * (shocked - struck) + struck;
    pair.upper <== shocked + struck - pair.lower;
    pair.logRatio <== (sides.logMoneyness - isPriced * LN_FACTOR(FACTOR)) * (2 * isStrikeAbove - 1) + BIAS + (1 - isPriced) * FAR;
}

/// @title   Intrinsic
/// @notice  Value of exercise, in the unit of the pair.
/// @input   isPut  boolean
/// @mirror  protocol/black76.ts intrinsic
template Intrinsic() {
    input Pair() pair;
    signal input isStrikeAbove, isPut;
    signal output out;

    _ <== pair.logRatio;
    signal isInTheMoney <== 1 - isPut - isStrikeAbove + 2 * isPut * isStrikeAbove;
    out <== isInTheMoney * (pair.upper - pair.lower);
}

/// @title   CheckMark
/// @notice  Rounds a value now down to 1e-6 USDC.
/// @param   BITS        fractional bits of the value, at most 180
/// @input   value       1e-10 USDC 2^-7 at 2^-BITS; one unit of Present is added, which makes up for what discounting may
///                      have taken from the intrinsic value
/// @input   mark, part  advice: the quotient, and the remainder above its power of two
/// @output  out         {bits = 48}
/// @sound   The divisor is 625 times a power of two: the remainder is split there. Below 2^(70 + BITS).
/// @mirror  protocol/black76.ts markOf
template CheckMark(BITS) {
    var ODD = 625;
    var POWER = BITS + PRECISION_PRESENT() + 4;
    assert(ODD * 16 == PERCENT() * SCALE_SPOT() / SCALE_MARK());
    assert(POWER + 10 + WIDTH_MARK() <= 252);
    signal input value, mark, part;
    signal output {bits} out;

    out <== Uint(WIDTH_MARK())(mark);
    CheckRemainder(ODD)(part);
    _ <== Uint(POWER)(value + PERCENT() * 2 ** BITS - (mark * ODD + part) * 2 ** POWER);
}

/// @title   Mark
/// @notice  A value now at 1e-6 USDC, rounded down.
template Mark(BITS) {
    var ODD = 625;
    var POWER = 2 ** (BITS + PRECISION_PRESENT() + 4);
    signal input value;
    signal output {bits} out;

    signal mark <-- (value + PERCENT() * 2 ** BITS) \ (ODD * POWER);
    signal part <-- (value + PERCENT() * 2 ** BITS) \ POWER % ODD;
    out <== CheckMark(BITS)(value, mark, part);
}

/// @title   IsNearTheMoney
/// @notice  Whether strike and forward lie within a factor of 20 of each other.
/// @input   forward, strike  below 2^53, 2^54
/// @input   isStrikeAbove    of IsStrikeAbove, unshocked
/// @mirror  protocol/black76.ts isNearTheMoney
template IsNearTheMoney() {
    signal input forward, strike, isStrikeAbove;
    signal output out;

    signal lower <== isStrikeAbove * (forward - strike) + strike;
    out <== AtLeast(STRIKE_BITS() + 5)(lower * DOMAIN_MONEYNESS(), forward + strike - lower);
}
