pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/poseidon.circom";

/// @title   ParamsHash
/// @notice  Hash of the parameters in force, from the hashes of its three parts.
/// @mirror  protocol/state.ts paramsHash
template ParamsHash() {
    signal input riskHash, oracleHash, gridHash;
    signal output out;

    out <== Hash(TAG_PARAMS(), 3)([riskHash, oracleHash, gridHash]);
}

/// @title   GlobalsHash
/// @mirror  protocol/state.ts globalsHash
template GlobalsHash() {
    signal input number, timestamp, feePot, insurance, clearing, deficit, totalCash, requestCursor, paramsHash;
    signal output out;

    out <== Hash(TAG_GLOBALS(), 9)([
        number, timestamp, feePot, insurance, clearing, deficit, totalCash, requestCursor, paramsHash
    ]);
}

/// @title   StateRoot
/// @mirror  protocol/state.ts stateRoot
template StateRoot() {
    signal input accountsRoot, boardHash, marksHash, globalsHash;
    signal output out;

    out <== Hash(TAG_STATE(), 4)([accountsRoot, boardHash, marksHash, globalsHash]);
}
