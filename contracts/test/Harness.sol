// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Constants} from "../generated/Constants.sol";
import {BabyJubJub} from "../libraries/BabyJubJub.sol";
import {DataBinding} from "../libraries/DataBinding.sol";
import {RequestQueue} from "../libraries/RequestQueue.sol";

/// @notice Opens libraries to comparison with their twins.
contract Harness {
    using RequestQueue for RequestQueue.Queue;

    RequestQueue.Queue private queue;

    function append(uint256[4] calldata words, uint256 amount) external {
        queue.append(words, amount);
    }

    function isKey(uint256 x, uint256 y) external pure returns (bool) {
        return BabyJubJub.isKey(x, y);
    }

    function bind(uint256 domain, uint256 kind, uint256 profile, uint256 commitment, uint256[] calldata words)
        external
        pure
        returns (uint256 z, uint256 y)
    {
        return DataBinding.bind(domain, kind, commitment, words, Constants.sections(kind, profile));
    }
}

/// @notice Forwards a call: a contract where a plain account is expected.
contract Forwarder {
    error Failed(bytes reason);

    /// @dev While its constructor runs, a contract has no code yet.
    constructor(address target, bytes memory data) {
        if (target != address(0)) forward(target, data);
    }

    function forward(address target, bytes memory data) public {
        (bool isDone, bytes memory reason) = target.call(data);
        if (!isDone) revert Failed(reason);
    }
}
