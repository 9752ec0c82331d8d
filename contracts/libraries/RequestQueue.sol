// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {Constants} from "../generated/Constants.sol";

/// @title  RequestQueue
/// @notice First in, first out; kept as a hash chain over prefixes, so that a step's request words are compared with
///         one stored value however many they are.
library RequestQueue {
    /// @notice The queue after its first n requests.
    /// @param chain      keccak256(chain of n - 1, the four words), 0 for n = 0
    /// @param timestamp  when the n-th was queued, unix seconds
    /// @param deposited  1e-6 USDC brought in by all n
    struct Prefix {
        bytes32 chain;
        uint64 timestamp;
        uint96 deposited;
    }

    struct Queue {
        uint256 length;
        mapping(uint256 n => Prefix) prefixes;
    }

    /// @notice Appends a request that brings `amount`. Reverts with `EscrowFull`.
    /// @return index of the request, counted from 0
    function append(Queue storage queue, uint256[4] memory words, uint256 amount) internal returns (uint256 index) {
        index = queue.length++;
        Prefix storage last = queue.prefixes[index];
        uint256 deposited = last.deposited + amount;
        if (deposited >= Constants.CASH_LIMIT) revert IRollup.EscrowFull(deposited, Constants.CASH_LIMIT);
        queue.prefixes[index + 1] = Prefix({
            chain: keccak256(abi.encodePacked(last.chain, words)),
            timestamp: uint64(block.timestamp),
            deposited: uint96(deposited)
        });
    }

    /// @notice Checks that `words` are the requests behind the first `from`, and returns how many are consumed then.
    function consume(Queue storage queue, uint256 from, uint256[] calldata words) internal view returns (uint256 to) {
        if (words.length == 0) return from;
        to = from + words.length / Constants.REQUEST_WORDS;
        if (to > queue.length) revert IRollup.RequestsBeyondQueue(to, queue.length);
        bytes32 chain = queue.prefixes[from].chain;
        for (uint256 i; i < words.length; i += Constants.REQUEST_WORDS) {
            chain = keccak256(abi.encodePacked(chain, words[i:i + Constants.REQUEST_WORDS]));
        }
        if (chain != queue.prefixes[to].chain) revert IRollup.RequestMismatch(from);
    }
}
