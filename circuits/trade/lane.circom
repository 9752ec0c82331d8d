pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/merkle.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "state/account.circom";
include "trade/accrue.circom";
include "trade/execute.circom";
include "trade/liquidation.circom";
include "trade/margin.circom";
include "trade/request.circom";

/// What a step gives to all of its lanes beside venue, prices and indices.
bus Rules(M, U) {
    signal penaltyPpm, liquidationCap, tableId, isFixed[M];
    Charges(U) charges;
}

/// An account as a lane finds it, and what the lane does to it.
bus Visit(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH, BULK_DEPTH) {
    signal isUsed, accountBits[2 * ACCOUNT_DEPTH], accountChildren[ACCOUNT_DEPTH][4];
    signal owner, key[1 + SESSIONS()][2], limits[SESSIONS()], cash, size[M], index[M], ordersRoot, epoch, isReduceOnly, isClosing;
    signal liquidation[3];
    Asked() asked;
    Wish(M, ORDER_DEPTH, BULK_DEPTH) wish[K];
    // Advice
    signal isShortBefore[M], isShortAfter[M], isLossBefore[U][S], isLossAfter[U][S], isReducing, isWrittenOff;
}

/// @title   Lane
/// @notice  One visit to one account: open, accrue, request, execute, margin, close.
/// @param   K  intents; M slots; S scenarios; U underlyings; depths of the trees
/// @input   visit.isUsed  0 for a padding lane, which visits a registered account and changes nothing
/// @input   rootBefore    of the accounts' tree
/// @output  change, traded  executed lots per slot and cash: both sum to zero over a step
/// @output  longChange, shortChange  of open interest per slot
/// @output  paid    by accrual; debt: written off; target: whom it is charged to, 0 without a debt
/// @sound   margin before takes the loss of one actual scenario, margin after the worst: neither can be overstated in the account's
///          favour, and no account is found unhealthy that is not.
/// @mirror  protocol/lane.ts applyLane
template Lane(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH, BULK_DEPTH) {
    input Visit(K, M, S, U, ACCOUNT_DEPTH, ORDER_DEPTH, BULK_DEPTH) visit;
    input Venue(M, U) venue;
    input Prices(M, S) prices;
    input SideIndex(M) side;
    input Rules(M, U) rules;
    signal input rootBefore;
    signal output rootAfter, change[M], traded, longChange[M], shortChange[M], hasRequest, deposit, payout;
    signal output fees, penalties, contributed, collected, paid, isWrittenOff, debt, target;
    signal output words[1 + 2 * K], requestWords[4];

    // 1 Open
    _ <== Bool()(visit.isUsed);
    _ <== Bool()(visit.isReduceOnly);
    _ <== Bool()(visit.isClosing);
    var account = 0;
    for (var i = 0; i < 2 * ACCOUNT_DEPTH; i++) account += visit.accountBits[i] * (1 << i);
    signal keysRoot <== KeysRoot()(visit.key, visit.limits);
    signal positionsBefore <== PositionsHash(M)(visit.size, visit.index);
    signal leafOpened <== AccountLeaf()(
        visit.owner, keysRoot, visit.cash, positionsBefore, visit.ordersRoot, visit.epoch, visit.isReduceOnly,
        visit.isClosing, visit.liquidation
    );

    // 2 Accrue
    signal magnitudeOpened[M], size[M], magnitudeBefore[M];
    for (var j = 0; j < M; j++) magnitudeOpened[j] <== CheckMagnitude(WIDTH_SIZE())(visit.size[j], visit.isShortBefore[j]);
    (paid, size, magnitudeBefore) <== Accrue(M)(side, visit.size, magnitudeOpened, visit.index, visit.isShortBefore);

    // 3 Request
    component request = Request(M, ORDER_DEPTH);
    request.asked <== visit.asked;
    request.account <== account;
    request.owner <== visit.owner;
    request.key <== visit.key;
    request.limits <== visit.limits;
    request.keysRoot <== keysRoot;
    request.cash <== visit.cash;
    request.positionsHash <== positionsBefore;
    request.ordersRoot <== visit.ordersRoot;
    request.epoch <== visit.epoch;
    request.isReduceOnly <== visit.isReduceOnly;
    request.isClosing <== visit.isClosing;
    request.liquidation <== visit.liquidation;
    hasRequest <== request.has;
    requestWords <== request.words;
    deposit <== visit.asked.amount;
    // An unregistered place is 0 in the tree.
    signal leafBefore <== (1 - visit.asked.isRegister) * leafOpened;
    var cashBefore = visit.cash + paid + deposit;
    var epoch = visit.epoch + visit.asked.isStop;

    // 4 Execute: forced executions have a lane of their own
    var isForced = visit.wish[0].isForced;
    signal isLiquidating <== isForced * (1 - request.isClosingAfter);
    signal penaltyPpm <== isLiquidating * rules.penaltyPpm;
    component execute[K];
    var root = visit.ordersRoot;
    var executed = 0;
    var raises = 0;
    var withdrawals = 0;
    var modes = 0;
    var mode = 0;
    var holds = 0;
    var taken = 0;
    var cashAfter = cashBefore;
    var sums[6];
    var changes[M];
    for (var k = 0; k < K; k++) {
        execute[k] = Execute(M, U, ORDER_DEPTH, BULK_DEPTH);
        execute[k].venue <== venue;
        execute[k].wish <== visit.wish[k];
        execute[k].account <== account;
        execute[k].key <== request.keyAfter;
        execute[k].limits <== request.limitsAfter;
        execute[k].epoch <== epoch;
        execute[k].isReducing <== visit.isReducing;
        execute[k].penaltyPpm <== penaltyPpm;
        execute[k].ordersRootBefore <== root;
        root = execute[k].ordersRootAfter;

        var signed = visit.wish[k].isOrder + visit.wish[k].isBackstop + visit.wish[k].isWithdraw + visit.wish[k].isCancel
            + visit.wish[k].isCancelAll + visit.wish[k].isMode + visit.wish[k].isContribute + visit.wish[k].isCollect;
        isForced * signed === 0;
        (1 - isForced) * visit.wish[k].isForced === 0;
        executed += signed + visit.wish[k].isForced;
        raises += visit.wish[k].isCancelAll;
        withdrawals += visit.wish[k].isWithdraw;
        modes += visit.wish[k].isMode;
        mode += execute[k].switched;
        holds += execute[k].holds;
        taken += execute[k].taken;
        cashAfter += execute[k].moved;
        sums[0] += execute[k].traded;
        sums[1] += execute[k].withdrawn;
        sums[2] += visit.wish[k].fee - execute[k].penalty;
        sums[3] += execute[k].penalty;
        sums[4] += execute[k].contributed;
        sums[5] += execute[k].collected;
        for (var j = 0; j < M; j++) changes[j] += execute[k].change[j];
        for (var i = 0; i < 2; i++) words[1 + 2 * k + i] <== execute[k].words[i];
        if (k > 0) _ <== execute[k].target;
    }
    (1 - visit.isUsed) * (executed + hasRequest) === 0;
    _ <== Bool()(raises);
    _ <== Bool()(modes);
    signal hasWithdrawal <== Bool()(withdrawals);
    signal epochAfter <== epoch + raises;
    _ <== Uint(WIDTH_EPOCH())(epochAfter);
    signal isReduceOnlyAfter <== mode + (1 - modes) * request.isReduceOnlyAfter;

    // 5 Margin
    signal magnitudeAfter[M], sizeAfter[M];
    var all = 0;
    for (var j = 0; j < M; j++) {
        sizeAfter[j] <== size[j] + changes[j];
        magnitudeAfter[j] <== CheckMagnitude(WIDTH_SIZE())(sizeAfter[j], visit.isShortAfter[j]);
        all += magnitudeAfter[j];
    }
    signal equityBefore, equityAfter, lossesBefore[U][S], lossesAfter[U][S], lossBefore[U], lossAfter[U];
    (equityBefore, lossesBefore) <== Exposure(M, S, U)(prices, cashBefore, size);
    (equityAfter, lossesAfter) <== Exposure(M, S, U)(prices, cashAfter, sizeAfter);
    for (var u = 0; u < U; u++) {
        lossBefore[u] <== CheckActualLoss(S)(lossesBefore[u], visit.isLossBefore[u]);
        lossAfter[u] <== CheckWorstLoss(S, LOSS_BITS(M \ U))(lossesAfter[u], visit.isLossAfter[u]);
    }
    signal maintenanceBefore, maintenanceAfter, health, surplusBefore, surplusAfter;
    (maintenanceBefore, health, surplusBefore) <== Risk(M, U)(rules.charges, equityBefore, lossBefore, size, magnitudeBefore);
    (maintenanceAfter, _, surplusAfter) <== Risk(M, U)(rules.charges, equityAfter, lossAfter, sizeAfter, magnitudeAfter);
    _ <== Bool()(visit.isReducing);
    // Initial margin is met, or the shortfall has not grown; of a liquidation, maintenance margin has not.
    signal floor <== visit.isReducing * surplusBefore;
    signal instead <== isLiquidating * (maintenanceBefore - maintenanceAfter - surplusAfter + floor);
    _ <== Uint(180)(surplusAfter - floor + instead);
    // A liquidation needs an unhealthy account, a withdrawal cash. No lane has both.
    signal unhealthy <== isLiquidating * (-1 - health);
    signal withdrawnFrom <== hasWithdrawal * cashAfter;
    _ <== Uint(138)(unhealthy + withdrawnFrom);
    visit.isReducing * hasWithdrawal === 0;
    signal fixedAt[M];
    var fixed = 0;
    for (var j = 0; j < M; j++) {
        fixedAt[j] <== rules.isFixed[j] * magnitudeAfter[j];
        fixed += fixedAt[j];
    }
    hasWithdrawal * fixed === 0;
    signal isFree <== IsZero()(visit.isReducing + request.isReduceOnlyAfter + request.isClosingAfter + isForced + holds);
    signal isHeld[U], growth[M], turned[M];
    for (var u = 0; u < U; u++) {
        isHeld[u] <== 1 - isFree + isFree * venue.isClosed[u];
        for (var j = 0; j < M; j++) {
            if (j * U \ M == u) {
                growth[j] <== isHeld[u] * (magnitudeBefore[j] - magnitudeAfter[j]);
                _ <== Uint(WIDTH_SIGNED_SIZE())(growth[j]);
                // On the side that it was on, its size has the sign of its magnitude.
                turned[j] <== visit.isShortBefore[j] * sizeAfter[j];
                isHeld[u] * (sizeAfter[j] - 2 * turned[j] - magnitudeAfter[j]) === 0;
            }
        }
    }

    // 6 Debt, modes, liquidation record
    _ <== Bool()(visit.isWrittenOff);
    isWrittenOff <== visit.isWrittenOff;
    signal isEmpty <== IsZero()(all);
    isWrittenOff * (1 - isEmpty) === 0;
    debt <== isWrittenOff * (-cashAfter);
    signal cashClosed <== cashAfter + debt;
    _ <== Int(WIDTH_CASH())(cashClosed);
    signal isClosingAfter <== request.isClosingAfter * (1 - isEmpty);
    signal liquidation[3] <== LiquidationRecord()(
        isForced, isLiquidating, visit.liquidation, rules.tableId, taken, execute[0].target, rules.liquidationCap
    );
    target <== isWrittenOff * liquidation[2];

    // 7 Close
    signal indexAfter[M] <== SettledIndex(M)(side, visit.isShortAfter);
    signal positionsAfter <== PositionsHash(M)(sizeAfter, indexAfter);
    signal keysAfter <== KeysRoot()(request.keyAfter, request.limitsAfter);
    component path = UpdatePath(ACCOUNT_DEPTH);
    for (var i = 0; i < 2 * ACCOUNT_DEPTH; i++) path.digits[i] <== Bool()(visit.accountBits[i]);
    path.children <== visit.accountChildren;
    path.leafBefore <== leafBefore;
    path.leafAfter <== AccountLeaf()(
        visit.owner, keysAfter, cashClosed, positionsAfter, root, epochAfter, isReduceOnlyAfter, isClosingAfter, liquidation
    );
    path.rootBefore === rootBefore;
    rootAfter <== path.rootAfter;
    (1 - visit.isUsed) * (rootAfter - rootBefore) === 0;

    traded <== sums[0];
    payout <== sums[1];
    fees <== sums[2];
    penalties <== sums[3];
    contributed <== sums[4];
    collected <== sums[5];
    for (var j = 0; j < M; j++) {
        change[j] <== changes[j];
        longChange[j] <== (magnitudeAfter[j] + sizeAfter[j] - magnitudeOpened[j] - visit.size[j]) / 2;
        shortChange[j] <== (magnitudeAfter[j] - sizeAfter[j] - magnitudeOpened[j] + visit.size[j]) / 2;
    }
    signal visited <== visit.isUsed * account;
    words[0] <== visited + payout * (1 << AT_LANE_PAYOUT()) + isWrittenOff * (1 << AT_LANE_IS_WRITTEN_OFF());
}
