pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";
include "marks/expiry.circom";
include "marks/report.circom";
include "marks/slot.circom";
include "state/binding.circom";
include "state/board.circom";
include "state/globals.circom";
include "state/marks.circom";

/// @title   GridHash
/// @notice  Hash of the scenario grid compiled into this circuit.
/// @mirror  protocol/state.ts gridHash
template GridHash(PROFILE_CODE, S) {
    signal output out;

    var values[2 * S];
    for (var s = 0; s < S; s++) {
        values[2 * s] = SCENARIO_FACTOR(PROFILE_CODE, s);
        values[2 * s + 1] = SCENARIO_IS_UP(PROFILE_CODE, s);
    }
    out <== HashList(TAG_GRID(), 2 * S)(values);
}

/// @title   UnderlyingMarks
/// @notice  From one underlying's signed report to its part of the price table.
/// @param   N  slots, E expiries, of this underlying
/// @output  expiriesHash, tableHash  of the new table
/// @mirror  protocol/marks-step.ts applyMarks
template UnderlyingMarks(PROFILE_CODE, UNDERLYING, N, S, E, ORACLES) {
    signal input domain, stepTimestamp, lastTimestamp, maxAge;
    signal input timestamp, spot;
    input ReportedExpiry() reported[E];
    signal input oracle[ORACLES][2], isOracle[ORACLES], r8[2], s;
    signal input isListed[N], isLive[N], isExpiry[N][E], isPut[N], strike[N];
    signal output underlyingWord, expiryWord[E], variance[N];
    signal output seriesHash[N], statusBefore[N], statusAfter[N], expiriesHash, tableHash;

    // 1 Report
    CheckReportTime()(timestamp, lastTimestamp, stepTimestamp, maxAge);
    _ <== Uint(FORWARD_BITS())(spot - 1);
    signal isUsed[E], expiry[E];
    for (var e = 0; e < E; e++) {
        isUsed[e] <== reported[e].isUsed;
        expiry[e] <== reported[e].expiry;
    }
    if (E > 1) CheckExpiries(E)(isUsed, expiry);
    component message = ReportMessage(UNDERLYING, E);
    message.domain <== domain;
    message.timestamp <== timestamp;
    message.spot <== spot;
    message.reported <== reported;
    expiryWord <== message.expiryWord;
    CheckOracle(ORACLES)(oracle, isOracle, message.message, r8, s);
    underlyingWord <== spot + timestamp * 2 ** AT_UNDERLYING_TIMESTAMP();

    // 2 Expiries
    component terms[E];
    var expiryValues[3 * E];
    for (var e = 0; e < E; e++) {
        terms[e] = CheckExpiryTerms();
        terms[e].reported <== reported[e];
        terms[e].timestamp <== timestamp;
        expiryValues[3 * e] = expiry[e];
        expiryValues[3 * e + 1] = reported[e].forward;
        expiryValues[3 * e + 2] = reported[e].discount;
    }
    expiriesHash <== HashList(TAG_MARK_EXPIRIES(), 3 * E)(expiryValues);

    // 3 Slots
    component slot[N];
    component table = MarkTableHash(N, S);
    for (var j = 0; j < N; j++) {
        slot[j] = CheckMarksSlot(PROFILE_CODE, S, UNDERLYING, E);
        for (var e = 0; e < E; e++) slot[j].terms[e] <== terms[e].terms;
        slot[j].isUsed <== isUsed;
        slot[j].isListed <== isListed[j];
        slot[j].isLive <== isLive[j];
        slot[j].isExpiry <== isExpiry[j];
        slot[j].isPut <== isPut[j];
        slot[j].strike <== strike[j];
        seriesHash[j] <== slot[j].seriesHash;
        statusBefore[j] <== slot[j].statusBefore;
        statusAfter[j] <== slot[j].statusAfter;
        variance[j] <== slot[j].variance;
        table.mark[j] <== slot[j].mark;
        table.price[j] <== slot[j].price;
    }
    tableHash <== table.out;
}

