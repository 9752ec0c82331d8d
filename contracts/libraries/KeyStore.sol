// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {KIND_COUNT} from "../generated/Constants.sol";

struct G1 {
    uint256 x;
    uint256 y;
}

/// @notice A point of G2 as the precompile reads it: imaginary parts, `x1` and `y1`, first.
struct G2 {
    uint256 x1;
    uint256 x0;
    uint256 y1;
    uint256 y0;
}

/// @notice What differs between the circuits of a deployment.
struct CircuitKey {
    G2 delta;
    G1[4] ic;
}

/// @notice Verifying keys of all kinds: alpha, beta and gamma are shared, `circuits` is indexed by kind - 1.
struct VerifyingKeys {
    G1 alpha;
    G2 beta;
    G2 gamma;
    CircuitKey[KIND_COUNT] circuits;
}

/// @title  KeyStore
/// @notice Keeps the verifying keys as the code of an account of their own.
/// @dev    Reading code costs about 3,000 gas where the same words in storage cost 2,100 each. Code cannot change.
///         Points are read where they lie in the loaded code, without decoding all of it.
library KeyStore {
    /// @dev Init code that deploys whatever follows it.
    bytes private constant DEPLOYER = hex"600b5981380380925939f3";
    /// @dev Places of the parts, in words. Word 0 is zero: the code begins with STOP and does nothing if called.
    uint256 private constant ALPHA = 1;
    uint256 private constant BETA = 3;
    uint256 private constant GAMMA = 7;
    uint256 private constant CIRCUITS = 11;
    uint256 private constant CIRCUIT_WORDS = 12;
    uint256 private constant IC = 4;

    function write(VerifyingKeys memory keys) internal returns (address) {
        return Create2.deploy(0, 0, abi.encodePacked(DEPLOYER, abi.encode(uint256(0), keys)));
    }

    /// @notice All keys at once. Dear: for views.
    function read(address store) internal view returns (VerifyingKeys memory keys) {
        (, keys) = abi.decode(store.code, (uint256, VerifyingKeys));
    }

    function alpha(bytes memory code) internal pure returns (G1 memory) {
        return _g1(code, ALPHA);
    }

    function beta(bytes memory code) internal pure returns (G2 memory) {
        return _g2(code, BETA);
    }

    function gamma(bytes memory code) internal pure returns (G2 memory) {
        return _g2(code, GAMMA);
    }

    function delta(bytes memory code, uint256 circuit) internal pure returns (G2 memory) {
        return _g2(code, CIRCUITS + CIRCUIT_WORDS * circuit);
    }

    function ic(bytes memory code, uint256 circuit, uint256 input) internal pure returns (G1 memory) {
        return _g1(code, CIRCUITS + CIRCUIT_WORDS * circuit + IC + 2 * input);
    }

    function _g1(bytes memory code, uint256 word) private pure returns (G1 memory point) {
        assembly ("memory-safe") {
            point := add(code, shl(5, add(word, 1)))
        }
    }

    function _g2(bytes memory code, uint256 word) private pure returns (G2 memory point) {
        assembly ("memory-safe") {
            point := add(code, shl(5, add(word, 1)))
        }
    }
}
