// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {Constants} from "../generated/Constants.sol";

/// @title  BabyJubJub
/// @notice The twisted Edwards curve a x^2 + y^2 = 1 + d x^2 y^2 over the scalar field, of order 8 l with l prime.
library BabyJubJub {
    uint256 private constant R = Constants.FIELD;

    /// @notice Whether (x, y) is canonical, on the curve, and not of order 1, 2, 4 or 8, so that 8 (x, y) is a
    ///         generator of the prime-order subgroup.
    function isKey(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= R || y >= R) return false;
        uint256 xx = mulmod(x, x, R);
        uint256 yy = mulmod(y, y, R);
        uint256 left = addmod(mulmod(Constants.CURVE_A, xx, R), yy, R);
        uint256 right = addmod(1, mulmod(Constants.CURVE_D, mulmod(xx, yy, R), R), R);
        if (left != right) return false;

        uint256 z = 1;
        for (uint256 i; i < 3; i++) (x, y, z) = _double(x, y, z);
        // x is 0 for the identity and for the point of order 2 only, and 8 times a point has no even order.
        return x != 0;
    }

    /// @dev Projective doubling (dbl-2008-bbjlp). Complete here: a is a square and d is not, so z never becomes 0.
    function _double(uint256 x, uint256 y, uint256 z) private pure returns (uint256, uint256, uint256) {
        uint256 xx = mulmod(x, x, R);
        uint256 yy = mulmod(y, y, R);
        uint256 axx = mulmod(Constants.CURVE_A, xx, R);
        uint256 sum = addmod(x, y, R);
        uint256 b = addmod(mulmod(sum, sum, R), R - addmod(xx, yy, R), R);
        uint256 f = addmod(axx, yy, R);
        uint256 j = addmod(f, R - mulmod(2, mulmod(z, z, R), R), R);
        return (mulmod(b, j, R), mulmod(f, addmod(axx, R - yy, R), R), mulmod(f, j, R));
    }
}
