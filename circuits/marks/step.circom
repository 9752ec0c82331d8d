pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/poseidon.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "marks/candidate.circom";
include "marks/expiry.circom";
include "marks/median.circom";
include "marks/perpetual.circom";
include "marks/quorum.circom";
include "marks/report.circom";
include "marks/slot.circom";
include "marks/surface.circom";
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

/// @title   Consensus
/// @notice  From the reports of a quorum on one underlying to one value of everything but the surfaces.
/// @param   E, ORACLES, FAULTS  expiries of the underlying, places of the oracle set, oracles that may lie
/// @input   isSigned, timestamp, spot, impactMid, forward, discount, svi, r8, s  per oracle. The place of an absent one holds any well-formed
///          report that is not older than the oldest; it is not verified and counts for nothing.
/// @input   isUsed, expiry     common to all reports
/// @input   hasPerpetual       boolean
/// @input   last               time that every report must exceed
/// @output  half               of the number of signers, rounded up
/// @output  oldest, reported   least and lower median of the reports' times
/// @mirror  protocol/quorum.ts consensusOf
template Consensus(UNDERLYING, E, ORACLES, FAULTS) {
    signal input domain, stepTimestamp, last, maxAge, hasPerpetual;
    signal input key[ORACLES][2], isSigned[ORACLES], timestamp[ORACLES], spot[ORACLES], impactMid[ORACLES], r8[ORACLES][2], s[ORACLES];
    signal input isUsed[E], expiry[E], forward[E][ORACLES], discount[E][ORACLES];
    input Surface() svi[ORACLES][E];
    signal output half, oldest, reported, medianSpot, medianImpactMid, medianForward[E], medianDiscount[E];

    // 1 Contents
    CheckExpiries(E)(isUsed, expiry);
    component message[ORACLES];
    signal signed[ORACLES];
    for (var o = 0; o < ORACLES; o++) {
        _ <== Uint(FORWARD_BITS())(spot[o] - 1);
        CheckImpactMid()(impactMid[o], hasPerpetual);
        message[o] = ReportMessage(UNDERLYING, E);
        message[o].domain <== domain;
        message[o].timestamp <== timestamp[o];
        message[o].spot <== spot[o];
        message[o].impactMid <== impactMid[o];
        for (var e = 0; e < E; e++) {
            message[o].reported[e].isUsed <== isUsed[e];
            message[o].reported[e].expiry <== expiry[e];
            message[o].reported[e].forward <== forward[e][o];
            message[o].reported[e].discount <== discount[e][o];
            message[o].reported[e].svi <== svi[o][e];
            CheckSurface()(svi[o][e].a, svi[o][e].b, svi[o][e].rho, svi[o][e].sigma);
        }
        signed[o] <== message[o].message;
    }

    // 2 Signers and times
    half <== Quorum(ORACLES, FAULTS)(key, isSigned, signed, r8, s);
    oldest <== Oldest(ORACLES)(timestamp, isSigned, last, stepTimestamp, maxAge);

    // 3 Medians
    reported <== Median(ORACLES, WIDTH_TIMESTAMP())(timestamp, isSigned, half);
    medianSpot <== Median(ORACLES, FORWARD_BITS())(spot, isSigned, half);
    medianImpactMid <== Median(ORACLES, FORWARD_BITS())(impactMid, isSigned, half);
    for (var e = 0; e < E; e++) {
        medianForward[e] <== Median(ORACLES, FORWARD_BITS())(forward[e], isSigned, half);
        medianDiscount[e] <== Median(ORACLES, WIDTH_DISCOUNT())(discount[e], isSigned, half);
    }
}

