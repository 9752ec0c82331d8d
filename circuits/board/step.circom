pragma circom 2.2.2;

include "board/list.circom";
include "board/parameters.circom";
include "board/settle.circom";
include "board/socialise.circom";
include "board/spot-sums.circom";
include "generated/constants.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "state/binding.circom";
include "state/board.circom";
include "state/globals.circom";
include "state/marks.circom";

/// Kinds of operations, and statuses of a slot.
function OPERATIONS() { return 4; }
function STATUSES() { return 5; }

/// @title   SelectRow
/// @notice  The rows of a table by a selector of one of them.
/// @param   M, W  rows, values of each
/// @mirror  protocol/board-step.ts slotAt
template SelectRow(M, W) {
    signal input hot[M], rows[M][W];
    signal output out[W];

    var column[M];
    for (var k = 0; k < W; k++) {
        for (var j = 0; j < M; j++) column[j] = rows[j][k];
        out[k] <== Select(M)(hot, column);
    }
}

/// @title   ReplaceRow
/// @notice  The table with the marked row changed from one to another.
/// @param   M, W  rows, values of each
/// @input   from  the marked row as it is
/// @mirror  protocol/board-step.ts withEffect
template ReplaceRow(M, W) {
    signal input hot[M], rows[M][W], from[W], to[W];
    signal output out[M][W];

    for (var j = 0; j < M; j++) {
        for (var k = 0; k < W; k++) out[j][k] <== rows[j][k] + hot[j] * (to[k] - from[k]);
    }
}

/// @title   LastMark
/// @notice  The mark of a slot in the table in force, opened only if it is asked for.
/// @param   M, U      slots, underlyings
/// @input   isNeeded  boolean
/// @input   hot       selector of the slot
/// @input   mark      of the slots of its underlying
/// @input   valuesHash  per underlying, of the marks of its slots
/// @output  out       1e-6 USDC per unit; anything if it is not needed
/// @mirror  protocol/marks.ts marksParts
template LastMark(M, U) {
    var N = M \ U;
    signal input isNeeded, hot[M], mark[N], valuesHash[U];
    signal output out;

    var isUnderlying[U];
    var isPlace[N];
    for (var u = 0; u < U; u++) {
        for (var j = 0; j < N; j++) {
            isUnderlying[u] += hot[u * N + j];
            isPlace[j] += hot[u * N + j];
        }
    }
    signal opened <== ValuesHash(N)(mark);
    signal inForce <== Select(U)(isUnderlying, valuesHash);
    isNeeded * (inForce - opened) === 0;
    out <== Select(N)(isPlace, mark);
}

