pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";
include "lib/signature.circom";
include "lib/uint.circom";
include "marks/median.circom";
include "marks/quorum.circom";

/// @title   SpotSumMessage
/// @notice  What an oracle signs of its sum of spot over time.
/// @input   sum  1e-8 USDC seconds per unit
/// @mirror  protocol/spot-sum.ts spotSumMessage
template SpotSumMessage() {
    signal input domain, underlying, timestamp, sum;
    signal output out;

    out <== Hash(TAG_SPOT_SUM(), 4)([domain, underlying, timestamp, sum]);
}

/// @title   SpotSums
/// @notice  The lower median of the growth of a quorum's sums from one time to another, each oracle having signed both of its own.
/// @param   N, F      places of the oracle set, oracles that may lie
/// @input   isNeeded  {bits = 1}; without it nothing is verified, and isSigned is any quorum
/// @input   times     where the sums begin and end
/// @input   key       in force, (0, 0) in an empty place: not on the curve, so never accepted
/// @input   isSigned  whether the oracle takes part
/// @input   sum       at the first time
/// @input   growth    from the first to the second; of an absent oracle any that is in range
/// @output  out       1e-8 USDC seconds per unit, less than 2^64
/// @mirror  protocol/spot-sum.ts attributedAverages
template SpotSums(N, F) {
    signal input {bits} isNeeded;
    assert(isNeeded.bits == 1);
    signal input domain, underlying, times[2], key[N][2], isSigned[N], sum[N], growth[N], r8[N][2][2], s[N][2];
    signal output out;

    signal message[N][2];
    for (var o = 0; o < N; o++) {
        _ <== Uint(WIDTH_SPOT_SUM())(sum[o]);
        _ <== Uint(GROWTH_BITS())(growth[o]);
        for (var k = 0; k < 2; k++) {
            message[o][k] <== SpotSumMessage()(domain, underlying, times[k], sum[o] + k * growth[o]);
            EdDSAPoseidon()(Bool()(isNeeded * isSigned[o]), key[o], message[o][k], r8[o][k], s[o][k]);
        }
    }
    signal half <== Majority(N, F)(isSigned);
    out <== Median(N, GROWTH_BITS())(growth, isSigned, half);
}
