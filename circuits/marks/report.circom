pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/babyjub.circom";
include "lib/poseidon.circom";
include "lib/select.circom";
include "lib/signature.circom";
include "lib/uint.circom";
include "pricing/svi.circom";

/// What a report says of one expiry. An unused place is all zero but for the surface, which then counts for nothing.
bus ReportedExpiry() {
    signal isUsed, expiry, forward, discount;
    Surface() svi;
}

/// @title   PackExpiry
/// @notice  Ranges an expiry's forward and discount and packs them into one word; 0 if unused.
/// @output  word  expiry, forward, discount
/// @mirror  protocol/report.ts checkReport
template PackExpiry() {
    signal input isUsed, expiry, forward, discount;
    signal output word;

    _ <== Bool()(isUsed);
    _ <== Uint(BITS_EXPIRY_EXPIRY())(expiry);
    _ <== Uint(FORWARD_BITS())(forward);
    // At least 1 and at most 2^40.
    _ <== Uint(WIDTH_DISCOUNT() - 1)(discount - isUsed);
    word <== expiry + forward * 2 ** AT_EXPIRY_FORWARD() + discount * 2 ** AT_EXPIRY_DISCOUNT();
    (1 - isUsed) * word === 0;
}

/// @title   ReportMessage
/// @notice  What the oracle signs. Impact mid and cumulative spot sum have their places, empty until a series needs them.
/// @param   UNDERLYING  number of the underlying
/// @param   E           expiries of the underlying
/// @input   domain, timestamp, spot  ranged by the caller
/// @output  expiryWord  per expiry, as published
/// @mirror  protocol/report.ts reportMessage
template ReportMessage(UNDERLYING, E) {
    signal input domain, timestamp, spot;
    input ReportedExpiry() reported[E];
    signal output message, expiryWord[E];

    var values[3 + 2 * E];
    values[0] = domain;
    values[1] = UNDERLYING + timestamp * 2 ** AT_REPORT_TIMESTAMP() + spot * 2 ** AT_REPORT_SPOT();
    values[2] = 0;
    signal packed[E], surfaceWord[E];
    for (var e = 0; e < E; e++) {
        expiryWord[e] <== PackExpiry()(reported[e].isUsed, reported[e].expiry, reported[e].forward, reported[e].discount);
        packed[e] <== PackSurface()(reported[e].svi);
        surfaceWord[e] <== reported[e].isUsed * packed[e];
        values[3 + 2 * e] = expiryWord[e];
        values[4 + 2 * e] = surfaceWord[e];
    }
    message <== HashList(TAG_REPORT(), 3 + 2 * E)(values);
}

/// @title   CheckReportTime
/// @notice  Accepts a report newer than the last marks, not ahead of the step and not too old.
/// @mirror  protocol/marks-step.ts checkSigned
template CheckReportTime() {
    signal input timestamp, lastTimestamp, stepTimestamp, maxAge;

    _ <== Uint(WIDTH_TIMESTAMP())(timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp - lastTimestamp - 1);
    _ <== Uint(WIDTH_TIMESTAMP())(stepTimestamp - timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(maxAge - (stepTimestamp - timestamp));
}

/// @title   CheckExpiries
/// @notice  Accepts used expiries first, and these ascending: so no two are the same.
/// @mirror  protocol/report.ts checkReport
template CheckExpiries(E) {
    signal input isUsed[E], expiry[E];

    for (var e = 1; e < E; e++) {
        isUsed[e] * (1 - isUsed[e - 1]) === 0;
        _ <== Uint(WIDTH_TIMESTAMP())(isUsed[e] * (expiry[e] - expiry[e - 1] - 1));
    }
}

/// @title   CheckOracle
/// @notice  Accepts a message signed by one of the oracles.
/// @input   oracle    keys in force, (0, 0) in an empty place: not on the curve, so never accepted
/// @input   isOracle  advice: selects the signer
/// @mirror  protocol/report.ts signerOf
template CheckOracle(ORACLES) {
    signal input oracle[ORACLES][2], isOracle[ORACLES], message, r8[2], s;

    var count = 0;
    var each[2][ORACLES];
    for (var o = 0; o < ORACLES; o++) {
        _ <== Bool()(isOracle[o]);
        count += isOracle[o];
        each[0][o] = oracle[o][0];
        each[1][o] = oracle[o][1];
    }
    count === 1;
    signal key[2];
    for (var k = 0; k < 2; k++) key[k] <== Select(ORACLES)(isOracle, each[k]);
    CheckOnCurve()(key);
    signal {bits} enabled;
    enabled <== Bool()(1);
    EdDSAPoseidon()(enabled, key, message, r8, s);
}
