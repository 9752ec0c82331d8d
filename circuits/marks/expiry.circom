pragma circom 2.2.2;

include "lib/select.circom";
include "lib/uint.circom";
include "pricing/ln.circom";
include "pricing/shock.circom";
include "pricing/svi.circom";

/// What every slot of an expiry shares.
bus ExpiryTerms() {
    signal expiry, forward, discount, lnForward, shock, minVariance, maxVariance, isPriced;
}

/// Number of signals of `ExpiryTerms`.
function EXPIRY_TERMS() { return 8; }

/// @title   CheckExpiryTerms
/// @notice  Logarithm of the forward, volatility shock and variance bounds of one expiry, or nothing if it does not lie ahead.
/// @input   isUsed, expiry, forward, discount  ranged, all 0 if unused
/// @input   timestamp  of the oldest report
/// @sound   An unused place stands for 1 s and a forward of 1, to have logarithms; no slot can point at it. A used one that is
///          not ahead has less than 1 s, which has no logarithm or no range.
/// @mirror  protocol/scenarios.ts slotMarks
template CheckExpiryTerms() {
    signal input isUsed, expiry, forward, discount, timestamp;
    output ExpiryTerms() terms;

    var isUnused = 1 - isUsed;
    signal {bits} seconds, orOne;
    seconds <== Uint(WIDTH_SECONDS())(isUsed * (expiry - timestamp) + isUnused);
    orOne <== Uint(FORWARD_BITS())(forward + isUnused);
    terms.expiry <== expiry;
    terms.forward <== orOne;
    terms.discount <== discount;
    terms.lnForward <== Ln(FORWARD_BITS())(orOne);
    terms.shock <== VolShock()(seconds);
    (terms.minVariance, terms.maxVariance) <== VarianceBounds()(seconds);
    terms.isPriced <== IsPricedAt()(seconds);
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
}
