pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/babyjub.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "state/account.circom";

/// At most one request that L1 has queued.
bus Asked() {
    signal isRegister, isDeposit, isStop, isClose, isKey, amount, isPlace[1 + SESSIONS()], b[2], limits;
}

/// @title   Request
/// @notice  At most one L1 request of the lane's account: a registration, which finds the place empty, a deposit, a stop, a close,
///          or a key.
/// @param   M            slots of the board
/// @param   ORDER_DEPTH  of the order tree
/// @input   asked.b       of a key: not of small order; any point of the curve if none is written
/// @input   asked.amount  deposited, 0 of what deposits nothing; asked.limits: of a session key
/// @input   key, limits   of the account before; of a registration all 0
/// @output  has     1 exactly if there is a request
/// @output  words   the request's public words, all 0 without one
/// @output  isReduceOnlyAfter, isClosingAfter, keyAfter, limitsAfter  of the account
/// @sound   L1 compares the words with its queue, so owner, b, amount and limits are what the user asked for.
/// @mirror  protocol/lane.ts openLane, withRequest, protocol/request.ts requestWords
template Request(M, ORDER_DEPTH) {
    var N = SESSIONS();
    input Asked() asked;
    signal input account, owner, key[1 + N][2], limits[N], keysRoot, cash, positionsHash, ordersRoot, epoch;
    signal input isReduceOnly, isClosing, liquidation[3];
    signal output has, words[4], isReduceOnlyAfter, isClosingAfter, keyAfter[1 + N][2], limitsAfter[N];

    _ <== Bool()(asked.isRegister);
    _ <== Bool()(asked.isDeposit);
    _ <== Bool()(asked.isStop);
    _ <== Bool()(asked.isClose);
    _ <== Bool()(asked.isKey);
    has <== Bool()(asked.isRegister + asked.isDeposit + asked.isStop + asked.isClose + asked.isKey);
    _ <== Uint(WIDTH_AMOUNT())(asked.amount);
    (1 - asked.isRegister - asked.isDeposit) * asked.amount === 0;

    // 1 A registered account starts from nothing.
    asked.isRegister * cash === 0;
    asked.isRegister * (keysRoot - EMPTY_KEYS_ROOT()) === 0;
    asked.isRegister * (positionsHash - EMPTY_POSITIONS_HASH(M)) === 0;
    asked.isRegister * (ordersRoot - EMPTY_ORDERS_ROOT(ORDER_DEPTH)) === 0;
    asked.isRegister * epoch === 0;
    asked.isRegister * (isReduceOnly + isClosing) === 0;
    for (var i = 0; i < 3; i++) asked.isRegister * liquidation[i] === 0;

    // 2 Keys: 8 b is the identity exactly if b has small order: a key that could sign nothing.
    component times = TimesEight();
    times.b <== asked.b;
    signal isIdentity <== IsZero()(times.a[0]);
    var isWritten = asked.isRegister + asked.isKey;
    isWritten * isIdentity === 0;
    var count = 0;
    var place = 0;
    for (var i = 0; i <= N; i++) {
        _ <== Bool()(asked.isPlace[i]);
        count += asked.isPlace[i];
        place += i * asked.isPlace[i];
        for (var k = 0; k < 2; k++) keyAfter[i][k] <== key[i][k] + asked.isPlace[i] * (times.a[k] - key[i][k]);
        if (i > 0) limitsAfter[i - 1] <== limits[i - 1] + asked.isPlace[i] * (asked.limits - limits[i - 1]);
    }
    count === isWritten;
    asked.isRegister * (1 - asked.isPlace[0]) === 0;

    // 3 Modes
    isReduceOnlyAfter <== isReduceOnly + asked.isStop - isReduceOnly * asked.isStop;
    isClosingAfter <== isClosing + asked.isClose - isClosing * asked.isClose;

    // 4 Public words
    signal visits <== has * account;
    words[0] <== asked.isRegister * KIND_REQUEST_REGISTER() + asked.isDeposit * KIND_REQUEST_DEPOSIT()
        + asked.isStop * KIND_REQUEST_STOP() + asked.isClose * KIND_REQUEST_CLOSE() + asked.isKey * KIND_REQUEST_KEY()
        + visits * (1 << AT_REQUEST_ACCOUNT()) + asked.amount * (1 << AT_REQUEST_AMOUNT()) + place * (1 << AT_REQUEST_PLACE());
    signal named <== asked.isRegister * owner;
    words[1] <== named + asked.isKey * asked.limits;
    words[2] <== isWritten * asked.b[0];
    words[3] <== isWritten * asked.b[1];
}
