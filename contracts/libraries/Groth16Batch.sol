// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {Constants, KIND_COUNT} from "../generated/Constants.sol";
import {G1, G2, KeyStore} from "./KeyStore.sol";

/// @title  Groth16Batch
/// @notice Verifies many Groth16 proofs of several circuits in one pairing check.
/// @dev    Each proof i of kind k claims e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta_k) with
///         V = IC_k[0] + c IC_k[1] + z IC_k[2] + y IC_k[3]. The claims, raised to weights w_i that no submitter can
///         choose, are multiplied:
///
///         prod_i e(-w_i A_i, B_i) * e((sum w_i) alpha, beta) * e(sum w_i V_i, gamma)
///             * prod_k e(sum_k w_i C_i, delta_k) = 1
///
///         If one claim is false this holds for at most one of r values of its weight. The first weight is 1: only
///         the ratios count, and a single proof needs no multiplication beyond those of its inputs.
library Groth16Batch {
    /// @dev Order of the base field, to which coordinates belong.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    /// @dev Order of both groups.
    uint256 private constant R = Constants.FIELD;
    /// @dev Coordinates of one (G1, G2) pair.
    uint256 private constant PAIR = 6;

    /// @dev Weighted sums over the proofs of one kind.
    struct Sums {
        uint256 weight;
        uint256 c;
        uint256 z;
        uint256 y;
        G1 proofC;
    }

    /// @notice Reverts with `InvalidPoint` or `ProofRejected` unless every proof verifies.
    /// @param keys    code of the `KeyStore`
    /// @param inputs  z and y of each step; its first public input is its commitment
    /// @param seed    hash of at least all proofs and public inputs
    function verify(bytes memory keys, IRollup.Step[] calldata steps, uint256[2][] memory inputs, bytes32 seed)
        internal
        view
    {
        Sums[KIND_COUNT] memory sums;
        uint256[] memory pairs = new uint256[](PAIR * (steps.length + KIND_COUNT + 2));
        uint256 used;
        uint256 weights;

        for (uint256 i; i < steps.length; i++) {
            IRollup.Step calldata step = steps[i];
            uint256[8] calldata proof = step.proof;
            _checkCanonical(proof);
            uint256 weight = i == 0 ? 1 : uint256(keccak256(abi.encode(seed, i))) % R;
            weights = addmod(weights, weight, R);

            Sums memory sum = sums[step.kind - 1];
            sum.weight = addmod(sum.weight, weight, R);
            sum.c = addmod(sum.c, mulmod(weight, step.commitment, R), R);
            sum.z = addmod(sum.z, mulmod(weight, inputs[i][0], R), R);
            sum.y = addmod(sum.y, mulmod(weight, inputs[i][1], R), R);
            sum.proofC = _add(sum.proofC, _mul(G1(proof[6], proof[7]), weight));

            G1 memory a = _mul(G1(proof[0], proof[1]), weight);
            used = _push(pairs, used, G1(a.x, Q - a.y), G2(proof[2], proof[3], proof[4], proof[5]));
        }

        G1 memory inputPoint;
        for (uint256 k; k < KIND_COUNT; k++) {
            Sums memory sum = sums[k];
            if (sum.weight == 0) continue; // no proof of this kind
            inputPoint = _add(inputPoint, _mul(KeyStore.ic(keys, k, 0), sum.weight));
            inputPoint = _add(inputPoint, _mul(KeyStore.ic(keys, k, 1), sum.c));
            inputPoint = _add(inputPoint, _mul(KeyStore.ic(keys, k, 2), sum.z));
            inputPoint = _add(inputPoint, _mul(KeyStore.ic(keys, k, 3), sum.y));
            used = _push(pairs, used, sum.proofC, KeyStore.delta(keys, k));
        }
        used = _push(pairs, used, _mul(KeyStore.alpha(keys), weights), KeyStore.beta(keys));
        used = _push(pairs, used, inputPoint, KeyStore.gamma(keys));
        _checkPairing(pairs, used);
    }

    /// @dev Coordinates below q and no point at infinity. Curve and subgroup are the precompiles' to check.
    function _checkCanonical(uint256[8] calldata proof) private pure {
        for (uint256 i; i < 8; i++) if (proof[i] >= Q) revert IRollup.InvalidPoint();
        uint256 b = proof[2] | proof[3] | proof[4] | proof[5];
        if (proof[0] | proof[1] == 0 || b == 0 || proof[6] | proof[7] == 0) revert IRollup.InvalidPoint();
    }

    /// @dev Writes one pair behind the `used` words of `pairs`, which has room for it.
    function _push(uint256[] memory pairs, uint256 used, G1 memory p, G2 memory q) private pure returns (uint256) {
        assembly ("memory-safe") {
            let place := add(add(pairs, 0x20), shl(5, used))
            mcopy(place, p, 0x40)
            mcopy(add(place, 0x40), q, 0x80)
        }
        return used + PAIR;
    }

    function _mul(G1 memory p, uint256 scalar) private view returns (G1 memory product) {
        if (scalar == 1) return p;
        uint256[3] memory input = [p.x, p.y, scalar];
        bool isValid;
        assembly ("memory-safe") {
            isValid := staticcall(gas(), 0x07, input, 0x60, product, 0x40)
        }
        if (!isValid) revert IRollup.InvalidPoint();
    }

    function _add(G1 memory p, G1 memory q) private view returns (G1 memory sum) {
        if (p.x | p.y == 0) return q;
        uint256[4] memory input = [p.x, p.y, q.x, q.y];
        bool isValid;
        assembly ("memory-safe") {
            isValid := staticcall(gas(), 0x06, input, 0x80, sum, 0x40)
        }
        if (!isValid) revert IRollup.InvalidPoint();
    }

    function _checkPairing(uint256[] memory pairs, uint256 used) private view {
        bool isValid;
        uint256[1] memory isOne;
        assembly ("memory-safe") {
            isValid := staticcall(gas(), 0x08, add(pairs, 0x20), shl(5, used), isOne, 0x20)
        }
        if (!isValid) revert IRollup.InvalidPoint();
        if (isOne[0] != 1) revert IRollup.ProofRejected();
    }
}
