pragma circom 2.2.2;

include "lib/uint.circom";

/// Largest integer whose square is at most `square` < 2^(2 BITS): bit by bit from above.
function FLOOR_SQRT(square, BITS) {
    var root = 0;
    for (var i = BITS - 1; i >= 0; i--) {
        var next = root + 2 ** i;
        if (next * next <= square) root = next;
    }
    return root;
}

/// @title   CheckFloorSqrt
/// @notice  Accepts the integer root of a number, or nothing.
/// @param   BITS  of the root, at most 125
/// @input   in    satisfiable only while 0 <= in < 2^(2 BITS)
/// @input   root  advice
/// @output  out   {bits = BITS}, rounded down
/// @sound   root^2 <= in <= root^2 + 2 root, over the integers since both sides stay below 2^252: one root does that.
/// @mirror  protocol/fixed-point.ts floorSqrt
template CheckFloorSqrt(BITS) {
    assert(BITS <= 125);
    signal input in, root;
    signal output {bits} out;

    out <== Uint(BITS)(root);
    signal rest <== in - root * root;
    _ <== Uint(BITS + 1)(rest);
    _ <== Uint(BITS + 1)(2 * root - rest);
}

/// @title   FloorSqrt
/// @notice  Exact integer root, rounded down. 3 BITS + 4 constraints.
template FloorSqrt(BITS) {
    signal input in;
    signal output {bits} out;

    signal root <-- FLOOR_SQRT(in, BITS);
    out <== CheckFloorSqrt(BITS)(in, root);
}

/// @title   CheckFloorSqrtOf
/// @notice  Accepts the integer root of a number over 2^DROPPED, or nothing.
/// @input   in         satisfiable only while 0 <= in < 2^(2 BITS + DROPPED)
/// @input   root, low  advice: the root, and in mod 2^DROPPED
/// @sound   (in - low) / 2^DROPPED is an integer, since CheckFloorSqrt accepts no other: it adds ranged integers up to it.
/// @mirror  protocol/fixed-point.ts floorSqrt
template CheckFloorSqrtOf(DROPPED, BITS) {
    assert(2 * BITS + DROPPED <= 250);
    signal input in, root, low;
    signal output {bits} out;

    _ <== Uint(DROPPED)(low);
    out <== CheckFloorSqrt(BITS)((in - low) / 2 ** DROPPED, root);
}

/// @title   FloorSqrtOf
/// @notice  Exact integer root of in / 2^DROPPED, rounded down. 3 BITS + DROPPED + 4 constraints.
template FloorSqrtOf(DROPPED, BITS) {
    signal input in;
    signal output {bits} out;

    signal root <-- FLOOR_SQRT(in >> DROPPED, BITS);
    signal low <-- in & (2 ** DROPPED - 1);
    out <== CheckFloorSqrtOf(DROPPED, BITS)(in, root, low);
}