/// @title   UnderlyingMarks
/// @notice  From the reports on one underlying to its new table, and to what of it is adopted.
/// @param   N, E  slots and expiries of this underlying; the last slot is the perpetual's, the others are for options
/// @input   last*       the table in force: expiries, marks, the hash of the prices, index and sum of funding
/// @input   candidate*  the table that waits, if there is one
/// @output  parts*      what MarksHash takes: timestamp, mode, spot, the hashes of expiries, marks, prices and candidate, index, sum of funding
/// @mirror  protocol/marks-step.ts applyMarks
template UnderlyingMarks(PROFILE_CODE, UNDERLYING, N, S, E, ORACLES, FAULTS) {
    var OPTIONS = N - 1;
    signal input domain, stepTimestamp, maxAge, limitPpm, candidateAge, fundingCapPpm;
    signal input lastTimestamp, lastMode, lastSpot, lastExpiry[E][3], lastMark[N], lastPricesHash, lastIndex, lastFundingSum;
    signal input hasCandidate, candidateSince, candidateNewest, candidateSpot, candidateExpiry[E][3], candidateMark[N];
    signal input key[ORACLES][2], isSigned[ORACLES], timestamp[ORACLES], spot[ORACLES], impactMid[ORACLES], r8[ORACLES][2], s[ORACLES];
    signal input isUsed[E], expiry[E], forward[E][ORACLES], discount[E][ORACLES];
    input Surface() svi[ORACLES][E];
    signal input isListed[N], isLive[N], isExpired[OPTIONS], isSettled[OPTIONS], isDue[OPTIONS];
    signal input isExpiry[OPTIONS][E], isPut[OPTIONS], strike[OPTIONS], slotExpiry[OPTIONS];
    signal output underlyingWord, expiryWord[E], variance[OPTIONS];
    signal output seriesHash[N], statusBefore[N], statusAfter[N], partsBefore[9], partsAfter[9];

    // 1 Consensus of reports newer than any table
    _ <== Bool()(hasCandidate);
    component agreed = Consensus(UNDERLYING, E, ORACLES, FAULTS);
    agreed.domain <== domain;
    agreed.stepTimestamp <== stepTimestamp;
    agreed.last <== lastTimestamp + hasCandidate * (candidateNewest - lastTimestamp);
    agreed.maxAge <== maxAge;
    agreed.key <== key;
    agreed.isSigned <== isSigned;
    agreed.timestamp <== timestamp;
    agreed.spot <== spot;
    agreed.impactMid <== impactMid;
    agreed.hasPerpetual <== isListed[OPTIONS] + isLive[OPTIONS];
    agreed.r8 <== r8;
    agreed.s <== s;
    agreed.isUsed <== isUsed;
    agreed.expiry <== expiry;
    agreed.forward <== forward;
    agreed.discount <== discount;
    agreed.svi <== svi;

    // 2 Expiries
    component terms[E];
    signal expiries[E][3];
    for (var e = 0; e < E; e++) {
        expiries[e] <== [expiry[e], agreed.medianForward[e], agreed.medianDiscount[e]];
        terms[e] = CheckExpiryTerms();
        terms[e].isUsed <== isUsed[e];
        terms[e].expiry <== expiry[e];
        terms[e].forward <== expiries[e][1];
        terms[e].discount <== expiries[e][2];
        terms[e].timestamp <== agreed.oldest;
        expiryWord[e] <== expiry[e] + expiries[e][1] * 2 ** AT_EXPIRY_FORWARD() + expiries[e][2] * 2 ** AT_EXPIRY_DISCOUNT();
    }

    // 3 Slots
    component slot[OPTIONS];
    signal mark[N], price[N][S], isLiving[N], opens[N], changes[N];
    for (var j = 0; j < OPTIONS; j++) {
        slot[j] = CheckMarksSlot(PROFILE_CODE, S, UNDERLYING, E, ORACLES);
        for (var e = 0; e < E; e++) slot[j].terms[e] <== terms[e].terms;
        slot[j].svi <== svi;
        slot[j].counts <== isSigned;
        slot[j].half <== agreed.half;
        slot[j].isUsed <== isUsed;
        slot[j].isListed <== isListed[j];
        slot[j].isLive <== isLive[j];
        slot[j].isExpired <== isExpired[j];
        slot[j].isSettled <== isSettled[j];
        slot[j].isDue <== isDue[j];
        slot[j].isExpiry <== isExpiry[j];
        slot[j].isPut <== isPut[j];
        slot[j].strike <== strike[j];
        slot[j].expiry <== slotExpiry[j];
        slot[j].oldest <== agreed.oldest;
        slot[j].lastMark <== lastMark[j];
        seriesHash[j] <== slot[j].seriesHash;
        statusBefore[j] <== slot[j].status;
        variance[j] <== slot[j].variance;
        mark[j] <== slot[j].mark;
        price[j] <== slot[j].price;
        isLiving[j] <== slot[j].isLiving;
        opens[j] <== slot[j].opens;
        changes[j] <== slot[j].changes;
    }
    component perpetual = CheckPerpetualSlot(PROFILE_CODE, S, UNDERLYING);
    perpetual.isListed <== isListed[OPTIONS];
    perpetual.isLive <== isLive[OPTIONS];
    perpetual.spot <== agreed.medianSpot;
    perpetual.impactMid <== agreed.medianImpactMid;
    seriesHash[OPTIONS] <== perpetual.seriesHash;
    statusBefore[OPTIONS] <== perpetual.status;
    mark[OPTIONS] <== perpetual.mark;
    price[OPTIONS] <== perpetual.price;
    isLiving[OPTIONS] <== isLive[OPTIONS];
    opens[OPTIONS] <== isListed[OPTIONS];
    changes[OPTIONS] <== 0;

    // 4 Adoption
    signal isFirst <== IsZero()(lastTimestamp);
    component adoption = Adoption(E, N);
    adoption.table.spot <== agreed.medianSpot;
    adoption.inForce.spot <== lastSpot;
    adoption.candidate.spot <== candidateSpot;
    for (var e = 0; e < E; e++) {
        adoption.table.expiry[e] <== expiry[e];
        adoption.table.forward[e] <== expiries[e][1];
        adoption.inForce.expiry[e] <== lastExpiry[e][0];
        adoption.inForce.forward[e] <== lastExpiry[e][1];
        adoption.candidate.expiry[e] <== candidateExpiry[e][0];
        adoption.candidate.forward[e] <== candidateExpiry[e][1];
    }
    adoption.table.mark <== mark;
    adoption.inForce.mark <== lastMark;
    adoption.candidate.mark <== candidateMark;
    adoption.isLive <== isLiving;
    adoption.limitPpm <== limitPpm;
    adoption.candidateAge <== candidateAge;
    adoption.isFirst <== isFirst;
    adoption.hasCandidate <== hasCandidate;
    adoption.reported <== agreed.reported;
    adoption.since <== candidateSince;
    signal {bits} isAdopted <== Bool()(adoption.isAdopted);
    signal {bits} isConfirmed <== Bool()(adoption.isConfirmed);

    // 5 Funding, from adopted table to adopted table
    component funding = Funding();
    funding.spot <== agreed.medianSpot;
    funding.mark <== perpetual.perpetual;
    funding.capPpm <== fundingCapPpm;
    funding.isOwed <== isAdopted * isLive[OPTIONS];
    funding.elapsed <== agreed.oldest - lastTimestamp;
    funding.sumBefore <== lastFundingSum;

    // 6 Parts before and after: the new table is adopted, or one waits and the old table stays
    signal lastExpiriesHash <== ExpiriesHash(E)(lastExpiry);
    signal lastValuesHash <== ValuesHash(N)(lastMark);
    signal candidateExpiriesHash <== ExpiriesHash(E)(candidateExpiry);
    signal candidateValuesHash <== ValuesHash(N)(candidateMark);
    signal candidateHash <== CandidateHash()(
        hasCandidate, candidateSince, candidateNewest, candidateSpot, candidateExpiriesHash, candidateValuesHash
    );
    partsBefore <== [
        lastTimestamp, lastMode, lastSpot, lastExpiriesHash, lastValuesHash, lastPricesHash, candidateHash, lastIndex, lastFundingSum
    ];
    signal expiriesHash <== ExpiriesHash(E)(expiries);
    signal valuesHash <== ValuesHash(N)(mark);
    signal pricesHash <== PricesHash(N, S)(price);
    signal since <== Choose()(isConfirmed, candidateSince, agreed.reported);
    signal waitingSpot <== Choose()(isConfirmed, candidateSpot, agreed.medianSpot);
    signal waitingExpiriesHash <== Choose()(isConfirmed, candidateExpiriesHash, expiriesHash);
    signal waitingValuesHash <== Choose()(isConfirmed, candidateValuesHash, valuesHash);
    signal waitingHash <== CandidateHash()(
        1 - isAdopted, since, agreed.oldest, waitingSpot, waitingExpiriesHash, waitingValuesHash
    );
    var table[9] = [agreed.oldest, 0, agreed.medianSpot, expiriesHash, valuesHash, pricesHash, 0, funding.index, funding.fundingSum];
    var stays[9] = [
        lastTimestamp, 1, lastSpot, lastExpiriesHash, lastValuesHash, lastPricesHash, waitingHash, lastIndex, lastFundingSum
    ];
    for (var i = 0; i < 9; i++) partsAfter[i] <== Choose()(isAdopted, table[i], stays[i]);
    underlyingWord <== agreed.medianSpot + agreed.oldest * 2 ** AT_UNDERLYING_TIMESTAMP()
        + (1 - isAdopted) * 2 ** AT_UNDERLYING_MODE() + agreed.reported * 2 ** AT_UNDERLYING_REPORTED()
        + perpetual.perpetual * 2 ** AT_UNDERLYING_PERPETUAL();
    for (var j = 0; j < N; j++) {
        statusAfter[j] <== statusBefore[j] + changes[j] + opens[j] * isAdopted * (STATUS_LIVE() - STATUS_LISTED()) * 2 ** STATUS_SHIFT();
    }
}