/// @title   BoardStep
/// @notice  The `board` step: lists a series, settles an expired one, charges a side for a deficit, or changes the parameters; and
///          the binding of the words. All four are computed and one is done.
/// @param   PROFILE_CODE, M slots, U underlyings, ORACLES in the set, FAULTS among them
/// @input   c, z, y  public
/// @mirror  protocol/board-step.ts applyBoard
template BoardStep(PROFILE_CODE, M, U, ORACLES, FAULTS) {
    var N = M \ U;
    var R = RISK_VALUES() + U;
    var HEADER = 4;
    signal input c, z, y;
    signal input domain, timestamp;
    // State before
    signal input accountsRoot, number, timestampBefore, feePot, insurance, clearing, deficit, totalCash, requestCursor;
    signal input risk[R], oracle[ORACLES][2], gridHash, marksPart[U][9];
    signal input seriesHash[M], status[M], interest[M][4], accrual[M][4];
    // Operation
    signal input operation, slot, slotStatus, isPut, strike, expiry, cap, isFallback, mark[N], isLong, isShort;
    signal input isSigned[ORACLES], sum[ORACLES], growth[ORACLES], r8[ORACLES][2][2], s[ORACLES][2];
    signal input riskNew[R], oracleNew[ORACLES][2];

    // 1 Time
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp - timestampBefore);

    // 2 The operation, and the slot as it is
    signal isOperation[OPERATIONS()] <== OneHot(OPERATIONS())(operation - 1);
    signal {bits} isList <== Bool()(isOperation[KIND_BOARD_LIST() - 1]);
    signal {bits} isParameters <== Bool()(isOperation[KIND_BOARD_PARAMETERS() - 1]);
    var isSettle = isOperation[KIND_BOARD_SETTLE() - 1];
    var isSocialise = isOperation[KIND_BOARD_SOCIALISE() - 1];
    signal isSlot[M] <== OneHot(M)(slot);
    var underlying = 0;
    var isPerpetual = 0;
    for (var j = 0; j < M; j++) {
        underlying += isSlot[j] * (j \ N);
        if (j % N == N - 1) isPerpetual += isSlot[j];
    }
    signal listing[M][2];
    for (var j = 0; j < M; j++) listing[j] <== [seriesHash[j], status[j]];
    signal listingRow[2] <== SelectRow(M, 2)(isSlot, listing);
    signal interestRow[4] <== SelectRow(M, 4)(isSlot, interest);
    signal accrualRow[4] <== SelectRow(M, 4)(isSlot, accrual);
    signal isStatus[STATUSES()] <== OneHot(STATUSES())(slotStatus);
    _ <== Uint(WIDTH_TIMESTAMP())(listingRow[1] - slotStatus * 2 ** STATUS_SHIFT());

    // 3 The series: what is listed, or what is settled
    _ <== Bool()(isPut);
    isPut * isPerpetual === 0;
    var kind = isPut * (KIND_SERIES_PUT() - KIND_SERIES_CALL()) + isPerpetual * KIND_SERIES_PERPETUAL();
    signal series <== SeriesHash()(underlying, kind, strike, expiry);
    isSettle * (series - listingRow[0]) === 0;
    CheckSeriesTerms()(isList, isPerpetual, strike, expiry, timestamp);
    CheckListing(M)(isList, isStatus[STATUS_EMPTY()] + isStatus[STATUS_SETTLED()], interestRow, series, seriesHash, cap);

    // 4 Settlement
    _ <== Bool()(isFallback);
    CheckSettlement()(isSettle, isFallback, isStatus[STATUS_LIVE()] + isStatus[STATUS_EXPIRED()], expiry, timestamp);
    signal {bits} isByQuorum <== Bool()(isSettle - isFallback);
    signal average <== SpotSums(ORACLES, FAULTS)(
        isByQuorum, domain, underlying, [expiry - SETTLEMENT_AVERAGE_SECONDS(), expiry], oracle, isSigned, sum, growth, r8, s
    );
    signal averagePayoff <== Payoff()(isPut, strike, average);
    var valuesHash[U];
    for (var u = 0; u < U; u++) valuesHash[u] = marksPart[u][4];
    signal lastMark <== LastMark(M, U)(isFallback, isSlot, mark, valuesHash);
    signal markPayoff <== FallbackPayoff()(isFallback * lastMark);
    signal payoff <== Choose()(isByQuorum, averagePayoff, markPayoff);

    // 5 Socialisation
    _ <== Bool()(isLong);
    _ <== Bool()(isShort);
    signal {bits} isNobody <== Bool()(isSocialise - isLong - isShort);
    isNobody * slot === 0;
    signal deficits[3];
    deficits[0] <== isLong * interestRow[2];
    deficits[1] <== isShort * interestRow[3];
    deficits[2] <== isNobody * deficit;
    signal openLong <== isLong * interestRow[0];
    signal open <== openLong + isShort * interestRow[1];
    signal {bits} raise;
    signal paid, charged;
    (raise, paid, charged) <== Repayment()(insurance, deficits[0] + deficits[1] + deficits[2], open);
    signal loss <== isLong * accrualRow[1];
    _ <== Uint(WIDTH_INDEX() - 1)(loss + isShort * accrualRow[2] + raise);
    signal clearingAfter <== clearing - charged;
    _ <== Int(WIDTH_CASH())(clearingAfter);

    // 6 The board after
    signal listingTo[2];
    listingTo[0] <== listingRow[0] + isList * (series - listingRow[0]);
    signal statusKept <== (1 - isList - isSettle) * listingRow[1];
    signal statusNew <== (isList + isSettle) * expiry;
    listingTo[1] <== statusKept + statusNew + (isList * STATUS_LISTED() + isSettle * STATUS_SETTLED()) * 2 ** STATUS_SHIFT();
    signal interestTo[4];
    interestTo[0] <== interestRow[0];
    interestTo[1] <== interestRow[1];
    interestTo[2] <== interestRow[2] - isLong * (paid + charged);
    interestTo[3] <== interestRow[3] - isShort * (paid + charged);
    signal indexKept <== (1 - isList - isSettle) * accrualRow[0];
    signal lossKept[2];
    for (var k = 0; k < 2; k++) lossKept[k] <== (1 - isList) * accrualRow[1 + k];
    signal accrualTo[4];
    accrualTo[0] <== indexKept + isSettle * payoff;
    accrualTo[1] <== lossKept[0] + isLong * raise;
    accrualTo[2] <== lossKept[1] + isShort * raise;
    accrualTo[3] <== Choose()(isList, cap, accrualRow[3]);
    signal listingAfter[M][2] <== ReplaceRow(M, 2)(isSlot, listing, listingRow, listingTo);
    signal interestAfter[M][4] <== ReplaceRow(M, 4)(isSlot, interest, interestRow, interestTo);
    signal accrualAfter[M][4] <== ReplaceRow(M, 4)(isSlot, accrual, accrualRow, accrualTo);

    // 7 Parameters after
    isParameters * slot === 0;
    signal riskAfter[R], oracleAfter[ORACLES][2];
    for (var i = 0; i < R; i++) riskAfter[i] <== Choose()(isParameters, riskNew[i], risk[i]);
    for (var o = 0; o < ORACLES; o++) {
        for (var k = 0; k < 2; k++) oracleAfter[o][k] <== Choose()(isParameters, oracleNew[o][k], oracle[o][k]);
    }
    CheckRisk(R)(riskAfter);

    // 8 Roots
    signal paramsBefore <== KeptParams(R, ORACLES)(risk, oracle, gridHash);
    signal paramsAfter <== KeptParams(R, ORACLES)(riskAfter, oracleAfter, gridHash);
    signal boardBefore <== WholeBoardHash(M)(listing, interest, accrual);
    signal boardAfter <== WholeBoardHash(M)(listingAfter, interestAfter, accrualAfter);
    signal marksHash <== MarksHash(U)(marksPart);
    signal numberAfter <== number + 1;
    _ <== Uint(WIDTH_STEP_NUMBER())(numberAfter);
    signal globalsBefore <== GlobalsHash()(
        number, timestampBefore, feePot, insurance, clearing, deficit, totalCash, requestCursor, paramsBefore
    );
    signal deficitAfter <== deficit - isNobody * (paid + charged);
    signal globalsAfter <== GlobalsHash()(
        numberAfter, timestamp, feePot, insurance - paid, clearingAfter, deficitAfter, totalCash, requestCursor, paramsAfter
    );
    signal oldRoot <== StateRoot()(accountsRoot, boardBefore, marksHash, globalsBefore);
    signal newRoot <== StateRoot()(accountsRoot, boardAfter, marksHash, globalsAfter);

    // 9 Public words
    component bind = BindWords(KIND_STEP_BOARD(), PROFILE_CODE, HEADER + 2 + R + 2 * ORACLES);
    bind.words[0] <== MetaWord(KIND_STEP_BOARD(), PROFILE_CODE)(
        timestamp, numberAfter, [1, isParameters * R, isParameters * ORACLES]
    );
    bind.words[1] <== oldRoot;
    bind.words[2] <== newRoot;
    bind.words[3] <== domain;
    signal listedCap <== isList * cap;
    signal settledPayoff <== isSettle * payoff;
    bind.words[4] <== operation + slot * 2 ** AT_BOARD_SLOT()
        + (listedCap + settledPayoff + isLong + 2 * isShort) * 2 ** AT_BOARD_VALUE()
        + (isByQuorum * SOURCE_QUORUM() + isFallback * SOURCE_LAST_MARK()) * 2 ** AT_BOARD_SOURCE();
    bind.words[5] <== isList * (kind + strike * 2 ** AT_LISTING_STRIKE() + expiry * 2 ** AT_LISTING_EXPIRY());
    for (var i = 0; i < R; i++) bind.words[HEADER + 2 + i] <== isParameters * riskNew[i];
    for (var o = 0; o < ORACLES; o++) {
        for (var k = 0; k < 2; k++) bind.words[HEADER + 2 + R + 2 * o + k] <== isParameters * oracleNew[o][k];
    }
    bind.z <== z;
    c === bind.c;
    y === bind.y;
}
