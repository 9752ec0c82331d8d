/**
 * What the node needs of the contract's interface.
 * @module
 */
import { Interface } from "ethers";

export const ROLLUP = new Interface([
  "event Genesis(uint256 root, uint256 domain, uint8 profile, address token, address operator, bytes data)",
  "event RequestQueued(uint256 indexed index, uint32 indexed account, uint256[4] words)",
  "event StepAccepted(uint256 indexed number, uint8 indexed kind, uint256 root, uint256 timestamp, uint256 consumed)",
  "function submit((uint8 kind, uint256 commitment, uint256[] words, uint256[8] proof)[] steps)",
  "function root() view returns (uint256)",
  "function head() view returns ((uint40 number, uint40 timestamp, uint40 acceptedAt, uint40 consumed, uint96 credited))",
  "function domain() view returns (uint256)",
  "function token() view returns (address)",
  "function operator() view returns (address)",
  "function requestCount() view returns (uint256)",
  "function queueAt(uint256 count) view returns (bytes32 chain, uint64 timestamp, uint96 deposited)",
  "function verifyingKeyHash(uint8 kind) view returns (bytes32)",
  "function TIMESTAMP_WINDOW() view returns (uint256)",
  "error CallerNotPlainAccount(address caller)",
  "error NonCanonicalCalldata()",
  "error NoSteps()",
  "error NotOperator(address caller, uint256 opensAt)",
  "error RequestsWaiting(uint256 waiting)",
  "error WrongVersion(uint256 version)",
  "error WrongKind(uint256 kind, uint256 inWords)",
  "error WrongProfile(uint256 profile)",
  "error WrongDomain(uint256 domain)",
  "error StaleRoot(uint256 current, uint256 given)",
  "error WrongNumber(uint256 expected, uint256 given)",
  "error TimestampOutsideWindow(uint256 timestamp, uint256 earliest, uint256 latest)",
  "error CountAboveCapacity(uint256 section, uint256 count, uint256 capacity)",
  "error WrongWordCount(uint256 expected, uint256 given)",
  "error NotInField(uint256 value)",
  "error RequestsBeyondQueue(uint256 consumed, uint256 queued)",
  "error RequestMismatch(uint256 firstIndex)",
  "error PayoutsExceedDeposits(uint256 credited, uint256 deposited)",
  "error UnknownAccount(uint256 account)",
  "error InvalidPoint()",
  "error ProofRejected()",
]);
