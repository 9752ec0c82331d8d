pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";
include "state/account.circom";
include "state/binding.circom";
include "state/board.circom";
include "state/globals.circom";
include "state/marks.circom";
include "trade/board.circom";
include "trade/lane.circom";

/// @title   TradeStep
/// @notice  The `trade` step: A lanes against the running root, the four laws, and the binding of the public words.
/// @param   PROFILE_CODE, A lanes, K intents each, M slots, S scenarios, U underlyings, depths of the trees
/// @input   c, z, y  public
/// @input   interest   per slot open long and short, deficits of both; accrual: index, loss long and short, cap
/// @input   isStatus   advice per slot: listed, live, expired, settled
/// @mirror  protocol/trade.ts applyTrade
template TradeStep(PROFILE_CODE, A, K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH, BULK_DEPTH) {
    var N = M \ U;
    var LANE_WORDS = 1 + 2 * K;
    var HEADER = 4;
    var WORDS = HEADER + A * LANE_WORDS + A * 4;
    var RISK = RISK_VALUES() + U;
    signal input c, z, y;
    signal input domain, timestamp;
    // State before
    signal input accountsRoot, number, timestampBefore, feePot, insurance, clearing, deficit, totalCash, requestCursor;
    signal input risk[RISK], oracleHash, gridHash;
    signal input seriesHash[M], statusExpiry[M], interest[M][4], accrual[M][4];
    signal input marksTimestamp[U], marksMode[U], spot[U], expiriesHash[U], candidateHash[U], perpetualIndex[U], fundingSum[U];
    signal input mark[M], price[M][S];
    // Advice
    signal input isStale[U], isStatus[M][4], isTrading[M], isCapped[M], isInsured;
    input Visit(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH, BULK_DEPTH) visit[A];

    // 1 The state before
    signal listingHash <== PairsHash(TAG_LISTING(), M)(seriesHash, statusExpiry);
    signal interestBefore <== QuadruplesHash(TAG_INTEREST(), M)(interest);
    signal accrualHash <== QuadruplesHash(TAG_ACCRUAL(), M)(accrual);
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
            marksTimestamp[u], marksMode[u], spot[u], expiriesHash[u], values[u].out, prices[u].out, candidateHash[u],
            perpetualIndex[u], fundingSum[u]
        ];
    }
    signal marksHash <== marks.out;
    signal riskHash <== Hash(TAG_RISK(), RISK)(risk);
    signal paramsHash <== ParamsHash()(riskHash, oracleHash, gridHash);
    signal globalsBefore <== GlobalsHash()(
        number, timestampBefore, feePot, insurance, clearing, deficit, totalCash, requestCursor, paramsHash
    );
    signal oldRoot <== StateRoot()(accountsRoot, boardBefore, marksHash, globalsBefore);

    // 2 Time, statuses, and what all lanes share
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(timestamp - timestampBefore);
    Venue(M, U) venue;
    Prices(M, S) scenarios;
    SideIndex(M) side;
    Rules(M, U) rules;
    venue.timestamp <== timestamp;
    venue.domain <== domain;
    venue.priceBandPpm <== risk[2];
    venue.feeAccount <== risk[11];
    venue.spot <== spot;
    venue.isTrading <== isTrading;
    venue.seriesHash <== seriesHash;
    venue.mark <== mark;
    scenarios.mark <== mark;
    scenarios.price <== price;
    rules.penaltyPpm <== risk[8];
    rules.liquidationCap <== risk[9];
    signal stale[U];
    var table = 0;
    for (var u = 0; u < U; u++) {
        stale[u] <== CheckStale()(timestamp, marksTimestamp[u], risk[3], isStale[u]);
        venue.isClosed[u] <== stale[u] + marksMode[u] - stale[u] * marksMode[u];
        rules.charges.contingency[u] <== spot[u] * risk[0];
        rules.charges.epsilon[u] <== spot[u] * risk[1];
        rules.charges.size[u] <== spot[u] * risk[7];
        rules.charges.leverage[u] <== spot[u] * risk[RISK_VALUES() + u];
        table += marksTimestamp[u];
    }
    rules.tableId <== table;
    for (var j = 0; j < M; j++) {
        var u = j * U \ M;
        CheckStatus()(
            statusExpiry[j], isStatus[j][0], isStatus[j][1], isStatus[j][2], isStatus[j][3], isTrading[j], timestamp + risk[4] + 1
        );
        rules.isFixed[j] <== venue.isClosed[u] + isStatus[j][2] - venue.isClosed[u] * isStatus[j][2];
        // A perpetual's index stands with the marks.
        var index = accrual[j][0];
        if ((j + 1) % N == 0) index = perpetualIndex[u];
        side.long[j] <== index - accrual[j][1];
        side.short[j] <== index + accrual[j][2];
        side.isSettled[j] <== isStatus[j][3];
    }

    // 3 Lanes, in order, against the running root
    component lane[A];
    var root = accountsRoot;
    var lanes = 0;
    var requests = 0;
    var deposits = 0;
    var payouts = 0;
    var fees = 0;
    var income = 0;
    var paid = 0;
    var cashSum = 0;
    var debts = 0;
    var debt = 0;
    var target = 0;
    var sizeSum[M];
    var longSum[M];
    var shortSum[M];
    for (var a = 0; a < A; a++) {
        lane[a] = Lane(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH, BULK_DEPTH);
        lane[a].visit <== visit[a];
        lane[a].venue <== venue;
        lane[a].prices <== scenarios;
        lane[a].side <== side;
        lane[a].rules <== rules;
        lane[a].rootBefore <== root;
        root = lane[a].rootAfter;

        lanes += visit[a].isUsed;
        requests += lane[a].hasRequest;
        deposits += lane[a].deposit;
        payouts += lane[a].payout;
        fees += lane[a].fees - lane[a].collected;
        income += lane[a].penalties + lane[a].contributed;
        paid += lane[a].paid;
        cashSum += lane[a].traded;
        debts += lane[a].isWrittenOff;
        debt += lane[a].debt;
        target += lane[a].target;
        for (var j = 0; j < M; j++) {
            sizeSum[j] += lane[a].change[j];
            longSum[j] += lane[a].longChange[j];
            shortSum[j] += lane[a].shortChange[j];
        }
        // Used lanes first, at least one, and of these the ones with a request, so that counts say which.
        if (a == 0) {
            visit[a].isUsed === 1;
        } else {
            visit[a].isUsed * (1 - visit[a - 1].isUsed) === 0;
            lane[a].hasRequest * (1 - lane[a - 1].hasRequest) === 0;
        }
    }

    // 4 The laws: sizes and cash sum to zero; fees go to the pot, penalties and debts to the insurance fund
    for (var j = 0; j < M; j++) sizeSum[j] === 0;
    cashSum === 0;
    signal totalAfter <== totalCash + deposits - payouts;
    _ <== Uint(WIDTH_CASH())(totalAfter);
    signal feePotAfter <== feePot + fees;
    _ <== Uint(WIDTH_CASH())(feePotAfter);
    signal clearingAfter <== clearing - paid;
    _ <== Int(WIDTH_CASH())(clearingAfter);
    signal funds <== insurance + income;
    _ <== Uint(WIDTH_CASH())(funds);
    component writeOff = CheckWriteOff(1 + 2 * M);
    writeOff.count <== debts;
    writeOff.debt <== debt;
    writeOff.target <== target;
    writeOff.funds <== funds;
    writeOff.isInsured <== isInsured;
    writeOff.deficit[0] <== deficit;
    signal interestAfter[M][4];
    for (var j = 0; j < M; j++) {
        interestAfter[j][0] <== interest[j][0] + longSum[j];
        interestAfter[j][1] <== interest[j][1] + shortSum[j];
        CheckOpenInterest()(interest[j][0], interestAfter[j][0], accrual[j][3], isCapped[j]);
        for (var i = 0; i < 2; i++) writeOff.deficit[1 + 2 * j + i] <== interest[j][2 + i];
    }
    for (var j = 0; j < M; j++) {
        for (var i = 0; i < 2; i++) interestAfter[j][2 + i] <== writeOff.deficitAfter[1 + 2 * j + i];
    }

    // 5 The state after
    signal interestHash <== QuadruplesHash(TAG_INTEREST(), M)(interestAfter);
    signal boardAfter <== BoardHash()(listingHash, interestHash, accrualHash);
    signal numberAfter <== number + 1;
    _ <== Uint(WIDTH_STEP_NUMBER())(numberAfter);
    signal globalsAfter <== GlobalsHash()(
        numberAfter, timestamp, feePotAfter, funds - writeOff.insured, clearingAfter, writeOff.deficitAfter[0], totalAfter,
        requestCursor + requests, paramsHash
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
