pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";

/// @title   IntentMessage
/// @notice  Ranges everything an intent signs and hashes it: the message under its signature.
/// @input   kind, account, epoch  bounded by the caller to their fields of intentHead
/// @input   seriesHash            0 unless an order
/// @sound   every field is exactly as wide as its place in the layout, so the packing is injective; the third flag
///          (reduce-only) is not offered, so that a signature that asks for it has no witness.
/// @mirror  protocol/intent.ts intentMessage
template IntentMessage() {
    signal input domain, kind, account, epoch, nonce, validUntil, isPostOnly, isIoc, isSell;
    signal input size, price, feePerLot, amount, seriesHash;
    signal output out;

    _ <== Uint(WIDTH_TIMESTAMP())(validUntil);
    _ <== Bool()(isPostOnly);
    _ <== Bool()(isIoc);
    _ <== Bool()(isSell);
    _ <== Uint(WIDTH_SIZE())(size);
    _ <== Uint(WIDTH_PRICE())(price);
    _ <== Uint(WIDTH_FEE_PER_LOT())(feePerLot);
    _ <== Uint(WIDTH_AMOUNT())(amount);

    var head = kind + account * (1 << AT_INTENT_HEAD_ACCOUNT()) + epoch * (1 << AT_INTENT_HEAD_EPOCH())
        + nonce * (1 << AT_INTENT_HEAD_NONCE()) + validUntil * (1 << AT_INTENT_HEAD_VALID_UNTIL())
        + (isPostOnly + 2 * isIoc) * (1 << AT_INTENT_HEAD_FLAGS()) + isSell * (1 << AT_INTENT_HEAD_IS_SELL());
    var terms = size + price * (1 << AT_INTENT_TERMS_PRICE()) + feePerLot * (1 << AT_INTENT_TERMS_FEE_PER_LOT())
        + amount * (1 << AT_INTENT_TERMS_AMOUNT());
    out <== Hash(TAG_INTENT(), 4)([domain, head, seriesHash, terms]);
}