/// @title   MarksStep
/// @notice  The `marks` step: a signed report per underlying, the price table that follows from it, and the binding of the words.
/// @param   PROFILE_CODE, M slots, S scenarios, U underlyings, E expiries of all of them, ORACLES in the set
/// @input   c, z, y  public
/// @mirror  protocol/marks-step.ts applyMarks
template MarksStep(PROFILE_CODE, M, S, U, E, ORACLES) {
    var N = M \ U;
    var EACH = E \ U;
    var HEADER = 4;
    signal input c, z, y;
    signal input domain, timestamp;
    // State before
    signal input accountsRoot, number, timestampBefore, feePot, insurance, clearing, totalCash, requestCursor;
    signal input risk[5], oracle[ORACLES][2];
    signal input interestHash, accrualHash;
    signal input lastTimestamp[U], lastMode[U], lastSpot[U], lastExpiriesHash[U], lastTableHash[U], lastCandidateHash[U];
    // Reports
    signal input reportTimestamp[U], spot[U], isUsed[E], expiry[E], forward[E], discount[E];
    signal input sviA[E], sviB[E], sviRho[E], sviM[E], sviSigma[E];
    signal input isOracle[U][ORACLES], r8[U][2], s[U];
    // Slots
    signal input isListed[M], isLive[M], isExpiry[M][EACH], isPut[M], strike[M];

    // 1 Time
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp - timestampBefore);

    // 2 Underlyings
    component marks[U];
    signal seriesHash[M], statusBefore[M], statusAfter[M], zero[U], expiriesHash[U], tableHash[U];
    for (var u = 0; u < U; u++) {
        marks[u] = UnderlyingMarks(PROFILE_CODE, u, N, S, EACH, ORACLES);
        marks[u].domain <== domain;
        marks[u].stepTimestamp <== timestamp;
        marks[u].lastTimestamp <== lastTimestamp[u];
        marks[u].maxAge <== risk[3];
        marks[u].timestamp <== reportTimestamp[u];
        marks[u].spot <== spot[u];
        for (var e = 0; e < EACH; e++) {
            marks[u].reported[e].isUsed <== isUsed[u * EACH + e];
            marks[u].reported[e].expiry <== expiry[u * EACH + e];
            marks[u].reported[e].forward <== forward[u * EACH + e];
            marks[u].reported[e].discount <== discount[u * EACH + e];
            marks[u].reported[e].svi.a <== sviA[u * EACH + e];
            marks[u].reported[e].svi.b <== sviB[u * EACH + e];
            marks[u].reported[e].svi.rho <== sviRho[u * EACH + e];
            marks[u].reported[e].svi.m <== sviM[u * EACH + e];
            marks[u].reported[e].svi.sigma <== sviSigma[u * EACH + e];
        }
        marks[u].oracle <== oracle;
        marks[u].isOracle <== isOracle[u];
        marks[u].r8 <== r8[u];
        marks[u].s <== s[u];
        for (var j = 0; j < N; j++) {
            marks[u].isListed[j] <== isListed[u * N + j];
            marks[u].isLive[j] <== isLive[u * N + j];
            marks[u].isExpiry[j] <== isExpiry[u * N + j];
            marks[u].isPut[j] <== isPut[u * N + j];
            marks[u].strike[j] <== strike[u * N + j];
        }
        for (var j = 0; j < N; j++) {
            seriesHash[u * N + j] <== marks[u].seriesHash[j];
            statusBefore[u * N + j] <== marks[u].statusBefore[j];
            statusAfter[u * N + j] <== marks[u].statusAfter[j];
        }
        expiriesHash[u] <== marks[u].expiriesHash;
        tableHash[u] <== marks[u].tableHash;
        zero[u] <== 0;
    }

    // 3 The state before
    signal listingBefore <== PairsHash(TAG_LISTING(), M)(seriesHash, statusBefore);
    signal boardBefore <== BoardHash()(listingBefore, interestHash, accrualHash);
    signal marksBefore <== MarksHash(U)(lastTimestamp, lastMode, lastSpot, lastExpiriesHash, lastTableHash, lastCandidateHash);
    signal riskHash <== Hash(TAG_RISK(), 5)(risk);
    var keys[2 * ORACLES];
    for (var o = 0; o < ORACLES; o++) {
        for (var k = 0; k < 2; k++) keys[2 * o + k] = oracle[o][k];
    }
    signal oracleHash <== HashList(TAG_ORACLES(), 2 * ORACLES)(keys);
    signal gridHash <== GridHash(PROFILE_CODE, S)();
    signal paramsHash <== ParamsHash()(riskHash, oracleHash, gridHash);
    signal globalsBefore <== GlobalsHash()(number, timestampBefore, feePot, insurance, clearing, totalCash, requestCursor, paramsHash);
    signal oldRoot <== StateRoot()(accountsRoot, boardBefore, marksBefore, globalsBefore);

    // 4 The state after: listed slots are live, the table is new, mode open, no candidate
    signal listingAfter <== PairsHash(TAG_LISTING(), M)(seriesHash, statusAfter);
    signal boardAfter <== BoardHash()(listingAfter, interestHash, accrualHash);
    signal marksAfter <== MarksHash(U)(reportTimestamp, zero, spot, expiriesHash, tableHash, zero);
    signal numberAfter <== number + 1;
    _ <== Uint(WIDTH_STEP_NUMBER())(numberAfter);
    signal globalsAfter <== GlobalsHash()(numberAfter, timestamp, feePot, insurance, clearing, totalCash, requestCursor, paramsHash);
    signal newRoot <== StateRoot()(accountsRoot, boardAfter, marksAfter, globalsAfter);

    // 5 Public words
    component bind = BindWords(KIND_STEP_MARKS(), PROFILE_CODE, HEADER + U + E + M);
    bind.words[0] <== MetaWord(KIND_STEP_MARKS(), PROFILE_CODE)(timestamp, numberAfter, [U, E, M]);
    bind.words[1] <== oldRoot;
    bind.words[2] <== newRoot;
    bind.words[3] <== domain;
    for (var u = 0; u < U; u++) {
        bind.words[HEADER + u] <== marks[u].underlyingWord;
        for (var e = 0; e < EACH; e++) bind.words[HEADER + U + u * EACH + e] <== marks[u].expiryWord[e];
        for (var j = 0; j < N; j++) bind.words[HEADER + U + E + u * N + j] <== marks[u].variance[j];
    }
    bind.z <== z;
    c === bind.c;
    y === bind.y;
}
