pragma circom 2.2.2;

include "marks/report.circom";
include "pricing/black76.circom";
include "pricing/ln.circom";
include "pricing/scenarios.circom";
include "pricing/shock.circom";
include "pricing/svi.circom";

/// What every slot of an expiry shares.
bus ExpiryTerms() {
    signal expiry, forward, discount, presentForward, lnForward, minVariance, maxVariance, isPriced;
    ShockFactor() down;
    ShockFactor() up;
    Surface() svi;
}

/// Number of signals of `ExpiryTerms`.
function EXPIRY_TERMS() { return 17; }

/// @title   CheckExpiryTerms
/// @notice  Logarithm and present value of the forward, volatility shocks and variance bounds of one expiry, or nothing if it does not lie ahead.
/// @input   reported   ranged by PackExpiry
/// @input   timestamp  of the report
/// @sound   An unused place stands for 1 s and a forward of 1, to have logarithms; no slot can point at it. A used one that is
///          not ahead has less than 1 s, which has no logarithm or no range.
/// @mirror  protocol/scenarios.ts slotMarks
template CheckExpiryTerms() {
    input ReportedExpiry() reported;
    signal input timestamp;
    output ExpiryTerms() terms;

    var isUnused = 1 - reported.isUsed;
    signal {bits} seconds;
    seconds <== Uint(WIDTH_SECONDS())(reported.isUsed * (reported.expiry - timestamp) + isUnused);
    terms.expiry <== reported.expiry;
    (terms.forward, terms.lnForward) <== Ln(FORWARD_BITS())(reported.forward + isUnused);
    terms.discount <== reported.discount;
    terms.presentForward <== Present(FORWARD_BITS())(terms.forward, reported.discount);
    component factors = ShockFactors();
    factors.shock <== VolShock()(seconds);
    terms.down <== factors.down;
    terms.up <== factors.up;
    (terms.minVariance, terms.maxVariance) <== VarianceBounds()(seconds);
    terms.isPriced <== IsPricedAt()(seconds);
    terms.svi <== reported.svi;
}

/// @title   SelectExpiry
/// @notice  The terms of the expiry that a slot is of; all 0 for an empty slot.
/// @input   isExpiry  selector, all 0 for an empty slot
/// @mirror  protocol/select.ts select
template SelectExpiry(E) {
    input ExpiryTerms() each[E];
    signal input isExpiry[E];
    output ExpiryTerms() out;

    var all[EXPIRY_TERMS()][E];
    for (var e = 0; e < E; e++) {
        all[0][e] = each[e].expiry;
        all[1][e] = each[e].forward;
        all[2][e] = each[e].discount;
        all[3][e] = each[e].presentForward;
        all[4][e] = each[e].lnForward;
        all[5][e] = each[e].minVariance;
        all[6][e] = each[e].maxVariance;
        all[7][e] = each[e].isPriced;
        all[8][e] = each[e].down.factor;
        all[9][e] = each[e].down.reciprocal;
        all[10][e] = each[e].up.factor;
        all[11][e] = each[e].up.reciprocal;
        all[12][e] = each[e].svi.a;
        all[13][e] = each[e].svi.b;
        all[14][e] = each[e].svi.rho;
        all[15][e] = each[e].svi.m;
        all[16][e] = each[e].svi.sigma;
    }
    signal selected[EXPIRY_TERMS()];
    for (var i = 0; i < EXPIRY_TERMS(); i++) selected[i] <== Select(E)(isExpiry, all[i]);
    out.expiry <== selected[0];
    out.forward <== selected[1];
    out.discount <== selected[2];
    out.presentForward <== selected[3];
    out.lnForward <== selected[4];
    out.minVariance <== selected[5];
    out.maxVariance <== selected[6];
    out.isPriced <== selected[7];
    out.down.factor <== selected[8];
    out.down.reciprocal <== selected[9];
    out.up.factor <== selected[10];
    out.up.reciprocal <== selected[11];
    out.svi.a <== selected[12];
    out.svi.b <== selected[13];
    out.svi.rho <== selected[14];
    out.svi.m <== selected[15];
    out.svi.sigma <== selected[16];
}
