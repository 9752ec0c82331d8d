// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {VerifyingKeys} from "../libraries/KeyStore.sol";

/// @title  IRollup
/// @notice Custody and settlement layer of the options rollup.
/// @dev    Trust model: the operator can order and delay, never forge. A state root changes only by a step with a
///         valid proof over the very words in calldata; money leaves only as a payout that such words name, and only
///         to the owner registered on L1. There is no owner, no upgrade, no pause and no change of verifying keys. Risk
///         parameters and the oracle set change only by a proved step, `PARAMETER_DELAY` after their announcement.
///
///         Life of money: `deposited` -> (a step consumes the request) state -> (a step's lane pays out) `credited`
///         -> `claim`. At any time claimed <= credited <= deposits consumed <= deposited, all in 1e-6 USDC and all
///         from this contract's own book: `balanceOf` is never asked what is owed.
///
///         Everything needed to rebuild the state is on L1: `Genesis`, and the calldata of the transactions that
///         emitted `StepAccepted`, which anyone can decode because it is canonical and sent by a plain account.
interface IRollup {
    /// @notice What a deployment is made of. Fixed for ever.
    /// @param token        ERC-20 held in escrow; its smallest unit is 1e-6 USDC
    /// @param operator     may submit while it keeps doing so
    /// @param profile      code of the circuit sizes, as in the meta word
    /// @param genesisRoot  state root before the first step
    /// @param genesis      data that `genesisRoot` is computed from, published in `Genesis`
    /// @param keys         verifying keys of all kinds
    /// @param isDevKey     the keys come from a secret that somebody knew: local chains only
    struct Config {
        address token;
        address operator;
        uint8 profile;
        uint256 genesisRoot;
        bytes genesis;
        VerifyingKeys keys;
        bool isDevKey;
    }

    /// @notice One proved transition of the state.
    /// @param kind        1 marks, 2 trade, 3 board
    /// @param commitment  the circuit's Poseidon chain over its words, first public input
    /// @param words       header (meta, old root, new root, domain), then the used entries of each section
    /// @param proof       Ax, Ay, Bx1, Bx0, By1, By0, Cx, Cy: imaginary parts first, as the precompile orders them
    struct Step {
        uint8 kind;
        uint256 commitment;
        uint256[] words;
        uint256[8] proof;
    }

    /// @notice Where the rollup stands beside its root. One storage slot.
    /// @param number      of the last accepted step, 0 at genesis
    /// @param timestamp   of the last accepted step, unix seconds
    /// @param acceptedAt  L1 time at which it was accepted, unix seconds
    /// @param consumed    requests that steps have consumed
    /// @param credited    1e-6 USDC credited to owners since genesis, claimed or not
    struct Head {
        uint40 number;
        uint40 timestamp;
        uint40 acceptedAt;
        uint40 consumed;
        uint96 credited;
    }

    /// @notice Published once, by the constructor.
    event Genesis(uint256 root, uint256 domain, uint8 profile, address token, address operator, bytes data);
    /// @notice An account id was assigned to `owner` for the key 8 (bx, by).
    event AccountRegistered(uint32 indexed account, address indexed owner, uint256 bx, uint256 by);
    /// @notice A request joined the queue: its words as a step must carry them.
    event RequestQueued(uint256 indexed index, uint32 indexed account, uint256[4] words);
    /// @notice A step was verified and its root became final. `consumed` counts requests since genesis.
    event StepAccepted(uint256 indexed number, uint8 indexed kind, uint256 root, uint256 timestamp, uint256 consumed);
    /// @notice A lane paid out: `owner` can claim it.
    event PayoutCredited(address indexed owner, uint32 indexed account, uint256 amount);
    /// @notice Tokens left for their owner.
    event Claimed(address indexed owner, uint256 amount);

    /// @notice A board step may bring in the parameters with this hash from `admittedFrom` on, unix seconds. Replaces
    ///         what was announced before.
    event ParametersAnnounced(bytes32 indexed parameters, uint256 admittedFrom);
    /// @notice A board step has brought in the parameters with this hash.
    event ParametersChanged(bytes32 indexed parameters);

    /// @notice No circuit sizes are known under this code.
    error UnknownProfile(uint256 profile);
    /// @notice Token or operator is the zero address.
    error ZeroAddress();
    /// @notice Keys of known secret on a chain where money could be real.
    error DevKeyOnPublicChain(uint256 chainId);
    /// @notice A key with gamma = delta, as before any contribution: proofs of anything can be made for it.
    error UncontributedKey(uint256 kind);

