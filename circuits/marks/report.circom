pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/poseidon.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "pricing/svi.circom";

/// What a report says of one expiry. An unused place is all zero but for the surface, which then counts for nothing.
bus ReportedExpiry() {
    signal isUsed, expiry, forward, discount;
    Surface() svi;
}

/// @title   PackExpiry
/// @notice  Ranges an expiry's forward and discount and packs them into one word; 0 if unused.
/// @input   expiry  ranged by CheckExpiries
/// @output  word  expiry, forward, discount
/// @mirror  protocol/report.ts checkReport
template PackExpiry() {
    signal input isUsed, expiry, forward, discount;
    signal output word;

    _ <== Uint(FORWARD_BITS())(forward);
    signal isZero <== IsZero()(forward);
    isUsed * isZero === 0;
    // At least 1 and at most 2^40.
    _ <== Uint(WIDTH_DISCOUNT() - 1)(discount - isUsed);
    word <== expiry + forward * 2 ** AT_EXPIRY_FORWARD() + discount * 2 ** AT_EXPIRY_DISCOUNT();
    (1 - isUsed) * word === 0;
}

/// @title   ReportMessage
/// @notice  What the oracle signs.
/// @param   UNDERLYING  number of the underlying
/// @param   E           expiries of the underlying
/// @input   domain, timestamp, spot, impactMid  ranged by the caller
/// @mirror  protocol/report.ts reportMessage
template ReportMessage(UNDERLYING, E) {
    signal input domain, timestamp, spot, impactMid;
    input ReportedExpiry() reported[E];
    signal output message;

    var values[2 + 2 * E];
    values[0] = domain;
    values[1] = UNDERLYING + timestamp * 2 ** AT_REPORT_TIMESTAMP() + spot * 2 ** AT_REPORT_SPOT()
        + impactMid * 2 ** AT_REPORT_IMPACT_MID();
    signal expiryWord[E], packed[E], surfaceWord[E];
    for (var e = 0; e < E; e++) {
        expiryWord[e] <== PackExpiry()(reported[e].isUsed, reported[e].expiry, reported[e].forward, reported[e].discount);
        packed[e] <== PackSurface()(reported[e].svi);
        surfaceWord[e] <== reported[e].isUsed * packed[e];
        values[2 + 2 * e] = expiryWord[e];
        values[3 + 2 * e] = surfaceWord[e];
    }
    message <== HashList(TAG_REPORT(), 2 + 2 * E)(values);
}

/// @title   CheckExpiries
/// @notice  Ranges the expiries and accepts used ones first, and these ascending: so no two are the same.
/// @mirror  protocol/report.ts checkReport
template CheckExpiries(E) {
    signal input isUsed[E], expiry[E];

    for (var e = 0; e < E; e++) {
        _ <== Bool()(isUsed[e]);
        _ <== Uint(WIDTH_TIMESTAMP())(expiry[e]);
    }
    for (var e = 1; e < E; e++) {
        isUsed[e] * (1 - isUsed[e - 1]) === 0;
        _ <== Uint(WIDTH_TIMESTAMP())(isUsed[e] * (expiry[e] - expiry[e - 1] - 1));
    }
}

/// @title   CheckImpactMid
/// @notice  Accepts an impact mid below 2^53, and 0 only while no perpetual is listed.
/// @input   hasPerpetual  boolean
/// @mirror  protocol/quorum.ts consensusOf
template CheckImpactMid() {
    signal input impactMid, hasPerpetual;

    _ <== Uint(FORWARD_BITS())(impactMid);
    signal isZero <== IsZero()(impactMid);
    hasPerpetual * isZero === 0;
}
