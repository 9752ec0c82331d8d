pragma circom 2.2.2;

include "generated/tables.circom";
include "pricing/piecewise.circom";

/// @title   NormalTail
/// @notice  1 - Φ(x) for x >= 0 on the grid, at 2^-164, unrounded. Below 2^164.
/// @mirror  protocol/functions.ts normalTail
template NormalTail() {
    input Segment(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH()) at;
    signal input nudge;
    signal output out;

    out <== Piecewise(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH(), PIECES_TAIL_DEGREE(), TAIL(), ARGUMENT_BITS_TAIL())(at, nudge);
}

/// @title   NormalDensity
/// @notice  φ(x) for x >= 0 on the grid, at 2^-116, unrounded.
/// @mirror  protocol/functions.ts normalDensity
template NormalDensity() {
    input Segment(PIECES_DENSITY_COUNT(), PIECES_DENSITY_WIDTH()) at;
    signal input nudge;
    signal output out;

    out <== Piecewise(PIECES_DENSITY_COUNT(), PIECES_DENSITY_WIDTH(), PIECES_DENSITY_DEGREE(), DENSITY(), ARGUMENT_BITS_DENSITY())(at, nudge);
}