    /// @notice (bx, by) is not canonical, not on the curve, or of order 1, 2, 4 or 8.
    error InvalidKey(uint256 bx, uint256 by);
    /// @notice The accounts tree holds no more than `capacity`.
    error TreeFull(uint256 capacity);
    /// @notice No such account is registered.
    error UnknownAccount(uint256 account);
    /// @notice Only the owner of an account may stop it, close its positions or change its keys.
    error NotAccountOwner(address caller, uint256 account);
    /// @notice An account's keys stand at place 0, the master's, and at the sessions' 1 to 4.
    error UnknownKeyPlace(uint256 place);
    /// @notice The master key may do anything: it has no limits.
    error MasterKeyWithLimits(uint256 limits);
    /// @notice A deposit of nothing.
    error ZeroAmount();
    /// @notice The token moved another amount than was asked for, as tokens with a fee on transfer do: balances after it.
    error WrongAmountReceived(uint256 expected, uint256 balance);
    /// @notice Deposits since genesis would leave the range in which the state keeps balances.
    error EscrowFull(uint256 deposited, uint256 limit);
    /// @notice The token called back into a function that calls it.
    error Reentered();
    /// @notice `owner` has nothing to claim.
    error NothingToClaim(address owner);

    /// @notice Steps come from a plain account, so that their words are the transaction's calldata.
    error CallerNotPlainAccount(address caller);
    /// @notice The calldata is not the one encoding of its steps, so decoders could disagree about it.
    error NonCanonicalCalldata();
    /// @notice A submission without steps.
    error NoSteps();
    /// @notice Others may submit only after `opensAt`.
    error NotOperator(address caller, uint256 opensAt);
    /// @notice Requests wait, and a submission by someone else than the operator must consume at least one.
    error RequestsWaiting(uint256 waiting);
    /// @notice Format version of the words is another one.
    error WrongVersion(uint256 version);
    /// @notice No verifying key for this kind, or the words are of another kind than the step says.
    error WrongKind(uint256 kind, uint256 inWords);
    /// @notice The words are for circuits of another size.
    error WrongProfile(uint256 profile);
    /// @notice The words are for another deployment.
    error WrongDomain(uint256 domain);
    /// @notice The step does not start from the current root.
    error StaleRoot(uint256 current, uint256 given);
    /// @notice Steps are numbered without a gap.
    error WrongNumber(uint256 expected, uint256 given);
    /// @notice The step's time lies before the last one's, or outside the window around L1's.
    error TimestampOutsideWindow(uint256 timestamp, uint256 earliest, uint256 latest);
    /// @notice More entries than the section holds.
    error CountAboveCapacity(uint256 section, uint256 count, uint256 capacity);
    /// @notice The counts call for another number of words.
    error WrongWordCount(uint256 expected, uint256 given);
    /// @notice `value` is not a canonical element of the scalar field.
    error NotInField(uint256 value);
    /// @notice The step consumes more requests than wait.
    error RequestsBeyondQueue(uint256 consumed, uint256 queued);
    /// @notice The request words are not those at the head of the queue.
    error RequestMismatch(uint256 firstIndex);
    /// @notice Parameters are announced by the operator.
    error OnlyOperator(address caller);
    /// @notice A board step whose words have no operation.
    error NoOperation();
    /// @notice The step brings in parameters that are not the last ones announced.
    error ParametersNotAnnounced(bytes32 parameters);
    /// @notice The parameters let a series trade until a step could land after its expiry.
    error ExpiryGuardTooShort(uint256 guard, uint256 window);
    /// @notice The step brings in parameters before their time.
    error ParametersTooEarly(uint256 admittedFrom);
    /// @notice Payouts exceed the deposits that steps have consumed.
    error PayoutsExceedDeposits(uint256 credited, uint256 deposited);
    /// @notice A point of the proof is at infinity, not canonical, not on its curve or outside its subgroup.
    error InvalidPoint();
    /// @notice The proofs do not verify for the public inputs of these steps.
    error ProofRejected();

    /// @notice Opens an account for the caller and queues its registration, with a first deposit if `amount` > 0.
    /// @dev    The account's key is 8 (bx, by), so every registered key lies in the prime-order subgroup.
    ///         Reverts with `TreeFull`, `InvalidKey`, then as `deposit`.
    /// @param amount   1e-6 USDC, to be approved before
    /// @return account id, assigned in sequence from 0
    function register(uint256 bx, uint256 by, uint64 amount) external returns (uint32 account);

