pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/merkle.circom";
include "lib/poseidon.circom";
include "lib/select.circom";
include "lib/signature.circom";
include "lib/uint.circom";
include "trade/intent.circom";

/// @title   OrderSlotUpdate
/// @notice  Moves an intent's order slot on: a newer key replaces, an equal one continues a partial fill, an older one has no witness.
/// @input   keyBefore, filledBefore  as the slot's leaf holds them
/// @input   isContinuing  advice: 1 exactly if an order meets its own key
/// @input   key       epoch * 2^32 + nonce of the intent
/// @input   lots      executed, 0 unless an order
/// @input   size      signed size of the order
/// @mirror  protocol/execute.ts orderAfter
template CheckOrderSlotUpdate() {
    signal input isActive, isOrder, isContinuing, key, lots, size, keyBefore, filledBefore;
    signal output keyAfter, filledAfter;

    _ <== Bool()(isContinuing);
    isContinuing * (1 - isOrder) === 0;

    // Strictly newer, or continuing and equal.
    signal advance <== isActive * (key - keyBefore);
    isContinuing * (key - keyBefore) === 0;
    _ <== Uint(WIDTH_ORDER_KEY())(advance - isActive + isContinuing);
    keyAfter <== keyBefore + advance;

    signal base <== isContinuing * filledBefore;
    signal room <== isOrder * (size - base - lots);
    _ <== Uint(WIDTH_SIZE())(room);
    signal idle <== (1 - isActive) * filledBefore;
    filledAfter <== base + lots + (isActive - isOrder) * FILLED_ALL() + idle;
}

