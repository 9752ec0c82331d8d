pragma circom 2.2.2;

include "lib/select.circom";
include "lib/uint.circom";
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
}

/// Number of signals of `ExpiryTerms`.
function EXPIRY_TERMS() { return 12; }

/// @title   CheckExpiryTerms
/// @notice  Logarithm and present value of the forward, volatility shocks and variance bounds of one expiry, or nothing if it does not lie ahead.
/// @input   isUsed, expiry, forward, discount  ranged, all 0 if unused
/// @input   timestamp  of the oldest report
/// @sound   An unused place stands for 1 s and a forward of 1, to have logarithms; no slot can point at it. A used one that is
///          not ahead has less than 1 s, which has no logarithm or no range.
/// @mirror  protocol/scenarios.ts slotMarks
template CheckExpiryTerms() {
    signal input isUsed, expiry, forward, discount, timestamp;
    output ExpiryTerms() terms;

    var isUnused = 1 - isUsed;
    signal {bits} seconds;
    seconds <== Uint(WIDTH_SECONDS())(isUsed * (expiry - timestamp) + isUnused);
    terms.expiry <== expiry;
    (terms.forward, terms.lnForward) <== Ln(FORWARD_BITS())(forward + isUnused);
    terms.discount <== discount;
    terms.presentForward <== Present(FORWARD_BITS())(terms.forward, discount);
    component factors = ShockFactors();
    factors.shock <== VolShock()(seconds);
    terms.down <== factors.down;
    terms.up <== factors.up;
    (terms.minVariance, terms.maxVariance) <== VarianceBounds()(seconds);
    terms.isPriced <== IsPricedAt()(seconds);
}

/// @title   SelectExpiry
/// @notice  The terms of the expiry that a slot is of; all 0 for an empty slot.
/// @input   isExpiry  selector, all 0 for an empty slot
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
}
