pragma circom 2.2.2;

include "marks/report.circom";
include "pricing/ln.circom";
include "pricing/shock.circom";
include "pricing/svi.circom";

/// What every slot of an expiry shares.
bus ExpiryTerms() {
    signal expiry, forward, discount, lnForward, shock, minVariance, maxVariance, isPriced;
    Surface() svi;
}

/// Number of signals of `ExpiryTerms`.
function EXPIRY_TERMS() { return 13; }

/// @title   CheckExpiryTerms
/// @notice  Logarithm of the forward, volatility shock and variance bounds of one expiry, or nothing if it does not lie ahead.
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
    signal {bits} seconds, forward;
    seconds <== Uint(WIDTH_SECONDS())(reported.isUsed * (reported.expiry - timestamp) + isUnused);
    forward <== Uint(FORWARD_BITS())(reported.forward + isUnused);
    terms.expiry <== reported.expiry;
    terms.forward <== forward;
    terms.discount <== reported.discount;
    terms.lnForward <== Ln(FORWARD_BITS())(forward);
    terms.shock <== VolShock()(seconds);
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
        all[3][e] = each[e].lnForward;
        all[4][e] = each[e].shock;
        all[5][e] = each[e].minVariance;
        all[6][e] = each[e].maxVariance;
        all[7][e] = each[e].isPriced;
        all[8][e] = each[e].svi.a;
        all[9][e] = each[e].svi.b;
        all[10][e] = each[e].svi.rho;
        all[11][e] = each[e].svi.m;
        all[12][e] = each[e].svi.sigma;
    }
    signal selected[EXPIRY_TERMS()];
    for (var i = 0; i < EXPIRY_TERMS(); i++) selected[i] <== Select(E)(isExpiry, all[i]);
    out.expiry <== selected[0];
    out.forward <== selected[1];
    out.discount <== selected[2];
    out.lnForward <== selected[3];
    out.shock <== selected[4];
    out.minVariance <== selected[5];
    out.maxVariance <== selected[6];
    out.isPriced <== selected[7];
    out.svi.a <== selected[8];
    out.svi.b <== selected[9];
    out.svi.rho <== selected[10];
    out.svi.m <== selected[11];
    out.svi.sigma <== selected[12];
}