/// @title   MarksStep
/// @notice  The `marks` step: a quorum of reports per underlying, the price table that follows, whether it is adopted, and the
///          binding of the words.
/// @param   PROFILE_CODE, M slots, S scenarios, U underlyings, E expiries of all of them, ORACLES in the set, FAULTS among them
/// @input   c, z, y  public
/// @mirror  protocol/marks-step.ts applyMarks
template MarksStep(PROFILE_CODE, M, S, U, E, ORACLES, FAULTS) {
    var N = M \ U;
    var OPTIONS = N - 1;
    var EACH = E \ U;
    var HEADER = 4;
    signal input c, z, y;
    signal input domain, timestamp;
    // State before
    signal input accountsRoot, number, timestampBefore, feePot, insurance, clearing, deficit, totalCash, requestCursor;
    signal input risk[RISK_VALUES() + U], oracle[ORACLES][2];
    signal input interestHash, accrualHash;
    signal input lastTimestamp[U], lastMode[U], lastSpot[U], lastExpiry[E][3], lastMark[M], lastPricesHash[U];
    signal input lastIndex[U], lastFundingSum[U];
    signal input hasCandidate[U], candidateSince[U], candidateNewest[U], candidateSpot[U], candidateExpiry[E][3], candidateMark[M];
    // Reports
    signal input isSigned[U][ORACLES], reportTimestamp[U][ORACLES], spot[U][ORACLES], impactMid[U][ORACLES], r8[U][ORACLES][2], s[U][ORACLES];
    signal input isUsed[E], expiry[E], forward[E][ORACLES], discount[E][ORACLES];
    signal input sviA[E][ORACLES], sviB[E][ORACLES], sviRho[E][ORACLES], sviM[E][ORACLES], sviSigma[E][ORACLES];
    // Slots; the places of options, without the perpetuals'
    signal input isListed[M], isLive[M], isExpired[M - U], isSettled[M - U], isDue[M - U];
    signal input isExpiry[M - U][EACH], isPut[M - U], strike[M - U], slotExpiry[M - U];

    // 1 Time
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp - timestampBefore);

    // 2 Underlyings
    component marks[U];
    signal seriesHash[M], statusBefore[M], statusAfter[M];
    component hashBefore = MarksHash(U);
    component hashAfter = MarksHash(U);
    for (var u = 0; u < U; u++) {
        marks[u] = UnderlyingMarks(PROFILE_CODE, u, N, S, EACH, ORACLES, FAULTS);
        marks[u].domain <== domain;
        marks[u].stepTimestamp <== timestamp;
        marks[u].maxAge <== risk[3];
        marks[u].limitPpm <== risk[5];
        marks[u].candidateAge <== risk[6];
        marks[u].fundingCapPpm <== risk[10];
        marks[u].lastTimestamp <== lastTimestamp[u];
        marks[u].lastMode <== lastMode[u];
        marks[u].lastSpot <== lastSpot[u];
        marks[u].lastPricesHash <== lastPricesHash[u];
        marks[u].lastIndex <== lastIndex[u];
        marks[u].lastFundingSum <== lastFundingSum[u];
        marks[u].hasCandidate <== hasCandidate[u];
        marks[u].candidateSince <== candidateSince[u];
        marks[u].candidateNewest <== candidateNewest[u];
        marks[u].candidateSpot <== candidateSpot[u];
        marks[u].key <== oracle;
        marks[u].isSigned <== isSigned[u];
        marks[u].timestamp <== reportTimestamp[u];
        marks[u].spot <== spot[u];
        marks[u].impactMid <== impactMid[u];
        marks[u].r8 <== r8[u];
        marks[u].s <== s[u];
        for (var e = 0; e < EACH; e++) {
            var at = u * EACH + e;
            marks[u].lastExpiry[e] <== lastExpiry[at];
            marks[u].candidateExpiry[e] <== candidateExpiry[at];
            marks[u].isUsed[e] <== isUsed[at];
            marks[u].expiry[e] <== expiry[at];
            marks[u].forward[e] <== forward[at];
            marks[u].discount[e] <== discount[at];
            for (var o = 0; o < ORACLES; o++) {
                marks[u].svi[o][e].a <== sviA[at][o];
                marks[u].svi[o][e].b <== sviB[at][o];
                marks[u].svi[o][e].rho <== sviRho[at][o];
                marks[u].svi[o][e].m <== sviM[at][o];
                marks[u].svi[o][e].sigma <== sviSigma[at][o];
            }
        }
        for (var j = 0; j < N; j++) {
            marks[u].lastMark[j] <== lastMark[u * N + j];
            marks[u].candidateMark[j] <== candidateMark[u * N + j];
            marks[u].isListed[j] <== isListed[u * N + j];
            marks[u].isLive[j] <== isLive[u * N + j];
        }
        for (var j = 0; j < OPTIONS; j++) {
            marks[u].isExpired[j] <== isExpired[u * OPTIONS + j];
            marks[u].isSettled[j] <== isSettled[u * OPTIONS + j];
            marks[u].isDue[j] <== isDue[u * OPTIONS + j];
            marks[u].isExpiry[j] <== isExpiry[u * OPTIONS + j];
            marks[u].isPut[j] <== isPut[u * OPTIONS + j];
            marks[u].strike[j] <== strike[u * OPTIONS + j];
            marks[u].slotExpiry[j] <== slotExpiry[u * OPTIONS + j];
        }
        for (var j = 0; j < N; j++) {
            seriesHash[u * N + j] <== marks[u].seriesHash[j];
            statusBefore[u * N + j] <== marks[u].statusBefore[j];
            statusAfter[u * N + j] <== marks[u].statusAfter[j];
        }
        hashBefore.parts[u] <== marks[u].partsBefore;
        hashAfter.parts[u] <== marks[u].partsAfter;
    }

    // 3 The state before
    signal listingBefore <== PairsHash(TAG_LISTING(), M)(seriesHash, statusBefore);
    signal boardBefore <== BoardHash()(listingBefore, interestHash, accrualHash);
    signal riskHash <== Hash(TAG_RISK(), RISK_VALUES() + U)(risk);
    var keys[2 * ORACLES];
    for (var o = 0; o < ORACLES; o++) {
        for (var k = 0; k < 2; k++) keys[2 * o + k] = oracle[o][k];
    }
    signal oracleHash <== HashList(TAG_ORACLES(), 2 * ORACLES)(keys);
    signal gridHash <== GridHash(PROFILE_CODE, S)();
    signal paramsHash <== ParamsHash()(riskHash, oracleHash, gridHash);
    signal globalsBefore <== GlobalsHash()(
        number, timestampBefore, feePot, insurance, clearing, deficit, totalCash, requestCursor, paramsHash
    );
    signal oldRoot <== StateRoot()(accountsRoot, boardBefore, hashBefore.out, globalsBefore);

    // 4 The state after: under an adopted table listed slots are live, and what is due expires
    signal listingAfter <== PairsHash(TAG_LISTING(), M)(seriesHash, statusAfter);
    signal boardAfter <== BoardHash()(listingAfter, interestHash, accrualHash);
    signal numberAfter <== number + 1;
    _ <== Uint(WIDTH_STEP_NUMBER())(numberAfter);
    signal globalsAfter <== GlobalsHash()(
        numberAfter, timestamp, feePot, insurance, clearing, deficit, totalCash, requestCursor, paramsHash
    );
    signal newRoot <== StateRoot()(accountsRoot, boardAfter, hashAfter.out, globalsAfter);

    // 5 Public words
    component bind = BindWords(KIND_STEP_MARKS(), PROFILE_CODE, HEADER + U + E + M);
    bind.words[0] <== MetaWord(KIND_STEP_MARKS(), PROFILE_CODE)(timestamp, numberAfter, [U, E, M]);
    bind.words[1] <== oldRoot;
    bind.words[2] <== newRoot;
    bind.words[3] <== domain;
    for (var u = 0; u < U; u++) {
        bind.words[HEADER + u] <== marks[u].underlyingWord;
        for (var e = 0; e < EACH; e++) bind.words[HEADER + U + u * EACH + e] <== marks[u].expiryWord[e];
        for (var j = 0; j < OPTIONS; j++) bind.words[HEADER + U + E + u * N + j] <== marks[u].variance[j];
        bind.words[HEADER + U + E + u * N + OPTIONS] <== 0;
    }
    bind.z <== z;
    c === bind.c;
    y === bind.y;
}
