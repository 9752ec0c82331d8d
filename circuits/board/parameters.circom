pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";
include "lib/uint.circom";
include "state/globals.circom";

/// Bits of risk value i: parts per million, but for ages and caps and for the account that fees are paid out to.
function RISK_BITS(i) {
    if (i == 3 || i == 4 || i == 6 || i == 9) { return WIDTH_SECONDS(); }
    if (i == 11) { return WIDTH_ACCOUNT(); }
    return WIDTH_PPM();
}

/// @title   CheckRisk
/// @notice  Accepts risk values of the widths on which every circuit relies, or nothing.
/// @param   R  of them: RISK_VALUES, and one more per underlying
/// @mirror  protocol/genesis.ts checkParameters
template CheckRisk(R) {
    signal input risk[R];

    for (var i = 0; i < R; i++) _ <== Uint(RISK_BITS(i))(risk[i]);
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
