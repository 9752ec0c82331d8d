pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/division.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "pricing/compare.circom";

/// @title   Repayment
/// @notice  How a deficit is repaid: by the insurance fund as far as it reaches, then by a charge on every open lot alike.
/// @input   insurance, deficit  below 2^96, 1e-6 USDC
/// @input   open                below 2^40, lots of the side that is charged; 0 if none is
/// @output  paid     by the fund, 1e-6 USDC
/// @output  raise    {bits}, 1e-6 USDC per lot, rounded down; 0 if nothing is open
/// @output  charged  raise times open: what is left of the deficit is less than open
/// @mirror  protocol/board-step.ts repayment
template Repayment() {
    signal input insurance, deficit, open;
    signal output {bits} raise;
    signal output paid, charged;

    signal {bits} isCovered <== AtLeast(WIDTH_CASH())(insurance, deficit);
    paid <== Choose()(isCovered, deficit, insurance);
    signal isNone <== IsZero()(open);
    signal {bits} divisor <== Uint(WIDTH_SIZE())(open + isNone);
    signal remainder;
    (raise, remainder) <== Divide(WIDTH_INDEX() - 1)((1 - isNone) * (deficit - paid), divisor);
    charged <== raise * open;
}
