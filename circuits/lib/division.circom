pragma circom 2.2.2;

include "lib/uint.circom";

/// @title   CheckRemainder
/// @notice  Accepts an integer in [0, D), or nothing. One range is enough if D is a power of two.
/// @param   D  at least 2
template CheckRemainder(D) {
    var N = BIT_LENGTH(D - 1);
    signal input in;

    _ <== Uint(N)(in);
    if (D != 2 ** N) _ <== Uint(N)(D - 1 - in);
}

/// @title   CheckFloorDiv
/// @notice  Accepts quotient and remainder of dividing by a constant, or nothing.
/// @param   D              divisor, at least 2
/// @param   QUOTIENT_BITS  width granted to the quotient
/// @input   in   field, any unit; satisfiable only while 0 <= in < D 2^QUOTIENT_BITS
/// @input   q    advice
/// @input   r    advice
/// @output  quotient  {bits = QUOTIENT_BITS}, unit of in / D, rounded down
/// @sound   q D + r stays below 2^252, so the equation holds over the integers, and 0 <= r < D leaves one solution.
template CheckFloorDiv(D, QUOTIENT_BITS) {
    assert(D >= 2);
    assert(QUOTIENT_BITS + BIT_LENGTH(D) <= 252);
    signal input in, q, r;
    signal output {bits} quotient;

    in === q * D + r;
    CheckRemainder(D)(r);
    quotient <== Uint(QUOTIENT_BITS)(q);
}

/// @title   FloorDiv
/// @notice  Divides a non-negative number by a constant, rounding down.
/// @mirror  protocol/fixed-point.ts floorDiv
template FloorDiv(D, QUOTIENT_BITS) {
    signal input in;
    signal output {bits} quotient;

    signal q <-- in \ D;
    signal r <-- in % D;
    quotient <== CheckFloorDiv(D, QUOTIENT_BITS)(in, q, r);
}

/// @title   CheckFloorDivInt
/// @notice  Like CheckFloorDiv for a number of either sign; rounds towards minus infinity.
/// @output  quotient  {signed = QUOTIENT_BITS}
/// @sound   |q D + r| stays below 2^252, so the equation holds over the integers, and 0 <= r < D leaves one solution.
template CheckFloorDivInt(D, QUOTIENT_BITS) {
    assert(D >= 2);
    assert(QUOTIENT_BITS + BIT_LENGTH(D) <= 252);
    signal input in, q, r;
    signal output {signed} quotient;

    in === q * D + r;
    CheckRemainder(D)(r);
    quotient <== Int(QUOTIENT_BITS)(q);
}

/// @title   FloorDivInt
/// @notice  Divides a number of either sign by a constant, rounding towards minus infinity.
/// @mirror  protocol/fixed-point.ts floorDiv
template FloorDivInt(D, QUOTIENT_BITS) {
    var OFFSET = D * 2 ** (QUOTIENT_BITS - 1);
    signal input in;
    signal output {signed} quotient;

    signal q <-- ((in + OFFSET) \ D) - 2 ** (QUOTIENT_BITS - 1);
    signal r <-- (in + OFFSET) % D;
    quotient <== CheckFloorDivInt(D, QUOTIENT_BITS)(in, q, r);
}

/// @title   CheckDivide
/// @notice  Accepts quotient and remainder of dividing by a signal, or nothing. A divisor of 0 has no witness.
/// @param   QUOTIENT_BITS  width granted to the quotient
/// @input   in       field; satisfiable only while 0 <= in < divisor 2^QUOTIENT_BITS
/// @input   divisor  {bits}
/// @input   q        advice
/// @output  quotient  {bits = QUOTIENT_BITS}, rounded down
/// @output  remainder  {bits = divisor.bits}, less than divisor
/// @sound   q divisor + remainder stays below 2^252, so the equation holds over the integers; 0 <= remainder < divisor leaves one solution.
template CheckDivide(QUOTIENT_BITS) {
    signal input in;
    signal input {bits} divisor;
    signal input q;
    signal output {bits} quotient, remainder;
    assert(QUOTIENT_BITS + divisor.bits <= 251);

    quotient <== Uint(QUOTIENT_BITS)(q);
    signal rest <== in - quotient * divisor;
    remainder <== Uint(divisor.bits)(rest);
    _ <== Uint(divisor.bits)(divisor - 1 - rest);
}

/// @title   Divide
/// @notice  Divides a non-negative number by a positive signal, rounding down.
/// @mirror  protocol/fixed-point.ts floorDiv
template Divide(QUOTIENT_BITS) {
    signal input in;
    signal input {bits} divisor;
    signal output {bits} quotient, remainder;

    // The divisor 0 must reach the check that refuses it, not stop the calculator.
    signal q <-- divisor == 0 ? 0 : in \ divisor;
    (quotient, remainder) <== CheckDivide(QUOTIENT_BITS)(in, divisor, q);
}
