pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/select.circom";
include "lib/uint.circom";

/// @title   LiquidationRecord
/// @notice  What was forced on an account: the notional taken under one table of marks, which a liquidation caps, and whom a deficit
///          is charged to.
/// @input   isForced, isLiquidating  of the lane
/// @input   before  table, amount and target
/// @input   table   that in force; taken: notional of the lane's forced executions, 1e-12 USDC; target: of the first of them
/// @input   cap     USDC, 32 bits
/// @sound   what a lane takes is below 2^112, so an amount is an integer however many lanes add to it.
/// @mirror  protocol/lane.ts recordOf, checkLiquidation
template LiquidationRecord() {
    signal input isForced, isLiquidating, before[3], table, taken, target, cap;
    signal output after[3];

    signal isSame <== IsEqual()(table, before[0]);
    signal kept <== isSame * before[1];
    var amount = kept + taken;
    signal room <== isLiquidating * (cap * SCALE_SPOT() * SCALE_LOTS_PER_UNIT() - amount);
    _ <== Uint(72)(room);
    after[0] <== before[0] + isForced * (table - before[0]);
    after[1] <== before[1] + isForced * (amount - before[1]);
    after[2] <== before[2] + isForced * (target - before[2]);
}
