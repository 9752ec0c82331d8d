pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/merkle.circom";
include "lib/poseidon.circom";
include "lib/select.circom";
include "lib/signature.circom";
include "lib/uint.circom";
include "trade/intent.circom";
include "trade/legs.circom";
include "trade/session.circom";

/// @title   CheckOrderSlotUpdate
/// @notice  Moves an intent's order slot on: a newer key replaces, an equal one continues a partial fill, an older one has no witness.
/// @input   keyBefore, filledBefore  as the slot's leaf holds them: key * 2^40 + filled
/// @input   isFillable    of an intent that may be filled in parts
/// @input   isContinuing  advice: 1 exactly if such an intent meets its own key
/// @input   key       epoch * 2^32 + nonce of the intent
/// @input   units     executed, 0 unless fillable
/// @input   size      signed size, 0 unless fillable
/// @sound   filledBefore is ranged and keyBefore is at most 2^64 below key, so that a leaf is taken apart in one way only; without an
///          intent it stays as it is.
/// @mirror  protocol/executed.ts orderSlotAfter
template CheckOrderSlotUpdate() {
    signal input isActive, isFillable, isContinuing, key, units, size, keyBefore, filledBefore;
    signal output leafBefore, leafAfter;

    _ <== Bool()(isContinuing);
    isContinuing * (1 - isFillable) === 0;
    _ <== Uint(WIDTH_SIZE())(filledBefore);

    // Strictly newer, or continuing and equal.
    signal advance <== isActive * (key - keyBefore);
    isContinuing * (key - keyBefore) === 0;
    _ <== Uint(WIDTH_ORDER_KEY())(advance - isActive + isContinuing);

    signal base <== isContinuing * filledBefore;
    signal room <== isFillable * (size - base - units);
    _ <== Uint(WIDTH_SIZE())(room);
    signal idle <== (1 - isActive) * filledBefore;
    var filledAfter = base + units + (isActive - isFillable) * FILLED_ALL() + idle;
    leafBefore <== keyBefore * (1 << WIDTH_SIZE()) + filledBefore;
    leafAfter <== (keyBefore + advance) * (1 << WIDTH_SIZE()) + filledAfter;
}

/// @title   CheckPrice
/// @notice  Holds the cash of an execution to its order's limit, to a backstop's discount, and to the band around the mark where the
///          account sinks or the execution is forced.
/// @input   price     of an order net of one unit, of a backstop its discount in ppm of spot; 41 bits, signed
/// @input   value     lots times mark, 1e-10 USDC; notional: lots times spot, 1e-12 USDC
/// @sound   |cash| < 2^83 and |price * units| <= 2^80; a backstop has one leg, so that its discount is below 2^144, and the band below
///          2^137. A discount is not negative, so what it allows lies in the band.
/// @mirror  protocol/execute.ts orderLegs, backstopLegs; protocol/lane.ts checkMargin
template CheckPrice() {
    signal input isOrder, isBackstop, isForced, isReducing, units, price, cash, value, notional, bandPpm;

    signal limit <== units * price;
    signal room <== isOrder * (cash + limit);
    signal discount <== isBackstop * price;
    _ <== Uint(WIDTH_TRADE_CASH())(room + discount);

    signal usual <== (1 - isBackstop) * bandPpm;
    signal allowance <== notional * (usual - discount);
    signal isBound <== isForced + isBackstop + isReducing * isOrder;
    var gain = cash * SCALE_EQUITY_PER_CASH() + value;
    signal margin <== isBound * (gain * SCALE_MARGIN_PER_EQUITY() + allowance);
    _ <== Uint(145)(margin);
}

/// @title   CheckFee
/// @notice  Holds a fee to what the order allows per lot, or a penalty to its part of the notional.
/// @input   feePerLot   0 unless signed; lots: over all legs
/// @input   penaltyPpm  of a liquidating lane, else 0
/// @output  penalty     the fee, if it is one; taken: notional of a forced execution
/// @sound   fee * 10^12 < 2^104, feePerLot * lots < 2^77 and penalty below 2^124, of which one is 0.
/// @mirror  protocol/execute.ts checkFee, protocol/lane.ts checkForced
template CheckFee() {
    var UNIT = SCALE_EQUITY_PER_CASH() * SCALE_MARGIN_PER_EQUITY();
    signal input isForced, feePerLot, lots, notional, penaltyPpm, fee;
    signal output penalty, taken;

    _ <== Uint(WIDTH_FEE())(fee);
    penalty <== isForced * fee;
    taken <== isForced * notional;
    signal most <== feePerLot * lots;
    signal mostTaken <== taken * penaltyPpm;
    _ <== Uint(124)(most + mostTaken - fee - (UNIT - 1) * penalty);
}

