pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/merkle.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";

/// One place of a lane: an intent with its signature, a forced execution, or nothing.
bus Wish(M, ORDER_DEPTH, BULK_DEPTH) {
    // What it is: at most one of these
    signal isOrder, isBackstop, isWithdraw, isCancel, isCancelAll, isMode, isContribute, isCollect, isForced;
    // What it trades; ratio in lots per unit, signed
    signal isSlot[LEGS()][M], ratio[LEGS()], isNegative[LEGS()];
    // What is signed beside: low and high are size and fee per lot of what trades, else the bits of an amount
    signal nonce, validUntil, isPostOnly, isIoc, isReduceOnly, isFok, low, high, price;
    // By whom
    signal isSigner[1 + SESSIONS()], isBulk, bulkBits[2 * BULK_DEPTH], bulkChildren[BULK_DEPTH][4], r8[2], s;
    // What is executed
    signal units, cash, fee;
    // Order slot
    signal isContinuing, orderKey, orderFilled, orderChildren[ORDER_DEPTH][4];
}

/// @title   IntentMessage
/// @notice  Ranges what an intent signs and hashes it.
/// @input   isTrading  whether low and high are size and fee per lot; else they are the low and the high bits of an amount
/// @input   kind, account, epoch, nonce, validUntil, ratio  ranged by the caller to their fields of intentHead
/// @input   hash       of its legs' series, 0 where there is none
/// @output  size, feePerLot, amount  what low and high are
/// @sound   every field is exactly as wide as its place in the layout, so the packing is injective; an amount has as many bits as
///          size and fee per lot together, and nothing has both.
/// @mirror  protocol/intent.ts intentMessage
template IntentMessage() {
    signal input domain, kind, isTrading, account, epoch, nonce, validUntil, isPostOnly, isIoc, isReduceOnly, isFok;
    signal input ratio[LEGS()], low, high, price, hash[LEGS()];
    signal output size, feePerLot, amount, out;
    assert(WIDTH_SIZE() + WIDTH_FEE_PER_LOT() == WIDTH_AMOUNT());

    _ <== Bool()(isPostOnly);
    _ <== Bool()(isIoc);
    _ <== Bool()(isReduceOnly);
    _ <== Bool()(isFok);
    _ <== Uint(WIDTH_SIZE())(low);
    _ <== Uint(WIDTH_FEE_PER_LOT())(high);
    _ <== Int(WIDTH_NET_PRICE())(price);
    size <== isTrading * low;
    feePerLot <== isTrading * high;
    amount <== low - size + (high - feePerLot) * (1 << WIDTH_SIZE());

    var AT_RATIO[LEGS()] = [
        AT_INTENT_HEAD_RATIO0(), AT_INTENT_HEAD_RATIO1(), AT_INTENT_HEAD_RATIO2(), AT_INTENT_HEAD_RATIO3()
    ];
    var head = kind + account * (1 << AT_INTENT_HEAD_ACCOUNT()) + epoch * (1 << AT_INTENT_HEAD_EPOCH())
        + nonce * (1 << AT_INTENT_HEAD_NONCE()) + validUntil * (1 << AT_INTENT_HEAD_VALID_UNTIL())
        + (isPostOnly + 2 * isIoc + 4 * isReduceOnly + 8 * isFok) * (1 << AT_INTENT_HEAD_FLAGS());
    for (var l = 0; l < LEGS(); l++) head += (ratio[l] + (1 << (WIDTH_RATIO() - 1))) * (1 << AT_RATIO[l]);
    var terms = size + (price + (1 << (WIDTH_NET_PRICE() - 1))) * (1 << AT_INTENT_TERMS_PRICE())
        + feePerLot * (1 << AT_INTENT_TERMS_FEE_PER_LOT()) + amount * (1 << AT_INTENT_TERMS_AMOUNT());
    component digest = Hash(TAG_INTENT(), 3 + LEGS());
    digest.in[0] <== domain;
    digest.in[1] <== head;
    digest.in[2] <== terms;
    for (var l = 0; l < LEGS(); l++) digest.in[3 + l] <== hash[l];
    out <== digest.out;
}

/// @title   SignedMessage
/// @notice  What the signature of an intent is of: its message, or the root of a tree of messages over a path from it.
/// @input   isBulk          whether it is the root
/// @input   bits, children  of the path; of an empty tree without one
/// @sound   a root is in another domain than a message, and an inner node than a leaf.
/// @mirror  protocol/intent.ts signedMessage
template SignedMessage(DEPTH) {
    signal input message, isBulk, bits[2 * DEPTH], children[DEPTH][4];
    signal output out;

    _ <== Bool()(isBulk);
    signal {bits} digits[2 * DEPTH];
    for (var i = 0; i < 2 * DEPTH; i++) digits[i] <== Bool()(bits[i]);
    signal leaf <== isBulk * message;
    signal root <== CheckPath(TAG_BULK(), DEPTH)(digits, children, leaf);
    out <== message + isBulk * (root - message);
}
