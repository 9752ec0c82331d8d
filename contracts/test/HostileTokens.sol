// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {TestUSDC} from "./TestUSDC.sol";

/// @notice Keeps 1 % of every transfer.
contract FeeToken is TestUSDC {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// @notice Adds 1 % to every transfer.
contract GenerousToken is TestUSDC {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(address(0), to, value / 100);
    }
}

/// @notice Answers false instead of reverting, and moves nothing.
contract FalseToken is TestUSDC {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Answers true and moves nothing.
contract LyingToken is TestUSDC {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice Returns nothing, as some old tokens do.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Refuses transfers from and to blocked accounts, and can shrink a balance.
contract RegulatedToken is TestUSDC {
    error Blocked(address account);

    mapping(address account => bool) public isBlocked;

    function setBlocked(address account, bool value) external {
        isBlocked[account] = value;
    }

    function seize(address account, uint256 amount) external {
        _burn(account, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isBlocked[from]) revert Blocked(from);
        if (isBlocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}

/// @notice Calls somebody in the middle of every transfer, as ERC-777 hooks do, and keeps the answer.
contract HookToken is TestUSDC {
    address public target;
    bytes public data;
    bytes public answer;
    bool public hasSucceeded;

    function setHook(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        bool isTransfer = from != address(0) && to != address(0);
        if (isTransfer && target != address(0)) (hasSucceeded, answer) = target.call(data);
    }
}