    /// @notice Queues a deposit to any registered account, paid by the caller.
    /// @dev    Reverts with `ZeroAmount`, `UnknownAccount`, `EscrowFull` or `WrongAmountReceived`.
    /// @param amount 1e-6 USDC, to be approved before
    function deposit(uint32 account, uint64 amount) external;

    /// @notice Queues an emergency stop: every order of the account dies, and no position may grow until its master key
    ///         says otherwise.
    /// @dev    Reverts with `UnknownAccount` or `NotAccountOwner`.
    function stop(uint32 account) external;

    /// @notice Queues a forced close: anyone may then close the account's positions inside the price band, without its
    ///         signature, until none is left.
    /// @dev    Reverts with `UnknownAccount` or `NotAccountOwner`.
    function close(uint32 account) external;

    /// @notice Queues a change of key: of the master's at place 0, of a session's at 1 to 4. The new key is 8 (bx, by).
    /// @dev    Reverts with `UnknownAccount`, `NotAccountOwner`, `UnknownKeyPlace`, `MasterKeyWithLimits` or `InvalidKey`.
    /// @param limits what a session key may do, packed: underlyings, 8 bits, one each; from bit 8 the time until which it
    ///               is valid, unix seconds, 40 bits, 0 revokes it; from bit 48 the most lots of one order, 40 bits. 0 at
    ///               place 0
    function setKey(uint32 account, uint8 place, uint256 bx, uint256 by, uint88 limits) external;

    /// @notice Announces risk parameters and oracles, which a board step may bring in `PARAMETER_DELAY` later, once.
    /// @dev    The operator's. Whoever does not agree with them has that time to close and withdraw. Another announcement
    ///         takes this one's place. Reverts with `OnlyOperator`.
    /// @param parameters keccak256 over the words of the step behind its operation: risk values, then x and y of every
    ///                   place of the oracle set, 32 bytes each
    function announceParameters(bytes32 parameters) external;

    /// @notice Verifies `steps`, which follow each other, and advances to the root of the last; all or nothing.
    /// @dev    The operator's right while it lands steps; anyone's once `SILENCE` has passed since the last accepted
    ///         one. Proofs are checked together: n proofs of k kinds cost n + k + 2 pairings.
    function submit(Step[] calldata steps) external;

    /// @notice Pays `owner` all that is credited to it. Anyone may call; nothing can stop it.
    function claim(address owner) external returns (uint256 amount);

    /// @notice Current state root.
    function root() external view returns (uint256);

    /// @notice Last step, request cursor and payouts so far.
    function head() external view returns (Head memory);

    /// @notice keccak256(chain id, this address, format version) mod r: first word of everything signed here.
    function domain() external view returns (uint256);

    /// @notice Token in escrow.
    function token() external view returns (address);

    /// @notice The account whose right it is to submit.
    function operator() external view returns (address);

    /// @notice Code of the circuit sizes.
    function profile() external view returns (uint8);

    /// @notice Whether the keys come from a secret that somebody knew.
    function isDevKey() external view returns (bool);

    /// @notice Accounts registered so far; the next id.
    function accountCount() external view returns (uint32);

    /// @notice Who receives an account's payouts.
    function ownerOf(uint256 account) external view returns (address);

    /// @notice 1e-6 USDC that `owner` can claim.
    function claimable(address owner) external view returns (uint256);

    /// @notice Hash of the parameters that a board step may bring in next, 0 if none are announced.
    function announcedParameters() external view returns (bytes32);

    /// @notice Unix seconds from which it may; 0 if none are announced.
    function parametersAdmittedFrom() external view returns (uint256);

    /// @notice Requests queued since genesis.
    function requestCount() external view returns (uint256);

    /// @notice State of the queue after its first `count` requests.
    /// @return chain      hash chain over their words
    /// @return timestamp  when the last of them was queued, unix seconds
    /// @return deposited  1e-6 USDC they brought in all
    function queueAt(uint256 count) external view returns (bytes32 chain, uint64 timestamp, uint96 deposited);

    /// @notice Hash of the verifying key of `kind`: keccak256 over the coordinates of alpha, beta, gamma, delta and
    ///         IC[0..3], 32 bytes each, imaginary parts first.
    function verifyingKeyHash(uint8 kind) external view returns (bytes32);
}
