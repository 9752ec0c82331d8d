pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/merkle.circom";
include "lib/uint.circom";
include "state/account.circom";
include "trade/execute.circom";
include "trade/margin.circom";
include "trade/request.circom";

/// @title   Lane
/// @notice  One visit to one account: open, accrue, request, execute, margin, close.
/// @param   K  intents; M slots; S scenarios; U underlyings; ACCOUNT_DEPTH, ORDER_DEPTH of the trees
/// @input   isUsed     0 for a padding lane, which visits a registered account and changes nothing
/// @input   isClosed   per underlying: no position may grow
/// @input   bandAt     spot times price band in ppm
/// @input   isShortBefore, isShortAfter, isLossBefore, isLossAfter, isReducing  advice
/// @output  longChange, shortChange  of open interest per slot
/// @sound   margin before takes the loss of one actual scenario, margin after the worst: neither can be overstated in the account's favour.
/// @mirror  protocol/lane.ts applyLane
template Lane(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH) {
    signal input domain, timestamp, expiryGuard, contingencyPpm, epsilonPpm, isClosed[U], bandAt[U], spot[U];
    signal input seriesHash[M], statusExpiry[M], mark[M], price[M][S];
    signal input isUsed, accountBits[2 * ACCOUNT_DEPTH], accountChildren[ACCOUNT_DEPTH][4];
    signal input owner, key[2], cash, size[M], index[M], epoch;
    signal input isRegister, isDeposit, amount, b[2];
    signal input isOrder[K], isWithdraw[K], isCancel[K], isCancelAll[K], isSlot[K][M];
    signal input nonce[K], validUntil[K], isPostOnly[K], isIoc[K], isSell[K], orderSize[K], limit[K], feePerLot[K], withdrawal[K];
    signal input r8[K][2], s[K], lots[K], orderCash[K], fee[K];
    signal input isContinuing[K], orderKey[K], orderFilled[K], orderChildren[K][ORDER_DEPTH][4];
    signal input ordersRoot;
    signal input isShortBefore[M], isShortAfter[M], isLossBefore[U][S], isLossAfter[U][S], isReducing;
    signal input rootBefore;
    signal output rootAfter, change[M], cashChange, fees, payout, hasRequest, longChange[M], shortChange[M];
    signal output words[1 + K], requestWords[4], deposit;

    // 1 Open
    _ <== Bool()(isUsed);
    var account = 0;
    for (var i = 0; i < 2 * ACCOUNT_DEPTH; i++) account += accountBits[i] * (1 << i);
    signal keysRoot <== KeysRoot()(key);
    signal positionsBefore <== PositionsHash(M)(size, index);
    signal leafOpened <== AccountLeaf()(owner, keysRoot, cash, positionsBefore, ordersRoot, epoch);

    // 2 Accrue: options accrue nothing before they expire

    // 3 Request
    component request = Request(M, ORDER_DEPTH);
    request.isRegister <== isRegister;
    request.isDeposit <== isDeposit;
    request.account <== account;
    request.amount <== amount;
    request.b <== b;
    request.owner <== owner;
    request.key <== key;
    request.cash <== cash;
    request.positionsHash <== positionsBefore;
    request.ordersRoot <== ordersRoot;
    request.epoch <== epoch;
    hasRequest <== request.has;
    hasRequest * (1 - isUsed) === 0;
    requestWords <== request.words;
    deposit <== amount;
    // An unregistered place is 0 in the tree.
    signal leafBefore <== (1 - isRegister) * leafOpened;
    var cashBefore = cash + amount;

    // 4 Execute
    component execute[K];
    component band[K];
    var root = ordersRoot;
    var executed = 0;
    var raises = 0;
    var withdrawals = 0;
    var paid = 0;
    var feeSum = 0;
    var cashAfter = cashBefore;
    var orderCashSum = 0;
    var changes[M];
    for (var k = 0; k < K; k++) {
        execute[k] = Execute(M, ORDER_DEPTH);
        execute[k].domain <== domain;
        execute[k].timestamp <== timestamp;
        execute[k].expiryGuard <== expiryGuard;
        execute[k].account <== account;
        execute[k].key <== key;
        execute[k].epoch <== epoch;
        execute[k].seriesHash <== seriesHash;
        execute[k].statusExpiry <== statusExpiry;
        execute[k].isOrder <== isOrder[k];
        execute[k].isWithdraw <== isWithdraw[k];
        execute[k].isCancel <== isCancel[k];
        execute[k].isCancelAll <== isCancelAll[k];
        execute[k].isSlot <== isSlot[k];
        execute[k].nonce <== nonce[k];
        execute[k].validUntil <== validUntil[k];
        execute[k].isPostOnly <== isPostOnly[k];
        execute[k].isIoc <== isIoc[k];
        execute[k].isSell <== isSell[k];
        execute[k].size <== orderSize[k];
        execute[k].price <== limit[k];
        execute[k].feePerLot <== feePerLot[k];
        execute[k].amount <== withdrawal[k];
        execute[k].r8 <== r8[k];
        execute[k].s <== s[k];
        execute[k].lots <== lots[k];
        execute[k].orderCash <== orderCash[k];
        execute[k].fee <== fee[k];
        execute[k].isContinuing <== isContinuing[k];
        execute[k].keyBefore <== orderKey[k];
        execute[k].filledBefore <== orderFilled[k];
        execute[k].children <== orderChildren[k];
        execute[k].ordersRootBefore <== root;
        root = execute[k].ordersRootAfter;

        band[k] = PriceBand(M, U);
        band[k].isReducing <== isReducing;
        band[k].isSlot <== isSlot[k];
        band[k].change <== execute[k].change;
        band[k].lots <== lots[k];
        band[k].orderCash <== orderCash[k];
        band[k].mark <== mark;
        band[k].bandAt <== bandAt;

        executed += isOrder[k] + isWithdraw[k] + isCancel[k] + isCancelAll[k];
        raises += isCancelAll[k];
        withdrawals += isWithdraw[k];
        paid += execute[k].withdrawn;
        feeSum += fee[k];
        cashAfter += execute[k].cash - fee[k];
        orderCashSum += orderCash[k];
        for (var j = 0; j < M; j++) changes[j] += execute[k].change[j];
        words[1 + k] <== execute[k].word;
    }
    (1 - isUsed) * executed === 0;
    _ <== Bool()(raises);
    signal hasWithdrawal <== Bool()(withdrawals);
    _ <== Int(WIDTH_CASH())(cashAfter);
    signal epochAfter <== epoch + raises;
    _ <== Uint(WIDTH_EPOCH())(epochAfter);

    // 5 Margin
    signal magnitudeBefore[M], magnitudeAfter[M], sizeAfter[M];
    for (var j = 0; j < M; j++) {
        sizeAfter[j] <== size[j] + changes[j];
        magnitudeBefore[j] <== CheckMagnitude()(size[j], isShortBefore[j]);
        magnitudeAfter[j] <== CheckMagnitude()(sizeAfter[j], isShortAfter[j]);
    }
    signal equityBefore, equityAfter, lossesBefore[U][S], lossesAfter[U][S], lossBefore[U], lossAfter[U];
    (equityBefore, lossesBefore) <== Exposure(M, S, U)(cashBefore, size, mark, price);
    (equityAfter, lossesAfter) <== Exposure(M, S, U)(cashAfter, sizeAfter, mark, price);
    for (var u = 0; u < U; u++) {
        lossBefore[u] <== CheckActualLoss(S)(lossesBefore[u], isLossBefore[u]);
        lossAfter[u] <== CheckWorstLoss(S, LOSS_BITS(M) + 1)(lossesAfter[u], isLossAfter[u]);
    }
    signal surplusBefore <== Surplus(M, U)(equityBefore, lossBefore, size, magnitudeBefore, spot, contingencyPpm, epsilonPpm);
    signal surplusAfter <== Surplus(M, U)(equityAfter, lossAfter, sizeAfter, magnitudeAfter, spot, contingencyPpm, epsilonPpm);
    _ <== Bool()(isReducing);
    signal floor <== isReducing * surplusBefore;
    _ <== Uint(148)(surplusAfter - floor);
    isReducing * hasWithdrawal === 0;
    signal withdrawnFrom <== hasWithdrawal * cashAfter;
    _ <== Uint(WIDTH_CASH())(withdrawnFrom);
    signal isHeld[U], growth[M], withdrawsClosed[U];
    for (var u = 0; u < U; u++) {
        isHeld[u] <== isReducing + isClosed[u] - isReducing * isClosed[u];
        var held = 0;
        for (var j = 0; j < M; j++) {
            if (j * U \ M == u) {
                growth[j] <== isHeld[u] * (magnitudeBefore[j] - magnitudeAfter[j]);
                _ <== Uint(WIDTH_SIGNED_SIZE())(growth[j]);
                held += magnitudeAfter[j];
            }
        }
        withdrawsClosed[u] <== hasWithdrawal * isClosed[u];
        withdrawsClosed[u] * held === 0;
    }

    // 6 Close
    signal positionsAfter <== PositionsHash(M)(sizeAfter, index);
    component path = UpdatePath(ACCOUNT_DEPTH);
    for (var i = 0; i < 2 * ACCOUNT_DEPTH; i++) path.digits[i] <== Bool()(accountBits[i]);
    path.children <== accountChildren;
    path.leafBefore <== leafBefore;
    path.leafAfter <== AccountLeaf()(owner, keysRoot, cashAfter, positionsAfter, root, epochAfter);
    path.rootBefore === rootBefore;
    rootAfter <== path.rootAfter;

    cashChange <== orderCashSum;
    fees <== feeSum;
    payout <== paid;
    for (var j = 0; j < M; j++) {
        change[j] <== changes[j];
        longChange[j] <== (magnitudeAfter[j] + sizeAfter[j] - magnitudeBefore[j] - size[j]) / 2;
        shortChange[j] <== (magnitudeAfter[j] - sizeAfter[j] - magnitudeBefore[j] + size[j]) / 2;
    }
    signal visited <== isUsed * account;
    words[0] <== visited + paid * (1 << AT_LANE_PAYOUT());
}
