// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {Constants, SECTION_COUNT, Sections} from "../generated/Constants.sol";

/// @title  DataBinding
/// @notice Ties the words in calldata to the words a circuit proved, by the value of one polynomial.
/// @dev    The circuit's words are the coefficients of a polynomial and are fixed by the commitment `c`. The point `z`
///         hashes `c` together with the calldata, so it is known only after both. If the two vectors differ, the
///         polynomials agree at `z` for at most (words / r) of all points. Three rules make the vectors comparable:
///         counts stay within their sections, every word is canonical, and there are exactly as many as counted.
library DataBinding {
    /// @notice The public inputs z and y of a step whose words are at least the header.
    function bind(uint256 domain, uint256 kind, uint256 commitment, uint256[] calldata words, Sections sections)
        internal
        pure
        returns (uint256 z, uint256 y)
    {
        if (commitment >= Constants.FIELD) revert IRollup.NotInField(commitment);
        _checkCounts(words, sections);
        z = uint256(keccak256(abi.encodePacked(domain, kind, commitment, words))) % Constants.FIELD;
        y = _evaluate(words, sections, z);
    }

    function _checkCounts(uint256[] calldata words, Sections sections) private pure {
        uint256 expected = Constants.HEADER_WORDS;
        for (uint256 s; s < SECTION_COUNT; s++) {
            uint256 count = Constants.metaCount(words[0], s);
            if (count > sections.capacity(s)) revert IRollup.CountAboveCapacity(s, count, sections.capacity(s));
            expected += count * sections.entryWords(s);
        }
        if (words.length != expected) revert IRollup.WrongWordCount(expected, words.length);
    }

    /// @dev Horner's rule from the last word to the first. Unused entries are zero in the circuit: they are skipped
    ///      with one power of `z` per section.
    function _evaluate(uint256[] calldata words, Sections sections, uint256 z) private pure returns (uint256 y) {
        uint256 left = words.length;
        uint256 position;
        for (uint256 s = SECTION_COUNT; s > 0; ) {
            s--;
            uint256 entries = Constants.metaCount(words[0], s) * sections.entryWords(s);
            if (y != 0) y = mulmod(y, _power(z, position - sections.offset(s) - entries), Constants.FIELD);
            y = _absorb(words[left - entries:left], y, z);
            left -= entries;
            position = sections.offset(s);
        }
        return _absorb(words[:left], y, z);
    }

    function _absorb(uint256[] calldata words, uint256 y, uint256 z) private pure returns (uint256) {
        uint256 r = Constants.FIELD;
        bool hasAlias;
        assembly ("memory-safe") {
            for { let place := add(words.offset, shl(5, words.length)) } gt(place, words.offset) { } {
                place := sub(place, 0x20)
                let word := calldataload(place)
                hasAlias := or(hasAlias, iszero(lt(word, r)))
                y := addmod(mulmod(y, z, r), word, r)
            }
        }
        if (hasAlias) _revertWithAlias(words);
        return y;
    }

    function _revertWithAlias(uint256[] calldata words) private pure {
        for (uint256 i; i < words.length; i++) if (words[i] >= Constants.FIELD) revert IRollup.NotInField(words[i]);
    }

    function _power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        for (result = 1; exponent > 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, Constants.FIELD);
            base = mulmod(base, base, Constants.FIELD);
        }
    }
}
