pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";
include "state/account.circom";
include "state/binding.circom";
include "state/board.circom";
include "state/globals.circom";
include "state/marks.circom";
include "trade/lane.circom";

/// @title   IsStale
/// @notice  Whether marks are older than allowed.
/// @input   isStale  advice
/// @sound   one of the two differences is negative, so exactly one value of the advice has a witness.
/// @mirror  protocol/lane.ts isStale
template CheckStale() {
    signal input timestamp, marksTimestamp, maxAge, isStale;
    signal output out;

    out <== Bool()(isStale);
    var age = timestamp - marksTimestamp;
    signal excess <== isStale * (2 * age - 2 * maxAge - 1);
    _ <== Uint(WIDTH_TIMESTAMP() + 1)(excess + maxAge - age);
}

/// @title   TradeStep
/// @notice  The `trade` step: A lanes against the running root, the four laws, and the binding of the public words.
/// @param   PROFILE_CODE, A lanes, K intents each, M slots, S scenarios, U underlyings, depths of both trees
/// @input   c, z, y  public
/// @mirror  protocol/trade.ts applyTrade
template TradeStep(PROFILE_CODE, A, K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH) {
    var N = M \ U;
    var LANE_WORDS = 1 + K;
    var HEADER = 4;
    var WORDS = HEADER + A * LANE_WORDS + A * 4;
    signal input c, z, y;
    signal input domain, timestamp;
    // State before
    signal input accountsRoot, number, timestampBefore, feePot, insurance, clearing, totalCash, requestCursor;
    signal input risk[7], oracleHash, gridHash;
    signal input seriesHash[M], statusExpiry[M], openLong[M], openShort[M], accrualHash;
    signal input marksTimestamp[U], marksMode[U], spot[U], expiriesHash[U], candidateHash[U], mark[M], price[M][S];
    signal input isStale[U];
    // Lanes
    signal input isUsed[A], accountBits[A][2 * ACCOUNT_DEPTH], accountChildren[A][ACCOUNT_DEPTH][4];
    signal input owner[A], key[A][2], cash[A], size[A][M], index[A][M], epoch[A], ordersRoot[A];
    signal input isRegister[A], isDeposit[A], amount[A], b[A][2];
    signal input isOrder[A][K], isWithdraw[A][K], isCancel[A][K], isCancelAll[A][K], isSlot[A][K][M];
    signal input nonce[A][K], validUntil[A][K], isPostOnly[A][K], isIoc[A][K], isSell[A][K];
    signal input orderSize[A][K], limit[A][K], feePerLot[A][K], withdrawal[A][K];
    signal input r8[A][K][2], s[A][K], lots[A][K], orderCash[A][K], fee[A][K];
    signal input isContinuing[A][K], orderKey[A][K], orderFilled[A][K], orderChildren[A][K][ORDER_DEPTH][4];
    signal input isShortBefore[A][M], isShortAfter[A][M], isLossBefore[A][U][S], isLossAfter[A][U][S], isReducing[A];

    // 1 The state before
    signal listingHash <== PairsHash(TAG_LISTING(), M)(seriesHash, statusExpiry);
    signal interestBefore <== PairsHash(TAG_INTEREST(), M)(openLong, openShort);
    signal boardBefore <== BoardHash()(listingHash, interestBefore, accrualHash);
    component values[U], prices[U];
    component marks = MarksHash(U);
    for (var u = 0; u < U; u++) {
        values[u] = ValuesHash(N);
        prices[u] = PricesHash(N, S);
        for (var j = 0; j < N; j++) {
            values[u].mark[j] <== mark[u * N + j];
            prices[u].price[j] <== price[u * N + j];
        }
        marks.parts[u] <== [
            marksTimestamp[u], marksMode[u], spot[u], expiriesHash[u], values[u].out, prices[u].out, candidateHash[u]
        ];
    }
    signal marksHash <== marks.out;
    signal riskHash <== Hash(TAG_RISK(), 7)(risk);
    signal paramsHash <== ParamsHash()(riskHash, oracleHash, gridHash);
    signal globalsBefore <== GlobalsHash()(number, timestampBefore, feePot, insurance, clearing, totalCash, requestCursor, paramsHash);
    signal oldRoot <== StateRoot()(accountsRoot, boardBefore, marksHash, globalsBefore);

    // 2 Time
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp - timestampBefore);
    signal isClosed[U], bandAt[U], stale[U];
    for (var u = 0; u < U; u++) {
        stale[u] <== CheckStale()(timestamp, marksTimestamp[u], risk[3], isStale[u]);
        isClosed[u] <== stale[u] + marksMode[u] - stale[u] * marksMode[u];
        bandAt[u] <== spot[u] * risk[2];
    }

    // 3 Lanes, in order, against the running root
    component lane[A];
    var root = accountsRoot;
    var lanes = 0;
    var requests = 0;
    var deposits = 0;
    var payouts = 0;
    var fees = 0;
    var cashSum = 0;
    var sizeSum[M];
    var longSum[M];
    var shortSum[M];
    for (var a = 0; a < A; a++) {
        lane[a] = Lane(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH);
        lane[a].domain <== domain;
        lane[a].timestamp <== timestamp;
        lane[a].contingencyPpm <== risk[0];
        lane[a].epsilonPpm <== risk[1];
        lane[a].expiryGuard <== risk[4];
        lane[a].isClosed <== isClosed;
        lane[a].bandAt <== bandAt;
        lane[a].spot <== spot;
        lane[a].seriesHash <== seriesHash;
        lane[a].statusExpiry <== statusExpiry;
        lane[a].mark <== mark;
        lane[a].price <== price;
        lane[a].isUsed <== isUsed[a];
        lane[a].accountBits <== accountBits[a];
        lane[a].accountChildren <== accountChildren[a];
        lane[a].owner <== owner[a];
        lane[a].key <== key[a];
        lane[a].cash <== cash[a];
        lane[a].size <== size[a];
        lane[a].index <== index[a];
        lane[a].epoch <== epoch[a];
        lane[a].ordersRoot <== ordersRoot[a];
        lane[a].isRegister <== isRegister[a];
        lane[a].isDeposit <== isDeposit[a];
        lane[a].amount <== amount[a];
        lane[a].b <== b[a];
        lane[a].isOrder <== isOrder[a];
        lane[a].isWithdraw <== isWithdraw[a];
        lane[a].isCancel <== isCancel[a];
        lane[a].isCancelAll <== isCancelAll[a];
        lane[a].isSlot <== isSlot[a];
        lane[a].nonce <== nonce[a];
        lane[a].validUntil <== validUntil[a];
        lane[a].isPostOnly <== isPostOnly[a];
        lane[a].isIoc <== isIoc[a];
        lane[a].isSell <== isSell[a];
        lane[a].orderSize <== orderSize[a];
        lane[a].limit <== limit[a];
        lane[a].feePerLot <== feePerLot[a];
        lane[a].withdrawal <== withdrawal[a];
        lane[a].r8 <== r8[a];
        lane[a].s <== s[a];
        lane[a].lots <== lots[a];
        lane[a].orderCash <== orderCash[a];
        lane[a].fee <== fee[a];
        lane[a].isContinuing <== isContinuing[a];
        lane[a].orderKey <== orderKey[a];
        lane[a].orderFilled <== orderFilled[a];
        lane[a].orderChildren <== orderChildren[a];
        lane[a].isShortBefore <== isShortBefore[a];
        lane[a].isShortAfter <== isShortAfter[a];
        lane[a].isLossBefore <== isLossBefore[a];
        lane[a].isLossAfter <== isLossAfter[a];
        lane[a].isReducing <== isReducing[a];
        lane[a].rootBefore <== root;
        root = lane[a].rootAfter;

        lanes += isUsed[a];
        requests += lane[a].hasRequest;
        deposits += lane[a].deposit;
        payouts += lane[a].payout;
        fees += lane[a].fees;
        cashSum += lane[a].cashChange;
        for (var j = 0; j < M; j++) {
            sizeSum[j] += lane[a].change[j];
            longSum[j] += lane[a].longChange[j];
            shortSum[j] += lane[a].shortChange[j];
        }
        // Used lanes first, at least one, and of these the ones with a request, so that counts say which.
        if (a == 0) {
            isUsed[a] === 1;
        } else {
            isUsed[a] * (1 - isUsed[a - 1]) === 0;
            lane[a].hasRequest * (1 - lane[a - 1].hasRequest) === 0;
        }
    }

    // 4 The laws: sizes and cash sum to zero; fees go to the pot
    signal longAfter[M], shortAfter[M];
    for (var j = 0; j < M; j++) {
        sizeSum[j] === 0;
        longAfter[j] <== openLong[j] + longSum[j];
        shortAfter[j] <== openShort[j] + shortSum[j];
    }
    cashSum === 0;
    signal totalAfter <== totalCash + deposits - payouts;
    _ <== Uint(WIDTH_CASH())(totalAfter);

    // 5 The state after
    signal interestAfter <== PairsHash(TAG_INTEREST(), M)(longAfter, shortAfter);
    signal boardAfter <== BoardHash()(listingHash, interestAfter, accrualHash);
    signal numberAfter <== number + 1;
    _ <== Uint(WIDTH_STEP_NUMBER())(numberAfter);
    signal globalsAfter <== GlobalsHash()(
        numberAfter, timestamp, feePot + fees, insurance, clearing, totalAfter, requestCursor + requests, paramsHash
    );
    signal newRoot <== StateRoot()(root, boardAfter, marksHash, globalsAfter);

    // 6 Public words
    component bind = BindWords(KIND_STEP_TRADE(), PROFILE_CODE, WORDS);
    bind.words[0] <== MetaWord(KIND_STEP_TRADE(), PROFILE_CODE)(timestamp, numberAfter, [lanes, requests, 0]);
    bind.words[1] <== oldRoot;
    bind.words[2] <== newRoot;
    bind.words[3] <== domain;
    for (var a = 0; a < A; a++) {
        for (var i = 0; i < LANE_WORDS; i++) bind.words[HEADER + a * LANE_WORDS + i] <== lane[a].words[i];
        for (var i = 0; i < 4; i++) bind.words[HEADER + A * LANE_WORDS + a * 4 + i] <== lane[a].requestWords[i];
    }
    bind.z <== z;
    c === bind.c;
    y === bind.y;
}
