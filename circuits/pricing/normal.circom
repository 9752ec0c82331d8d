pragma circom 2.2.2;

include "generated/tables.circom";
include "pricing/piecewise.circom";

/// @title   NormalTail
/// @notice  1 - Φ(x) for x >= 0 on the grid of marks, at 2^-164, unrounded. Below 2^164.
/// @mirror  protocol/functions.ts normalTail
template NormalTail() {
    input Segment(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH()) at;
    signal input nudge;
    signal output out;

    out <== Piecewise(PIECES_TAIL_COUNT(), PIECES_TAIL_WIDTH(), PIECES_TAIL_DEGREE(), TAIL(), ARGUMENT_BITS_TAIL())(at, nudge);
}

/// @title   RiskTail
/// @notice  1 - Φ(x) for x >= 0 on the grid of scenarios, at 2^-125, unrounded. Below 2^125.
/// @mirror  protocol/functions.ts riskTail
template RiskTail() {
    input Segment(PIECES_RISK_COUNT(), PIECES_RISK_WIDTH()) at;
    signal input nudge;
    signal output out;

    out <== Piecewise(PIECES_RISK_COUNT(), PIECES_RISK_WIDTH(), PIECES_RISK_DEGREE(), RISK(), ARGUMENT_BITS_RISK())(at, nudge);
}

/// @title   NormalDensity
/// @notice  φ(x) for x >= 0 on the grid of marks, at 2^-156, unrounded.
/// @mirror  protocol/functions.ts normalDensity
template NormalDensity() {
    input Segment(PIECES_DENSITY_COUNT(), PIECES_DENSITY_WIDTH()) at;
    signal input nudge;
    signal output out;

    out <== Piecewise(PIECES_DENSITY_COUNT(), PIECES_DENSITY_WIDTH(), PIECES_DENSITY_DEGREE(), DENSITY(), ARGUMENT_BITS_DENSITY())(at, nudge);
}

/// @title   NormalSlope
/// @notice  φ(x) for x >= 0 on the grid of marks, at 2^-116, unrounded: for corrections to first order.
/// @mirror  protocol/functions.ts normalSlope
template NormalSlope() {
    input Segment(PIECES_SLOPE_COUNT(), PIECES_SLOPE_WIDTH()) at;
    signal input nudge;
    signal output out;

    out <== Piecewise(PIECES_SLOPE_COUNT(), PIECES_SLOPE_WIDTH(), PIECES_SLOPE_DEGREE(), SLOPE(), ARGUMENT_BITS_SLOPE())(at, nudge);
}