/// @title   Execute
/// @notice  One place for a signed intent of the lane's account: order, withdrawal, cancel, cancel-all, or nothing.
/// @param   M      slots of the board
/// @param   DEPTH  of the order tree
/// @input   isSlot   one-hot over the board for an order, else zero
/// @input   lots     executed, unsigned; orderCash: the order's cash change before fee
/// @input   isContinuing, children  advice on the order slot
/// @output  change    signed lots per slot
/// @output  cash      change of the account's cash before fee
/// @output  withdrawn paid out on L1
/// @output  word      the intent's public word, 0 for nothing
/// @sound   price * lots < 2^80 and |cash| < 2^83, so limit and band are integers far below the field.
/// @mirror  protocol/execute.ts execute
template Execute(M, DEPTH) {
    signal input domain, timestamp, expiryGuard, account, key[2], epoch, seriesHash[M], statusExpiry[M];
    signal input isOrder, isWithdraw, isCancel, isCancelAll, isSlot[M];
    signal input nonce, validUntil, isPostOnly, isIoc, isSell, size, price, feePerLot, amount, r8[2], s;
    signal input lots, orderCash, fee, isContinuing, keyBefore, filledBefore, children[DEPTH][4];
    signal input ordersRootBefore;
    signal output ordersRootAfter, change[M], cash, withdrawn, word;

    // 1 Kind, and for an order its slot on the board
    _ <== Bool()(isOrder);
    _ <== Bool()(isWithdraw);
    _ <== Bool()(isCancel);
    _ <== Bool()(isCancelAll);
    signal isActive <== Bool()(isOrder + isWithdraw + isCancel + isCancelAll);
    var kind = isOrder * KIND_INTENT_ORDER() + isWithdraw * KIND_INTENT_WITHDRAW()
        + isCancel * KIND_INTENT_CANCEL() + isCancelAll * KIND_INTENT_CANCEL_ALL();
    signal hashAt[M], listedAt[M];
    var slots = 0;
    var slot = 0;
    var hashOfSeries = 0;
    var listed = 0;
    for (var j = 0; j < M; j++) {
        _ <== Bool()(isSlot[j]);
        slots += isSlot[j];
        slot += j * isSlot[j];
        hashAt[j] <== isSlot[j] * seriesHash[j];
        hashOfSeries += hashAt[j];
        listedAt[j] <== isSlot[j] * statusExpiry[j];
        listed += listedAt[j];
    }
    slots === isOrder;

    // 2 Signature and validity
    component nonceBits = ToBits(WIDTH_NONCE());
    nonceBits.in <== nonce;
    // Nonces start at 1; where there is no intent there is none.
    signal isUnnamed <== IsZero()(nonce);
    isActive + isUnnamed === 1;
    signal message <== IntentMessage()(
        domain, kind, account, epoch, nonce, validUntil, isPostOnly, isIoc, isSell, size, price, feePerLot, amount, hashOfSeries
    );
    EdDSAPoseidon()(isActive, key, message, r8, s);
    signal life <== isActive * (validUntil - timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(life);
    // Live and before the end of trading: another status is off by 2^48, which no 40-bit remainder hides.
    signal untilExpiry <== isOrder * (STATUS_LIVE() * (1 << STATUS_SHIFT()) + expiryGuard + timestamp + 1);
    _ <== Uint(WIDTH_TIMESTAMP())(listed - untilExpiry);

    // 3 Size, cash within the limit, fee within the maximum per lot
    (1 - isOrder) * lots === 0;
    _ <== Uint(WIDTH_SIZE())(lots - isOrder);
    signal signedLots <== lots * (1 - 2 * isSell);
    for (var j = 0; j < M; j++) change[j] <== isSlot[j] * signedLots;
    (1 - isOrder) * orderCash === 0;
    _ <== Int(WIDTH_TRADE_CASH())(orderCash);
    signal limit <== price * signedLots;
    _ <== Uint(WIDTH_TRADE_CASH())(orderCash + limit);
    signal feeLimit <== feePerLot * lots;
    _ <== Uint(WIDTH_FEE())(fee);
    _ <== Uint(WIDTH_FEE())(feeLimit - fee);
    withdrawn <== isWithdraw * amount;
    cash <== orderCash - withdrawn;

    // 4 Order slot
    signal intentKey <== epoch * (1 << WIDTH_NONCE()) + nonce;
    signal keyAfter, filledAfter;
    (keyAfter, filledAfter) <== CheckOrderSlotUpdate()(isActive, isOrder, isContinuing, intentKey, lots, size, keyBefore, filledBefore);
    component path = UpdatePath(DEPTH);
    for (var b = 0; b < WIDTH_NONCE(); b++) {
        if (b < 2 * DEPTH) {
            path.digits[b] <== nonceBits.out[b];
        } else {
            _ <== nonceBits.out[b];
        }
    }
    path.children <== children;
    path.leafBefore <== Hash(TAG_ORDER(), 2)([keyBefore, filledBefore]);
    path.leafAfter <== Hash(TAG_ORDER(), 2)([keyAfter, filledAfter]);
    path.rootBefore === ordersRootBefore;
    ordersRootAfter <== path.rootAfter;

    // 5 Public word
    word <== kind + slot * (1 << AT_EXECUTION_SLOT())
        + (signedLots + isActive * (1 << (BITS_EXECUTION_SIZE() - 1))) * (1 << AT_EXECUTION_SIZE())
        + (cash + isActive * (1 << (BITS_EXECUTION_CASH() - 1))) * (1 << AT_EXECUTION_CASH())
        + fee * (1 << AT_EXECUTION_FEE()) + nonce * (1 << AT_EXECUTION_NONCE());
}

/// @title   PriceBand
/// @notice  Keeps an execution of a sinking account within the band: it may lose at most lots times band against the mark.
/// @input   isReducing  the lane's; without it nothing is asked
/// @input   bandAt      spot times band in ppm, per underlying
/// @sound   terms stay below 2^126.
/// @mirror  protocol/lane.ts checkMargin
template PriceBand(M, U) {
    signal input isReducing, isSlot[M], change[M], lots, orderCash, mark[M], bandAt[U];

    signal value[M], band[U];
    var gain = orderCash * SCALE_EQUITY_PER_CASH();
    for (var j = 0; j < M; j++) {
        value[j] <== change[j] * mark[j];
        gain += value[j];
    }
    var bandSum = 0;
    for (var u = 0; u < U; u++) {
        var isHere = 0;
        for (var j = 0; j < M; j++) {
            if (j * U \ M == u) isHere += isSlot[j];
        }
        band[u] <== isHere * bandAt[u];
        bandSum += band[u];
    }
    signal allowance <== lots * bandSum;
    signal margin <== isReducing * (gain * SCALE_MARGIN_PER_EQUITY() + allowance);
    _ <== Uint(126)(margin);
}