/// @title   Execute
/// @notice  One place of a lane: a signed intent of the lane's account, a forced execution, or nothing.
/// @param   M  slots of the board; U underlyings; ORDER_DEPTH, BULK_DEPTH of the trees
/// @input   key, limits  of the account; epoch: that intents sign
/// @input   isReducing, penaltyPpm  of the lane; the latter 0 unless it liquidates
/// @output  change     signed lots per slot
/// @output  traded     cash of what trades, before fee; moved: what the account's cash changes by, fee and marks of perpetuals included
/// @output  withdrawn, contributed, collected  amounts
/// @output  penalty    the fee, if forced; taken: notional of a forced execution
/// @output  target     whom a deficit is charged to if the execution is forced: 1 + 2 slot, plus 1 if it sells
/// @output  holds      whether the intent is reduce-only; switched: whether it makes the account so
/// @output  words      the intent's public words, 0 for nothing
/// @mirror  protocol/execute.ts execute
template Execute(M, U, ORDER_DEPTH, BULK_DEPTH) {
    input Venue(M, U) venue;
    input Wish(M, ORDER_DEPTH, BULK_DEPTH) wish;
    signal input account, key[1 + SESSIONS()][2], limits[SESSIONS()], epoch, isReducing, penaltyPpm, ordersRootBefore;
    signal output ordersRootAfter, change[M], traded, moved, withdrawn, contributed, collected, penalty, taken, target;
    signal output holds, switched, words[2];

    // 1 Kind
    _ <== Bool()(wish.isOrder);
    _ <== Bool()(wish.isBackstop);
    _ <== Bool()(wish.isWithdraw);
    _ <== Bool()(wish.isCancel);
    _ <== Bool()(wish.isCancelAll);
    _ <== Bool()(wish.isMode);
    _ <== Bool()(wish.isContribute);
    _ <== Bool()(wish.isCollect);
    _ <== Bool()(wish.isForced);
    var isFillable = wish.isOrder + wish.isBackstop;
    signal {bits} isActive <== Bool()(
        isFillable + wish.isWithdraw + wish.isCancel + wish.isCancelAll + wish.isMode + wish.isContribute + wish.isCollect
    );
    signal isBusy <== Bool()(isActive + wish.isForced);
    var isTrade = isFillable + wish.isForced;
    var kind = wish.isOrder * KIND_INTENT_ORDER() + wish.isWithdraw * KIND_INTENT_WITHDRAW()
        + wish.isCancel * KIND_INTENT_CANCEL() + wish.isCancelAll * KIND_INTENT_CANCEL_ALL()
        + wish.isMode * KIND_INTENT_MODE() + wish.isContribute * KIND_INTENT_CONTRIBUTE()
        + wish.isCollect * KIND_INTENT_COLLECT() + wish.isBackstop * KIND_INTENT_BACKSTOP();
    wish.isCollect * (account - venue.feeAccount) === 0;

    // 2 Legs: one of anything but an order, of one lot; nothing is forced, nor taken by a backstop, in a close-only underlying
    component legs = Legs(M, U);
    legs.isSlot <== wish.isSlot;
    legs.ratio <== wish.ratio;
    legs.isNegative <== wish.isNegative;
    legs.units <== wish.units;
    legs.isTrading <== venue.isTrading;
    legs.seriesHash <== venue.seriesHash;
    legs.mark <== venue.mark;
    legs.spot <== venue.spot;
    legs.isUsed[0] === isTrade;
    legs.isUsed[1] * (1 - wish.isOrder) === 0;
    (wish.isBackstop + wish.isForced) * (legs.magnitude[0] - 1) === 0;
    (1 - isTrade) * wish.units === 0;
    _ <== Uint(WIDTH_SIZE())(wish.units - isTrade);
    change <== legs.change;
    signal closedAt[U];
    var closed = 0;
    for (var u = 0; u < U; u++) {
        closedAt[u] <== legs.isIn[u] * venue.isClosed[u];
        closed += closedAt[u];
    }
    (wish.isBackstop + wish.isForced) * closed === 0;

    // 3 Signature and validity
    component nonceBits = ToBits(WIDTH_NONCE());
    nonceBits.in <== wish.nonce;
    // Nonces start at 1; where there is no intent there is none.
    signal isUnnamed <== IsZero()(wish.nonce);
    isActive + isUnnamed === 1;
    component message = IntentMessage();
    message.domain <== venue.domain;
    message.kind <== kind;
    message.isTrading <== isFillable;
    message.account <== account;
    message.epoch <== epoch;
    message.nonce <== wish.nonce;
    message.validUntil <== wish.validUntil;
    message.isPostOnly <== wish.isPostOnly;
    message.isIoc <== wish.isIoc;
    message.isReduceOnly <== wish.isReduceOnly;
    message.isFok <== wish.isFok;
    message.low <== wish.low;
    message.high <== wish.high;
    message.price <== wish.price;
    // A backstop signs no leg.
    message.ratio[0] <== wish.isOrder * wish.ratio[0];
    message.hash[0] <== wish.isOrder * legs.hash[0];
    for (var l = 1; l < LEGS(); l++) {
        message.ratio[l] <== wish.ratio[l];
        message.hash[l] <== legs.hash[l];
        if (l > 1) _ <== legs.isUsed[l];
    }
    signal signed <== SignedMessage(BULK_DEPTH)(message.out, wish.isBulk, wish.bulkBits, wish.bulkChildren);
    signal signer[2], may;
    (signer, may) <== Signer()(key, limits, wish.isSigner);
    EdDSAPoseidon()(isActive, signer, signed, wish.r8, wish.s);
    signal life <== isActive * (wish.validUntil - venue.timestamp);
    _ <== Uint(WIDTH_TIMESTAMP())(life);

    // 4 Modes, and what a session key may do: nothing but orders, cancels and stops, within its limits, by the lower half of nonces
    holds <== wish.isOrder * wish.isReduceOnly;
    switched <== wish.isMode * wish.isReduceOnly;
    var isSession = 1 - wish.isSigner[0];
    isSession * (isActive - wish.isOrder - wish.isCancel - switched) === 0;
    isSession * nonceBits.out[WIDTH_NONCE() - 1] === 0;
    var ratios = 0;
    for (var l = 0; l < LEGS(); l++) ratios += legs.magnitude[l];
    signal lots <== message.size * ratios;
    signal sessionLots <== isSession * lots;
    Limits(U)(may, wish.validUntil, sessionLots, legs.isIn);

    // 5 Cash within the limit, fee within the maximum per lot
    (1 - isTrade) * wish.cash === 0;
    _ <== Int(WIDTH_TRADE_CASH())(wish.cash);
    component price = CheckPrice();
    price.isOrder <== wish.isOrder;
    price.isBackstop <== wish.isBackstop;
    price.isForced <== wish.isForced;
    price.isReducing <== isReducing;
    price.units <== wish.units;
    price.price <== wish.price;
    price.cash <== wish.cash;
    price.value <== legs.value;
    price.notional <== legs.notional;
    price.bandPpm <== venue.priceBandPpm;
    (penalty, taken) <== CheckFee()(wish.isForced, message.feePerLot, legs.lots, legs.notional, penaltyPpm, wish.fee);
    withdrawn <== wish.isWithdraw * message.amount;
    contributed <== wish.isContribute * message.amount;
    collected <== wish.isCollect * message.amount;
    var cash = wish.cash + collected - withdrawn - contributed;
    traded <== wish.cash;
    moved <== cash + legs.booked - wish.fee;
    target <== 1 + 2 * legs.slot[0] + wish.isNegative[0];

    // 6 Order slot
    var intentKey = epoch * (1 << WIDTH_NONCE()) + wish.nonce;
    signal filling <== isFillable * wish.units;
    signal leafBefore, leafAfter;
    (leafBefore, leafAfter) <== CheckOrderSlotUpdate()(
        isActive, isFillable, wish.isContinuing, intentKey, filling, message.size, wish.orderKey, wish.orderFilled
    );
    component path = UpdatePath(ORDER_DEPTH);
    for (var b = 0; b < WIDTH_NONCE(); b++) {
        if (b < 2 * ORDER_DEPTH) {
            path.digits[b] <== nonceBits.out[b];
        } else {
            _ <== nonceBits.out[b];
        }
    }
    path.children <== wish.orderChildren;
    path.leafBefore <== leafBefore;
    path.leafAfter <== leafAfter;
    path.rootBefore === ordersRootBefore;
    ordersRootAfter <== path.rootAfter;

    // 7 Public words
    words[0] <== kind + wish.isForced * KIND_INTENT_FORCED() + (wish.units + switched) * (1 << AT_EXECUTION_SIZE())
        + (cash + isBusy * (1 << (BITS_EXECUTION_CASH() - 1))) * (1 << AT_EXECUTION_CASH())
        + wish.fee * (1 << AT_EXECUTION_FEE()) + wish.nonce * (1 << AT_EXECUTION_NONCE());
    var AT_SLOT[LEGS()] = [AT_LEGS_SLOT0(), AT_LEGS_SLOT1(), AT_LEGS_SLOT2(), AT_LEGS_SLOT3()];
    var AT_RATIO[LEGS()] = [AT_LEGS_RATIO0(), AT_LEGS_RATIO1(), AT_LEGS_RATIO2(), AT_LEGS_RATIO3()];
    var word = 0;
    for (var l = 0; l < LEGS(); l++) {
        word += legs.slot[l] * (1 << AT_SLOT[l]) + (wish.ratio[l] + isTrade * (1 << (WIDTH_RATIO() - 1))) * (1 << AT_RATIO[l]);
    }
    words[1] <== word;
}
