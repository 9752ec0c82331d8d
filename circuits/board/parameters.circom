pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";
include "state/globals.circom";

/// Risk values that are parts per million; the others are below 2^32 but for the account that fees are paid out to.
function IS_PPM(i) { return i < 3 || i == 5 || i == 7 || i == 8 || i == 10 || i >= RISK_VALUES() ? 1 : 0; }

/// @title   CheckRisk
/// @notice  Accepts risk values of the widths on which every circuit relies, or nothing.
/// @param   R  of them: RISK_VALUES, and one more per underlying
/// @mirror  protocol/genesis.ts checkParameters
template CheckRisk(R) {
    signal input risk[R];

    for (var i = 0; i < R; i++) {
        if (IS_PPM(i) == 1) {
            _ <== Uint(WIDTH_PPM())(risk[i]);
        } else if (i == RISK_VALUES() - 1) {
            _ <== Uint(WIDTH_ACCOUNT())(risk[i]);
        } else {
            _ <== Uint(WIDTH_SECONDS())(risk[i]);
        }
    }
    _ <== Uint(WIDTH_PPM())(risk[1] - MIN_EPSILON_PPM());
}

/// @title   KeptParams
/// @notice  Hash of risk values, oracle keys and scenario grid.
/// @param   R, N  risk values, places of the oracle set
/// @mirror  protocol/state.ts paramsHash
template KeptParams(R, N) {
    signal input risk[R], oracle[N][2], gridHash;
    signal output out;

    signal riskHash <== HashList(TAG_RISK(), R)(risk);
    var keys[2 * N];
    for (var o = 0; o < N; o++) {
        for (var k = 0; k < 2; k++) keys[2 * o + k] = oracle[o][k];
    }
    signal oracleHash <== HashList(TAG_ORACLES(), 2 * N)(keys);
    out <== ParamsHash()(riskHash, oracleHash, gridHash);
}
