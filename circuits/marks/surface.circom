pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "pricing/sqrt.circom";
include "pricing/svi.circom";

/// @title   CheckSurface
/// @notice  Accepts a surface whose least variance, a + b sigma √(1 - rho^2), is not negative.
/// @input   a, b, rho, sigma  ranged by PackSurface
/// @sound   The root is exact to 2^-40, rounded down; |a| < 2^46, b and sigma < 2^44 and the root <= 2^40, so all is below 2^129.
/// @mirror  protocol/svi.ts isNonNegative
template CheckSurface() {
    var FRACTION = SCALE_FRACTION_BITS();
    signal input a, b, rho, sigma;

    signal square <== rho * rho;
    signal root <== FloorSqrt(FRACTION + 1)(2 ** (2 * FRACTION) - square);
    signal spread <== b * sigma;
    _ <== Uint(129)(a * 2 ** (2 * FRACTION) + spread * root);
}

/// @title   SelectSurface
/// @notice  One oracle's surface for the expiry that a slot is of; all 0 for an empty slot.
/// @input   isExpiry  selector, all 0 for an empty slot
/// @mirror  protocol/marks-step.ts medianVariance
template SelectSurface(E) {
    input Surface() each[E];
    signal input isExpiry[E];
    output Surface() out;

    var all[5][E];
    for (var e = 0; e < E; e++) {
        all[0][e] = each[e].a;
        all[1][e] = each[e].b;
        all[2][e] = each[e].rho;
        all[3][e] = each[e].m;
        all[4][e] = each[e].sigma;
    }
    signal selected[5];
    for (var i = 0; i < 5; i++) selected[i] <== Select(E)(isExpiry, all[i]);
    out.a <== selected[0];
    out.b <== selected[1];
    out.rho <== selected[2];
    out.m <== selected[3];
    out.sigma <== selected[4];
}
