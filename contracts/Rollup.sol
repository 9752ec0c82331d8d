// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Constants, KIND_COUNT, Sections} from "./generated/Constants.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {BabyJubJub} from "./libraries/BabyJubJub.sol";
import {DataBinding} from "./libraries/DataBinding.sol";
import {Groth16Batch} from "./libraries/Groth16Batch.sol";
import {CircuitKey, KeyStore, VerifyingKeys} from "./libraries/KeyStore.sol";
import {RequestQueue} from "./libraries/RequestQueue.sol";

/// @title Rollup
contract Rollup is IRollup {
    using SafeERC20 for IERC20;
    using RequestQueue for RequestQueue.Queue;

    /// @notice Seconds a step's timestamp may lie behind L1's: the time to prove and post it. Trading in a series must
    ///         end at least as long before its expiry.
    uint256 public constant TIMESTAMP_WINDOW = 30 minutes;
    /// @notice Seconds a step's timestamp may lie ahead of L1's.
    uint256 public constant TIMESTAMP_DRIFT = 15 seconds;
    /// @notice Seconds without an accepted step after which anyone may submit.
    uint256 public constant SILENCE = 1 days;
    /// @notice Seconds between the announcement of parameters and the first step that may bring them in.
    uint256 public constant PARAMETER_DELAY = 7 days;

    uint8 public immutable profile;
    bool public immutable isDevKey;
    address public immutable token;
    address public immutable operator;
    uint256 public immutable domain;
    uint256 private immutable accountCapacity;
    address private immutable keyStore;

    uint256 public root;
    Head private _head;
    uint32 public accountCount;
    RequestQueue.Queue private queue;
    mapping(uint256 account => address) public ownerOf;
    mapping(address owner => uint256) public claimable;
    bytes32 public announcedParameters;
    uint256 public parametersAdmittedFrom;
    /// @dev Set while a function runs that calls the token, which may call back.
    bool private transient isEntered;

    modifier nonReentrant() {
        if (isEntered) revert Reentered();
        isEntered = true;
        _;
        isEntered = false;
    }

    constructor(Config memory config) {
        accountCapacity = Constants.accountCapacity(config.profile);
        if (accountCapacity == 0) revert UnknownProfile(config.profile);
        if (config.token == address(0) || config.operator == address(0)) revert ZeroAddress();
        if (config.genesisRoot >= Constants.FIELD) revert NotInField(config.genesisRoot);
        bool isLocal = block.chainid == 31337 || block.chainid == 1337;
        if (config.isDevKey && !isLocal) revert DevKeyOnPublicChain(block.chainid);
        _checkContributed(config.keys);

        profile = config.profile;
        isDevKey = config.isDevKey;
        token = config.token;
        operator = config.operator;
        domain = uint256(keccak256(abi.encode(block.chainid, address(this), Constants.VERSION))) % Constants.FIELD;
        keyStore = KeyStore.write(config.keys);
        root = config.genesisRoot;
        _head.acceptedAt = uint40(block.timestamp);
        emit Genesis(config.genesisRoot, domain, config.profile, config.token, config.operator, config.genesis);
    }

    /// @inheritdoc IRollup
    function register(uint256 bx, uint256 by, uint64 amount) external nonReentrant returns (uint32 account) {
        account = accountCount;
        if (account >= accountCapacity) revert TreeFull(accountCapacity);
        if (!BabyJubJub.isKey(bx, by)) revert InvalidKey(bx, by);

        accountCount = account + 1;
        ownerOf[account] = msg.sender;
        emit AccountRegistered(account, msg.sender, bx, by);
        uint256 word = Constants.packRequest(Constants.REQUEST_REGISTER, account, amount, 0);
        _enqueue(account, amount, [word, uint160(msg.sender), bx, by]);
    }

    /// @inheritdoc IRollup
    function deposit(uint32 account, uint64 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        _checkRegistered(account);

        uint256 word = Constants.packRequest(Constants.REQUEST_DEPOSIT, account, amount, 0);
        _enqueue(account, amount, [word, 0, 0, 0]);
    }

    /// @inheritdoc IRollup
    function stop(uint32 account) external {
        _checkOwner(account);
        _enqueue(account, 0, [Constants.packRequest(Constants.REQUEST_STOP, account, 0, 0), 0, 0, 0]);
    }

    /// @inheritdoc IRollup
    function close(uint32 account) external {
        _checkOwner(account);
        _enqueue(account, 0, [Constants.packRequest(Constants.REQUEST_CLOSE, account, 0, 0), 0, 0, 0]);
    }

    /// @inheritdoc IRollup
    function setKey(uint32 account, uint8 place, uint256 bx, uint256 by, uint88 limits) external {
        _checkOwner(account);
        if (place > Constants.SESSIONS) revert UnknownKeyPlace(place);
        if (place == 0 && limits != 0) revert MasterKeyWithLimits(limits);
        if (!BabyJubJub.isKey(bx, by)) revert InvalidKey(bx, by);

        _enqueue(account, 0, [Constants.packRequest(Constants.REQUEST_KEY, account, 0, place), limits, bx, by]);
    }

    /// @inheritdoc IRollup
    function announceParameters(bytes32 parameters) external {
        if (msg.sender != operator) revert OnlyOperator(msg.sender);
        announcedParameters = parameters;
        parametersAdmittedFrom = block.timestamp + PARAMETER_DELAY;
        emit ParametersAnnounced(parameters, parametersAdmittedFrom);
    }

    /// @inheritdoc IRollup
    function submit(Step[] calldata steps) external {
        // An account with code could be entered from a call whose data are not the transaction's.
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert CallerNotPlainAccount(msg.sender);
        bytes32 digest = keccak256(msg.data);
        if (digest != keccak256(abi.encodeCall(this.submit, (steps)))) revert NonCanonicalCalldata();
        if (steps.length == 0) revert NoSteps();

        Head memory head_ = _head;
        uint256 consumedBefore = head_.consumed;
        uint256 opensAt = head_.acceptedAt + SILENCE;
        bool isOperator = msg.sender == operator;
        if (!isOperator && block.timestamp <= opensAt) revert NotOperator(msg.sender, opensAt);

        uint256 root_ = root;
        uint256[2][] memory inputs = new uint256[2][](steps.length);
        for (uint256 i; i < steps.length; i++) (root_, inputs[i]) = _apply(steps[i], head_, root_);
        Groth16Batch.verify(keyStore.code, steps, inputs, digest);

        if (!isOperator && head_.consumed == consumedBefore && head_.consumed < queue.length) {
            revert RequestsWaiting(queue.length - consumedBefore);
        }
        head_.acceptedAt = uint40(block.timestamp);
        _head = head_;
        root = root_;
    }

    /// @inheritdoc IRollup
    function claim(address owner) external nonReentrant returns (uint256 amount) {
        amount = claimable[owner];
        if (amount == 0) revert NothingToClaim(owner);

        claimable[owner] = 0;
        emit Claimed(owner, amount);
        IERC20(token).safeTransfer(owner, amount);
    }

    /// @inheritdoc IRollup
    function head() external view returns (Head memory) {
        return _head;
    }

    /// @inheritdoc IRollup
    function requestCount() external view returns (uint256) {
        return queue.length;
    }

    /// @inheritdoc IRollup
    function queueAt(uint256 count) external view returns (bytes32 chain, uint64 timestamp, uint96 deposited) {
        RequestQueue.Prefix storage prefix = queue.prefixes[count];
        return (prefix.chain, prefix.timestamp, prefix.deposited);
    }

    /// @inheritdoc IRollup
    function verifyingKeyHash(uint8 kind) external view returns (bytes32) {
        if (!_isKind(kind)) revert WrongKind(kind, kind);
        VerifyingKeys memory keys = KeyStore.read(keyStore);
        return keccak256(abi.encode(keys.alpha, keys.beta, keys.gamma, keys.circuits[kind - 1]));
    }

    /// @dev Queues a request and takes the tokens it brings: exactly `amount`, or none.
    function _enqueue(uint32 account, uint256 amount, uint256[4] memory words) private {
        emit RequestQueued(queue.append(words, amount), account, words);
        if (amount == 0) return;
        uint256 expected = IERC20(token).balanceOf(address(this)) + amount;
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 balance = IERC20(token).balanceOf(address(this));
        if (balance != expected) revert WrongAmountReceived(expected, balance);
    }

    /// @dev Everything about a step but its proof: header, words, requests, payouts. Advances `head_` in place.
    function _apply(Step calldata step, Head memory head_, uint256 oldRoot)
        private
        returns (uint256 newRoot, uint256[2] memory input)
    {
        uint256[] calldata words = step.words;
        _checkHeader(step.kind, words, head_, oldRoot);
        Sections sections = Constants.sections(step.kind, profile);
        (input[0], input[1]) = DataBinding.bind(domain, step.kind, step.commitment, words, sections);
        if (step.kind == Constants.KIND_TRADE) _applyTrade(words, sections.entryWords(0), head_);
        if (step.kind == Constants.KIND_BOARD) _applyBoard(words, sections.entryWords(0));

        newRoot = words[2];
        head_.number++;
        head_.timestamp = uint40(Constants.metaTimestamp(words[0]));
        emit StepAccepted(head_.number, step.kind, newRoot, head_.timestamp, head_.consumed);
    }

    /// @dev Behind the header lie the lanes, then the requests they consume.
    function _applyTrade(uint256[] calldata words, uint256 laneWords, Head memory head_) private {
        uint256 lanesEnd = Constants.HEADER_WORDS + Constants.metaCount(words[0], 0) * laneWords;
        head_.consumed = uint40(queue.consume(head_.consumed, words[lanesEnd:]));
        uint256 payouts;
        for (uint256 i = Constants.HEADER_WORDS; i < lanesEnd; i += laneWords) payouts += _credit(words[i]);
        if (payouts == 0) return;

        uint256 credited = head_.credited + payouts;
        uint256 deposited = queue.prefixes[head_.consumed].deposited;
        if (credited > deposited) revert PayoutsExceedDeposits(credited, deposited);
        head_.credited = uint96(credited);
    }

    /// @dev Behind the header lies the operation, then the new parameters if it changes them.
    function _applyBoard(uint256[] calldata words, uint256 operationWords) private {
        if (words.length == Constants.HEADER_WORDS) revert NoOperation();
        uint256[] calldata carried = words[Constants.HEADER_WORDS + operationWords:];
        bool isChange = Constants.boardOperation(words[Constants.HEADER_WORDS]) == Constants.OPERATION_PARAMETERS;
        if (!isChange && carried.length == 0) return;
        bytes32 parameters = keccak256(abi.encodePacked(carried));
        if (parameters != announcedParameters) revert ParametersNotAnnounced(parameters);
        if (block.timestamp < parametersAdmittedFrom) revert ParametersTooEarly(parametersAdmittedFrom);
        uint256 guard = carried[Constants.PARAMETER_EXPIRY_GUARD];
        if (guard < TIMESTAMP_WINDOW) revert ExpiryGuardTooShort(guard, TIMESTAMP_WINDOW);
        // Once: to bring the same parameters back takes another announcement.
        delete announcedParameters;
        delete parametersAdmittedFrom;
        emit ParametersChanged(parameters);
    }

    /// @dev Credits what a lane pays out to the owner of its account.
    function _credit(uint256 laneWord) private returns (uint256 amount) {
        amount = Constants.lanePayout(laneWord);
        if (amount == 0) return 0;
        uint256 account = Constants.laneAccount(laneWord);
        address owner = ownerOf[account];
        if (owner == address(0)) revert UnknownAccount(account);
        claimable[owner] += amount;
        emit PayoutCredited(owner, uint32(account), amount);
    }

    function _checkRegistered(uint32 account) private view {
        if (account >= accountCount) revert UnknownAccount(account);
    }

    function _checkOwner(uint32 account) private view {
        _checkRegistered(account);
        if (msg.sender != ownerOf[account]) revert NotAccountOwner(msg.sender, account);
    }

    function _checkHeader(uint8 kind, uint256[] calldata words, Head memory head_, uint256 oldRoot) private view {
        if (words.length < Constants.HEADER_WORDS) revert WrongWordCount(Constants.HEADER_WORDS, words.length);
        uint256 meta = words[0];
        if (Constants.metaVersion(meta) != Constants.VERSION) revert WrongVersion(Constants.metaVersion(meta));
        if (!_isKind(kind) || Constants.metaKind(meta) != kind) revert WrongKind(kind, Constants.metaKind(meta));
        if (Constants.metaProfile(meta) != profile) revert WrongProfile(Constants.metaProfile(meta));
        if (words[3] != domain) revert WrongDomain(words[3]);
        if (words[1] != oldRoot) revert StaleRoot(oldRoot, words[1]);
        uint256 number = Constants.metaNumber(meta);
        if (number != head_.number + 1) revert WrongNumber(head_.number + 1, number);

        uint256 timestamp = Constants.metaTimestamp(meta);
        uint256 earliest = block.timestamp - TIMESTAMP_WINDOW;
        if (earliest < head_.timestamp) earliest = head_.timestamp;
        uint256 latest = block.timestamp + TIMESTAMP_DRIFT;
        if (timestamp < earliest || timestamp > latest) revert TimestampOutsideWindow(timestamp, earliest, latest);
    }

    function _isKind(uint8 kind) private pure returns (bool) {
        return kind >= 1 && kind <= KIND_COUNT;
    }

    /// @dev Without a contribution delta equals gamma, and alpha, beta, -vk_x form a proof of anything.
    function _checkContributed(VerifyingKeys memory keys) private pure {
        bytes32 gamma = keccak256(abi.encode(keys.gamma));
        for (uint256 k; k < KIND_COUNT; k++) {
            CircuitKey memory key = keys.circuits[k];
            if (keccak256(abi.encode(key.delta)) == gamma) revert UncontributedKey(k + 1);
        }
    }
}
