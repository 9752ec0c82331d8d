pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/babyjub.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "state/account.circom";

/// @title   Request
/// @notice  At most one L1 request of the lane's account: a registration, which finds the place empty, or a deposit.
/// @param   M            slots of the board
/// @param   ORDER_DEPTH  of the order tree
/// @input   b       registration point, not of small order; any point of the curve if there is no registration
/// @input   amount  deposited, 0 without a request
/// @output  has     1 exactly if there is a request
/// @output  words   the request's public words, all 0 without one
/// @sound   L1 compares the words with its queue, so owner, b and amount are what the user asked for.
/// @mirror  protocol/lane.ts openLane, protocol/request.ts requestWords
template Request(M, ORDER_DEPTH) {
    signal input isRegister, isDeposit, account, amount, b[2];
    signal input owner, key[2], cash, positionsHash, ordersRoot, epoch;
    signal output has, words[4];

    _ <== Bool()(isRegister);
    _ <== Bool()(isDeposit);
    has <== Bool()(isRegister + isDeposit);
    _ <== Uint(WIDTH_AMOUNT())(amount);
    (1 - has) * amount === 0;

    // A registered account starts from nothing, with the key 8 b.
    component times = TimesEight();
    times.b <== b;
    isRegister * (key[0] - times.a[0]) === 0;
    isRegister * (key[1] - times.a[1]) === 0;
    // 8 b is the identity exactly if b has small order: a key that could sign nothing.
    signal isIdentity <== IsZero()(times.a[0]);
    isRegister * isIdentity === 0;
    isRegister * cash === 0;
    isRegister * (positionsHash - EMPTY_POSITIONS_HASH(M)) === 0;
    isRegister * (ordersRoot - EMPTY_ORDERS_ROOT(ORDER_DEPTH)) === 0;
    isRegister * epoch === 0;

    signal visits <== has * account;
    words[0] <== isRegister * KIND_REQUEST_REGISTER() + isDeposit * KIND_REQUEST_DEPOSIT()
        + visits * (1 << AT_REQUEST_ACCOUNT()) + amount * (1 << AT_REQUEST_AMOUNT());
    words[1] <== isRegister * owner;
    words[2] <== isRegister * b[0];
    words[3] <== isRegister * b[1];
}
